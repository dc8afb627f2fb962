"""The life of a tariff version: what is allowed in which state, and which version prices."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.pricing.tariff import TariffStatement
from ledger.roaming.tariff import Tariff
from ledger.values.aggregate import recording_at
from ledger.values.provenance import Provenance
from ledger.values.reasons import Refused
from tests.ledger_cast import CPO, RECORDED_AT
from tests.ledger_statements import october, tariff

HASH = "{:064x}"
FIRST = tariff(("ENERGY", "0.45", 1), updated=october(1), ocpi_version="2.2.1").statement
SECOND = tariff(("ENERGY", "0.40", 1), updated=october(2), ocpi_version="2.2.1").statement
STEPS = ("draft", "submit", "approve", "publish", "withdraw")


@pytest.fixture(autouse=True)
def at_an_instant():
    with recording_at(RECORDED_AT):
        yield


def by(actor: str = "olga", at: datetime = RECORDED_AT) -> Provenance:
    return Provenance(actor, "asserted", at, at)


def blank() -> Tariff:
    return Tariff.blank(f"{CPO}/t1")


def do(found: Tariff, command: str, number: int = 1) -> None:
    """Carry out a command: Olga writes, Finn approves, Fiona withdraws."""
    match command:
        case "draft":
            found.draft(FIRST, content_sha256=HASH.format(1), provenance=by())
        case "replace":
            found.draft(SECOND, content_sha256=HASH.format(2), replaces=number, provenance=by())
        case "submit":
            found.submit(number, provenance=by())
        case "approve":
            found.approve(number, provenance=by("finn"))
        case "publish":
            found.publish(number, provenance=by())
        case "withdraw":
            found.withdraw(number, reason="wrong", provenance=by("fiona"))
        case "acknowledge":
            found.acknowledge(number, provenance=by())
        case "receive":
            found.receive(FIRST, content_sha256=HASH.format(1), provenance=by(CPO))


def brought_to(state: str) -> Tariff:
    """Return a tariff whose version 1 is in a state."""
    ways = {
        "nothing": (),
        "draft": STEPS[:1],
        "submitted": STEPS[:2],
        "approved": STEPS[:3],
        "published": STEPS[:4],
        "withdrawn": STEPS,
        "sent back": ("draft", "submit", "withdraw"),
        "received": ("receive",),
        "acknowledged": ("receive", "acknowledge"),
    }
    found = blank()
    for command in ways[state]:
        do(found, command)
    return found


ALLOWED = {
    # state         replace    submit       approve     publish      withdraw     acknowledge
    "draft":        ("draft", "submitted", None,       None,        "withdrawn", None),
    "submitted":    (None,    None,        "approved", None,        "withdrawn", None),
    "approved":     (None,    None,        None,       "published", "withdrawn", None),
    "published":    (None,    None,        None,       None,        "withdrawn", None),
    "withdrawn":    (None,    None,        None,       None,        None,        None),
    "sent back":    (None,    None,        None,       None,        None,        None),
    "received":     (None,    None,        None,       None,        None,        "acknowledged"),
    "acknowledged": (None,    None,        None,       None,        None,        None),
}  # fmt: skip
COMMANDS = ("replace", "submit", "approve", "publish", "withdraw", "acknowledge")
TABLE = [
    (state, command, reached)
    for state, row in ALLOWED.items()
    for command, reached in zip(COMMANDS, row, strict=True)
]


@pytest.mark.parametrize(("state", "command", "reached"), TABLE)
def test_a_command_is_carried_out_in_its_states_and_refused_in_all_others(state, command, reached):
    found = brought_to(state)
    before = found.version
    if reached is None:
        with pytest.raises(Refused, match="WRONG_STATE"):
            do(found, command)
        assert found.version == before
    else:
        do(found, command)
        assert (found.state_of(1), found.version) == (reached, before + 1)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_version_that_nobody_made_is_not_found(command):
    with pytest.raises(Refused, match="NOT_FOUND"):
        do(brought_to("draft"), command, number=2)


@pytest.mark.parametrize("actor", ["olga", "sven"])
def test_neither_who_wrote_nor_who_submitted_a_version_approves_it(actor):
    found = brought_to("draft")
    found.submit(1, provenance=by("sven"))
    with pytest.raises(Refused, match="SECOND_PERSON_REQUIRED"):
        found.approve(1, provenance=by(actor))
    found.approve(1, provenance=by("finn"))
    own = found.own[1]
    assert (own.author, own.submitter, own.approver) == ("olga", "sven", "finn")


def test_who_makes_a_draft_anew_is_its_author():
    found = brought_to("draft")
    found.draft(SECOND, content_sha256=HASH.format(2), replaces=1, provenance=by("sven"))
    assert (found.own[1].author, found.own[1].version.statement) == ("sven", SECOND)
    assert found.last_number == 1


@pytest.mark.parametrize("state", ["draft", "submitted", "approved"])
def test_only_a_published_version_is_a_candidate(state):
    found = brought_to(state)
    assert (found.versions, found.version_valid_at(october(5))) == ((), None)
    assert brought_to("published").version_valid_at(october(5)).number == 1


def test_what_lint_calls_wrong_cannot_be_submitted_and_all_of_it_is_named():
    wrong = tariff(
        ("ENERGY", "-0.45", 1), ("TIME", "6", 0), updated=october(1), ocpi_version="2.2.1"
    ).statement
    found = blank()
    found.draft(wrong, content_sha256=HASH.format(1), provenance=by())
    with pytest.raises(Refused) as refused:
        found.submit(1, provenance=by())
    told = {(row.reason.value, row.actual, row.path) for row in refused.value.refusals}
    assert told == {
        ("TARIFF_HAS_ERRORS", "NEGATIVE_PRICE", "elements[0].price_components[0].price"),
        ("TARIFF_HAS_ERRORS", "STEP_SIZE_ZERO", "elements[0].price_components[1].step_size"),
    }
    assert found.state_of(1) == "draft"


@pytest.mark.parametrize(
    ("other", "code"),
    [
        (FIRST, "ALREADY_EXISTS"),
        (replace(SECOND, last_updated=FIRST.last_updated), "TARIFF_CONFLICT"),
        (replace(SECOND, start_date_time=FIRST.last_updated), "VALIDITY_OVERLAPS"),
        (SECOND, None),
    ],
)
def test_a_version_can_be_told_from_those_in_force(other, code):
    found = brought_to("published")
    sha256 = HASH.format(1 if other is FIRST else 2)
    if code is None:
        assert found.draft(other, content_sha256=sha256, provenance=by()) == 2
    else:
        with pytest.raises(Refused, match=code):
            found.draft(other, content_sha256=sha256, provenance=by())
        assert found.last_number == 1


def test_of_two_approved_versions_with_one_beginning_the_second_cannot_be_published():
    found = brought_to("approved")
    rival = replace(SECOND, start_date_time=FIRST.last_updated)
    found.draft(rival, content_sha256=HASH.format(2), provenance=by())
    do(found, "submit", 2)
    do(found, "approve", 2)
    do(found, "publish", 1)
    with pytest.raises(Refused, match="VALIDITY_OVERLAPS"):
        do(found, "publish", 2)
    assert found.state_of(2) == "approved"
    # when the first is withdrawn from its beginning, the second may take its place
    found.withdraw(1, reason="never", withdrawn_from=FIRST.last_updated, provenance=by())
    do(found, "publish", 2)
    assert found.version_valid_at(october(5)).number == 2


def test_the_same_draft_again_changes_nothing():
    found = brought_to("draft")
    assert found.draft(FIRST, content_sha256=HASH.format(1), provenance=by("sven")) == 1
    assert found.version == 1
    do(found, "submit")
    with pytest.raises(Refused, match="ALREADY_EXISTS"):
        do(found, "draft")


def test_numbers_go_on_over_drafts_and_received_versions():
    found = brought_to("received")
    found.draft(SECOND, content_sha256=HASH.format(2), provenance=by())
    third = replace(SECOND, last_updated=october(3))
    found.receive(third, content_sha256=HASH.format(3), provenance=by(CPO))
    assert [row.number for row in found.versions] == [1, 3]
    assert (found.own[2].version.number, found.last_number) == (2, 3)


@pytest.mark.parametrize(
    ("withdrawn_from", "prices_until"),
    [(None, RECORDED_AT), (october(10), october(10)), (october(1) - timedelta(1), None)],
)
def test_a_withdrawn_version_prices_only_what_started_before(withdrawn_from, prices_until):
    found = brought_to("published")
    found.withdraw(1, reason="wrong", withdrawn_from=withdrawn_from, provenance=by())
    assert found.version_valid_at(RECORDED_AT) is None
    if prices_until is None:
        assert found.version_valid_at(FIRST.last_updated) is None
    else:
        assert found.version_valid_at(prices_until) is None
        assert found.version_valid_at(prices_until - timedelta(seconds=1)).number == 1


def test_behind_a_withdrawn_version_the_one_before_prices_again():
    found = brought_to("published")
    found.draft(SECOND, content_sha256=HASH.format(2), provenance=by())
    for command in ("submit", "approve", "publish"):
        do(found, command, 2)
    assert found.version_valid_at(october(5)).number == 2
    found.withdraw(2, reason="wrong", withdrawn_from=october(4), provenance=by())
    assert [found.version_valid_at(october(day)).number for day in (1, 3, 5)] == [1, 2, 1]


@pytest.mark.parametrize("state", ["draft", "submitted", "approved"])
def test_what_was_never_in_force_is_withdrawn_from_no_instant(state):
    with pytest.raises(Refused, match="INVALID_DOCUMENT"):
        brought_to(state).withdraw(
            1, reason="wrong", withdrawn_from=october(1), provenance=by("fiona")
        )


def test_a_withdrawal_says_why():
    with pytest.raises(Refused, match="INVALID_DOCUMENT"):
        brought_to("published").withdraw(1, reason=" ", provenance=by())


def received(found: Tariff, statement: TariffStatement, number: int, *, governed: bool) -> str:
    return found.receive(
        statement, content_sha256=HASH.format(number), is_governed=governed, provenance=by(CPO)
    )


def test_a_message_about_a_governed_tariff_is_known_or_held():
    found = brought_to("published")
    stranger = replace(SECOND, tariff_alt_url="https://example.org")
    assert received(found, FIRST, 1, governed=True) == "duplicate"
    assert received(found, stranger, 3, governed=True) == "held"
    assert received(found, stranger, 3, governed=True) == "duplicate"
    assert [row.number for row in found.versions] == [1]
    # a draft is not published: its content is held as any other
    found.draft(SECOND, content_sha256=HASH.format(2), provenance=by())
    assert received(found, SECOND, 2, governed=True) == "held"
    for command in ("submit", "approve", "publish"):
        do(found, command, 2)
    assert received(found, SECOND, 2, governed=True) == "duplicate"


def test_a_version_received_before_its_party_governed_stays_in_force():
    found = brought_to("received")
    assert received(found, FIRST, 1, governed=True) == "duplicate"
    assert found.version_valid_at(october(5)).statement.elements[0].price_components[
        0
    ].price == Decimal("0.45")


def test_a_version_held_as_not_approved_is_received_once_nobody_governs_any_more():
    found = blank()
    assert received(found, FIRST, 1, governed=True) == "held"
    assert received(found, FIRST, 1, governed=False) == "accepted"
