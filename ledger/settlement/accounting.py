"""The accounting period: one month of one book."""

from decimal import Decimal
from typing import Any

import msgspec
from eventsourcing.domain import event

from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused


class TrialBalance(msgspec.Struct, frozen=True):
    """Totals of a book's month in the book's currency, and the hash of its account balances."""

    debit: Decimal
    credit: Decimal
    accounts: int
    sha256: str


class AccountingPeriod(LedgerAggregate):
    """A month of a book; key `xyz-bv/2026-10`."""

    KIND = "accounting_period"
    IS_SHARED_FACT = True

    is_closed: bool

    def begin(self) -> None:
        self.is_closed = False

    @classmethod
    def key_of(cls, event: Any) -> str:
        return f"{event.book}/{event.month}"

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
        book, month = self.key.split("/")
        self._record_close(
            book=book, month=month, trial_balance=trial_balance, provenance=provenance
        )

    @event("HardClosed", topic="accounting_period.hard_closed.v1")
    def _record_close(
        self,
        book: str,
        month: str,
        trial_balance: TrialBalance,
        provenance: Provenance,
    ) -> None:
        self.is_closed = True
