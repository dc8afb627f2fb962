"""Bringing what books hold in other currencies to the rate of the month's end, at its close.

The figures are the journal's, read by the console at one position of the log; the rate is the one
published last on or before the month's last day. Months are revalued in their order: what was
realised in one is where the next begins.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from ledger.application.commands import By, provenance_of
from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.on_figures import book_on_figures
from ledger.books.revaluation import (
    ForeignFigures,
    Revalued,
    entries_of_revaluation,
    held_in,
    revalued,
)
from ledger.fx.convert import FxDecision
from ledger.roaming.legs import Booking
from ledger.roaming.party import Party
from ledger.settlement.accounting import AccountingPeriod
from ledger.settlement.period import Checkpoint
from ledger.values.instants import first_day, last_day, month_after
from ledger.values.reasons import Reason, Refusal, Refused


def revaluation_of(view: View, figures: ForeignFigures) -> tuple[Revalued, ...]:
    """Return a book's pools at the rates of the month's end; nothing where nothing is foreign.

    Refuses: FX_RATE_MISSING with every currency that has none, EARLIER_MONTH_OPEN.
    """
    _refuse_before_its_turn(view, figures)
    day = last_day(figures.month)
    missing: dict[str, Refusal] = {}

    def rate_of(currency: str, into: str) -> FxDecision:
        return view.fx(from_currency=currency, to_currency=into, rate_on=day)

    for currency in sorted({row.currency for row in figures.pools if held_in(row).amount}):
        try:
            rate_of(currency, figures.book_currency)
        except Refused as refused:
            missing.update((row.path, row) for row in refused.refusals)
    if missing:
        raise Refused(*missing.values())
    return revalued(figures, rate_of)


def pending_revaluation(ledger: Ledger, figures: ForeignFigures) -> tuple[Revalued, ...]:
    """Return what a revaluation would come to now. Refuses what `revaluation_of` refuses."""
    ledger.refresh()
    return revaluation_of(View(ledger.facts), figures)


def revalue_month(
    ledger: Ledger, figures: ForeignFigures, *, checkpoint: Checkpoint, by: By
) -> tuple[Revalued, ...]:
    """Book what a book's month realised on foreign currencies, and what is open at its end.

    The same figures again book nothing. Refuses: FIGURES_MOVED, ROLE_MISSING, PERIOD_CLOSED, and
    what `revaluation_of` refuses.
    """

    def book(view: View) -> tuple[Revalued, ...]:
        items = revaluation_of(view, figures)
        view.edit(AccountingPeriod, f"{figures.book}/{figures.month}").revalue(
            items,
            entries_of_revaluation(figures, items),
            booking=_booking_on(last_day(figures.month)),
            reversal_booking=_booking_on(first_day(_month_of_reversal(view, figures))),
            checkpoint=checkpoint,
            visible_to=_parties_of(view, figures.book),
            provenance=provenance_of(by),
        )
        return items

    return book_on_figures(
        ledger, book, figures=figures, name="pools", checkpoint=checkpoint, by=by
    )


def settled_since(ledger: Ledger, month: str) -> dict[str, date]:
    """Return per book from which day on its payments are not realised yet at a month's close.

    It is the day after the last month before it that was closed, or revalued; a book that is not
    named never did either.
    """
    ledger.refresh()
    last: dict[str, str] = {}
    for row in ledger.facts.all_of(AccountingPeriod):
        if row.month < month:
            last[row.book] = max(row.month, last.get(row.book, row.month))
    return {book: last_day(before) + timedelta(days=1) for book, before in last.items()}


def refuse_what_is_not_revalued(view: View, foreign: Iterable[ForeignFigures]) -> None:
    """Refuses: REVALUATION_MISSING for books whose foreign currencies are at another rate."""
    refusals = []
    for figures in foreign:
        month = view.find(AccountingPeriod, f"{figures.book}/{figures.month}")
        before = month.revaluation if month is not None else None
        if revaluation_of(view, figures) != (before.items if before is not None else ()):
            path = f"{figures.book}/{figures.month}"
            refusals.append(Refusal(Reason.REVALUATION_MISSING, path, "as revalued", "other pools"))
    if refusals:
        raise Refused(*refusals)


def _refuse_before_its_turn(view: View, figures: ForeignFigures) -> None:
    """A month with foreign entries that is still to be closed is revalued before this one."""
    still = {row.month for row in view.periods.values() if row.state != "HARD_CLOSED"}
    waiting = sorted(still.intersection(figures.months))
    if waiting:
        raise Refused(
            Refusal(Reason.EARLIER_MONTH_OPEN, f"{figures.book}/{figures.month}", actual=waiting[0])
        )


def _month_of_reversal(view: View, figures: ForeignFigures) -> str:
    """Return the next month, or the first one after it that the book did not close already."""
    month = month_after(figures.month)
    while (known := view.find(AccountingPeriod, f"{figures.book}/{month}")) and known.is_closed:
        month = month_after(month)
    return month


def _booking_on(day: date) -> Booking:
    """Return where a revaluation is booked: of a book's month, and of no settlement period."""
    month = day.isoformat()[:7]
    return Booking(day, "", day, "", month)


def _parties_of(view: View, book: str) -> tuple[str, ...]:
    """Return whose book it is, or was: they may see what is booked in it."""
    return tuple(row.key for row in view.each_of(Party) if book in row.entities)
