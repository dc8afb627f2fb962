"""Rates that go on, and months that are brought to them, as the golden history has them."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from ledger.application.facts import View
from ledger.books.revaluation import (
    Day,
    ForeignFigures,
    Pool,
    entries_of_revaluation,
    revalued,
)
from ledger.fx.history import ExchangeRates
from ledger.fx.rates import PublishedRate, RateHistory
from ledger.roaming.legs import Booking
from ledger.settlement.accounting import AccountingPeriod
from ledger.settlement.period import Checkpoint
from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance
from tests.ledger_cast import EMSP

BOOK, MONTH, END, NEXT = "emp-gmbh", "2026-10", date(2026, 10, 31), date(2026, 11, 1)


def revalued_months(view: View, person: Provenance) -> Iterator[LedgerAggregate]:
    """Yield crowns of which two more days become known, and a month that is revalued twice."""
    rates = ExchangeRates.blank("NOK")
    for day, per_euro in ((date(2026, 10, 30), "10.312"), (date(2026, 11, 2), "10.4")):
        published = (PublishedRate(day, Decimal(per_euro)),)
        until = NEXT if day < NEXT else day
        rates.import_history(RateHistory("NOK", "ECB", day, until, published), provenance=person)
    yield rates
    month = AccountingPeriod.blank(f"{BOOK}/{MONTH}")
    paid = Day(date(2026, 10, 20), settled=Decimal(-40), book_settled=Decimal("-43.2000"))
    driver = Pool("receivable:driver", "CHF", Decimal(100), Decimal("105.0000"), (paid,))
    owed = Pool("payable:CH*ALP", "CHF", Decimal("-9.4000"), Decimal("-9.9000"))
    for pools in ((driver,), (driver, owed)):
        figures = ForeignFigures(BOOK, "EUR", MONTH, pools)
        items = revalued(
            figures,
            lambda currency, into: view.fx(from_currency=currency, to_currency=into, rate_on=END),
        )
        month.revalue(
            items,
            entries_of_revaluation(figures, items),
            booking=Booking(END, "", END, "", MONTH),
            reversal_booking=Booking(NEXT, "", NEXT, "", "2026-11"),
            checkpoint=Checkpoint("journal", 1240, figures.sha256),
            visible_to=(EMSP,),
            provenance=person,
        )
    yield month
