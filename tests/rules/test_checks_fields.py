"""Checks of the fields: what OCPI lets a partner leave blank, and what an agreement asks for."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.pricing.tariff import Extension, Price
from ledger.roaming.terms import Evidence, Terms
from tests.ledger_checks import (
    STARTED,
    TEN,
    Case,
    candidate,
    check_case,
    fires,
    metered,
    passes,
    period,
)
from tests.ledger_statements import cdr, token

PLACE = cdr("C1", "5.00").statement.cdr_location
EMPS = cdr("C1", "5.00").statement.cdr_token


def at(**changes):
    return candidate({"cdr_location": replace(PLACE, **changes)})


def issued_by(issuer):
    return candidate({"cdr_token": replace(EMPS, issuer=issuer)})


def asking_for(*fields, **changes):
    return candidate(changes, terms=Terms(evidence=Evidence(fields=fields)))


TABLE = [
    passes("UNKNOWN_CURRENCY", "euro", candidate()),
    fires("UNKNOWN_CURRENCY", "no such code", candidate({"currency": "EUX"}), "EUX"),
    fires("UNKNOWN_CURRENCY", "in small letters", candidate({"currency": "eur"})),
    passes(
        "NUMBER_OUT_OF_RANGE",
        "the most energy",
        candidate({"total_energy": Decimal(100_000), "charging_periods": (TEN,)}),
    ),
    fires(
        "NUMBER_OUT_OF_RANGE",
        "a Wh more",
        candidate({"total_energy": Decimal("100000.001")}),
        "at total_energy, expected at most 100000",
    ),
    fires(
        "NUMBER_OUT_OF_RANGE",
        "Wh sent as kWh inside a period",
        candidate({"charging_periods": (period(STARTED, "4135347"),)}),
        "4135347",
    ),
    passes("NUMBER_OUT_OF_RANGE", "a leap year", candidate({"total_time": Decimal(8784)})),
    fires("NUMBER_OUT_OF_RANGE", "and more", candidate({"total_time": Decimal("8784.0001")})),
    fires(
        "NUMBER_OUT_OF_RANGE",
        "seconds sent as hours inside a period",
        candidate({"charging_periods": (TEN, period(STARTED, "36000", "PARKING_TIME"))}),
        "at total_time",
    ),
    passes("NUMBER_OUT_OF_RANGE", "a billion", candidate({"total_cost": Price(Decimal(10**9))})),
    fires(
        "NUMBER_OUT_OF_RANGE",
        "more than a billion",
        candidate({"total_cost": Price(Decimal(10**9) + 1)}),
    ),
    fires(
        "NUMBER_OUT_OF_RANGE",
        "less than a billion below nothing",
        candidate({"total_cost": Price(-(Decimal(10**9) + 1))}),
    ),
    passes("CHARGER_NOT_NAMED", "all named", candidate()),
    *(
        fires("CHARGER_NOT_NAMED", f"{blank!r}", at(evse_id=blank), "cdr_location.evse_id")
        for blank in ("#NA", "", " ", "n/a", "Unknown", "NULL", "-", "0000")
    ),
    fires("CHARGER_NOT_NAMED", "no EVSE", at(evse_uid="#NA"), "cdr_location.evse_uid"),
    fires("CHARGER_NOT_NAMED", "no connector", at(connector_id=""), "cdr_location.connector_id"),
    passes("CHARGER_NOT_NAMED", "an id that only looks odd", at(connector_id="0")),
    passes("AUTHORIZATION_NOT_NAMED", "a whitelisted token", candidate()),
    *(
        fires("AUTHORIZATION_NOT_NAMED", method, candidate({"auth_method": method}), method)
        for method in ("COMMAND", "AUTH_REQUEST")
    ),
    passes(
        "AUTHORIZATION_NOT_NAMED",
        "a command with its reference",
        candidate({"auth_method": "COMMAND", "authorization_reference": "ref-1"}),
    ),
    fires(
        "AUTHORIZATION_NOT_NAMED",
        "a reference that is empty",
        candidate({"auth_method": "COMMAND", "authorization_reference": ""}),
    ),
    passes("FIELD_AGREED_MISSING", "nothing agreed", candidate()),
    passes("FIELD_AGREED_MISSING", "a field of OCPI", asking_for("meter_id", meter_id="M1")),
    fires("FIELD_AGREED_MISSING", "without it", asking_for("meter_id"), "at meter_id"),
    fires("FIELD_AGREED_MISSING", "with nothing in it", asking_for("meter_id", meter_id="")),
    passes(
        "FIELD_AGREED_MISSING",
        "a field of the extension, and zero is a value",
        asking_for("meter_start_wh", **metered("0", "10000")),
    ),
    fires("FIELD_AGREED_MISSING", "without the extension", asking_for("meter_start_wh")),
    fires(
        "FIELD_AGREED_MISSING",
        "with an extension that does not say it",
        asking_for("outcome", clearwatt=Extension(channel="app")),
        "at outcome",
    ),
    passes("TOKEN_NOT_OF_EMSP", "the eMSP's own", issued_by("DE*EMP")),
    fires("TOKEN_NOT_OF_EMSP", "another's", issued_by("DE*ABC"), "expected DE*EMP, got DE*ABC"),
    passes("TOKEN_NOT_OF_EMSP", "a contract of no known shape", issued_by(None)),
    passes(
        "TOKEN_NOT_OF_EMSP",
        "the eMSP in small letters",
        candidate({"cdr_token": replace(token("de*emp"), issuer="DE*EMP")}),
    ),
    passes("CDR_NOT_SUPPORTED", "a public charge", candidate()),
    passes("CDR_NOT_SUPPORTED", "said so", candidate({"home_charging_compensation": False})),
    fires("CDR_NOT_SUPPORTED", "a home charge", candidate({"home_charging_compensation": True})),
]


@pytest.mark.parametrize("case", TABLE, ids=str)
def test_a_check_of_the_fields_fires_at_its_bound(case: Case) -> None:
    check_case(case)
