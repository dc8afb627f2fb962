"""A short life of the ledger in which every kind of event happens at least once.

Nothing in it is random or of today: the same code records the same bytes. It goes through the
aggregates themselves, without a database.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from eventsourcing.persistence import StoredEvent
from msgspec.structs import replace

from ledger.application.circumstances import Circumstances
from ledger.application.decide import decide
from ledger.application.facts import Facts, View
from ledger.application.intake import Intake, Replay, SenderCount, UnreadableMark
from ledger.application.mapper import EventMapper
from ledger.application.store import LoggedEvent
from ledger.books.entries import reversal_of
from ledger.fx.history import ExchangeRates
from ledger.roaming.actor import Actor, ApiToken
from ledger.roaming.agreement import Agreement
from ledger.roaming.cdr import Cdr
from ledger.roaming.entity import LegalEntity
from ledger.roaming.location import Location
from ledger.roaming.party import Party
from ledger.roaming.session import Session
from ledger.roaming.statements import CdrStatement, SignedData, SignedValue
from ledger.roaming.tariff import Tariff
from ledger.settlement.accounting import AccountingPeriod, TrialBalance
from ledger.settlement.period import (
    Checkpoint,
    NetPosition,
    PeriodFigures,
    SettlementPeriod,
)
from ledger.values.aggregate import LedgerAggregate, recording_at
from ledger.values.provenance import Provenance, Source
from ledger.values.reasons import Reason, Refusal
from tests.golden.agreed import agreed
from tests.golden.controlled import controlled_cdrs
from tests.golden.disputed import disputes
from tests.golden.expiring import expiring
from tests.golden.launched import launched
from tests.golden.moved_in import moved_in
from tests.golden.paid import paid
from tests.golden.partied import partied
from tests.golden.revalued import revalued_months
from tests.golden.sites import sites
from tests.golden.trued_up import trued_up
from tests.golden.watched import watched
from tests.ledger_cast import (
    CPO,
    EMSP,
    ENTITIES,
    HOST,
    OCTOBER_RATES,
    PARTIES,
    RECORDED_AT,
    ROAMING,
    SWISS_CPO,
    YEAR_BEGINS,
    shared_with_host,
)
from tests.ledger_statements import cdr, location, october, session, tariff

TOPIC = "clearwatt.cdrs.v1"
MESSAGE = Provenance(
    CPO,
    "message",
    october(10, 11),
    october(10, 12),
    Source(TOPIC, 3, 42, CPO, "m-1", 7, october(10, 11), "00-" + "a" * 32 + "-" + "b" * 16 + "-01"),
)
PERSON = Provenance("finn", "asserted", RECORDED_AT, RECORDED_AT)
SYSTEM = Provenance("clearwatt", "system", RECORDED_AT, RECORDED_AT)


def recorded() -> list[StoredEvent]:
    """Return every event of the history as it is stored, in order."""
    with recording_at(RECORDED_AT):
        mapper = EventMapper()
        return [mapper.to_stored_event(event) for event in _events(mapper)]


def _events(mapper: EventMapper) -> Iterator[Any]:
    facts = [*_people_and_terms(), *_tariffs_and_locations()]
    events = [event for fact in facts for event in fact.collect_events()]
    yield from events
    known = Facts(mapper)
    known.follow(
        [
            LoggedEvent(
                number,
                *(row.originator_id, row.originator_version, row.topic, row.state),
                RECORDED_AT,
            )
            for number, row in enumerate(map(mapper.to_stored_event, events), 1)
        ],
        counter=1,
    )
    for aggregate in (
        *_sessions_and_cdrs(View(known)),
        *_intake(),
        *_closing(),
        trued_up(View(known), PERSON, SYSTEM),
        *agreed(PERSON),
        *partied(MESSAGE, PERSON),
        *paid(MESSAGE),
        *moved_in(PERSON),
        *watched(MESSAGE, PERSON, SYSTEM),
        *launched(MESSAGE, PERSON),
        *disputes(PERSON, SYSTEM),
        *sites(PERSON),
        *revalued_months(View(known), PERSON),
        *expiring(SYSTEM),
    ):
        yield from aggregate.collect_events()


def _people_and_terms() -> Iterator[LedgerAggregate]:
    actor = Actor.blank("finn")
    actor.register(roles=("finance", "operations"), provenance=PERSON)
    token = ApiToken(
        "5e3" + "0" * 9, "5e3" + "0" * 61, RECORDED_AT.replace(year=2027), "back end · 会計"
    )
    actor.issue_token(token, provenance=PERSON)
    actor.revoke_token(token.id, reason="left in a mail", provenance=PERSON)
    yield actor
    for key, document in ENTITIES.items():
        entity = LegalEntity.blank(key)
        entity.register(document, provenance=PERSON)
        yield entity
    for key, document in PARTIES.items():
        party = Party.blank(key)
        party.register(replace(document, senders=("NL*CLR",)), provenance=PERSON)
        yield party
    for key, terms in (
        (f"{SWISS_CPO}>{EMSP}", ROAMING),
        (f"{CPO}>{EMSP}", ROAMING),
        (f"{HOST}>{CPO}", shared_with_host("15/100", "LOC1")),
    ):
        agreement = Agreement.blank(key)
        agreement.agree(
            terms,
            valid_from=YEAR_BEGINS,
            valid_until=YEAR_BEGINS.replace(year=2027),
            author="anna",
            approver="finn",
            provenance=PERSON,
        )
        yield agreement
    rates = ExchangeRates.blank("CHF")
    rates.import_history(OCTOBER_RATES, provenance=PERSON)
    yield rates


def _tariffs_and_locations() -> Iterator[LedgerAggregate]:
    for of, currency in ((CPO, "EUR"), (SWISS_CPO, "CHF")):
        received = Tariff.blank(f"{of}/t1")
        for number, price in enumerate(("0.50", "0.40")):
            statement = tariff(("ENERGY", price, 1), of=of, currency=currency).statement
            received.receive(statement, content_sha256=str(number) * 64, provenance=MESSAGE)
        if of == CPO:
            received.acknowledge(1, provenance=PERSON)
        yield received
    yield _a_tariff_made_here()
    placed = Location.blank(f"{CPO}/loc1")
    for number, zone in enumerate(("Europe/Amsterdam", "Europe/Brussels")):
        statement = location("LOC1", zone).statement
        placed.receive(statement, content_sha256=str(number) * 64, provenance=MESSAGE)
    yield placed


def _a_tariff_made_here() -> Tariff:
    """Return a tariff with a version that was published and withdrawn, and one that never was."""
    own = Tariff.blank(f"{CPO}/own")
    second = replace(PERSON, actor="fiona")
    for number, price in enumerate(("0.45", "0.46"), 1):
        statement = tariff(
            ("ENERGY", price, 1), id="OWN", updated=october(number), ocpi_version="2.2.1"
        ).statement
        sha256 = str(number) * 64
        own.draft(statement, content_sha256=sha256, provenance=PERSON)
        own.submit(number, provenance=PERSON)
        if number == 1:
            own.approve(number, provenance=second)
            own.publish(number, provenance=PERSON)
        own.withdraw(number, reason="too dear · 高い", provenance=second)
    stray = tariff(("ENERGY", "0.99", 1), id="OWN", updated=october(3)).statement
    own.receive(stray, content_sha256="9" * 64, is_governed=True, provenance=MESSAGE)
    return own


def _sessions_and_cdrs(view: View) -> Iterator[LedgerAggregate]:
    told = Session.blank(f"{CPO}/c1")
    for number, kwh in enumerate(("10", "11")):
        told.update(
            session("C1", kwh=kwh).statement,
            content_sha256=str(number) * 64,
            provenance=MESSAGE,
        )
    yield told
    yield _a_cdr_with_everything(view, told)
    yield from _a_cdr_in_francs_that_is_held_at_first(view)
    yield from controlled_cdrs(view, told, MESSAGE, PERSON)


def _a_cdr_with_everything(view: View, told: Session) -> Cdr:
    """Return a CDR that is accepted, met by a conflict, and decided again twice."""
    sent: CdrStatement = cdr(
        "C1",
        "5.00",
        authorization_reference="s-1",
        meter_id="meter 1",
        signed_data=SignedData("OCMF", (SignedValue("End", "s-2", "s-3"),), 1, "key", "https://x"),
        tariffs=(tariff(("ENERGY", "0.50", 1)).statement,),
        total_parking_time=Decimal("0.5"),
        remark="Öffentlich · 充電",
        invoice_reference_id="I-1",
    ).statement
    sold = Cdr.blank(f"{CPO}/c1")
    around = Circumstances(session=told)
    verdict = decide(sent, around=around, view=view, received_at=MESSAGE.received_at)
    assert verdict.decision is not None, verdict.refusals
    common = {"content_sha256": "0" * 64, "provenance": MESSAGE}
    sold.accept(sent, decision=verdict.decision, because="message", **common)
    sold.hold_conflict(replace(sent, remark="x"), content_sha256="1" * 64, provenance=MESSAGE)
    for decision, refusals in (
        (verdict.decision, ()),
        (None, (Refusal(Reason.CDR_TOTAL_COST_DIFFERS, "total_cost", "6.00 EUR", "5.00 EUR"),)),
    ):
        sold.decide_again(
            decision=decision,
            refusals=refusals,
            reversal=tuple(reversal_of(entry) for entry in verdict.decision.entries),
            reversal_booking=replace(
                verdict.decision.booking, posted_period="ALL/2026-11", late_of="ALL/2026-10"
            ),
            because="tariff:NL*XYZ/t1",
            provenance=SYSTEM,
            decided_at=RECORDED_AT,
        )
    return sold


def _a_cdr_in_francs_that_is_held_at_first(view: View) -> Iterator[LedgerAggregate]:
    sent = cdr("S1", "5.00", of=SWISS_CPO, currency="CHF").statement
    key = f"{SWISS_CPO}/s1"
    told = Session.blank(key)
    update = session("S1", of=SWISS_CPO).statement
    told.update(update, content_sha256="3" * 64, provenance=MESSAGE)
    yield told
    sold = Cdr.blank(key)
    common = {"content_sha256": "2" * 64, "provenance": MESSAGE}
    for session_known in (None, told):
        around = Circumstances(session=session_known)
        verdict = decide(sent, around=around, view=view, received_at=RECORDED_AT)
        if verdict.decision is None:
            sold.hold(sent, refusals=verdict.refusals, **common)
        else:
            sold.accept(sent, decision=verdict.decision, because=f"session:{key}", **common)
    assert sold.state == "accepted"
    yield sold


def _intake() -> Iterator[LedgerAggregate]:
    intake = Intake.blank(f"{TOPIC}[3]")
    intake.consume(
        topic=TOPIC,
        partition=3,
        from_offset=40,
        next_offset=46,
        received=6,
        epoch=2,
        counts=(
            SenderCount(CPO, accepted=1, superseded=1, duplicate=1, held=1),
            SenderCount("UNKNOWN", unreadable=2),
        ),
        unreadable=(
            UnreadableMark(44, "UNKNOWN", "CORRUPT_AVRO", "f" * 64, RECORDED_AT),
            UnreadableMark(45, "UNKNOWN", "MISSING_FIELD", "e" * 64, RECORDED_AT, "id", "text"),
        ),
        provenance=SYSTEM,
    )
    yield intake
    replay = Replay.blank(f"{TOPIC}[3]@45")
    for outcome, reason in (("unreadable", "MISSING_FIELD"), ("accepted", "")):
        replay.feed_again(
            topic=TOPIC,
            partition=3,
            offset=45,
            sender="UNKNOWN",
            outcome=outcome,
            reason=reason,
            provenance=PERSON,
        )
    yield replay


def _closing() -> Iterator[LedgerAggregate]:
    figures = PeriodFigures(
        1, "c" * 64, 1, (NetPosition(CPO, "EUR", Decimal("5.0000")),
                         NetPosition(EMSP, "EUR", Decimal("-5.0000")))
    )  # fmt: skip
    checkpoint = Checkpoint("period", 1234, "d" * 64)
    period = SettlementPeriod.blank("ALL/2026-10")
    period.open(time_zone="Europe/Amsterdam", provenance=SYSTEM)
    period.cut_off(now=RECORDED_AT, provenance=PERSON)
    period.review(provenance=PERSON)
    period.soft_close(figures=figures, checkpoint=checkpoint, provenance=PERSON)
    period.hard_close(figures=figures, checkpoint=checkpoint, log_root="e" * 64, provenance=PERSON)
    yield period
    month = AccountingPeriod.blank("xyz-bv/2026-10")
    balance = TrialBalance(Decimal("6.0500"), Decimal("6.0500"), 4, "b" * 64)
    month.close(trial_balance=balance, provenance=PERSON)
    yield month
