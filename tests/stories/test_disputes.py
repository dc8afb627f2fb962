"""Disputes, as their journals show them: opened, answered, decided, and where the money goes."""

from datetime import timedelta
from decimal import Decimal

import pytest

from ledger.application.commands import By, provenance_of
from ledger.application.contesting import open_dispute
from ledger.application.control import credit_cdr, exclude_cdrs
from ledger.application.dispute_desk import (
    dismiss_dispute,
    expire_disputes,
    speak,
    uphold_dispute,
)
from ledger.application.disputes import load_disputes
from ledger.log import open_ledger
from ledger.roaming.terms import Refunds, Terms, Windows
from ledger.settlement.claim import Said
from ledger.settlement.dispute import Dispute
from ledger.values.reasons import Refused
from tests.disputing import (
    FINN,
    FIONA,
    INVOICE,
    LATER,
    OLGA,
    answered,
    at,
    balances,
    booked,
    clearing,
    dispute,
    disputed_world,
    is_disputed,
    opened,
    out_of_balance,
    said,
)
from tests.ledger_cast import (
    CPO,
    EMSP,
    FRENCH_EMSP,
    RECORDED_AT,
    SWISS_CPO,
    agreement,
)
from tests.ledger_statements import cdr, october, session, tariff
from tests.ledger_world import SUBJECT_KEY, as_journal, journal

KEY = f"{CPO}/d-1"


def exclude(ledger, cdr, *, reason, by):
    exclude_cdrs(ledger, [cdr], reason=reason, by=by)


@pytest.fixture
def world(database_url):
    world = disputed_world(database_url, "C1", "C2")
    yield world
    world.close()


def test_what_is_disputed_leaves_clearing_in_both_books(world):
    before = booked(world)
    done = opened(world, "C1", evidence=(INVOICE,))
    moved = journal(
        """
        xyz-bv disputed_sale
          debit  disputed:receivable:FR*MOB  6.0500 EUR
          credit receivable:FR*MOB           6.0500 EUR
        mob-sas disputed_buying
          debit  payable:NL*XYZ              6.0500 EUR
          credit disputed:payable:NL*XYZ     6.0500 EUR
        """
    )
    assert as_journal(done.entries) == moved
    assert as_journal(booked(world)[len(before) :]) == moved
    found = dispute(world)
    assert (found.state, found.claim.opened_by, found.claim.against) == ("opened", FRENCH_EMSP, CPO)
    assert (found.claim.net, found.claim.gross, found.claim.is_whole) == (
        Decimal("5.0000"),
        Decimal("6.0500"),
        True,
    )
    assert found.parts[0].vat == Decimal("1.0500")
    assert found.answer_due_at == RECORDED_AT + timedelta(hours=72)
    assert found.decision_due_at == RECORDED_AT + timedelta(days=14)
    assert (is_disputed(world, "C1"), is_disputed(world, "C2")) == (True, False)
    assert (world.cdr("C1").state, world.cdr("C1").standing) == ("accepted", "valid")


def test_a_dismissed_dispute_brings_back_what_it_moved_and_nothing_else(world):
    before = balances(booked(world))
    opened(world, "C1", "C2")
    answered(world)
    done = dismiss_dispute(world.ledger, KEY, text="the meter is right", by=FINN)
    assert (done.state, done.outcome) == ("closed", "dismissed")
    assert [entry.reverses for entry in done.entries] == [True] * 4
    assert balances(booked(world)) == before
    assert not is_disputed(world, "C1")


def test_an_upheld_dispute_credits_its_cdr_to_the_last_digit(world):
    opened(world, "C1")
    answered(world)
    done = uphold_dispute(world.ledger, KEY, text="they are right", by=FINN)
    assert (done.state, done.outcome) == ("closed", "upheld")
    assert world.cdr("C1").state == "credited"
    assert balances(booked(world)) == balances(world.cdr("C2").decision.entries)
    recorded = [event.TOPIC for event in world.events()][-4:]
    assert set(recorded) == {
        "dispute.decided.v1",
        "dispute.closed.v1",
        "contested_cdr.given_back.v1",
        "cdr.credited.v1",
    }


def test_a_partly_upheld_dispute_gives_a_part_back_with_its_tax(world):
    opened(world, "C1")
    answered(world)
    before = len(booked(world))
    uphold_dispute(world.ledger, KEY, text="half of it", amount=Decimal("2.50"), by=FINN)
    given_back = as_journal(booked(world)[before:])
    assert "debit revenue:charging 2.5000 EUR" in given_back
    assert "debit vat:NL:output:accrued 0.5250 EUR" in given_back
    assert "credit receivable:FR*MOB 3.0250 EUR" in given_back
    assert (dispute(world).outcome, world.cdr("C1").state) == ("partly_upheld", "accepted")
    assert world.cdr("C1").standing == "adjusted"
    assert balances(booked(world))["xyz-bv", "receivable:FR*MOB", "EUR"][0] == Decimal("9.0750")


def test_who_opened_it_takes_it_back(world):
    before = balances(booked(world))
    opened(world, "C1")
    with pytest.raises(Refused, match="WRONG_PARTY"):
        speak(world.ledger, said("WITHDRAW", CPO), by=OLGA)
    done = speak(world.ledger, said("WITHDRAW", FRENCH_EMSP), by=OLGA)
    assert (done.state, done.outcome) == ("closed", "withdrawn")
    assert balances(booked(world)) == before


def test_the_other_party_may_agree_and_the_cdr_is_credited(world):
    opened(world, "C1")
    with pytest.raises(Refused, match="WRONG_PARTY"):
        speak(world.ledger, said("ACCEPT", FRENCH_EMSP), by=FINN)
    done = speak(world.ledger, said("ACCEPT", CPO), by=FINN)
    assert (done.outcome, world.cdr("C1").state) == ("upheld", "credited")


def test_the_seller_may_open_a_dispute_too(world):
    done = speak(world.ledger, said("OPEN", CPO, "C1"), by=OLGA)
    assert (done.claim.opened_by, done.claim.against) == (CPO, FRENCH_EMSP)


def test_nothing_is_disputed_twice(world):
    opened(world, "C1", amount="2.00")
    opened(world, "C1", id="D-2", amount="3.00")
    before = world.rows("SELECT * FROM log.head")
    with pytest.raises(Refused, match="AMOUNT_TOO_LARGE"):
        opened(world, "C1", id="D-3")
    with pytest.raises(Refused, match="ALREADY_EXISTS"):
        opened(world, "C2")
    assert world.rows("SELECT * FROM log.head") == before
    held = balances(booked(world))
    assert held["xyz-bv", "disputed:receivable:FR*MOB", "EUR"][0] == Decimal("6.0500")
    assert held["xyz-bv", "receivable:FR*MOB", "EUR"][0] == Decimal("6.0500")


def test_a_disputed_amount_is_cut_over_its_cdrs_by_largest_remainder(world):
    opened(world, "C1", "C2", amount="0.0003")
    parts = dispute(world).parts
    assert [str(part.net) for part in parts] == ["0.0002", "0.0001"]
    assert [str(part.gross) for part in parts] == ["0.0002", "0.0001"]


def test_books_of_another_currency_keep_the_recorded_rate(database_url):
    world = disputed_world(database_url)
    world.send(
        tariff(("ENERGY", "0.50", 1), of=SWISS_CPO, currency="CHF"),
        session("S1", of=SWISS_CPO),
        cdr("S1", "5.00", of=SWISS_CPO, currency="CHF"),
    )
    before = balances(booked(world))
    rows = said("OPEN", EMSP, "S1", of=SWISS_CPO, amount="1.00", currency="CHF")
    done = speak(world.ledger, rows, by=OLGA)
    assert as_journal(done.entries) == journal(
        """
        alp-ag disputed_sale
          debit  disputed:receivable:DE*EMP  1.0000 CHF
          credit receivable:DE*EMP           1.0000 CHF
        emp-gmbh disputed_buying
          debit  payable:CH*ALP              1.0000 CHF = 1.0638 EUR
          credit disputed:payable:CH*ALP     1.0000 CHF = 1.0638 EUR
        """
    ), as_journal(done.entries)
    rest = said("OPEN", EMSP, "S1", of=SWISS_CPO, id="D-2")
    speak(world.ledger, rest, by=OLGA)
    held = balances(booked(world))
    assert ("emp-gmbh", "payable:CH*ALP", "CHF") not in held
    assert (
        held["emp-gmbh", "disputed:payable:CH*ALP", "CHF"]
        == (before["emp-gmbh", "payable:CH*ALP", "CHF"])
    )
    assert clearing(booked(world)) == 0
    assert out_of_balance(booked(world)) == []
    world.close()


def test_the_window_begins_when_the_period_ends_and_is_agreed(database_url):
    terms = (agreement(CPO, FRENCH_EMSP, Terms(windows=Windows(dispute_days=10))),)
    world = disputed_world(database_url, "C1", agreements=terms)
    ends_at = october(31, 23) + timedelta(days=10)  # the period ends in Amsterdam
    with pytest.raises(Refused, match="DISPUTE_WINDOW_OVER"):
        opened(world, "C1", by=at(OLGA, ends_at))
    opened(world, "C1", by=at(OLGA, ends_at - timedelta(seconds=1)))
    world.close()


@pytest.mark.parametrize(
    ("refunds", "amount", "code"),
    [
        (Refunds("none"), None, "REFUNDS_NOT_AGREED"),
        (Refunds("none"), "0.01", "REFUNDS_NOT_AGREED"),
        (Refunds("full", "buyer"), None, "REFUNDS_NOT_AGREED"),
        (Refunds("partial", part="1/2"), None, "REFUNDS_NOT_AGREED"),
        (Refunds("partial", part="1/2"), "2.5001", "REFUNDS_NOT_AGREED"),
        (Refunds("partial", part="1/2"), "2.50", ""),
        (Refunds("full"), "5.0001", "AMOUNT_TOO_LARGE"),
        (Refunds("full"), "0", "AMOUNT_TOO_LARGE"),
        (Refunds("full"), "1.00001", "AMOUNT_SCALE"),
        (Refunds("full"), "5.00", ""),
    ],
)
def test_the_agreement_says_what_is_refunded(database_url, refunds, amount, code):
    terms = (agreement(CPO, FRENCH_EMSP, Terms(refunds=refunds)),)
    world = disputed_world(database_url, "C1", agreements=terms)
    opened(world, "C1")
    answered(world)
    before = world.rows("SELECT * FROM log.head")
    net = Decimal(amount) if amount else None
    if code:
        with pytest.raises(Refused, match=code):
            uphold_dispute(world.ledger, KEY, text="so be it", amount=net, by=FINN)
        assert world.rows("SELECT * FROM log.head") == before
    else:
        uphold_dispute(world.ledger, KEY, text="so be it", amount=net, by=FINN)
        assert dispute(world).state == "closed"
    world.close()


def test_above_the_agreed_amount_a_second_person_decides(database_url):
    terms = (agreement(CPO, FRENCH_EMSP, Terms(four_eyes_amount=Decimal("6.00"))),)
    world = disputed_world(database_url, "C1", "C2", agreements=terms)
    opened(world, "C1", by=FINN)
    answered(world)
    with pytest.raises(Refused, match="SECOND_PERSON_REQUIRED"):
        uphold_dispute(world.ledger, KEY, text="right", by=FINN)
    uphold_dispute(world.ledger, KEY, text="right", by=FIONA)
    opened(world, "C2", id="D-2", by=FINN)
    answered(world, id="D-2")
    uphold_dispute(world.ledger, f"{CPO}/d-2", text="a part", amount=Decimal("4.00"), by=FINN)
    world.close()


def test_a_dry_run_shows_the_entries_and_changes_nothing(world):
    before = world.rows("SELECT * FROM log.head")
    statement = said("OPEN", FRENCH_EMSP, "C1")
    shown = speak(world.ledger, statement, by=OLGA, dry_run=True)
    assert world.rows("SELECT * FROM log.head") == before
    assert shown == speak(world.ledger, statement, by=OLGA)


def test_silence_sends_it_to_finance_who_may_then_decide(world):
    opened(world, "C1")
    with pytest.raises(Refused, match="DISPUTE_NOT_ANSWERED"):
        dismiss_dispute(world.ledger, KEY, text="no", by=FINN)
    before = LATER - timedelta(hours=2)
    assert expire_disputes(world.ledger, [KEY], now=before) == []
    assert expire_disputes(world.ledger, [KEY], now=LATER) == [KEY]
    assert expire_disputes(world.ledger, [KEY], now=LATER) == []
    assert (dispute(world).state, dispute(world).is_escalated) == ("opened", True)
    dismiss_dispute(world.ledger, KEY, text="no", by=at(FINN, LATER))


def test_of_two_that_dispute_the_same_at_once_the_second_sees_what_is_left(world, database_url):
    other = open_ledger(database_url, subject_key=SUBJECT_KEY)
    attempts: list[int] = []

    def act(work):
        statement = said("OPEN", FRENCH_EMSP, "C1", id="D-2")
        events_of = world.ledger.store.events_of
        world.ledger.look_around(work, load_disputes(work, events_of, statements=[statement]))
        if not attempts:
            speak(other, said("OPEN", FRENCH_EMSP, "C1"), by=OLGA)
        attempts.append(1)
        found = work.load(Dispute, f"{CPO}/d-2")
        open_dispute(work, found, statement, Said(), provenance_of(OLGA), at=RECORDED_AT)

    with pytest.raises(Refused, match="AMOUNT_TOO_LARGE"):
        world.ledger.act((), act, recorded_at=RECORDED_AT)
    assert len(attempts) == 2
    assert (dispute(world).state, dispute(world, "D-2").state) == ("opened", "new")
    other.store.connection.close()


def test_who_has_not_the_role_or_gives_no_reason_changes_nothing(world):
    opened(world, "C1")
    answered(world)
    before = world.rows("SELECT * FROM log.head")
    auditor = By("ada", "asserted", RECORDED_AT)
    refused = [
        (lambda: opened(world, "C2", id="D-2", by=auditor), "ROLE_MISSING"),
        (lambda: uphold_dispute(world.ledger, KEY, text="x", by=OLGA), "ROLE_MISSING"),
        (lambda: dismiss_dispute(world.ledger, KEY, text="x", by=auditor), "ROLE_MISSING"),
        (lambda: opened(world, "C2", id="D-2", text=" "), "REASON_MISSING"),
        (lambda: uphold_dispute(world.ledger, KEY, text="", by=FINN), "REASON_MISSING"),
        (lambda: answered(world), "DISPUTE_NOT_OPEN"),
        (lambda: opened(world, "C2", id="", text="x"), "WRONG_IDENTIFIER"),
    ]
    for command, code in refused:
        with pytest.raises(Refused, match=code):
            command()
    assert world.rows("SELECT * FROM log.head") == before


@pytest.mark.parametrize("end", [credit_cdr, exclude])
def test_what_is_credited_or_excluded_cannot_be_disputed(world, end):
    end(world.ledger, f"{CPO}/c1", reason="ours", by=FINN)
    with pytest.raises(Refused, match="CDR_NOT_OPEN"):
        opened(world, "C1")
