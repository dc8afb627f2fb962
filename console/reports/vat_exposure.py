"""What agreed rates put at stake: the tax as decided against the tax at the standard rate.

Where a court or an authority says otherwise in the end, the difference is owed. It is worked out
on the same amounts before tax; what a price with tax in it would lose comes to less.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from console.reports.report import Column, Report, columns
from ledger.values.instants import last_day
from ledger.values.money import EXACT, ZERO, round_to_scale_4
from ledger.vat.rates import standard_rate
from projections.queries.vat_return import Overridden

COLUMNS: Final[tuple[Column, ...]] = columns(
    "book",
    "seller",
    "country",
    "tax_class",
    "tax_period",
    "currency",
    "cdrs:count:CDRs",
    "percent:percent",
    "standard_percent:percent",
    "base:money",
    "tax:money",
    "standard_tax:money",
    "difference:money",
    "source",
)


class Exposed(NamedTuple):
    """Sales at an agreed rate; `standard_percent` is None where no rate of the country is known."""

    sales: Overridden
    standard_percent: Decimal | None

    @property
    def standard_tax(self) -> Decimal | None:
        """The tax at the standard rate, at scale 4, rounded half up.

        Source: taxable amount times rate, EN 16931 BR-CO-17.
        """
        if self.standard_percent is None:
            return None
        ratio = EXACT.divide(self.standard_percent, Decimal(100))
        return round_to_scale_4(EXACT.multiply(self.sales.net, ratio))

    @property
    def difference(self) -> Decimal | None:
        """What would be owed beyond the tax as it was decided."""
        return None if self.standard_tax is None else self.standard_tax - self.sales.tax


def exposed(sales: Iterable[Overridden]) -> list[Exposed]:
    """Return what is at stake; the standard rate is the recorded one, else that of the period."""
    found = []
    for row in sales:
        percent = row.standard_percent
        if percent is None:
            rate = standard_rate(row.place, last_day(row.tax_period))
            percent = None if rate is None else rate.percent
        found.append(Exposed(row, percent))
    return found


def report_of(rows: Iterable[Exposed], *, facts: tuple[tuple[str, str | None], ...]) -> Report:
    """Return the exposure per override, seller and tax period, with a total per currency."""
    found = [*rows]
    return Report(
        title="Exposure by agreed VAT rates",
        facts=tuple((name, value) for name, value in facts if value is not None),
        columns=COLUMNS,
        rows=[
            (
                row.sales.book,
                row.sales.seller,
                row.sales.place,
                row.sales.tax_class or row.sales.supply or "electricity",
                row.sales.tax_period,
                row.sales.currency,
                row.sales.cdrs,
                row.sales.percent,
                row.standard_percent,
                row.sales.net,
                row.sales.tax,
                row.standard_tax,
                row.difference,
                row.sales.rate_source,
            )
            for row in found
        ],
        totals=[_total(currency, found) for currency in sorted({r.sales.currency for r in found})],
        notes=("The standard rate is taken on the same amounts before tax.",) if found else (),
    )


def _total(currency: str, rows: Iterable[Exposed]) -> tuple[str | int | Decimal | None, ...]:
    part = [row for row in rows if row.sales.currency == currency]
    return (
        "total",
        "",
        "",
        "",
        "",
        currency,
        sum(row.sales.cdrs for row in part),
        None,
        None,
        sum((row.sales.net for row in part), ZERO),
        sum((row.sales.tax for row in part), ZERO),
        sum((row.standard_tax or ZERO for row in part), ZERO),
        sum((row.difference or ZERO for row in part), ZERO),
        "",
    )
