"""Moving in, as the golden history has it: a book opened and reversed, ids of before."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from ledger.books.opening import OpeningLine, entries_of_opening
from ledger.roaming.move_in import MovedFile, MovedId, MoveIn
from ledger.settlement.opening import BookOpening, Opening
from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance
from tests.ledger_cast import CPO, EMSP


def moved_in(person: Provenance) -> Iterator[LedgerAggregate]:
    """Yield a book that is opened from a file and reversed, and a platform that was left."""
    second = replace(person, actor="fiona")
    lines = (
        OpeningLine("xyz-bv", "receivable", "EUR", "debit", Decimal("12.10"), None, EMSP),
        OpeningLine("xyz-bv", "payable", "CHF", "credit", Decimal(5), Decimal("5.30"), EMSP),
    )
    opening = Opening(
        date(2026, 9, 30), entries_of_opening("xyz-bv", "EUR", lines), "balances.csv", "a" * 64
    )
    book = BookOpening.blank("xyz-bv")
    book.submit(opening, provenance=person)
    book.approve(visible_to=(CPO,), provenance=second)
    for by in (person, second):
        book.reverse(
            posted_on=date(2026, 10, 1), reason="a wrong file", visible_to=(CPO,), provenance=by
        )
    yield book
    platform = MoveIn.blank("oldcharge")
    platform.start("b" * 64, (MovedFile("manifest.yaml", "c" * 64),), provenance=person)
    platform.keep("b" * 64, [MovedId("party", "OP-17", CPO)], provenance=person)
    yield platform
