"""What a charger measured, as the quantities that tariffs price, and as OCPI's charging periods."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Final

from console.imports.catalogue import Plug
from ledger.pricing.charge import Charge, ChargePeriod
from ledger.values.money import ZERO
from schemas.parts import CdrDimension, CdrToken, ChargingPeriod

_UNIT_IN_KILO: Final = Decimal(1000)
_NINE_DIGITS: Final = Decimal("0.000000001")


@dataclass(frozen=True, slots=True)
class Charging:
    """What a charger and its meter know of a charge. Energy in Wh; instants in UTC."""

    session_id: str
    plug: Plug
    token: CdrToken
    started_at: datetime
    charging_ended_at: datetime
    ended_at: datetime
    energy_wh: Decimal
    meter_start_wh: Decimal
    peak_power_w: Decimal | None = None

    @property
    def energy_kwh(self) -> Decimal:
        """The energy in OCPI's unit."""
        return self.energy_wh / _UNIT_IN_KILO


def hours(span: timedelta) -> Decimal:
    """Return a duration in hours, cut to the 9 digits a message carries.

    Cut, not rounded: to whoever rounds up, a whole second must not become one more.
    >>> hours(timedelta(minutes=40))
    Decimal('0.666666666')
    """
    seconds = Decimal(span // timedelta(seconds=1))
    return (seconds / 3600).quantize(_NINE_DIGITS, ROUND_DOWN)


def charge_of(charging: Charging) -> Charge:
    """Return the quantities to price: charging, then parking where there is any.

    The peak power (kW) is the greatest of the charging; OCPI 2.1.1 has no dimension for it.
    """
    plug = charging.plug
    power_kw = None
    if charging.peak_power_w is not None and plug.ocpi_version != "2.1.1":
        power_kw = charging.peak_power_w / _UNIT_IN_KILO
    stops_at = charging.charging_ended_at
    rows = [
        ChargePeriod(
            charging.started_at,
            stops_at,
            charging.energy_kwh,
            hours(stops_at - charging.started_at),
            ZERO,
            max_power_kw=power_kw,
        )
    ]
    if charging.ended_at > stops_at:
        parked_h = hours(charging.ended_at - stops_at)
        rows.append(ChargePeriod(stops_at, charging.ended_at, ZERO, ZERO, parked_h))
    return Charge(
        charging.started_at,
        charging.ended_at,
        plug.time_zone,
        tuple(rows),
        ocpi_version=plug.ocpi_version,
    )


def periods_of(charge: Charge, plug: Plug) -> tuple[ChargingPeriod, ...]:
    """Return priced quantities as OCPI's charging periods; 2.1.1 names no tariff in them."""
    tariff_id = None if charge.ocpi_version == "2.1.1" else plug.tariff_id
    return tuple(
        ChargingPeriod(
            start_date_time=period.started_at,
            dimensions=_dimensions(period),
            tariff_id=tariff_id,
        )
        for period in charge.periods
    )


def _dimensions(period: ChargePeriod) -> tuple[CdrDimension, ...]:
    """Return what a period consumed: kWh and hours of charging, or hours of parking."""
    if period.parking_time_h:
        return (CdrDimension(type="PARKING_TIME", volume=period.parking_time_h),)
    rows = [
        CdrDimension(type="ENERGY", volume=period.energy_kwh),
        CdrDimension(type="TIME", volume=period.time_h),
    ]
    if period.min_power_kw is not None:
        rows.append(CdrDimension(type="MIN_POWER", volume=period.min_power_kw))
    if period.max_power_kw is not None:
        rows.append(CdrDimension(type="MAX_POWER", volume=period.max_power_kw))
    return tuple(rows)
