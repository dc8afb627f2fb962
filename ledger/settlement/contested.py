"""The contested CDR: what open disputes keep of it on the disputed accounts.

It stands beside the CDR, so that two disputes opened at the same moment cannot both take the
same money: whoever records second decides again and sees what is left.
"""

from decimal import Decimal

import msgspec
from eventsourcing.domain import event

from ledger.values.aggregate import LedgerAggregate
from ledger.values.money import ZERO
from ledger.values.provenance import Provenance
from ledger.values.reasons import InvariantBroken


class Contested(msgspec.Struct, frozen=True, gc=False):
    """What a dispute keeps: in the sale's currency, and in those of the two books; scale 4."""

    dispute: str
    gross: Decimal
    sold_book: Decimal
    bought_book: Decimal


class ContestedCdr(LedgerAggregate):
    """What is disputed of a CDR; key `NL*XYZ/cdr-id`."""

    KIND = "contested_cdr"
    KEY_FIELD = "cdr"

    contested: tuple[Contested, ...]

    def begin(self) -> None:
        self.contested = ()

    @property
    def is_disputed(self) -> bool:
        """True while an open dispute keeps a part of the CDR."""
        return bool(self.contested)

    @property
    def total(self) -> Contested:
        """Everything that is disputed."""
        rows = self.contested
        return Contested(
            "",
            sum((row.gross for row in rows), ZERO),
            sum((row.sold_book for row in rows), ZERO),
            sum((row.bought_book for row in rows), ZERO),
        )

    def contest(self, part: Contested, *, provenance: Provenance) -> None:
        """Keep a part for a dispute, once."""
        if any(row.dispute == part.dispute for row in self.contested):
            raise InvariantBroken(f"{part.dispute} disputes {self.key} already")
        self._record_contest(cdr=self.key, part=part, provenance=provenance)

    def give_back(self, dispute: str, *, provenance: Provenance) -> None:
        """Keep nothing of a dispute any more."""
        if not any(row.dispute == dispute for row in self.contested):
            raise InvariantBroken(f"{dispute} keeps nothing of {self.key}")
        self._record_return(cdr=self.key, dispute=dispute, provenance=provenance)

    @event("Contested", topic="contested_cdr.contested.v1")
    def _record_contest(self, cdr: str, part: Contested, provenance: Provenance) -> None:
        self.contested = (*self.contested, part)

    @event("GivenBack", topic="contested_cdr.given_back.v1")
    def _record_return(self, cdr: str, dispute: str, provenance: Provenance) -> None:
        self.contested = tuple(row for row in self.contested if row.dispute != dispute)
