"""The life of a dispute: which action is allowed in which state, and what refuses the others."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from ledger.roaming.control_statements import CdrReference
from ledger.settlement.claim import Claim, Deadlines, Said
from ledger.settlement.dispute import Dispute
from ledger.values.aggregate import recording_at
from ledger.values.provenance import Provenance
from ledger.values.reasons import Refused
from tests.disputing import LATER
from tests.ledger_cast import CPO, EMSP, RECORDED_AT

CLAIM = Claim(
    "D-1", CPO, EMSP, EMSP, "PRICE", (CdrReference("NL", "XYZ", "C1"),), "EUR",
    Decimal("5.0000"), Decimal("6.0500"),
)  # fmt: skip
DEADLINES = Deadlines(RECORDED_AT + timedelta(hours=72), RECORDED_AT + timedelta(days=14))
NOW = Provenance("finn", "asserted", RECORDED_AT, RECORDED_AT)
AFTER_THE_DEADLINE = Provenance("finn", "asserted", LATER, LATER)

Action = Callable[[Dispute], None]


def open_it(dispute: Dispute) -> None:
    dispute.open(CLAIM, (), deadlines=DEADLINES, said=Said(by=EMSP), provenance=NOW)


def answer(dispute: Dispute) -> None:
    dispute.answer(Said(by=CPO, text="no"), provenance=NOW)


def decide(outcome: str, provenance: Provenance = NOW, by: str | None = None) -> Action:
    def act(dispute: Dispute) -> None:
        dispute.decide(outcome, granted=(), returned=(), said=Said(by=by), provenance=provenance)

    return act


def withdraw(dispute: Dispute) -> None:
    dispute.withdraw((), said=Said(by=EMSP), provenance=NOW)


def expire(dispute: Dispute) -> None:
    dispute.expire(provenance=AFTER_THE_DEADLINE)


def close(dispute: Dispute) -> None:
    dispute.close("upheld", provenance=NOW)


WAY_TO: dict[str, tuple[Action, ...]] = {
    "new": (),
    "opened": (open_it,),
    "answered": (open_it, answer),
    "upheld": (open_it, answer, decide("upheld")),
    "partly_upheld": (open_it, answer, decide("partly_upheld")),
    "dismissed": (open_it, answer, decide("dismissed")),
    "withdrawn": (open_it, withdraw),
    "closed": (open_it, answer, decide("upheld"), close),
}
ACTIONS: dict[str, Action] = {
    "open": open_it,
    "answer": answer,
    "decide": decide("upheld"),
    "decide late": decide("dismissed", AFTER_THE_DEADLINE),
    "accept": decide("upheld", by=CPO),
    "withdraw": withdraw,
    "close": close,
}
LEADS_TO = {
    # action        new          opened                  answered     decided and closed
    "open":        ("opened",    "ALREADY_EXISTS",       "ALREADY_EXISTS",   "ALREADY_EXISTS"),
    "answer":      ("NOT_FOUND", "answered",             "DISPUTE_NOT_OPEN", "DISPUTE_NOT_OPEN"),
    "decide":      ("NOT_FOUND", "DISPUTE_NOT_ANSWERED", "upheld",           "DISPUTE_NOT_OPEN"),
    "decide late": ("NOT_FOUND", "dismissed",            "dismissed",        "DISPUTE_NOT_OPEN"),
    "accept":      ("NOT_FOUND", "upheld",               "upheld",           "DISPUTE_NOT_OPEN"),
    "withdraw":    ("NOT_FOUND", "closed",               "closed",           "DISPUTE_NOT_OPEN"),
}  # fmt: skip


def in_state(state: str) -> Dispute:
    dispute = Dispute.blank(f"{CPO}/d-1")
    with recording_at(RECORDED_AT):
        for step in WAY_TO[state]:
            step(dispute)
    dispute.collect_events()
    return dispute


@pytest.mark.parametrize("action", LEADS_TO)
@pytest.mark.parametrize("state", WAY_TO)
def test_what_is_allowed_in_which_state(state, action):
    dispute = in_state(state)
    column = {"new": 0, "opened": 1, "answered": 2}.get(state, 3)
    leads_to = LEADS_TO[action][column]
    before = dispute.state
    with recording_at(RECORDED_AT):
        if leads_to.isupper():
            with pytest.raises(Refused, match=leads_to):
                ACTIONS[action](dispute)
            assert (dispute.state, dispute.pending_events) == (before, [])
        else:
            ACTIONS[action](dispute)
            assert dispute.state == leads_to


@pytest.mark.parametrize(
    ("action", "by"),
    [("answer", EMSP), ("answer", "FR*MOB"), ("accept", EMSP), ("withdraw", CPO)],
)
def test_each_word_is_one_partys(action, by):
    dispute = in_state("opened")
    said = Said(by=by, text="x")
    actions: dict[str, Action] = {
        "answer": lambda row: row.answer(said, provenance=NOW),
        "accept": decide("upheld", by=by),
        "withdraw": lambda row: row.withdraw((), said=said, provenance=NOW),
    }
    with recording_at(RECORDED_AT), pytest.raises(Refused, match="WRONG_PARTY"):
        actions[action](dispute)
    assert dispute.pending_events == []


@pytest.mark.parametrize(
    ("state", "escalates"), [("opened", True), *((row, False) for row in WAY_TO if row != "opened")]
)
def test_only_silence_escalates_and_once(state, escalates):
    dispute = in_state(state)
    with recording_at(LATER):
        expire(dispute)
        expire(dispute)
    assert [event.TOPIC for event in dispute.pending_events] == ["dispute.expired.v1"] * escalates
    assert dispute.is_escalated == escalates


def test_the_opening_is_what_comes_back_names():
    """A word that waited stands before the opening, which is then not the first event."""
    dispute = Dispute.blank(f"{CPO}/d-1")
    with recording_at(RECORDED_AT):
        open_it(dispute)
        answer(dispute)
        decide("dismissed")(dispute)
    opening, _, decision = dispute.collect_events()
    assert decision.reverses_version == opening.originator_version == dispute.opened_version
