"""What was said of something that ends: announced before, and withdrawn when it is renewed.

expiry.announced (60 days, then 14 days before) -> expiry.withdrawn
"""

from datetime import date
from typing import Literal

from eventsourcing.domain import event

from ledger.roaming.endings import Ending, EndingKind
from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance

Because = Literal["renewed", "ended"]


class Expiry(LedgerAggregate):
    """One thing that ends, by its key; `ends_on` is None while nothing is announced."""

    KIND = "expiry"
    KEY_FIELD = "expiry"
    IS_SHARED_FACT = True

    ends_on: date | None
    notice_days: int

    def begin(self) -> None:
        self.ends_on = None
        self.notice_days = 0

    def is_said(self, ending: Ending, notice_days: int) -> bool:
        """True where the end was announced as near as that."""
        return self.ends_on == ending.ends_on and self.notice_days <= notice_days

    def announce(self, ending: Ending, *, notice_days: int, provenance: Provenance) -> None:
        """Announce an end, once for each notice."""
        if not self.is_said(ending, notice_days):
            self._record_announcement(
                expiry=self.key,
                kind=ending.kind,
                subject=ending.subject,
                what=ending.what,
                ends_on=ending.ends_on,
                notice_days=notice_days,
                provenance=provenance,
            )

    @event("Announced", topic="expiry.announced.v1")
    def _record_announcement(
        self,
        expiry: str,
        kind: EndingKind,
        subject: str,
        what: str,
        ends_on: date,
        notice_days: int,
        provenance: Provenance,
    ) -> None:
        self.ends_on, self.notice_days = ends_on, notice_days

    def withdraw(self, because: Because, *, provenance: Provenance) -> None:
        """Take an announcement back: it was renewed, or ended and nobody means to renew it."""
        if self.ends_on is not None:
            self._record_withdrawal(
                expiry=self.key, ends_on=self.ends_on, because=because, provenance=provenance
            )

    @event("Withdrawn", topic="expiry.withdrawn.v1")
    def _record_withdrawal(
        self,
        expiry: str,
        ends_on: date,
        because: Because,
        provenance: Provenance,
    ) -> None:
        self.ends_on, self.notice_days = None, 0
