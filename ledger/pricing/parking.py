"""When parking begins: as the partner states, or by a rule that two partners agreed.

OCPI counts PARKING_TIME while the car does not charge (2.3.0, mod_cdrs, CdrDimensionType) and
leaves open whether that begins when energy stopped for good or whenever the car asks for none.
The choices here: `energy_stopped`: what follows the last charging period with energy is parking,
all before is charging. `not_requesting`: every period without energy is parking, but where the
charger itself offered nothing (MAX_POWER or MAX_CURRENT of zero: load management). A charge
without any energy is parking from its start. A reservation stays what it is.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec

from ledger.pricing.amounts import hours_of
from ledger.pricing.charge import Charge, ChargePeriod
from ledger.pricing.segments import seconds_of
from ledger.values.money import ZERO

ParkingRule = Literal["as_stated", "energy_stopped", "not_requesting"]
_SECOND = timedelta(seconds=1)


class Parking(NamedTuple):
    """The charge by the rule, and its parking in hours: as stated and by the rule."""

    charge: Charge
    stated_h: Decimal
    by_rule_h: Decimal

    @property
    def differs(self) -> bool:
        """True where the rule moves so much as a second between charging and parking."""
        return seconds_of(self.stated_h) != seconds_of(self.by_rule_h)


def parking_by(rule: ParkingRule, charge: Charge) -> Parking:
    """Return the charge with its time counted by the rule, whole periods at a time.

    A period that states neither TIME nor PARKING_TIME lasts from its start to its end.
    """
    stated_h = sum((period.parking_time_h for period in charge.periods), ZERO)
    if rule == "as_stated":
        return Parking(charge, stated_h, stated_h)
    last_kwh = max(
        (number for number, period in enumerate(charge.periods) if period.energy_kwh), default=-1
    )
    periods = []
    for number, period in enumerate(charge.periods):
        if rule == "energy_stopped":
            parks = number > last_kwh
        else:
            parks = not period.energy_kwh and not _charger_offers_nothing(period)
        periods.append(_counted(period, parks=parks))
    changed = msgspec.structs.replace(charge, periods=tuple(periods))
    by_rule_h = sum((period.parking_time_h for period in periods), ZERO)
    return Parking(changed, stated_h, by_rule_h)


def _charger_offers_nothing(period: ChargePeriod) -> bool:
    return ZERO in (period.max_power_kw, period.max_current_a)


def _counted(period: ChargePeriod, *, parks: bool) -> ChargePeriod:
    """Return a period with all its time as parking, or as charging."""
    if period.reservation_time_h and not (period.time_h or period.parking_time_h):
        return period
    lasted_h = period.time_h + period.parking_time_h
    if not lasted_h:
        lasted_h = hours_of((period.ended_at - period.started_at) // _SECOND)
    time_h, parking_h = (ZERO, lasted_h) if parks else (lasted_h, ZERO)
    return msgspec.structs.replace(period, time_h=time_h, parking_time_h=parking_h)
