"""Sales: what becomes of them, which entries are booked for each, and in whose books.

A decision, a true-up and what takes them back speak of entries; what is declared and what is
accrued is told by sale.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from projections.cdr_events import (
    CdrAccepted,
    CdrAdjusted,
    CdrCredited,
    CdrEvent,
    CdrExcluded,
    CdrRedecided,
)
from projections.event_parts import Booking, Decision, Entry, Leg, Vat
from projections.history import Booked, History
from projections.pages import Recorded
from projections.period_events import PeriodTruedUp

_SOLD = "_sold"
"""How the rules end by which sellers book."""


def is_sellers(entry: Entry) -> bool:
    """True for an entry in the book of its sale's seller."""
    return entry.rule.endswith(_SOLD)


class Sale(msgspec.Struct, frozen=True, gc=False):
    """A sale with the entries booked for it, and the books of its seller and its buyer.

    A driver has no book, and where a sale comes to nothing there are no entries: then a book is "".
    """

    leg: Leg
    entries: Sequence[Entry]
    seller_book: str
    buyer_book: str

    def vat_of(self, tax_class: str) -> Vat:
        """Return the decision on what the sale's accounts of a tax class hold."""
        for part in self.leg.parts:
            if part.vat.tax_class == tax_class:
                return part.vat
        return self.leg.vat


def sale_of(leg: Leg, entries: Sequence[Entry]) -> Sale:
    """Return a sale that entries are booked for: whose each of them is, its rule says."""
    seller_book = buyer_book = ""
    for entry in entries:
        if entry.rule.endswith(_SOLD):
            seller_book = entry.book
        else:
            buyer_book = entry.book
    return Sale(leg, entries, seller_book, buyer_book)


def sales_of(decision: Decision) -> list[Sale]:
    """Return every sale of a decision, by its number there."""
    booked: list[list[Entry]] = [[] for _ in decision.legs]
    for entry in decision.entries:
        booked[entry.leg].append(entry)
    return list(map(sale_of, decision.legs, booked))


def sales_booked(before: History) -> list[tuple[Booked, Sale]]:
    """Return what stands in the books of a CDR with the sale of each entry.

    What was given back before the CDR was decided again is of the sale that it was given back of:
    numbers tell the sales of one decision apart, not those of several.
    """
    booked = before.booked()
    entries: defaultdict[int, list[Entry]] = defaultdict(list)
    for row in booked:
        entries[id(row.leg)].append(row.entry)
    return [(row, sale_of(row.leg, entries[id(row.leg)])) for row in booked]


class OfSales(ABC):
    """A read model of sales: it is told what an event decides, takes back and gives back."""

    def take(self, recorded: Recorded) -> None:
        """Collect what an event does to sales: nearly all do nothing, or decide."""
        event = recorded.event
        if isinstance(event, CdrAccepted):
            self._decide(recorded, event.cdr, event.decision)
        elif isinstance(event, CdrEvent):
            self._change(recorded, event)
        elif isinstance(event, PeriodTruedUp):
            self._true_up(recorded, event)
        else:
            self._follow(recorded)

    def _change(self, recorded: Recorded, event: CdrEvent) -> None:
        if isinstance(event, CdrRedecided):
            self._take_back(recorded, event.cdr, event.reversal, event.reversal_booking)
            if event.decision is not None:
                self._decide(recorded, event.cdr, event.decision)
        elif isinstance(event, CdrCredited | CdrExcluded):
            if event.reversal_booking is not None:
                self._take_back(recorded, event.cdr, event.reversal, event.reversal_booking)
        elif isinstance(event, CdrAdjusted):
            decided = recorded.history().decided
            if decided is not None:
                self._give_back(recorded, event, decided.decision)

    @abstractmethod
    def _decide(self, recorded: Recorded, cdr: str, decision: Decision) -> None:
        """Add the sales of a decision."""

    @abstractmethod
    def _take_back(
        self, recorded: Recorded, cdr: str, reversal: Sequence[Entry], booking: Booking
    ) -> None:
        """Take back what was booked of a CDR, in the order of `History.booked`."""

    @abstractmethod
    def _give_back(self, recorded: Recorded, event: CdrAdjusted, decision: Decision) -> None:
        """Add what is given back of the sales of a decision."""

    @abstractmethod
    def _true_up(self, recorded: Recorded, event: PeriodTruedUp) -> None:
        """Add the sales that a period's clauses owe beyond those of its CDRs."""

    @abstractmethod
    def _follow(self, recorded: Recorded) -> None:
        """Collect what an event does that is about no sale."""
