"""Disputes, for the golden history: one of each life, and words that waited."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from ledger.books.entries import reversal_of
from ledger.roaming.control_statements import CdrReference, DisputeStatement, Evidence
from ledger.roaming.legs import Booking
from ledger.settlement.claim import (
    Claim,
    Deadlines,
    DisputedPart,
    GrantedPart,
    ReturnedPart,
    Said,
)
from ledger.settlement.contested import Contested, ContestedCdr
from ledger.settlement.dispute import Dispute
from ledger.values.aggregate import LedgerAggregate
from ledger.values.entries import Entry, Posting
from ledger.values.instants import local_date
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal
from tests.ledger_cast import CPO, FRENCH_EMSP, RECORDED_AT

NET, GROSS = Decimal("5.0000"), Decimal("6.0500")
CLAIM = Claim(
    dispute_id="D-1",
    seller=CPO,
    buyer=FRENCH_EMSP,
    opened_by=FRENCH_EMSP,
    reason_code="PRICE",
    cdrs=(CdrReference("NL", "XYZ", "C1"),),
    currency="EUR",
    net=NET,
    gross=GROSS,
)
DAY = local_date(RECORDED_AT, "Europe/Amsterdam")
BOOKING = Booking(DAY, "ALL/2026-10", DAY, "ALL/2026-11", "2026-11", "ALL/2026-10")
DEADLINES = Deadlines(RECORDED_AT + timedelta(hours=72), RECORDED_AT + timedelta(days=14))
OPENING = Said(
    by=FRENCH_EMSP,
    text="The meter says otherwise · 充電",
    evidence=(Evidence("readings.pdf", "e" * 64, "https://emp.example/readings.pdf"),),
    command_id="b-1",
    sha256="a" * 64,
)


def _moved(rule: str, book: str, debit: str, credit: str) -> Entry:
    postings = (Posting(debit, "debit", GROSS, GROSS), Posting(credit, "credit", GROSS, GROSS))
    return Entry(book, "EUR", "EUR", rule, 0, postings)


ENTRIES = (
    _moved(
        "disputed_sale",
        "xyz-bv",
        f"disputed:receivable:{FRENCH_EMSP}",
        f"receivable:{FRENCH_EMSP}",
    ),
    _moved("disputed_buying", "mob-sas", f"payable:{CPO}", f"disputed:payable:{CPO}"),
)
PART = DisputedPart(
    f"{CPO}/c1", "wholesale", f"{CPO}>{FRENCH_EMSP}#1", NET, GROSS, 1, ENTRIES, BOOKING
)
BACK = ReturnedPart(
    PART.cdr,
    PART.clause,
    PART.agreement_version,
    GROSS,
    1,
    tuple(reversal_of(entry) for entry in ENTRIES),
    BOOKING,
)


def disputes(person: Provenance, system: Provenance) -> Iterator[LedgerAggregate]:
    """Yield disputes that were decided, withdrawn, settled, and one that waited."""
    for outcome, granted in (
        ("upheld", (GrantedPart(PART.cdr, NET, GROSS),)),
        ("partly_upheld", (GrantedPart(PART.cdr, Decimal("2.5000"), Decimal("3.0250")),)),
        ("dismissed", ()),
    ):
        decided = _opened(f"d-{outcome}", person)
        decided.expire(provenance=system)
        decided.answer(Said(by=CPO, text="No."), provenance=person)
        decided.decide(
            outcome, granted=granted, returned=(BACK,), said=Said(text="So."), provenance=person
        )
        decided.close(outcome, provenance=person)
        yield decided
    withdrawn = _opened("d-withdrawn", person)
    withdrawn.withdraw((BACK,), said=Said(by=FRENCH_EMSP, text="Sorry."), provenance=person)
    yield withdrawn
    settled = _opened("d-settled", person)
    settled.settle(BACK, because="credited", provenance=system)
    settled.close("settled", provenance=system)
    yield settled
    yield _one_that_waited(person)
    contested = ContestedCdr.blank(PART.cdr)
    contested.contest(Contested(f"{CPO}/d-1", GROSS, GROSS, GROSS), provenance=person)
    contested.give_back(f"{CPO}/d-1", provenance=person)
    yield contested


def _opened(name: str, person: Provenance) -> Dispute:
    dispute = Dispute.blank(f"{CPO}/{name}")
    dispute.open(CLAIM, (PART,), deadlines=DEADLINES, said=OPENING, provenance=person)
    return dispute


def _one_that_waited(person: Provenance) -> Dispute:
    dispute = Dispute.blank(f"{CPO}/d-waits")
    statement = DisputeStatement(
        "NL", "XYZ", "s-1", "D-waits", "ANSWER", CPO, RECORDED_AT, text="No."
    )
    missing = Refusal(Reason.NOT_FOUND, "dispute", dispute.key)
    dispute.hold(statement, sha256="b" * 64, refusal=missing, provenance=person)
    (word,) = dispute.held
    dispute.refuse_held(word, (Refusal(Reason.WRONG_PARTY, "by", FRENCH_EMSP, CPO),))
    return dispute
