"""An agreement's life: one writes, another approves, and what it changes is decided again."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from console.agreements.reader import read_agreements
from ledger.application.agreements import (
    Proposed,
    approve_agreement,
    reject_agreement,
    resume_agreement,
    submit_agreements,
    suspend_agreement,
)
from ledger.application.closing import cut_off_period
from ledger.application.commands import By
from ledger.application.party_states import suspend_party
from ledger.application.registration import advance_time
from ledger.roaming.agreement import Agreement
from ledger.values.reasons import Refused
from tests.ledger_cast import (
    CAST,
    CPO,
    EMSP,
    ENTITIES,
    HOST,
    agreement,
    entity,
    registered,
    shared_with_host,
)
from tests.ledger_people import ADA, FINN, FIONA, OLGA, head, staffed_world
from tests.ledger_statements import cdr, october, session
from tests.ledger_world import World, as_journal, journal

KEY = f"{CPO}>{EMSP}"
SINCE_JANUARY = """
parties: {seller: NL*XYZ, buyer: DE*EMP}
valid: {from: 2026-01-01}
fees:
  - {name: clearing, payer: seller, payee: NL*CLR, price: 1 % of net}
"""
CHEAPER = """
parties: {seller: NL*XYZ, buyer: DE*EMP}
valid: {from: 2026-10-08}
correction: the fee was mistyped
fees:
  - {name: clearing, payer: seller, payee: NL*CLR, price: 0.5 % of net}
"""


@pytest.fixture
def world(database_url):
    return staffed_world(database_url, *CAST)


def submit(world: World, text: str, by: By = FINN) -> list[int]:
    documents = read_agreements(text).approved_of()
    proposed = [Proposed(row.agreement, row.version, row.locate) for row in documents]
    return [row.draft for row in submit_agreements(world.ledger, proposed, by=by)]


def approve(world: World, by: By = FIONA, key: str = KEY) -> None:
    approve_agreement(world.ledger, key, by=by)
    world.settle()


def charge(world: World, name: str, **when: object) -> None:
    world.send(session(name, **when), cdr(name, "5.00", **when))


def refusals(text_of: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    return [(row.reason.value, row.path) for row in text_of.value.refusals]


def test_a_draft_moves_no_money_and_its_author_cannot_approve_it(world):
    charge(world, "C1")
    assert submit(world, SINCE_JANUARY) == [1]
    world.settle()
    assert world.reasons("C1") == ["AGREEMENT_MISSING"]
    with pytest.raises(Refused, match="SECOND_PERSON_REQUIRED"):
        approve(world, by=FINN)
    with pytest.raises(Refused, match="ROLE_MISSING"):
        approve(world, by=OLGA)
    approve(world)
    assert world.cdr("C1").state == "accepted"
    decision = world.cdr("C1").decision
    assert [(leg.agreement_version, leg.clause) for leg in decision.legs] == [
        (f"{KEY}#1", "tariffs"),
        (f"{KEY}#1", "fees[0] clearing"),
    ]


def test_the_event_says_who_wrote_and_who_approved_which_document(world):
    submit(world, SINCE_JANUARY)
    approve(world)
    submitted, agreed = (event for event in world.events() if event.TOPIC.startswith("agreement."))
    assert (agreed.author, agreed.approver, agreed.draft) == ("finn", "fiona", 1)
    assert agreed.document_sha256 == submitted.draft.document_sha256 != ""


def test_the_same_document_again_records_nothing(world):
    assert submit(world, SINCE_JANUARY) == submit(world, SINCE_JANUARY) == [1]
    approve(world)
    before = head(world)
    assert submit(world, SINCE_JANUARY) == [0]
    assert head(world) == before


def test_a_draft_goes_back_with_a_reason_and_may_be_written_anew(world):
    submit(world, SINCE_JANUARY)
    with pytest.raises(Refused, match="VALIDITY_OVERLAPS"):
        submit(world, SINCE_JANUARY.replace("1 %", "2 %"))
    with pytest.raises(Refused, match="REASON_MISSING"):
        reject_agreement(world.ledger, KEY, 1, reason=" ", by=FIONA)
    reject_agreement(world.ledger, KEY, 1, reason="1 %, not 2 %", by=FIONA)
    with pytest.raises(Refused, match="NOT_FOUND"):
        approve(world)
    assert submit(world, SINCE_JANUARY) == [2]
    approve(world)


def test_an_auditor_changes_nothing_and_an_agreement_must_exist(world):
    before = head(world)
    with pytest.raises(Refused, match="ROLE_MISSING"):
        submit(world, SINCE_JANUARY, by=ADA)
    for command in (
        lambda: approve_agreement(world.ledger, KEY, by=FIONA),
        lambda: reject_agreement(world.ledger, KEY, 1, reason="why", by=FIONA),
        lambda: suspend_agreement(world.ledger, KEY, reason="why", by=FIONA),
        lambda: resume_agreement(world.ledger, KEY, by=FIONA),
    ):
        with pytest.raises(Refused, match="NOT_FOUND"):
            command()
    assert head(world) == before


def test_all_errors_of_all_documents_are_said_at_once_each_with_its_line(world):
    text = """
parties: {seller: NL*XYZ, buyer: DE*NEW}
valid: {from: 2026-01-01}
fees:
  - {name: hub, payer: buyer, payee: NL*HUB, price: 0.05 EUR per CDR}
---
parties: {seller: NL*HST, buyer: NL*HST}
valid: {from: 2026-01-01}
fees:
  - {name: own, payer: seller, payee: NL*HST, price: 1 % of net}
settlement: {time_zone: Europe/London}
"""
    before = head(world)
    world.learn(agreement(CPO, EMSP))
    before = head(world)
    with pytest.raises(Refused) as refused:
        submit(world, text)
    assert sorted(refusals(refused)) == [
        ("AGREEMENT_CIRCULAR", "agreement.yaml:10 fees[0].payee"),
        ("AGREEMENT_CIRCULAR", "agreement.yaml:7 parties"),
        ("PARTY_UNKNOWN", "agreement.yaml:2 parties"),
        ("PAYEE_UNKNOWN", "agreement.yaml:5 fees[0].payee"),
        ("TIME_ZONE_DIFFERS", "agreement.yaml:11 settlement.time_zone"),
    ]
    assert head(world) == before


def test_money_that_would_come_back_to_who_pays_it_is_refused(world):
    host = "parties: {seller: NL*HST, buyer: NL*XYZ}\nvalid: {from: 2026-01-01}\nflow: share\n"
    share = "split: {locations: [LOC1], steps: [{payee: NL*HST, share: 20 % of net}, " \
        "{payee: NL*XYZ, share: remaining}]}\n"  # fmt: skip
    submit(world, host + share)
    back = (host + share).replace("NL*HST", "?").replace("NL*XYZ", "NL*HST").replace("?", "NL*XYZ")
    with pytest.raises(Refused, match="NL\\*HST > NL\\*XYZ > NL\\*HST") as refused:
        submit(world, host + share + "---\n" + back)
    assert {code for code, _ in refusals(refused)} == {"AGREEMENT_CIRCULAR"}
    submit(world, back.replace("LOC1", "LOC2"))


def test_parties_must_trade_when_their_agreement_is_approved(world):
    submit(world, SINCE_JANUARY)
    suspend_party(world.ledger, EMSP, reason="unpaid", by=FINN)
    with pytest.raises(Refused, match="PARTY_NOT_ACTIVE"):
        approve(world)


def test_a_registration_that_ran_out_keeps_an_agreement_from_being_approved(world):
    submit(world, SINCE_JANUARY)
    ended = replace(registered("DE"), valid_until=october(1).date())
    world.learn(entity("emp-gmbh", replace(ENTITIES["emp-gmbh"], vat_registrations=(ended,))))
    with pytest.raises(Refused, match="REGISTRATION_EXPIRED"):
        approve(world)
    world.learn(entity("emp-gmbh"))
    approve(world)


def test_versions_of_one_file_are_approved_together(world):
    text = """
parties: {seller: NL*XYZ, buyer: DE*EMP}
versions:
  - {valid: {from: 2026-10-05}, deadlines: {dispute: 30 days}}
  - {valid: {from: 2026-01-01, until: 2026-10-05}}
"""
    assert submit(world, text) == [1, 2]
    approve(world)
    known = world.ledger.facts
    world.ledger.refresh()
    versions = known.find(Agreement, KEY).versions
    assert [(row.number, row.terms.windows.dispute_days) for row in versions] == [(1, 60), (2, 30)]


def test_a_time_without_terms_is_refused_unless_it_is_meant(world):
    text = """
parties: {seller: NL*XYZ, buyer: DE*EMP}
versions:
  - {valid: {from: 2026-01-01, until: 2026-03-01}}
  - valid: {from: 2026-04-01}
"""
    with pytest.raises(Refused) as refused:
        submit(world, text)
    assert refusals(refused) == [("AGREEMENT_GAP", "agreement.yaml:5 versions[1].valid")]
    assert submit(world, text + "    gap: intended\n") == [1, 2]


def test_what_starts_in_a_suspension_is_held_until_the_agreement_is_resumed(world):
    world.learn(agreement(CPO, EMSP))
    early = By("fiona", "asserted", october(9))
    suspend_agreement(world.ledger, KEY, suspended_from=october(10), reason="unpaid", by=early)
    for name, day in (("C1", 9), ("C2", 11), ("C3", 13)):
        charge(world, name, at=october(day))
    assert world.cdr("C1").state == "accepted"
    assert world.reasons("C2") == world.reasons("C3") == ["AGREEMENT_SUSPENDED"]
    with pytest.raises(Refused, match="WRONG_STATE"):
        suspend_agreement(world.ledger, KEY, reason="again", by=FIONA)
    resume_agreement(world.ledger, KEY, resumed_from=october(12), by=FIONA)
    world.settle()
    assert world.reasons("C2") == ["AGREEMENT_SUSPENDED"]
    assert world.cdr("C3").state == "accepted"


def test_a_suspension_holds_what_was_decided_before_it_was_recorded_never(world):
    world.learn(agreement(CPO, EMSP))
    with pytest.raises(Refused, match="RETROACTIVE"):
        suspend_agreement(world.ledger, KEY, suspended_from=october(1), reason="unpaid", by=FIONA)


def test_where_a_share_agreement_rests_its_sites_are_held(world):
    world.learn(agreement(CPO, EMSP), agreement(HOST, CPO, shared_with_host("15/100", "LOC1")))
    early = By("fiona", "asserted", october(9))
    suspend_agreement(world.ledger, f"{HOST}>{CPO}", reason="lease ended", by=early)
    charge(world, "C1", location="LOC1")
    charge(world, "C2", location="LOC2")
    assert world.reasons("C1") == ["AGREEMENT_SUSPENDED"]
    assert world.cdr("C2").state == "accepted"
    resume_agreement(world.ledger, f"{HOST}>{CPO}", resumed_from=early.at, by=FIONA)
    world.settle()
    assert world.cdr("C1").state == "accepted"


def test_a_version_in_the_past_is_a_correction_or_refused(world):
    submit(world, SINCE_JANUARY)
    approve(world)
    with pytest.raises(Refused) as refused:
        submit(world, CHEAPER.replace("correction: the fee was mistyped\n", ""))
    assert refusals(refused) == [("RETROACTIVE", "agreement.yaml:3 valid.from")]
    assert submit(world, CHEAPER) == [2]


def test_a_correction_holds_where_late_facts_are_refused(world):
    submit(world, SINCE_JANUARY + "late_facts: refuse\n")
    approve(world)
    charge(world, "C1", at=october(9))
    submit(world, CHEAPER)
    approve(world)
    assert world.cdr("C1").decision.agreement == f"{KEY}#2"


def test_a_correction_is_booked_as_an_adjustment_where_the_period_is_closed(world):
    advance_time(world.ledger, october(1))
    submit(world, SINCE_JANUARY)
    approve(world)
    charge(world, "C1", at=october(7))
    charge(world, "C2", at=october(9))
    before = world.cdr("C2").decision
    month_is_over = datetime(2026, 10, 31, 23, tzinfo=UTC)
    cut_off_period(world.ledger, "ALL/2026-10", by=By("finn", "asserted", month_is_over))
    submit(world, CHEAPER)
    approve(world)
    # then what started before it stays, and nothing that was recorded is changed
    assert world.topics_of("NL*XYZ/c1") == ["cdr.accepted.v1"]
    assert world.topics_of("NL*XYZ/c2") == ["cdr.accepted.v1", "cdr.redecided.v1"]
    again = next(event for event in world.events() if event.TOPIC == "cdr.redecided.v1")
    fee = [entry for entry in again.decision.entries if entry.rule == "fee_sold"]
    assert as_journal(fee) == journal("""
        clr-bv fee_sold
            debit  receivable:NL*XYZ        0.0303 EUR
            credit revenue:fee              0.0250 EUR
            credit vat:NL:output:accrued    0.0053 EUR
    """)
    assert len(again.reversal) == len(before.entries)
    for booking in (again.reversal_booking, again.decision.booking):
        assert booking.service_period == "ALL/2026-10"
        assert (booking.posted_period, booking.late_of) == ("ALL/2026-11", "ALL/2026-10")
    assert {leg.agreement_version for leg in again.decision.legs} == {f"{KEY}#2"}
