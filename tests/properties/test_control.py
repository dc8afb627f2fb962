"""Whatever people and partners do, in whatever order: no money without its checks, none lost."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.application.commands import MessageCommand
from ledger.application.control import (
    adjust_cdr,
    correct_cdrs,
    credit_cdr,
    exclude_cdrs,
    readmit_cdrs,
    recheck_cdrs,
    release_cdrs,
    request_resubmissions,
    undo_releases,
)
from ledger.pricing.tariff import Extension
from ledger.roaming.cdr import Cdr
from ledger.roaming.checks.candidate import Candidate, Occupied
from ledger.roaming.checks.catalogue import BY_CODE
from ledger.roaming.checks.check import Severity
from ledger.roaming.checks.judge import findings_of
from ledger.roaming.session import Session
from ledger.values.reasons import Refused
from tests.ledger_cast import (
    AGREEMENTS,
    CPO,
    ENTITIES,
    HOST,
    OCTOBER_RATES,
    ROAMING,
    SWISS_CPO,
    agreement,
    entity,
    rates,
    shared_with_host,
)
from tests.ledger_people import FINN, OLGA
from tests.ledger_statements import cdr, credit_of, october, session, tariff
from tests.ledger_world import World

MINUTE = timedelta(minutes=1)
TEN, ELEVEN = october(10), october(10, 11)
SETTINGS = settings(max_examples=12, phases=[Phase.generate])


# --- credit and original ------------------------------------------------------------------------


@SETTINGS
@given(
    kwh=st.decimals("0.001", "99", places=3),
    price=st.decimals("0", "1", places=4),
    part=st.decimals("0.0001", "1", places=4),
    is_swiss=st.booleans(),
    gives_back=st.booleans(),
)
def test_credit_and_original_are_zero_on_every_account(
    kwh, price, part, is_swiss, gives_back, fresh_world
):
    seller, currency = (SWISS_CPO, "CHF") if is_swiss else (CPO, "EUR")
    taxed = entity("emp-gmbh", replace(ENTITIES["emp-gmbh"], dealer_since=None))
    shares = agreement(HOST, CPO, shared_with_host("1/3", "LOC1"))
    world = fresh_world(*AGREEMENTS, shares, rates(OCTOBER_RATES), taxed, staffed=True)
    total = (kwh * price).quantize(Decimal("0.0001"))
    sent = cdr("C1", str(total), of=seller, kwh=str(kwh), currency=currency)
    stated = tariff(("ENERGY", str(price), 1), of=seller, currency=currency, updated=october(1))
    world.send(stated, session("C1", of=seller, kwh=str(kwh)), sent)
    assert world.cdr("C1", seller).state == "accepted", world.reasons("C1", seller)
    gross = world.cdr("C1", seller).decision.legs[0].gross
    amount = (gross * part).quantize(Decimal("0.0001"))
    if gives_back and amount:
        adjust_cdr(world.ledger, f"{seller}/c1", amount=amount, reason="goodwill", by=FINN)
    world.send(credit_of(sent, "K1"))
    assert world.cdr("C1", seller).state == "credited"
    assert world.balances() == {}


# --- any walk -----------------------------------------------------------------------------------

IDS = ("C1", "C2", "C3")
KEYS = {id: f"{CPO}/{id.lower()}" for id in IDS}
WHY = "as agreed"


def messages_about(id: str, chance: Random) -> list[MessageCommand]:
    """Return what a partner may say of a CDR: C2 and C3 share a session at times."""
    shared = {"session_id": "C2", "evse": "E-C2"} if id == "C3" and chance.random() < 0.5 else {}
    totals = ("5.00", "5.00", "5.10")
    minute = chance.randrange(50)
    return [
        session(id, updated=ELEVEN + minute * MINUTE),
        session(
            id,
            updated=ELEVEN + minute * MINUTE,
            end_date_time=ELEVEN + chance.choice((0, 0, 5)) * MINUTE,
            status=chance.choice(("COMPLETED", "COMPLETED", "INVALID")),
        ),
        cdr(id, chance.choice(totals), **shared),
        cdr(id, "5.00", end_date_time=october(10, 9)),
        credit_of(cdr(id, "5.00"), f"K{id}"),
    ]


def people_about(world: World, id: str, chance: Random) -> Callable[[], Any]:
    """Return what somebody may do to a CDR."""
    key, many = KEYS[id], {"reason": WHY, "by": OLGA}
    correction = chance.choice(
        [
            {"total_cost.before_taxes": "5.00"},
            {"end_date_time": ELEVEN.isoformat()},
            {"end_date_time": "2026-10-10T11:05:00Z"},
        ]
    )
    price = chance.choice(("computed", "stated"))
    ledger = world.ledger
    return chance.choice(
        [
            lambda: release_cdrs(ledger, [key], price=price, **many),
            lambda: release_cdrs(ledger, [key], codes=["SESSION_TIMES_DIFFER"], **many),
            lambda: undo_releases(ledger, [key], **many),
            lambda: correct_cdrs(ledger, [key], after=correction, **many),
            lambda: exclude_cdrs(ledger, [key], **many),
            lambda: readmit_cdrs(ledger, [key], **many),
            lambda: request_resubmissions(ledger, [key], **many),
            lambda: recheck_cdrs(ledger, [key], by=OLGA),
            lambda: adjust_cdr(ledger, key, amount=Decimal("0.5"), reason=WHY, by=FINN),
            lambda: credit_cdr(ledger, key, reason=WHY, by=FINN),
        ]
    )


def answer(world: World, id: str, chance: Random) -> None:
    """Answer a reject with the CDR again, if one was sent out; right or wrong."""
    reject = world.cdr(id).reject
    if reject is not None:
        cites = Extension(reject_id=reject.reject_id)
        world.send(cdr(id, chance.choice(("5.00", "5.20")), clearwatt=cites))


@SETTINGS
@given(seed=st.integers(0, 2**32))
def test_no_walk_makes_money_without_its_checks_or_loses_any(seed, fresh_world):
    chance = Random(seed)
    world = fresh_world(*AGREEMENTS, staffed=True)
    for id in chance.sample(IDS, 2):
        world.send(session(id), cdr(id, chance.choice(("5.00", "5.10"))))
    for _ in range(24):
        id = chance.choice(IDS)
        if chance.random() < 0.5:
            world.send(chance.choice(messages_about(id, chance)))
        elif chance.random() < 0.2:
            answer(world, id, chance)
        else:
            try:
                people_about(world, id, chance)()
            except Refused:
                continue
            world.settle()
        assert_no_money_without_its_checks(world)
    assert_the_books_are_what_the_cdrs_say(world)
    assert_no_money_is_lost(world)
    assert world.ledger.store.broken_leaves() == []


def assert_no_money_without_its_checks(world: World) -> None:
    """Look at every accepted CDR again from outside: what would hold it was let go by somebody."""
    accepted = {
        key: found
        for id, key in KEYS.items()
        if (found := world.cdr(id)).state == "accepted" and found.decision is not None
    }
    for key, found in accepted.items():
        others = [other for other_key, other in accepted.items() if other_key != key]
        candidate = Candidate(
            cdr=found.statement,
            terms=ROAMING,
            session=session_of(world, found),
            received_at=found.provenance.received_at,
            time_zone="Europe/Amsterdam",
            others=tuple(in_the_way_of(found, others)),
        )
        released = found.decision.release.codes if found.decision.release else ()
        severe = {
            finding.reason.value
            for finding in findings_of(candidate)
            if BY_CODE[finding.reason].severity is not Severity.WARNING
        }
        assert severe <= set(released), (key, severe, released)


def in_the_way_of(found: Cdr, others: list[Cdr]) -> list[Occupied]:
    return [
        Occupied("session", other.key, TEN, ELEVEN)
        for other in others
        if other.decision.session
        and found.decision.session
        and other.decision.session.session == found.decision.session.session
    ]


def session_of(world: World, found: Cdr) -> Session | None:
    use = found.decision.session
    if use is None:
        return None
    session = Session.blank(use.session)
    for stored in world.ledger.store.events_of([session.id]).get(session.id, ()):
        world.ledger.event_mapper.to_domain_event(stored).mutate(session)
    return session


def assert_the_books_are_what_the_cdrs_say(world: World) -> None:
    """A CDR that is accepted has its decision in the books, less what was given back; else none."""
    for id, key in KEYS.items():
        found, booked = world.cdr(id), world.balances(key)
        receivable = booked.get(("xyz-bv", "receivable:DE*EMP", "EUR"), Decimal(0))
        if found.state != "accepted":
            assert booked == {}, (key, found.state)
            continue
        sold = [entry for entry in found.decision.entries if entry.rule == "charging_sold"]
        back = [entry for entry in found.adjustments if entry.rule == "charging_sold"]
        expected = sum(entry.postings[0].amount for entry in sold)
        assert receivable == expected - sum(
            posting.amount
            for entry in back
            for posting in entry.postings
            if posting.account == "receivable:DE*EMP"
        )


def assert_no_money_is_lost(world: World) -> None:
    """What is held, refused, accepted, excluded or credited is what was received, to the cent."""
    received: dict[str, Decimal] = {}
    by_state: dict[str, Decimal] = {}
    for row in world.events():
        statement = getattr(row, "statement", None)
        is_cdr = row.TOPIC.startswith("cdr.") and row.TOPIC != "cdr.conflict_held.v1"
        if is_cdr and statement is not None:
            received[row.cdr] = statement.total_cost.before_taxes
    for key in received:
        found = world.cdr(key.rpartition("/")[2])
        total = found.statement.total_cost.before_taxes
        by_state[found.state] = by_state.get(found.state, Decimal(0)) + total
    assert set(by_state) <= {"held", "refused", "accepted", "excluded", "credited", "new"}
    assert "new" not in by_state, "everything received has come to an end or waits"
    assert sum(by_state.values()) == sum(received.values())


@SETTINGS
@given(seed=st.integers(0, 2**32))
def test_what_is_done_and_undone_leaves_every_balance_as_before(seed, fresh_world):
    chance = Random(seed)
    world = fresh_world(*AGREEMENTS, staffed=True)
    for id in IDS:
        kwh = str(chance.randrange(1, 20))
        stated = cdr(id, str(Decimal(kwh) / 2 + chance.choice((0, 0, 1))), kwh=kwh)
        world.send(session(id, kwh=kwh), stated)
    before = world.balances()
    for _ in range(4):
        id = chance.choice(IDS)
        many = {"reason": WHY, "by": OLGA}
        if world.cdr(id).state == "held" and chance.random() < 0.7:
            release_cdrs(world.ledger, [KEYS[id]], price="stated", **many)
            assert world.balances() != before
            undo_releases(world.ledger, [KEYS[id]], **many)
        else:
            exclude_cdrs(world.ledger, [KEYS[id]], **many)
            readmit_cdrs(world.ledger, [KEYS[id]], **many)
        assert world.balances() == before
