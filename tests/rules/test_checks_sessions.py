"""Checks against the session, and against other CDRs in the way."""

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.evidence.signed_data import SignedEvidence
from ledger.pricing.compare import Tolerance, Tolerances
from ledger.roaming.terms import Evidence, Terms, Truth
from tests.ledger_cast import EMSP
from tests.ledger_checks import (
    BLINK,
    ENDED,
    SESSION,
    STARTED,
    Case,
    another,
    candidate,
    check_case,
    codes_of,
    fires,
    passes,
    told,
)
from tests.ledger_statements import cdr, token

MINUTE = timedelta(minutes=1)
PLACE = cdr("C1", "5.00").statement.cdr_location
A_TENTH = Terms(tolerances=Tolerances(time=Tolerance(relative=Decimal("0.1"))))


CDR_FIRST = Terms(truth=Truth(session=("cdr", "session"), time=("cdr", "session")))
SIGNED_FIRST = Terms(truth=Truth(time=("signed", "session", "cdr")))


def signed(span):
    data = SignedEvidence(
        format="OCMF", status="verified", started_at=STARTED + span, ended_at=ENDED
    )
    return candidate(terms=SIGNED_FIRST, evidence=data)


def starting(span, terms=Terms()):  # noqa: B008
    return candidate({"start_date_time": STARTED + span}, terms=terms)


def ending(span, terms=Terms(), **told_more):  # noqa: B008
    return candidate({"end_date_time": ENDED + span}, terms=terms, told=told(**told_more))


TABLE = [
    passes("SESSION_MISSING", "it is there", candidate()),
    fires("SESSION_MISSING", "it is not", candidate(told=None), "got C1"),
    fires(
        "SESSION_MISSING",
        "it names none, and what is near it is said",
        candidate({"session_id": None}, told=None, near=("NL*XYZ/s1 55 (token 40)",)),
        "got none named; near it: NL*XYZ/s1 55 (token 40)",
    ),
    passes(
        "SESSION_MISSING",
        "the agreement does not ask",
        candidate(told=None, terms=Terms(evidence=Evidence(session=False))),
    ),
    passes("SESSION_NOT_COMPLETED", "it is", candidate()),
    passes("SESSION_NOT_COMPLETED", "there is none", candidate(told=None)),
    *(
        fires("SESSION_NOT_COMPLETED", status, candidate(told=told(status=status)), status)
        for status in ("ACTIVE", "PENDING", "RESERVATION")
    ),
    passes("SESSION_NOT_COMPLETED", "invalid", candidate(told=told(status="INVALID"))),
    fires("SESSION_INVALID", "invalid", candidate(told=told(status="INVALID"))),
    passes("SESSION_INVALID", "active", candidate(told=told(status="ACTIVE"))),
    # one minute, before and after, at both ends
    passes("SESSION_TIMES_DIFFER", "a minute later", starting(MINUTE)),
    fires("SESSION_TIMES_DIFFER", "a blink more", starting(MINUTE + BLINK), "within 60 s"),
    passes("SESSION_TIMES_DIFFER", "a minute earlier", starting(-MINUTE)),
    fires("SESSION_TIMES_DIFFER", "a blink more earlier", starting(-MINUTE - BLINK)),
    passes("SESSION_TIMES_DIFFER", "ends a minute later", ending(MINUTE)),
    fires("SESSION_TIMES_DIFFER", "ends later", ending(MINUTE + BLINK), "at end_date_time"),
    passes("SESSION_TIMES_DIFFER", "ends a minute earlier", ending(-MINUTE)),
    fires("SESSION_TIMES_DIFFER", "ends earlier", ending(-MINUTE - BLINK)),
    passes(
        "SESSION_TIMES_DIFFER",
        "a session that states no end has none to differ from",
        ending(3 * MINUTE, end_date_time=None),
    ),
    # a tenth of how long the CDR says the charge lasted
    passes("SESSION_TIMES_DIFFER", "4 minutes of 64", ending(4 * MINUTE, A_TENTH)),
    passes("SESSION_TIMES_DIFFER", "6 minutes of 66", ending(6 * MINUTE, A_TENTH)),
    fires("SESSION_TIMES_DIFFER", "7 minutes of 67", ending(7 * MINUTE, A_TENTH), "within 10 %"),
    passes("SESSION_TIMES_DIFFER", "the CDR is trusted", starting(2 * MINUTE, CDR_FIRST)),
    fires("TIME_SOURCES_DIFFER", "the CDR is trusted", starting(2 * MINUTE, CDR_FIRST), "session"),
    passes("TIME_SOURCES_DIFFER", "within a minute", starting(MINUTE, CDR_FIRST)),
    passes("TIME_SOURCES_DIFFER", "the session is trusted", starting(2 * MINUTE)),
    fires("TIME_NOT_THAT_OF_TRUTH", "signed data are", signed(-2 * MINUTE), "in the signed data"),
    passes("TIME_NOT_THAT_OF_TRUTH", "within a minute", signed(-MINUTE)),
    passes("TIME_NOT_THAT_OF_TRUTH", "there are none", starting(2 * MINUTE, SIGNED_FIRST)),
    fires("SESSION_TIMES_DIFFER", "and the session is next", starting(2 * MINUTE, SIGNED_FIRST)),
    fires("SESSION_TELLS_ANOTHER", "plug, and the CDR is trusted", candidate(
        told=told(connector_id="2"), terms=CDR_FIRST), "got 1"),
    fires("SESSION_TELLS_ANOTHER", "token, and the CDR is trusted", candidate(
        {"cdr_token": token(EMSP, "FFFF")}, terms=CDR_FIRST)),
    passes("SESSION_TELLS_ANOTHER", "the same", candidate(terms=CDR_FIRST)),
    passes("SESSION_CHARGER_DIFFERS", "the CDR is trusted", candidate(
        told=told(connector_id="2"), terms=CDR_FIRST)),
    passes("SESSION_TIMES_DIFFER", "not completed", ending(9 * MINUTE, status="ACTIVE")),
    passes("SESSION_CHARGER_DIFFERS", "the same", candidate()),
    passes(
        "SESSION_CHARGER_DIFFERS",
        "spelled otherwise",
        candidate(told=told(evse_uid="e-c1", location_id="loc1")),
    ),
    fires("SESSION_CHARGER_DIFFERS", "another EVSE", candidate(told=told(evse_uid="E2")), "E2"),
    fires("SESSION_CHARGER_DIFFERS", "another plug", candidate(told=told(connector_id="2"))),
    fires(
        "SESSION_CHARGER_DIFFERS",
        "another location",
        candidate({"cdr_location": replace(PLACE, id="LOC2")}),
        "at cdr_location.id, expected LOC1, got LOC2",
    ),
    passes("SESSION_CHARGER_DIFFERS", "not completed", candidate(
        told=told(evse_uid="E2", status="ACTIVE"))),
    passes("SESSION_TOKEN_DIFFERS", "the same", candidate()),
    fires("SESSION_TOKEN_DIFFERS", "another", candidate({"cdr_token": token(EMSP, "FFFF")})),
    passes("CDR_FOR_SAME_SESSION", "alone", candidate()),
    fires(
        "CDR_FOR_SAME_SESSION",
        "another has the session",
        candidate(others=(another("session"),)),
        "got NL*XYZ/c0, 2026-10-10T10:00:00+00:00 to 2026-10-10T11:00:00+00:00",
    ),
    passes("CDR_FOR_SAME_SESSION", "only the plug", candidate(others=(another("connector"),))),
    passes("CONNECTOR_OVERLAP", "alone", candidate()),
    fires("CONNECTOR_OVERLAP", "another at the plug", candidate(others=(another("connector"),))),
    passes("CONNECTOR_OVERLAP", "only the token", candidate(others=(another("token"),))),
    passes("TOKEN_OVERLAP", "alone", candidate()),
    fires("TOKEN_OVERLAP", "another with the token", candidate(others=(another("token"),))),
    passes("TOKEN_OVERLAP", "only the session", candidate(others=(another("session"),))),
    passes("CDR_COVERS_SEVERAL_SESSIONS", "no other near", candidate()),
    fires(
        "CDR_COVERS_SEVERAL_SESSIONS",
        "two others",
        candidate(near=("NL*XYZ/s2", "NL*XYZ/s3")),
        "expected NL*XYZ/c1, got NL*XYZ/s2, NL*XYZ/s3",
    ),
    passes(
        "CDR_COVERS_SEVERAL_SESSIONS",
        "where it has no session of its own, one of them may be it",
        candidate(near=("NL*XYZ/s2",), told=None),
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_a_check_of_sessions_and_others_fires_at_its_bound(case: Case) -> None:
    check_case(case)


def test_the_cdr_that_the_tables_start_from_passes_every_check() -> None:
    assert codes_of(candidate()) == []
    assert SESSION.latest is not None
    assert SESSION.latest.status == "COMPLETED"
