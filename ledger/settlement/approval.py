"""Approval: what nobody objected to in time, what the buyer accepted, what a review let pass.

One event per batch of a pair: counts, totals and the hash of the ordered CDR list; the list itself
stands in a table. A CDR whose agreement has no objection window is approved at once, without one.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

import msgspec
from eventsourcing.domain import event

from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance

ApprovedBy = Literal["window", "acceptance", "review"]
"""The window ended without objection; the buyer accepted; a review of the period let it pass."""


class ObjectionWindow(NamedTuple):
    """An accepted CDR that may still be objected to, until an instant (excluded)."""

    cdr: str
    pair: str
    posted_period: str
    until: datetime


class ApprovedTotal(msgspec.Struct, frozen=True, gc=False):
    """What was approved in a currency; net and gross of the sales at scale 4."""

    currency: str
    net: Decimal
    gross: Decimal


class Approvals(LedgerAggregate):
    """What was approved between two parties; key `NL*XYZ>DE*EMP`."""

    KIND = "approvals"
    KEY_FIELD = "pair"

    approved: int

    def begin(self) -> None:
        self.approved = 0

    def approve(
        self,
        *,
        by: ApprovedBy,
        cdrs: Sequence[str],
        totals: tuple[ApprovedTotal, ...],
        cdr_list_sha256: str,
        provenance: Provenance,
    ) -> None:
        """Record a batch, in the order of its list. None makes no event."""
        if cdrs:
            self._record_approval(
                pair=self.key,
                by=by,
                cdr_count=len(cdrs),
                totals=totals,
                cdr_list_sha256=cdr_list_sha256,
                provenance=provenance,
            )

    @event("Recorded", topic="approvals.recorded.v1")
    def _record_approval(
        self,
        pair: str,
        by: ApprovedBy,
        cdr_count: int,
        totals: tuple[ApprovedTotal, ...],
        cdr_list_sha256: str,
        provenance: Provenance,
    ) -> None:
        self.approved += cdr_count
