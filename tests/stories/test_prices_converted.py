"""A price in one currency that is settled in another: what was converted is told either way."""

from datetime import date
from decimal import Decimal

from ledger.application.control import credit_cdr
from ledger.roaming.terms import Terms
from projections.queries.exchange import conversions
from projections.rebuild import verify
from tests.ledger_cast import BY_FINANCE, CPO, EMSP, agreement, rates, swiss_rates
from tests.ledger_statements import cdr, session, tariff

IN_FRANCS = tariff(("ENERGY", "0.50", 1), id="T2", currency="CHF")
PARITY = rates(swiss_rates(date(2026, 10, 31), (date(2026, 10, 1), "1.0000")))


def converted(it):
    found = it.ask(conversions)
    assert all(row.is_same for row in verify(it.world.url, ["exchange", "vat", "accrual"]))
    return [
        (row.kind, row.book, row.from_currency, row.to_currency, row.amount, row.converted)
        for row in found
    ]


def test_a_price_is_converted_where_no_book_is_in_another_currency(month):
    it = month(agreement(CPO, EMSP, Terms(currency="EUR")), PARITY)
    it.charge("8")
    assert converted(it) == []
    it.world.send(IN_FRANCS)
    said = {"kwh": "20", "tariff_id": "T2", "currency": "CHF"}
    it.world.send(session("F1", kwh="20"), cdr("F1", "10.00", **said))
    assert it.world.cdr("F1").state == "accepted", it.world.reasons("F1")
    ten = Decimal("10.0000")
    assert converted(it) == [("settlement", "xyz-bv", "CHF", "EUR", ten, ten)]
    credit_cdr(it.world.ledger, f"{CPO}/f1", reason="charged in francs", by=BY_FINANCE)
    nothing = Decimal("0.0000")
    assert converted(it) == [("settlement", "xyz-bv", "CHF", "EUR", nothing, nothing)]
