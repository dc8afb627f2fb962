"""Tokens of actors: who is given one, what it proves, and until when; nobody keeps the token."""

from datetime import timedelta

import msgspec
import pytest

from console.api.problems import ApiError
from console.api.tokens import PREFIX, new_token, token_in, token_rows
from ledger.application.commands import By
from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.tokens import hash_of_token, holder_of, issue_token, revoke_token
from ledger.values.reasons import Reason, Refused
from tests.ledger_cast import BY_ADMIN, BY_FINANCE, RECORDED_AT
from tests.ledger_world import World

NINETY_DAYS = RECORDED_AT + timedelta(days=90)
SECRET = "cw_a-token-of-a-test"
SHA256 = hash_of_token(SECRET)


@pytest.fixture
def world(database_url):
    made = World(database_url)
    yield made
    made.close()


def issued(ledger: Ledger, *, by: By = BY_ADMIN, actor: str = "finn", **options) -> str:
    return issue_token(ledger, actor, SHA256, valid_until=NINETY_DAYS, by=by, **options).id


def proven(ledger: Ledger, at=RECORDED_AT, sha256: str = SHA256) -> str:
    ledger.refresh()
    try:
        return holder_of(View(ledger.facts), sha256, at).key
    except Refused as refused:
        return refused.reason.value


def refused_with(act) -> str:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.reason


def test_a_token_proves_its_actor_until_it_expires(world):
    assert proven(world.ledger) == "TOKEN_UNKNOWN"
    issued(world.ledger)
    last_moment = NINETY_DAYS - timedelta(microseconds=1)
    assert [proven(world.ledger, at) for at in (RECORDED_AT, last_moment, NINETY_DAYS)] == [
        *("finn", "finn", "TOKEN_EXPIRED")
    ]
    assert proven(world.ledger, sha256=hash_of_token(f"{SECRET}x")) == "TOKEN_UNKNOWN"


def test_a_revoked_token_proves_nothing_also_in_a_ledger_that_is_opened_later(world):
    token = issued(world.ledger)
    assert revoke_token(world.ledger, token, reason="left in a mail", by=BY_ADMIN) == "finn"
    assert proven(world.ledger) == "TOKEN_REVOKED"
    (row,) = token_rows(View(world.ledger.facts), NINETY_DAYS)
    assert (row.id, row.actor, row.state, row.revoked_at) == (token, "finn", "revoked", RECORDED_AT)
    again = lambda: revoke_token(world.ledger, token, reason="again", by=BY_ADMIN)  # noqa: E731
    assert refused_with(again) is Reason.WRONG_STATE


def test_only_the_hash_is_recorded_with_who_issued_the_token(world):
    issued(world.ledger, label="back end")
    (event,) = [row for row in world.events() if row.TOPIC == "actor.token_issued.v1"]
    assert (event.name, event.provenance.actor) == ("finn", "anna")
    assert (event.token.sha256, event.token.label) == (SHA256, "back end")
    states = [bytes(state) for (state,) in world.rows("SELECT state FROM log.stored_event")]
    assert not [state for state in states if SECRET.encode() in state]


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (lambda ledger: issued(ledger, by=BY_FINANCE), Reason.ROLE_MISSING),
        (lambda ledger: issued(ledger, actor="nobody"), Reason.NOT_FOUND),
        (
            lambda ledger: issue_token(
                ledger, "finn", SHA256, valid_until=RECORDED_AT, by=BY_ADMIN
            ),
            Reason.END_BEFORE_START,
        ),
        (lambda ledger: [issued(ledger), issued(ledger)], Reason.ALREADY_EXISTS),
        (lambda ledger: revoke_token(ledger, "0" * 12, reason="x", by=BY_ADMIN), Reason.NOT_FOUND),
        (
            lambda ledger: revoke_token(ledger, issued(ledger), reason=" ", by=BY_ADMIN),
            Reason.REASON_MISSING,
        ),
        (
            lambda ledger: revoke_token(ledger, issued(ledger), reason="x", by=BY_FINANCE),
            Reason.ROLE_MISSING,
        ),
    ],
)
def test_what_is_refused_about_tokens(world, act, reason):
    assert refused_with(lambda: act(world.ledger)) is reason


def test_a_trial_issues_nothing(world):
    issued(world.ledger, dry_run=True)
    assert proven(world.ledger) == "TOKEN_UNKNOWN"


def test_no_two_tokens_are_the_same_and_each_has_256_bits():
    made = {new_token() for _ in range(100)}
    assert len(made) == 100
    assert all(row.startswith(PREFIX) and len(row) == len(PREFIX) + 43 for row in made)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"authorization", b"")],
        [(b"authorization", b"Bearer")],
        [(b"authorization", b"Bearer  ")],
        [(b"authorization", b"Basic Y3c6eA==")],
        [(b"authorization", b"Bearer cw_x"), (b"authorization", b"Bearer cw_y")],
        [(b"cookie", b"Bearer cw_x")],
    ],
)
def test_a_request_without_one_bearer_token_is_told_so(headers):
    with pytest.raises(ApiError) as refused:
        token_in(headers)
    assert (refused.value.status, refused.value.code) == (401, "TOKEN_MISSING")


def test_a_token_in_a_list_lets_nobody_in(world):
    issued(world.ledger)
    world.ledger.refresh()
    listed = msgspec.json.encode(token_rows(View(world.ledger.facts), RECORDED_AT))
    assert SHA256.encode() not in listed
