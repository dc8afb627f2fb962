"""How good what partners send is: rates, money held, and where differences come from."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, NamedTuple

from projections.database import Connection, rows

GroupedBy = Literal["site", "charger", "firmware", "day"]
GROUPS: tuple[GroupedBy, ...] = ("site", "charger", "firmware", "day")


class PartyQuality(NamedTuple):
    """What a party's CDRs are like; its exceptions are those about its records and messages.

    `unmatched` CDRs have no session, `late` ones came after the agreed hours, `price` ones state
    another price, `different` ones any other figure; `waits` are held or refused.
    """

    party: str
    cdrs: int
    unmatched: int
    late: int
    price: int
    different: int
    waits: int
    exceptions: int
    resolved: int
    mean_hours_to_resolve: Decimal | None

    @property
    def match_rate_percent(self) -> Decimal | None:
        """CDRs with their session, of 100."""
        return _percent(self.cdrs - self.unmatched, self.cdrs)

    @property
    def on_time_percent(self) -> Decimal | None:
        """CDRs delivered within the agreed hours, of 100."""
        return _percent(self.cdrs - self.late, self.cdrs)

    @property
    def price_difference_percent(self) -> Decimal | None:
        """CDRs that state or showed another price, of 100."""
        return _percent(self.price, self.cdrs)

    @property
    def exceptions_per_1000(self) -> Decimal | None:
        """Exceptions that were raised, for 1,000 CDRs."""
        return _percent(10 * self.exceptions, self.cdrs)


class HeldMoney(NamedTuple):
    """What a party states for CDRs that are held or refused, before tax."""

    party: str
    currency: str
    held_net: Decimal


class Differences(NamedTuple):
    """CDRs that differ in one place, one kind of software, or on one day."""

    party: str
    value: str
    cdrs: int
    different: int
    price: int

    @property
    def different_percent(self) -> Decimal | None:
        """CDRs that differ, of 100."""
        return _percent(self.different, self.cdrs)


class Asked(NamedTuple):
    """What is asked about: a party, CDRs that ended in a half-open span of days, known when.

    Of `locations`, keys such as `NL*XYZ/loc1`, there are the CDRs that were served there, and of
    the exceptions those about them and about the locations.
    """

    party: str | None = None
    from_day: date | None = None
    until_day: date | None = None
    known_at: datetime | None = None
    locations: list[str] | None = None

    def values(self) -> dict[str, object]:
        """Return the values of the queries."""
        span = {"from": self.from_day, "until": self.until_day}
        known = {"known_at": self.known_at, "locations": self.locations}
        return {"party": self.party, **known, **span}


def party_qualities(connection: Connection, asked: Asked) -> list[PartyQuality]:
    """Return the measures of each party."""
    return rows(connection, "quality_parties", PartyQuality, **asked.values())


def held_money(connection: Connection, asked: Asked) -> list[HeldMoney]:
    """Return what is held of each party and currency."""
    return rows(connection, "quality_money", HeldMoney, **asked.values())


def differences(
    connection: Connection, asked: Asked, *, by: GroupedBy, limit: int | None = None
) -> list[Differences]:
    """Return where CDRs differ, the worst first."""
    return rows(connection, "quality_groups", Differences, **asked.values(), by=by, limit=limit)


def _percent(part: int, whole: int) -> Decimal | None:
    if not whole:
        return None
    return (Decimal(100 * part) / whole).quantize(Decimal("0.1"), ROUND_HALF_UP)
