"""VAT, FX and posting of decided sales, once more, so that their CPU time stands by itself."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ledger.application.facts import View
from ledger.application.selling import Occasion, Sold, Trader, leg_between, trader_of
from ledger.roaming.legs import DRIVER, Decision, Leg
from ledger.roaming.statements import CdrStatement
from ledger.values.countries import alpha_2
from ledger.values.entries import Entry


class Agreed(NamedTuple):
    """A sale as it was before its tax: who sells what to whom, at which place of the decision."""

    place: int
    seller: Trader
    buyer: Trader | None
    sale: dict[str, Any]


def agreed_sales(
    cdrs: Sequence[CdrStatement], decided: Sequence[Decision], view: View
) -> list[Agreed]:
    """Return every leg of the decisions without its tax, rates and entries."""
    return [
        _agreed(view, cdr, decision, leg, index)
        for cdr, decision in zip(cdrs, decided, strict=True)
        for index, leg in enumerate(decision.legs)
    ]


def _agreed(view: View, cdr: CdrStatement, decision: Decision, leg: Leg, index: int) -> Agreed:
    started_at = cdr.start_date_time
    to_driver = leg.buyer == DRIVER
    includes_tax = leg.priced is not None and leg.priced.total_cost.before_taxes is None
    return Agreed(
        index,
        trader_of(view, leg.seller, started_at),
        None if to_driver else trader_of(view, leg.buyer, started_at),
        {
            "kind": leg.kind,
            "supply": "electricity" if leg.kind in ("wholesale", "retail") else "service",
            "occasion": Occasion(
                alpha_2(cdr.cdr_location.country),
                tax_point=leg.vat.tax_point,
                rate_on=decision.booking.service_on,
            ),
            "clause": leg.clause,
            "agreement_version": leg.agreement_version,
            "currency": leg.currency,
            "net_exact": leg.net_exact,
            "net": leg.gross if includes_tax else leg.net,
            "includes_tax": includes_tax,
            "tariff_version": leg.tariff_version,
            "lines": leg.lines,
            "priced": leg.priced,
            "converted": leg.converted,
            "for_driver": leg.for_driver,
            "terms": view.terms_of(leg.agreement_version).vat,
        },
    )


def post_again(view: View, sales: Sequence[Agreed]) -> list[tuple[Entry, ...]]:
    """Decide tax and rates of the sales and make their entries."""
    return [sold.entries(row.place) for row, sold in zip(sales, _sold(view, sales), strict=True)]


def _sold(view: View, sales: Sequence[Agreed]) -> Iterator[Sold]:
    for row in sales:
        yield leg_between(view, seller=row.seller, buyer=row.buyer, **row.sale)
