"""One partner passes the gate of its phase, another is refused by its own evidence."""

from decimal import Decimal

import pytest

from console.launches.rehearsal import Signers, rehearse
from ledger.application.launches import find_launch, open_launch
from ledger.roaming.launch_criteria import ExitRule
from ledger.roaming.launch_plan import LaunchPlan, PhasePlan
from projections.database import reading
from projections.queries.exception import Filter, exceptions
from projections.runner import Projector
from projections.schema import migrate
from schemas import CdrV1, SessionV1, from_ocpi_json
from tests.contracts.contract_messages import example_bytes
from tests.launch_messages import command_result_of, write_partner_file
from tests.launching import OPENED_AT, PAIR, by, charge, command_result, launching_world
from tests.ledger_cast import CPO, FRENCH_EMSP, RECORDED_AT
from tests.ledger_statements import cdr, october

OTHER = f"{CPO}>{FRENCH_EMSP}"
RULES = tuple(
    ExitRule(criterion, Decimal(threshold), minimum)  # type: ignore[arg-type]
    for criterion, threshold, minimum in (
        ("matched_percent", 90, 4),
        ("price_difference_percent", 10, 4),
        ("exceptions_open", 0, 4),
        ("command_success_percent", 90, 2),
        ("session_matching", 0, 4),
        ("tariff_replay", 0, 4),
        ("rounding_checks", 0, 4),
    )
)
PLAN = LaunchPlan((PhasePlan(1, exit=RULES), PhasePlan(2), PhasePlan(3), PhasePlan(4)))
SIGNERS = Signers("olga", "sue", "finn")


@pytest.fixture
def world(database_url):
    made = launching_world(database_url, None)
    migrate(database_url)
    for pair in (PAIR, OTHER):
        open_launch(made.ledger, pair, PLAN, by=by("olga", OPENED_AT))
    for number in range(1, 5):
        made.send(*charge(f"A{number}", at=october(9 + number)))
        sent = charge(f"B{number}", at=october(9 + number))[0]
        made.send(sent)
    made.send(
        *(cdr(f"A-{n}", "5.00", by=FRENCH_EMSP, session_id=f"N{n}", at=october(n)) for n in (3, 4)),
        cdr("A-5", "9.00", by=FRENCH_EMSP, session_id="N5", at=october(5)),
        cdr("A-6", "5.00", by=FRENCH_EMSP, session_id="N6", at=october(6)),
    )
    made.send(command_result("K1"), command_result("K2"), command_result("K0", "TIMEOUT",
              sent_by=FRENCH_EMSP), command_result("K3", sent_by=FRENCH_EMSP))  # fmt: skip
    yield made
    made.close()


def asked(world, pair):
    return rehearse(
        world.ledger, world.url, pair, signers=SIGNERS, reason="the month is over", at=RECORDED_AT
    )


def test_one_passes_and_another_is_refused_by_its_evidence(world):
    world.send(*(charge(f"B{n}", at=october(9 + n))[1] for n in range(1, 5)))
    sound, faulty = asked(world, PAIR), asked(world, OTHER)
    assert sound.is_expanded, sound.refusals
    assert (sound.phase, find_launch(world.ledger, PAIR).phase) == (1, 2)
    assert not faulty.is_expanded
    assert find_launch(world.ledger, OTHER).phase == 1
    assert [row.path for row in faulty.refusals] == [
        "matched_percent",
        "price_difference_percent",
        "exceptions_open",
        "command_success_percent unknown",
        "session_matching",
        "tariff_replay",
        "rounding_checks",
    ]
    assert (faulty.gate.figures.cdrs, faulty.gate.figures.matched) == (4, 0)


def test_a_session_that_no_cdr_came_for_fails_the_matching(world):
    found = asked(world, PAIR)
    (line,) = [row for row in found.gate.results if row.criterion == "session_matching"]
    assert (line.value, line.cases, line.is_passed) == (Decimal(4), 8, False)
    run = find_launch(world.ledger, PAIR).runs[0]
    assert [row.record for row in run.first] == [f"{CPO}/b{n}" for n in range(1, 5)]


def test_another_result_at_the_same_time_is_an_exception(world):
    world.send(command_result("K1", "REJECTED"))
    Projector(world.url).run(until_caught_up=True)
    with reading(world.url) as connection:
        (found,) = exceptions(connection, Filter(kind="command"))
    assert (found.record, found.reason, found.severity) == (
        f"{CPO}/k1",
        "COMMAND_RESULT_CONFLICT",
        "WARNING",
    )
    assert asked(world, PAIR).gate.figures.connectors[0].succeeded == 2, "the first stands"


def test_what_partners_send_about_a_launch(tmp_path):
    session = from_ocpi_json("session", example_bytes("sessions.v1"))
    assert isinstance(session, SessionV1)
    stop = command_result_of(session, "STOP_SESSION", "TIMEOUT")
    assert (stop.result, stop.answered_at) == ("TIMEOUT", None)
    assert stop.location_id == session.location_id
    record = from_ocpi_json("cdr", example_bytes("cdrs.v1"))
    assert isinstance(record, CdrV1)
    file = tmp_path / "theirs.csv"
    write_partner_file(file, [record])
    heading, row = file.read_text().splitlines()
    assert heading.startswith("id,session_id,")
    assert row.startswith(f"{record.id},")
