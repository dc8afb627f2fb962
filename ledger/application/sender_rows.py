"""What the log keeps of senders beside its events: numbers seen, sums of a day, what to look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from ledger.roaming.control_totals import ReceivedTotals
from ledger.roaming.sender import Gap


class Number(NamedTuple):
    """A sender's number of a message on a topic (its name without prefix)."""

    sender: str
    topic: str
    number: int


class Numbered(NamedTuple):
    """A number with the SHA-256 of the first message that had it, and when that was received."""

    sender: str
    topic: str
    number: int
    sha256: bytes
    received_at: datetime


class SenderDay(NamedTuple):
    """A sender's topic and the UTC day of its messages."""

    sender: str
    topic: str
    day: date


class Followed(NamedTuple):
    """How far a sender's numbers are known: behind it, what is missing stands in its gaps."""

    sender: str
    topic: str
    followed_until: int
    has_gaps: bool


class Reset(NamedTuple):
    """A person's word that numbers count from here on; `is_restart` forgets those so far."""

    sender: str
    topic: str
    from_number: int
    is_restart: bool


class TotalsLook(NamedTuple):
    """When stated totals are compared next; never again where `look_at` is None."""

    of: SenderDay
    look_at: datetime | None


class Holes(NamedTuple):
    """Missing numbers that are due to be raised, and how far the sender's numbers are known."""

    gaps: Sequence[Gap]
    followed_until: int


@dataclass
class DaySum:
    """What a batch adds to a sender's day: energy in kWh, amounts before taxes by currency."""

    messages: int = 0
    energy_kwh: Decimal = Decimal(0)
    first_number: int | None = None
    last_number: int | None = None
    amounts: dict[str, Decimal] = field(default_factory=dict)


@dataclass
class SenderWrites:
    """The rows of senders that commit with a batch's events."""

    numbered: list[Numbered] = field(default_factory=list)
    days: dict[SenderDay, DaySum] = field(default_factory=dict)
    followed: list[Followed] = field(default_factory=list)
    resets: list[Reset] = field(default_factory=list)
    totals: list[TotalsLook] = field(default_factory=list)


class SenderStore(Protocol):
    """Reads of those rows."""

    def numbers_known(self, numbers: Sequence[Number]) -> Mapping[Number, bytes]:
        """Return the SHA-256 of the first message of each number that is known."""

    def sender_to_look_at(self, after: tuple[str, str]) -> Followed | None:
        """Return the next (sender, topic) in order that has news or gaps."""

    def holes_of(self, followed: Followed, *, seen_before: datetime, limit: int) -> Holes:
        """Return what is missing though a later number was received by `seen_before`."""

    def arrived_in(self, followed: Followed, gaps: Sequence[Gap], limit: int) -> list[int]:
        """Return the numbers inside gaps that have come, in order."""

    def sessions_with_cdr(self, sessions: Sequence[str]) -> set[str]:
        """Return those sessions for which a CDR has arrived that is held."""

    def totals_to_look_at(self, now: datetime, limit: int) -> list[SenderDay]:
        """Return the stated totals whose comparison is due, the oldest first."""

    def received_of(self, days: Sequence[SenderDay]) -> Mapping[SenderDay, ReceivedTotals]:
        """Return what was received of senders in days."""
