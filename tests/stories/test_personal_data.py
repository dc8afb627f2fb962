"""Personal data stays out of the log; erasing a person leaves log, hashes and books valid."""

from hashlib import sha256

import pytest

from ledger.roaming.statements import SignedData, SignedValue
from tests.ledger_cast import AGREEMENTS, CAST
from tests.ledger_statements import cdr, session, tariff
from tests.ledger_world import World

PERSONAL = ("04A1B2C3", "DE-EMP-C04A1B2C3", "reference-4711", "OCMF|{}|plain", "OCMF|{}|signed")
SIGNED = SignedData("OCMF", (SignedValue("End", PERSONAL[3], PERSONAL[4]),))


@pytest.fixture
def world(database_url):
    world = World(database_url, *CAST, *AGREEMENTS)
    sent = cdr("C1", "5.00", authorization_reference=PERSONAL[2], signed_data=SIGNED)
    world.send(tariff(("ENERGY", "0.50", 1)), session("C1"), sent)
    world.send(cdr("C2", "9.99"))
    return world


def test_no_event_holds_what_identifies_a_person(world):
    stored = b"".join(bytes(state) for (state,) in world.rows("SELECT state FROM log.stored_event"))
    assert b"NL*XYZ/c1" in stored
    assert [value for value in PERSONAL if value.encode() in stored] == []


def test_the_same_value_has_the_same_ref_in_every_process(world):
    again = World(world.url)
    again.send(session("C3"), cdr("C3", "5.00"))
    tokens = {id: again.cdr(id).statement.cdr_token for id in ("C1", "C2", "C3")}
    assert len({token.uid for token in tokens.values()}) == 1
    assert len({token.contract_id for token in tokens.values()}) == 1
    assert tokens["C1"].uid != tokens["C1"].contract_id


def test_looking_a_person_up_needs_the_key(world):
    stored = world.rows("SELECT lookup FROM log.subject WHERE value = %s", PERSONAL[0])
    assert len(stored) == 1
    assert bytes(stored[0][0]) != sha256(f"token_uid\0{PERSONAL[0]}".encode()).digest()


def test_erasing_a_person_leaves_log_hashes_and_books_valid(world):
    before = world.decided_state()
    root = world.ledger.store.merkle_root(10**6)
    world.ledger.store.connection.execute("DELETE FROM log.subject")
    assert world.ledger.store.broken_leaves() == []
    assert world.ledger.store.merkle_root(10**6) == root
    assert world.decided_state() == before
    assert world.rows("SELECT * FROM log.subject") == []
