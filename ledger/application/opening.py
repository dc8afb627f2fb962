"""The commands of people about the balances with which books are opened.

One person of finance submits what a file says, another approves it; the same file again changes
nothing. What is wrong with any line of the file is refused at once, by its path.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from typing import Literal, NamedTuple

from ledger.application.commands import By, provenance_of
from ledger.application.consequences import record_fact
from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.store import FactRecorded
from ledger.books.opening import Books, OpeningLine, entries_of_opening, errors_of_opening
from ledger.roaming.entity import LegalEntity
from ledger.roaming.party import Party
from ledger.settlement.accounting import AccountingPeriod
from ledger.settlement.opening import BookOpening, Opening
from ledger.values.reasons import Reason, Refusal, Refused


class OpeningFile(NamedTuple):
    """What a file of opening balances says: the day they stood, and a line per balance."""

    posted_on: date
    lines: Sequence[OpeningLine]
    source: str
    source_sha256: str


class Opened(NamedTuple):
    """What became of a book; `opening` has its entries."""

    book: str
    outcome: Literal["submitted", "imported", "unchanged", "reversal proposed", "reversed"]
    opening: Opening


def submit_openings(
    ledger: Ledger, file: OpeningFile, *, by: By, dry_run: bool = False
) -> list[Opened]:
    """Propose the opening of every book that the file names, all or none; for finance.

    Refuses: EMPTY_LIST, what `errors_of_opening` finds, OPENING_EXISTS, PERIOD_CLOSED.
    """
    done: list[Opened] = []

    def change(view: View) -> None:
        refusals = errors_of_opening(file.lines, _books(view, file.lines))
        if not file.lines:
            refusals = (Refusal(Reason.EMPTY_LIST, file.source, "balances"),)
        if refusals:
            raise Refused(*refusals)
        done[:] = _submitted(view, file, by)

    _carry_out(ledger, change, by, dry_run=dry_run)
    return done


def approve_openings(
    ledger: Ledger, books: Sequence[str], *, by: By, dry_run: bool = False
) -> list[Opened]:
    """Book what another person submitted for these books, all or none; for finance.

    Refuses: NOT_FOUND, SECOND_PERSON_REQUIRED, PERIOD_CLOSED.
    """
    done: list[Opened] = []

    def change(view: View) -> None:
        done.clear()
        for book in books:
            opening = view.edit(BookOpening, book).approve(
                visible_to=_parties_of(view, book), provenance=provenance_of(by)
            )
            _refuse_closed_month(view, book, opening.posted_on)
            done.append(Opened(book, "imported", opening))

    _carry_out(ledger, change, by, dry_run=dry_run)
    return done


def reverse_opening(
    ledger: Ledger, book: str, *, reason: str, by: By, dry_run: bool = False
) -> Opened:
    """Take a book's opening back: one person of finance proposes it, another one does it.

    It is booked on the opening's own day; where that month is closed, on the day it is done.
    Refuses as `BookOpening.reverse` does, and PERIOD_CLOSED.
    """
    done: list[Opened] = []

    def change(view: View) -> None:
        found = view.edit(BookOpening, book)
        was = found.opening
        posted_on = was.posted_on if was is not None else by.at.date()
        if _is_closed(view, book, posted_on):
            posted_on = by.at.date()
        is_done = found.reverse(
            posted_on=posted_on,
            reason=reason,
            visible_to=_parties_of(view, book),
            provenance=provenance_of(by),
        )
        if is_done:
            _refuse_closed_month(view, book, posted_on)
        if was is not None:
            done[:] = [Opened(book, "reversed" if is_done else "reversal proposed", was)]

    _carry_out(ledger, change, by, dry_run=dry_run)
    return done[0]


def _submitted(view: View, file: OpeningFile, by: By) -> list[Opened]:
    by_book: defaultdict[str, list[OpeningLine]] = defaultdict(list)
    for line in file.lines:
        by_book[line.book].append(line)
    done: list[Opened] = []
    refusals: list[Refusal] = []
    for book in sorted(by_book):
        opening = _opening_of(view, book, by_book[book], file)
        try:
            is_new = view.edit(BookOpening, book).submit(opening, provenance=provenance_of(by))
            if is_new:
                _refuse_closed_month(view, book, file.posted_on)
            done.append(Opened(book, "submitted" if is_new else "unchanged", opening))
        except Refused as refused:
            refusals.extend(refused.refusals)
    if refusals:
        raise Refused(*refusals)
    return done


def _opening_of(view: View, book: str, lines: Sequence[OpeningLine], file: OpeningFile) -> Opening:
    """Return what the lines of one registered book say, as entries in its currency."""
    entity = view.find(LegalEntity, book)
    if entity is None:
        raise Refused(Refusal(Reason.ENTITY_UNKNOWN, "book", actual=book))
    entries = entries_of_opening(book, entity.document.currency, lines)
    return Opening(file.posted_on, entries, file.source, file.source_sha256)


def _books(view: View, lines: Sequence[OpeningLine]) -> Books:
    """Return what is registered of the books and parties that the lines name."""
    entities = {line.book: view.find(LegalEntity, line.book) for line in lines}
    parties = {line.party: view.find(Party, line.party) for line in lines if line.party}
    return Books(
        {key: row.document.currency for key, row in entities.items() if row is not None},
        {key: row.memberships[-1].entity for key, row in parties.items() if row is not None},
    )


def _parties_of(view: View, book: str) -> tuple[str, ...]:
    """Return whose book it is, or was: they may see what is booked in it."""
    return tuple(row.key for row in view.each_of(Party) if book in row.entities)


def _is_closed(view: View, book: str, day: date) -> bool:
    month = view.find(AccountingPeriod, f"{book}/{day.isoformat()[:7]}")
    return month is not None and month.is_closed


def _refuse_closed_month(view: View, book: str, day: date) -> None:
    if _is_closed(view, book, day):
        raise Refused(Refusal(Reason.PERIOD_CLOSED, f"{book}/{day.isoformat()[:7]}"))


def _carry_out(ledger: Ledger, change: Callable[[View], None], by: By, *, dry_run: bool) -> None:
    """Change openings as a person of finance; no recorded decision depends on them."""

    def facts(view: View) -> list[FactRecorded]:
        change(view)
        return []

    record_fact(ledger, facts, by, "finance", dry_run=dry_run)
