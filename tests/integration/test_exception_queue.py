"""The exception queue as events fill it: states, owners, due times, and what was known when."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest
from projection_actions import (
    NOVEMBER_BOOKING,
    adjust,
    correct,
    credit,
    exclude,
    propose,
    readmit,
    refuse,
    reject,
    release,
    resubmit,
)
from projection_events import (
    CPO,
    EMSP,
    SESSIONS,
    START,
    accept,
    cdr_of,
    cdr_statement,
    command,
    decision,
    hold,
    provenance,
    redecide,
    session_statement,
)
from projection_log import World

from ledger.roaming.agreement import Agreement
from ledger.roaming.case import Case
from ledger.roaming.control_statements import ControlTotalsStatement
from ledger.roaming.control_totals import ControlTotals, ReceivedTotals
from ledger.roaming.party import Party
from ledger.roaming.party_documents import PartyDocument
from ledger.roaming.party_statements import PartyStatement
from ledger.roaming.sender import Gap, SenderNumbering
from ledger.roaming.session import Session
from ledger.roaming.terms import Sla, Terms
from ledger.values.reasons import Reason, Refusal
from projections.queries.exception import (
    Filter,
    exception,
    exception_counts,
    exceptions,
    history,
    notes,
)
from projections.queries.quality import Asked, differences, held_money, party_qualities
from projections.queries.session import awaited_sessions, session_life

LATE = msgspec.structs.replace(
    decision(1), warnings=(Refusal(Reason.DELIVERED_LATE, "last_updated"),)
)
NOTED = Filter(with_findings=True)


@pytest.fixture
def world(database_url):
    return World(database_url)


def record(world, act):
    """Record what an action makes, a minute later."""
    with world.at():
        made = act()
        return world.record(*(made if isinstance(made, tuple) else (made,)))


def states(world, number=0):
    """Return the states that one exception went through, from the first to the last."""
    found = world.ask(exceptions, Filter(with_resolved=True, with_findings=True))[number]
    return [
        row.resolution if row.state == "resolved" else row.state
        for row in world.ask(history, found)
    ]


def test_what_a_check_means_stands_beside_what_it_found(world):
    record(world, lambda: refuse(cdr_of(1), 1))
    (found,) = world.ask(exceptions)
    assert (found.severity, found.check_number, found.owner, found.origin) == (
        "FATAL",
        102,
        "finance",
        "partner",
    )
    assert found.fixes == ["Send the CDR again with an ISO 4217 currency."]


@pytest.mark.parametrize(
    ("ends", "resolution"),
    [
        (lambda cdr: accept(cdr, 1, because="session:NL*XYZ/s-1"), ["open", "accepted"]),
        (lambda cdr: accept(release(cdr), 1, because="release"), ["open", "released"]),
        (
            lambda cdr: accept(correct(cdr, remark="x"), 1, because="correction"),
            ["open", "corrected"],
        ),
        (exclude, ["open", "excluded"]),
        (reject, ["open", "resubmission_requested"]),
        (
            lambda cdr: accept(resubmit(reject(cdr), 7), 7),
            ["open", "resubmission_requested", "resubmitted"],
        ),
        (propose, ["open", "proposed"]),
        (lambda cdr: exclude(propose(cdr)), ["open", "proposed", "excluded"]),
        (
            lambda cdr: accept(release(propose(cdr, "release")), 1, because="release"),
            ["open", "proposed", "open", "released"],
        ),
    ],
)
def test_an_exception_ends_as_it_was_resolved(world, ends, resolution):
    cdr = cdr_of(1)
    record(world, lambda: hold(cdr, 1))
    record(world, lambda: ends(cdr))
    assert states(world) == resolution


@pytest.mark.parametrize("page_size", [1, 1000])
def test_what_is_excluded_and_taken_back_in_is_another_exception(database_url, page_size):
    world = World(database_url, page_size=page_size)
    cdr = cdr_of(1)
    with world.at():
        hold(readmit(exclude(hold(cdr, 1))), 1)
        world.record(cdr)
    first, second = world.ask(exceptions, with_resolved=True)
    assert (first.resolution, second.resolution) == ("excluded", None)
    assert [row.id for row in world.ask(exceptions)] == [second.id]


def test_an_action_on_an_accepted_cdr_waits_for_the_second_person_in_the_queue(world):
    cdr = cdr_of(1)
    record(world, lambda: propose(accept(cdr, 1), "adjust", "6.05"))
    (found,) = world.ask(exceptions)
    assert (found.state, found.reason, found.path) == (
        "proposed",
        "SECOND_PERSON_REQUIRED",
        "adjust",
    )
    assert (str(found.stated_net), found.owner) == ("6.05", "finance")
    record(world, lambda: propose(cdr, "adjust", "5.00"))
    (again,) = world.ask(exceptions)
    assert (again.id, str(again.stated_net)) == (found.id, "5.00")
    record(world, lambda: adjust(cdr, "5.00"))
    assert states(world) == ["proposed", "proposed", "adjusted"]


def test_findings_of_accepted_cdrs_are_no_open_work_but_are_listed(world):
    cdr = cdr_of(1)
    record(world, lambda: accept(cdr, 1, LATE))
    assert world.ask(exceptions) == []
    assert world.ask(exception_counts) == []
    (found,) = world.ask(exceptions, Filter(kind="finding"))
    assert (found.severity, found.reason, str(found.stated_net)) == (
        "WARNING",
        "DELIVERED_LATE",
        "10.0000",
    )
    record(world, lambda: redecide(cdr, decision(1, net="9.0000")))
    assert world.ask(exceptions, NOTED) == []
    assert states(world) == ["open", "decided again"]
    record(world, lambda: redecide(cdr, LATE))
    record(world, lambda: credit(cdr, NOVEMBER_BOOKING))
    assert states(world, 1) == ["open", "credited"]


def test_a_conflict_ends_with_the_record_it_contradicts(world):
    cdr = cdr_of(1)

    def contradicted():
        accept(cdr, 1)
        cdr.hold_conflict(cdr_statement(2), content_sha256="c", provenance=provenance(2))
        return cdr

    record(world, contradicted)
    assert [row.reason for row in world.ask(exceptions)] == ["CDR_CONFLICT"]
    record(world, lambda: credit(cdr))
    assert states(world) == ["open", "credited"]


def test_a_conflict_of_a_party_ends_when_it_is_said_anew(world):
    party, document = Party.blank("NL*NEW"), PartyDocument("New", ("CPO",), "xyz-bv")
    said = PartyStatement("NL", "NEW", "Nieuw", ("CPO",), START)

    def contradicted():
        party.register(document, provenance=provenance(1))
        party.hold_conflict(said, content_sha256="c", provenance=provenance(2))
        return party

    record(world, contradicted)
    assert [row.reason for row in world.ask(exceptions)] == ["PARTY_CONFLICT"]

    def said_anew():
        party.register(msgspec.structs.replace(document, name="Nieuw"), provenance=provenance(3))
        return party

    record(world, said_anew)
    assert world.ask(exceptions) == []
    assert states(world) == ["open", "stated anew"]


def test_it_is_due_by_the_hours_of_the_agreement_in_force_else_by_72(world):
    agreement = Agreement.blank(f"{CPO}>{EMSP}")
    record(world, lambda: hold(cdr_of(1), 1))
    (found,) = world.ask(exceptions)
    assert found.due_at == found.opened_at + timedelta(hours=72)

    def agreed():
        agreement.agree(
            Terms(sla=Sla(correction_h=6)),
            valid_from=datetime(2026, 1, 1, tzinfo=UTC),
            valid_until=None,
            author="anna",
            approver="bert",
            provenance=command(),
        )
        return agreement

    record(world, agreed)
    (found,) = world.ask(exceptions)
    assert found.due_at == found.opened_at + timedelta(hours=6)
    assert world.ask(exceptions, Filter(overdue_at=found.due_at)) == []
    assert len(world.ask(exceptions, Filter(overdue_at=found.due_at + timedelta(seconds=1)))) == 1


def test_a_case_file_follows_the_record_and_is_known_as_it_was(world):
    case = Case.blank(f"cdr {CPO}/cdr-1")

    def assigned(to):
        case.assign(to, provenance=command("olga"))
        return case

    def commented():
        case.comment("called them", provenance=command("olga"))
        return case

    record(world, lambda: hold(cdr_of(1), 1))
    opened_at = world.now
    record(world, lambda: assigned("olga"))
    record(world, lambda: assigned("finn"))
    record(world, commented)
    (found,) = world.ask(exceptions)
    assert (found.assignee, found.comments, found.case_file) == ("finn", 1, case.key)
    said = [(row.assignee, row.comment) for row in world.ask(notes, case.key)]
    assert said == [("olga", None), ("finn", None), (None, "called them")]
    assert world.ask(exceptions, Filter(assignee="olga")) == []
    (then,) = world.ask(exceptions, known_at=opened_at)
    assert (then.assignee, then.comments) == (None, 0)
    (later,) = world.ask(exceptions, known_at=opened_at + timedelta(minutes=1))
    assert later.assignee == "olga"


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (Filter(kind="cdr"), [1, 2]),
        (Filter(kind="tariff"), []),
        (Filter(severity="FATAL"), [2]),
        (Filter(owner="operations"), [1]),
        (Filter(origin="partner"), [2]),
        (Filter(reason="SESSION_MISSING"), [1]),
        (Filter(party=EMSP), [1, 2]),
        (Filter(party="NL*HUB"), []),
        (Filter(sender=CPO), [1, 2]),
        (Filter(min_amount=Decimal("10.00")), [1, 2]),
        (Filter(min_amount=Decimal("10.01")), []),
        (Filter(state="proposed"), []),
        (Filter(severity="WARNING", with_findings=True), [3]),
    ],
)
def test_the_queue_is_filtered(world, chosen, expected):
    def made():
        return hold(cdr_of(1), 1), refuse(cdr_of(2), 2), accept(cdr_of(3), 3, LATE)

    record(world, made)
    found = [int(row.record.rpartition("-")[2]) for row in world.ask(exceptions, chosen)]
    assert found == expected


def session_of(number, **changes):
    statement = msgspec.structs.replace(session_statement(number), **changes)
    session = Session.blank(f"NL*XYZ/s-{number}")
    told = provenance(number, topic=SESSIONS)
    session.update(statement, content_sha256="a", provenance=told)
    return session


def test_a_stuck_session_waits_for_news_and_an_unbilled_one_for_its_cdr(world):
    later = START + timedelta(days=3)
    stuck = unbilled = None
    with world.at():
        stuck = session_of(1, status="ACTIVE", end_date_time=None)
        unbilled = session_of(2)
        world.record(stuck, unbilled)
    with world.at():
        for session in (stuck, unbilled):
            session.look(later, Terms(), has_cdr=False, provenance=command("clearwatt"))
        world.record(stuck, unbilled)
    found = world.ask(awaited_sessions, stuck=True, unbilled=True)
    assert [(row.record, row.reason) for row in found] == [
        ("NL*XYZ/s-1", "SESSION_STUCK"),
        ("NL*XYZ/s-2", "SESSION_UNBILLED"),
    ]
    assert found[1].actual == "20.000 kWh"
    assert world.ask(awaited_sessions, stuck=False, unbilled=True) == [found[1]]
    with world.at():
        news = msgspec.structs.replace(session_statement(1), last_updated=later)
        stuck.update(news, content_sha256="b", provenance=provenance(3, topic=SESSIONS))
        world.record(stuck, accept(cdr_of(2), 2))
    assert world.ask(exceptions) == []
    assert (states(world, 0), states(world, 1)) == (["open", "updated"], ["open", "billed"])
    life = world.ask(session_life, "NL*XYZ/s-2")
    assert (life.status, life.cdrs) == ("COMPLETED", ["NL*XYZ/cdr-2"])
    assert [row.happened for row in life.steps] == ["updated", "unbilled"]
    assert world.ask(session_life, "NL*XYZ/unheard-of") is None


def test_missing_numbers_of_a_sender_are_one_exception_until_all_have_come(world):
    numbering = SenderNumbering.blank(f"{CPO}/cdrs.v1")
    by = {"provenance": command("clearwatt")}

    def found_missing(first, last):
        numbering.find([Gap(first, last, START)], **by)
        return numbering

    def came(*numbers):
        numbering.fill(numbers, **by)
        return numbering

    def counts_anew():
        numbering.reset(from_number=1, is_restart=True, reason="a new installation", **by)
        return numbering

    def missing():
        (row,) = world.ask(exceptions)
        return row.actual

    record(world, lambda: found_missing(17, 19))
    (found,) = world.ask(exceptions)
    assert (found.kind, found.sender, found.severity) == ("sender", CPO, "WARNING")
    assert missing() == "17-19"
    record(world, lambda: found_missing(23, 23))
    assert missing() == "17-19, 23"
    record(world, lambda: came(18))
    assert missing() == "17, 19, 23"
    record(world, lambda: came(17, 19, 23))
    assert world.ask(exceptions) == []
    record(world, lambda: found_missing(30, 31))
    record(world, counts_anew)
    assert (states(world, 0)[-1], states(world, 1)) == ("filled", ["open", "reset"])


def test_totals_differ_until_they_match(world):
    day = START.date()
    totals = ControlTotals.blank(f"{CPO}/cdrs.v1/{day}")
    stated = ControlTotalsStatement("NL", "XYZ", "cdrs.v1", day, 3, START)
    by = {"provenance": command("clearwatt")}
    now = START + timedelta(days=1)

    def told():
        totals.state(stated, content_sha256="a", provenance=provenance(1))
        return totals

    def compared(messages):
        totals.compare(ReceivedTotals(messages=messages), now=now, **by)
        return totals

    record(world, told)
    record(world, lambda: compared(1))
    record(world, lambda: compared(2))
    (found,) = world.ask(exceptions)
    assert (found.reason, found.path, found.expected, found.actual) == (
        "CONTROL_TOTALS_DIFFER",
        "messages",
        "3",
        "2",
    )
    record(world, lambda: compared(3))
    assert states(world) == ["open", "open", "matched"]


def test_one_exception_is_shown_as_it_was_known(world):
    cdr = cdr_of(1)
    record(world, lambda: hold(cdr, 1))
    opened_at = world.now
    record(world, lambda: accept(release(cdr), 1, because="release"))
    (now,) = world.ask(exceptions, with_resolved=True)
    then = world.ask(exception, now.position, known_at=opened_at)
    assert (then.state, now.state, now.resolution) == ("open", "resolved", "released")
    assert world.ask(exception, now.position, known_at=opened_at - timedelta(hours=1)) is None


def test_quality_counts_what_stands_and_what_stood(world):
    unlike = Refusal(Reason.CDR_TOTAL_COST_DIFFERS, "total_cost", "9.00", "10.00")
    first, second = cdr_of(1), cdr_of(2)
    record(world, lambda: (hold(first, 1), hold(second, 2, unlike), accept(cdr_of(3), 3, LATE)))
    known_at = world.now
    (found,) = world.ask(party_qualities, Asked())
    assert found[:7] == (CPO, 3, 1, 1, 1, 1, 2)
    assert (str(found.match_rate_percent), str(found.on_time_percent)) == ("66.7", "66.7")
    assert str(found.price_difference_percent) == "33.3"
    assert (found.exceptions, str(found.exceptions_per_1000)) == (2, "666.7")
    assert [str(row.held_net) for row in world.ask(held_money, Asked())] == ["20.00"]
    world.now += timedelta(hours=5)
    record(world, lambda: (accept(first, 1), exclude(second)))
    (after,) = world.ask(party_qualities, Asked(party=CPO))
    assert after[:7] == (CPO, 2, 0, 1, 0, 0, 0)
    assert (after.resolved, str(after.mean_hours_to_resolve)) == (2, "5.0")
    assert world.ask(held_money, Asked()) == []
    (then,) = world.ask(party_qualities, Asked(known_at=known_at))
    assert then == found
    (place,) = world.ask(differences, Asked(known_at=known_at), by="charger")
    assert (place.value, place.cdrs, place.different, place.price) == ("NL*XYZ*E1", 3, 1, 1)
    assert world.ask(party_qualities, Asked(from_day=START.date() + timedelta(days=1))) == []
