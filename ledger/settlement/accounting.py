"""The accounting period: one month of one book."""

from decimal import Decimal
from typing import Any

import msgspec
from eventsourcing.domain import event

from ledger.books.entries import reversal_of
from ledger.books.revaluation import Revalued, taken_back_of
from ledger.roaming.legs import Booking
from ledger.settlement.period import Checkpoint
from ledger.values.aggregate import LedgerAggregate
from ledger.values.entries import Entry
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused


class TrialBalance(msgspec.Struct, frozen=True):
    """Totals of a book's month in the book's currency, and the hash of its account balances."""

    debit: Decimal
    credit: Decimal
    accounts: int
    sha256: str


class Revaluation(msgspec.Struct, frozen=True, gc=False):
    """What a book's month booked for what it holds in other currencies.

    `entries` stand in the month, on the day of `booking`; `reversal` takes what was revalued back
    in a later one.
    """

    items: tuple[Revalued, ...]
    entries: tuple[Entry, ...]
    booking: Booking
    reversal: tuple[Entry, ...]
    reversal_booking: Booking


class AccountingPeriod(LedgerAggregate):
    """A month of a book; key `xyz-bv/2026-10`."""

    KIND = "accounting_period"
    IS_SHARED_FACT = True

    is_closed: bool
    revaluation: Revaluation | None
    """What was booked for foreign currencies; forgotten once the month is closed."""

    def begin(self) -> None:
        self.is_closed = False
        self.revaluation = None

    @property
    def book(self) -> str:
        """The book, `xyz-bv`."""
        return self.key.rpartition("/")[0]

    @property
    def month(self) -> str:
        """The month, `2026-10`."""
        return self.key.rpartition("/")[2]

    @classmethod
    def key_of(cls, event: Any) -> str:
        return f"{event.book}/{event.month}"

    def revalue(
        self,
        items: tuple[Revalued, ...],
        entries: tuple[Entry, ...],
        *,
        booking: Booking,
        reversal_booking: Booking,
        checkpoint: Checkpoint,
        visible_to: tuple[str, ...],
        provenance: Provenance,
    ) -> bool:
        """Bring what is open in other currencies to the month's end; False where it is there.

        Where the figures moved since the last time, what was booked then is taken back entry by
        entry, in the same event. Refuses: PERIOD_CLOSED.
        """
        if self.is_closed:
            raise Refused(Refusal(Reason.PERIOD_CLOSED, self.key))
        before = self.revaluation
        if items == (before.items if before is not None else ()):
            return False
        self._record_revaluation(
            book=self.book,
            month=self.month,
            items=items,
            entries=entries,
            booking=booking,
            reversal=taken_back_of(entries),
            reversal_booking=reversal_booking,
            checkpoint=checkpoint,
            visible_to=visible_to,
            provenance=provenance,
            taken_back=_opposite(before.entries if before is not None else ()),
            reversal_taken_back=_opposite(before.reversal if before is not None else ()),
        )
        return True

    def close(self, *, trial_balance: TrialBalance, provenance: Provenance) -> None:
        """Close the month for good. Refuses: PERIOD_CLOSED, CLOSE_BLOCKED out of balance."""
        if self.is_closed:
            raise Refused(Refusal(Reason.PERIOD_CLOSED, self.key))
        if trial_balance.debit != trial_balance.credit:
            raise Refused(
                Refusal(
                    Reason.CLOSE_BLOCKED,
                    self.key,
                    f"debit {trial_balance.debit}",
                    f"credit {trial_balance.credit}",
                )
            )
        self._record_close(
            book=self.book, month=self.month, trial_balance=trial_balance, provenance=provenance
        )

    @event("Revalued", topic="accounting_period.revalued.v1")
    def _record_revaluation(
        self,
        book: str,
        month: str,
        items: tuple[Revalued, ...],
        entries: tuple[Entry, ...],
        booking: Booking,
        reversal: tuple[Entry, ...],
        reversal_booking: Booking,
        checkpoint: Checkpoint,
        visible_to: tuple[str, ...],
        provenance: Provenance,
        taken_back: tuple[Entry, ...] = (),
        reversal_taken_back: tuple[Entry, ...] = (),
    ) -> None:
        self.revaluation = Revaluation(items, entries, booking, reversal, reversal_booking)

    @event("HardClosed", topic="accounting_period.hard_closed.v1")
    def _record_close(
        self,
        book: str,
        month: str,
        trial_balance: TrialBalance,
        provenance: Provenance,
    ) -> None:
        self.is_closed, self.revaluation = True, None


def _opposite(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    return tuple(reversal_of(entry) for entry in entries)
