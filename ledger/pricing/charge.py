"""What was consumed, in the quantities that tariffs price."""

from datetime import datetime
from decimal import Decimal

import msgspec

ENERGY, TIME, PARKING_TIME, FLAT = "ENERGY", "TIME", "PARKING_TIME", "FLAT"


class ChargePeriod(msgspec.Struct, frozen=True, gc=False):
    """A charging period: it lasts until the next begins, the last until the charge's end."""

    started_at: datetime
    ended_at: datetime
    energy_kwh: Decimal
    time_h: Decimal
    parking_time_h: Decimal
    tariff_id: str | None = None


class Charge(msgspec.Struct, frozen=True, gc=False):
    """A charge to price. `time_zone` is the IANA zone of the charger."""

    started_at: datetime
    ended_at: datetime
    time_zone: str
    periods: tuple[ChargePeriod, ...]
