"""A period that is trued up, as the golden history has it."""

from decimal import Decimal

from ledger.application.facts import View
from ledger.application.truing_up import adjustments_of, booking_of_true_up
from ledger.settlement.period import Checkpoint, SettlementPeriod
from ledger.settlement.true_up import Clause, ClauseFigures, ClauseUse
from ledger.values.provenance import Provenance
from tests.ledger_cast import CLEARING, CPO, EMSP, RECORDED_AT


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
    return period
