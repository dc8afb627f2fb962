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
    """Return a period in review whose CDRs booked a fee with a rounding of 0.0002 too much.

    What fell due first says under no agreement version, what falls due later does.
    """
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
    for position, accrued in enumerate((_accrued(), _doubled(_accrued())), 1231):
        period.fall_due(
            groups_due(view, period, accrued),
            booking=booking_of_true_up(period),
            checkpoint=Checkpoint("accrual", position, accrued.sha256),
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


def _doubled(once: Accruals) -> Accruals:
    """Return as much again, each group with the agreement versions under which it was sold."""
    versions = (f"{CPO}>{EMSP}#1", f"{CPO}>{EMSP}#2"), (f"{SWISS_CPO}>{EMSP}#1",)
    groups = (
        GroupAccrued(row.group, tuple(_twice(line) for line in row.lines), named)
        for row, named in zip(once.groups, versions, strict=True)
    )
    return Accruals(tuple(groups))


def _twice(line: AccruedLine) -> AccruedLine:
    return AccruedLine(line.book, line.account, 2 * line.amount, 2 * line.book_amount)
