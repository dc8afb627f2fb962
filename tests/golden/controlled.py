"""CDRs in the hands of people, for the golden history: every intervention at least once."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from msgspec.structs import replace

from ledger.application.circumstances import Circumstances
from ledger.application.decide import Verdict, decide
from ledger.application.facts import View
from ledger.application.hashing import hash_of_list
from ledger.books.adjustments import part_reversed
from ledger.books.entries import reversal_of
from ledger.evidence.signed_data import SignedEvidence
from ledger.pricing.tariff import Extension
from ledger.roaming.case import Case
from ledger.roaming.cdr import Cdr
from ledger.roaming.interventions import Proposal, Reject, corrected
from ledger.roaming.legs import Decision
from ledger.roaming.release import Release
from ledger.roaming.session import Session
from ledger.roaming.statements import CdrStatement
from ledger.settlement.approval import Approvals, ApprovedTotal
from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal
from tests.ledger_cast import CPO, EMSP, RECORDED_AT
from tests.ledger_statements import cdr, october

SIGNED = SignedEvidence(
    "OCMF",
    "not_verified",
    meter_serial="1EMH0011223344",
    start_wh=Decimal("1000.0"),
    stop_wh=Decimal("11000.0"),
    energy_wh=Decimal("10000.0"),
    started_at=october(10),
    ended_at=october(10, 11),
    is_complete=True,
)


def controlled_cdrs(
    view: View, told: Session, message: Provenance, person: Provenance
) -> Iterator[LedgerAggregate]:
    """Yield CDRs that were released, corrected, asked for again, taken out, credited; a case."""
    case = Case.blank(f"cdr {CPO}/c3")
    case.assign("olga", provenance=person)
    case.comment("They answer on Monday · 月曜日", provenance=person)
    yield case
    yield _released_asked_for_again_and_taken_out(view, told, message, person)
    yield from _refused_corrected_and_credited(view, told, message, person)
    reviewed = _reviewed(view, told, message, person)
    yield reviewed
    approvals = Approvals.blank(f"{CPO}>{EMSP}")
    approvals.approve(
        by="acceptance",
        cdrs=[reviewed.key],
        totals=(ApprovedTotal("EUR", Decimal("5.0000"), Decimal("5.0000")),),
        cdr_list_sha256=hash_of_list([reviewed.key]),
        provenance=person,
    )
    yield approvals


def _verdict(view: View, told: Session, sent: CdrStatement, release: Release | None) -> Verdict:
    around = Circumstances(session=told, evidence=SIGNED, release=release)
    return decide(sent, around=around, view=view, received_at=RECORDED_AT)


def _money(verdict: Verdict) -> Decision:
    assert verdict.decision is not None, verdict.refusals
    return verdict.decision


def _released_asked_for_again_and_taken_out(
    view: View, told: Session, message: Provenance, person: Provenance
) -> Cdr:
    sent = replace(cdr("C1", "5.10").statement, id="C3")
    sold = Cdr.blank(f"{CPO}/c3")
    held = _verdict(view, told, sent, None)
    common = {"content_sha256": "3" * 64, "provenance": message, "evidence": SIGNED}
    sold.hold(sent, refusals=held.refusals, **common)
    let_go = Release(("CDR_TOTAL_COST_DIFFERS",), "stated", "agreed by mail · 合意")
    sold.release_findings(let_go, provenance=person)
    decision = _money(_verdict(view, told, sent, let_go))
    sold.accept(sent, decision=decision, because="release", **common)
    sold.undo_release(reason="the mail was about another charge", provenance=person)
    sold.decide_again(
        decision=None,
        refusals=held.refusals,
        reversal=tuple(reversal_of(entry) for entry in decision.entries),
        reversal_booking=decision.booking,
        because="release undone",
        provenance=person,
        decided_at=RECORDED_AT,
    )
    until = RECORDED_AT.replace(day=9)
    reject = Reject("r-1", "3" * 64, sold.refusals, "Which tariff was it?", until)
    sold.request_resubmission(reject, provenance=person)
    citing = replace(cdr("C1", "5.00").statement, id="C3", clearwatt=Extension(reject_id="r-1"))
    assert sold.resubmit(citing, content_sha256="4" * 64, provenance=message, evidence=SIGNED)
    decision = _money(_verdict(view, told, citing, None))
    sold.accept(citing, decision=decision, because="message", **common)
    sold.exclude(
        reason="a test charge",
        reversal=tuple(reversal_of(entry) for entry in decision.entries),
        reversal_booking=decision.booking,
        provenance=person,
    )
    sold.readmit(reason="it was none", provenance=person)
    return sold


def _refused_corrected_and_credited(
    view: View, told: Session, message: Provenance, person: Provenance
) -> Iterator[Cdr]:
    sent = replace(cdr("C1", "5.00").statement, id="C4", end_date_time=october(10, 9))
    sold = Cdr.blank(f"{CPO}/c4")
    verdict = _verdict(view, told, sent, None)
    common = {"content_sha256": "5" * 64, "provenance": message}
    sold.hold(sent, refusals=verdict.refusals, is_fatal=verdict.is_fatal, **common)
    right, changes = corrected(sent, {"end_date_time": "2026-10-10T11:00:00Z"})
    sold.correct(right, tuple(changes), reason="end and start swapped", provenance=person)
    decision = _money(_verdict(view, told, right, None))
    sold.accept(right, decision=decision, because="correction", **common)
    sale = [entry for entry in decision.entries if entry.leg == 0]
    sold.adjust(
        amount=Decimal("1.0000"),
        reason="goodwill",
        entries=part_reversed(sale, Fraction(1, 5)),
        booking=decision.booking,
        provenance=person,
    )
    sold.propose(Proposal("credit", "6" * 64, "all of it", Decimal("5.00"), "EUR", person))
    credit = Cdr.blank(f"{CPO}/k4")
    cancelling = replace(
        cdr("C1", "-5.00").statement, id="K4", credit=True, credit_reference_id="C4"
    )
    sold.credit(
        credit.key,
        reason="credit CDR",
        reversal=tuple(reversal_of(entry) for entry in (*decision.entries, *sold.adjustments)),
        reversal_booking=decision.booking,
        provenance=message,
    )
    yield sold
    credit.accept_credit(
        cancelling,
        content_sha256="7" * 64,
        credits=sold.key,
        visible_to=decision.visible_to,
        provenance=message,
    )
    yield credit


def _reviewed(view: View, told: Session, message: Provenance, person: Provenance) -> Cdr:
    """A late fact would change what is booked: a person is asked."""
    sent = replace(cdr("C1", "5.00").statement, id="C5")
    sold = Cdr.blank(f"{CPO}/c5")
    decision = _money(_verdict(view, told, sent, None))
    sold.accept(
        sent, decision=decision, because="message", content_sha256="8" * 64, provenance=message
    )
    tariff = f"tariff:{CPO}/t1"
    late = Refusal(Reason.LATE_FACT_TO_REVIEW, tariff, "5.5000 EUR", "5.0000 EUR")
    sold.ask_for_review((late,), because=tariff, provenance=person)
    return sold
