"""The revaluation of a month: every book that holds other currencies, brought to its last day.

It is made between the soft and the hard close of the month's last settlement period: until then
something can still be booked in the month.
"""

from collections.abc import Sequence
from typing import NamedTuple

from console.steps_ahead import step_ahead
from ledger.application.closing import others_of_the_month
from ledger.application.commands import By
from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.rehearsal import Rehearsal
from ledger.application.revaluing import pending_revaluation, revalue_month, settled_since
from ledger.books.revaluation import ForeignFigures, Revalued
from ledger.roaming.entity import LegalEntity
from ledger.settlement.period import SettlementPeriod
from ledger.values.reasons import Reason, Refusal, Refused
from projections.database import Connection, reading
from projections.queries.period import Block
from projections.queries.revaluation import foreign_figures, revaluation_checkpoint
from projections.runner import Projector


class BookRevalued(NamedTuple):
    """What a book holds in other currencies at a month's end; amounts are in `book_currency`."""

    book: str
    book_currency: str
    month: str
    items: tuple[Revalued, ...]


def foreign_in(ledger: Ledger, connection: Connection, month: str) -> list[ForeignFigures]:
    """Return what each book holds in other currencies at a month's end."""
    return foreign_figures(connection, month, settled_since=settled_since(ledger, month))


def revalue(
    ledger: Ledger,
    database_url: str,
    month: str,
    *,
    by: By,
    book: str | None = None,
    dry_run: bool = False,
) -> list[BookRevalued]:
    """Book what books realised in a month and what is open at its end; return it, by book.

    The same figures again book nothing; `dry_run` refuses the same and books nothing. Refuses:
    NOT_FOUND, PERIOD_CLOSED, ROLE_MISSING; for all books at once FX_RATE_MISSING,
    EARLIER_MONTH_OPEN.
    """
    ledger.refresh()
    if book is not None and ledger.facts.find(LegalEntity, book) is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "book", actual=book))
    Projector(database_url).run(until_caught_up=True)
    with reading(database_url) as connection:
        foreign = [
            (figures, revaluation_checkpoint(connection, figures))
            for figures in foreign_in(ledger, connection, month)
            if book in (None, figures.book)
        ]
    pending = pending_in(ledger, [figures for figures, _ in foreign])
    books = Rehearsal(ledger) if dry_run else ledger
    for figures, at in foreign:
        revalue_month(books, figures, checkpoint=at, by=by)
    return pending


def pending_in(ledger: Ledger, foreign: Sequence[ForeignFigures]) -> list[BookRevalued]:
    """Return what a revaluation comes to now. Refuses, for all books at once, what it refuses."""
    found: list[BookRevalued] = []
    refusals: dict[tuple[Reason, str], Refusal] = {}
    for figures in foreign:
        try:
            items = pending_revaluation(ledger, figures)
        except Refused as refused:
            refusals.update(((row.reason, row.path), row) for row in refused.refusals)
        else:
            found.append(BookRevalued(figures.book, figures.book_currency, figures.month, items))
    if refusals:
        raise Refused(*refusals.values())
    return found


def look_ahead(
    ledger: Ledger, connection: Connection, period: SettlementPeriod
) -> tuple[tuple[BookRevalued, ...], list[Block]]:
    """Return what the close of a period would revalue, or what blocks it.

    Nothing while another group's period keeps the month open in the books.
    """
    if period.state == "HARD_CLOSED" or others_of_the_month(View(ledger.facts), period):
        return (), []
    return step_ahead(
        "The revaluation",
        lambda: pending_in(ledger, foreign_in(ledger, connection, period.month)),
    )


def revalue_for_close(
    ledger: Ledger, database_url: str, period: SettlementPeriod, *, by: By
) -> str:
    """Revalue the month that a period's close will close; return what was done, in a sentence."""
    if others_of_the_month(View(ledger.facts), period):
        return f"{period.month} stays open in the books: another period of it is not closed."
    books = revalue(ledger, database_url, period.month, by=by)
    return f"{period.month} is revalued: {len(books)} books hold other currencies than their own."
