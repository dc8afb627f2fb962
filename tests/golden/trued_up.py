"""A period that is trued up and falls due, as the golden history has it."""

from decimal import Decimal

from ledger.application.facts import View
from ledger.application.falling_due import groups_due
from ledger.application.truing_up import adjustments_of, booking_of_true_up
from ledger.books.invoice_groups import Accruals, AccruedLine, GroupAccrued, InvoiceGroup
from ledger.settlement.period import Checkpoint, SettlementPeriod
from ledger.settlement.true_up import Clause, ClauseFigures, ClauseUse
from ledger.values.provenance import Provenance
from tests.ledger_cast import CLEARING, CPO, EMSP, RECORDED_AT, SWISS_CPO


def trued_up(view: View, person: Provenance, clock: Provenance) -> SettlementPeriod:
    """Return a period in review whose CDRs booked a fee with a rounding of 0.0002 too much."""
    fee = Clause(f"{CPO}>{EMSP}#1", "fees[0] clearing", "fee", CLEARING, CPO, "EUR", "NLD")
    figures = ClauseFigures((ClauseUse(fee, "10001/60000", Decimal("0.1669")),))
    period = SettlementPeriod.blank("NORDIC/2026-10")
    period.open(time_zone="Europe/Stockholm", provenance=clock)
    period.cut_off(now=RECORDED_AT, provenance=person)
    period.review(provenance=person)
    period.true_up(
        adjustments_of(view, period, figures),
        booking=booking_of_true_up(period),
        checkpoint=Checkpoint("split", 1230, figures.sha256),
        provenance=person,
    )
    accrued = _accrued()
    period.fall_due(
        groups_due(view, period, accrued),
        booking=booking_of_true_up(period),
        checkpoint=Checkpoint("accrual", 1231, accrued.sha256),
        provenance=person,
    )
    return period


def _accrued() -> Accruals:
    """Return a fee with Dutch VAT, and Swiss charging in francs that the buyer accounts for."""
    dutch = InvoiceGroup(
        *(CLEARING, CPO, "EUR", "NL", "S", Decimal(21), "2026-10", "seller_in_place"),
        *("clr-bv", "xyz-bv"),
        supply="service",
    )
    swiss = InvoiceGroup(
        *(SWISS_CPO, EMSP, "CHF", "DE", "O", Decimal(0), "2026-10", "outside_scope"),
        *("alp-ag", "emp-gmbh", Decimal(19)),
        seller_number="CHE-999.000.019 TVA",
        buyer_number="DE819900016",
    )
    return Accruals(
        (
            GroupAccrued(
                dutch,
                (
                    _line("clr-bv", "revenue:fee", "-0.1667"),
                    _line("clr-bv", "vat:NL:output:accrued", "-0.0350"),
                    _line("xyz-bv", "cost:fee", "0.1667"),
                    _line("xyz-bv", "vat:NL:input:accrued", "0.0350"),
                ),
            ),
            GroupAccrued(
                swiss,
                (
                    _line("alp-ag", "revenue:charging", "-10.0080"),
                    _line("emp-gmbh", "cost:charging", "10.0080", "10.6752"),
                ),
            ),
        )
    )


def _line(book: str, account: str, amount: str, book_amount: str = "") -> AccruedLine:
    return AccruedLine(book, account, Decimal(amount), Decimal(book_amount or amount))
