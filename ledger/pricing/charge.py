"""What was consumed, in the quantities that tariffs price."""

from datetime import datetime
from decimal import Decimal

import msgspec

from ledger.values.money import ZERO

ENERGY, TIME, PARKING_TIME, FLAT = "ENERGY", "TIME", "PARKING_TIME", "FLAT"
RESERVATION_TIME = "RESERVATION_TIME"


class ChargePeriod(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A charging period: it lasts until the next begins, the last until the charge's end.

    Currents are A over all phases, powers kW; None where the partner does not say. A period with
    `reservation_time_h` lies before the charge (OCPI 2.2.1, CdrDimensionType RESERVATION_TIME).
    """

    started_at: datetime
    ended_at: datetime
    energy_kwh: Decimal
    time_h: Decimal
    parking_time_h: Decimal
    tariff_id: str | None = None
    reservation_time_h: Decimal = ZERO
    min_current_a: Decimal | None = None
    max_current_a: Decimal | None = None
    min_power_kw: Decimal | None = None
    max_power_kw: Decimal | None = None


class Charge(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A charge to price. `time_zone` is the IANA zone of the charger.

    `credit` is true for a credit CDR: all is priced as in the original, the total is negative.
    """

    started_at: datetime
    ended_at: datetime
    time_zone: str
    periods: tuple[ChargePeriod, ...]
    ocpi_version: str | None = None
    credit: bool = False
