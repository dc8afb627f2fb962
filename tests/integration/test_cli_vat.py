"""`clearwatt vat`: decisions of who is registered, rates, and what ends, as exceptions too."""

from datetime import date
from decimal import Decimal

import pytest
from command_line import installation
from msgspec.structs import replace

from ledger.application.parties import register_entity, register_party
from ledger.application.registration import register_actor
from ledger.roaming.terms import Terms, VatTerms
from ledger.vat.overrides import RateOverride
from tests.ledger_cast import (
    BY_ADMIN,
    BY_FINANCE,
    CPO,
    EMSP,
    ENTITIES,
    PARTIES,
    agreement,
)

SEVEN = RateOverride("NL", "parking", Decimal(7), "S", date(2026, 1, 1), None, "a ruling")
SALE = ("--at", "NL", "--on", "2026-10-10", "--net", "100")


@pytest.fixture
def clearwatt(services, service_settings, new_database):
    with installation(services, service_settings, new_database) as made:
        made.document("exception", "list")  # the first command makes the tables
        with made.ledger() as ledger:
            register_actor(ledger, "anna", ("admin",), by=BY_ADMIN)
            register_actor(ledger, "finn", ("finance",), by=BY_ADMIN)
            for key in ("xyz-bv", "emp-gmbh"):
                register_entity(ledger, key, ENTITIES[key], by=BY_FINANCE)
            for party in (CPO, EMSP):
                register_party(ledger, party, PARTIES[party], by=BY_FINANCE)
            agreement(CPO, EMSP, Terms(vat=VatTerms(overrides=(SEVEN,))))(ledger)
        yield made


def test_a_sale_between_the_registered_is_decided_as_the_ledger_would(clearwatt):
    told = clearwatt.document("vat", "decide", "--seller", "xyz-bv", "--buyer", EMSP, *SALE)
    decision = told["decision"]
    assert (decision["rule"], decision["place"], decision["category"]) == (
        "reverse_charge", "DE", "AE"
    )  # fmt: skip
    assert decision["buyer_number"] == "DE819900016"
    assert [(row["rule"], row["matched"]) for row in told["asked"]] == [
        ("domestic_resale", False), ("seller_in_place", False), ("reverse_charge", True)
    ]  # fmt: skip
    parking = ("--seller", CPO, "--buyer", EMSP, *SALE, "--kind", "parking")
    agreed = clearwatt.document("vat", "decide", *parking)["decision"]
    assert (agreed["rule"], agreed["place"], agreed["percent"]) == ("override", "NL", "7")
    assert agreed["standard_percent"] == "21"
    exit_code, line = clearwatt.refusal(
        "vat", "decide", "--seller", "nobody-bv", "--buyer", "driver", *SALE
    )
    assert (exit_code, line.partition(":")[0]) == (1, "NOT_FOUND")


def test_what_ends_is_an_exception_until_it_is_renewed(clearwatt):
    (row,) = ENTITIES["xyz-bv"].vat_registrations
    ends = replace(row, valid_until=date(2026, 11, 10))
    with clearwatt.ledger() as ledger:
        document = replace(ENTITIES["xyz-bv"], vat_registrations=(ends,))
        register_entity(ledger, "xyz-bv", document, by=BY_FINANCE)
    alerts = clearwatt.document("vat", "alerts", "--on", "2026-10-01")
    assert [(alert["ending"]["key"], alert["days_left"]) for alert in alerts] == [
        ("xyz-bv/vat/NL", 40)
    ]
    raised = clearwatt.document("clock", "advance", "--to", "2026-10-01")["raised"]
    assert raised["expiring"] == 1
    clearwatt.document("projector", "run", "--until-caught-up")
    (found,) = clearwatt.document("exception", "list", "--kind", "expiry")
    assert (found["reason"], found["severity"], found["party"]) == (
        "TAX_BASIS_EXPIRES", "WARNING", None
    )  # fmt: skip
    assert found["due_at"] == "2026-11-10T00:00:00Z"
    with clearwatt.ledger() as ledger:
        register_entity(ledger, "xyz-bv", ENTITIES["xyz-bv"], by=BY_FINANCE)
    clearwatt.document("clock", "advance", "--to", "2026-10-02")
    clearwatt.document("projector", "run", "--until-caught-up")
    (found,) = clearwatt.document("exception", "list", "--kind", "expiry", "--with-resolved")
    assert (found["state"], found["resolution"]) == ("resolved", "renewed")
    assert clearwatt.document("exception", "list", "--kind", "expiry") == []
