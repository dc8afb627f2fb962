"""Reports cut by place, and what stays with an eMSP, on the command line."""

from decimal import Decimal

import pytest
from command_line import installation
from msgspec.structs import replace

from ledger.roaming.terms import TariffTerms, Terms
from tests.ledger_cast import (
    CAST,
    CPO,
    EMSP,
    ENTITIES,
    HOST,
    agreement,
    entity,
    registered,
    shared_with_host,
)
from tests.ledger_statements import cdr, october, session, tariff
from tests.ledger_world import World
from tests.site_world import DOCUMENT, LOC1, LOC2, PRIVATE, charger, remapped, site

C1, C2, C3, C4 = (f"{CPO}/c{number}" for number in (1, 2, 3, 4))
AT = ("--at", "2026-11-03T07:00:00Z")
SINCE = october(20)
"""From then on LOC1 goes by the name LOC3; LOC4 is in no register."""


def charge(number: int, place: str, total: str = "5.00"):
    own = {"at": october(number * 7, 12), "uid": f"U{number}", "location": place}
    return session(f"C{number}", **own), cdr(f"C{number}", total, **own)


@pytest.fixture(scope="module")
def clearwatt(services, service_settings, new_database):
    """Charges at LOC1 before and after its new name, at a depot (held), and somewhere else."""
    countries = (registered("DE"), registered("NL"))
    emsp = replace(ENTITIES["emp-gmbh"], vat_registrations=countries)
    retail = Terms(tariffs=TariffTerms(retail="R1"))
    with installation(services, service_settings, new_database) as made:
        world = World(
            made.database_url,
            *CAST,
            entity("emp-gmbh", emsp),
            agreement(CPO, EMSP, retail),
            agreement(HOST, CPO, shared_with_host("1/10", "LOC1", "LOC3")),
            site(LOC1, replace(DOCUMENT, chargers=(charger("E1", (october(1), "6.1")),))),
            site(LOC2, replace(PRIVATE, kind="depot", groups=())),
            remapped(LOC1, f"{CPO}/loc3", SINCE),
        )
        sold_on = tariff(("ENERGY", "0.69", 1), of=EMSP, id="R1")
        rows = (*charge(1, "LOC1"), *charge(2, "loc2", "9.00"), *charge(3, "LOC3"))
        world.send(tariff(("ENERGY", "0.50", 1)), sold_on, *rows, *charge(4, "LOC4"))
        states = [world.cdr(f"C{number}").state for number in (1, 2, 3, 4)]
        assert states == ["accepted", "held", "accepted", "accepted"]
        world.close()
        made.document("projector", "run", "--until-caught-up")
        yield made


PLACES = [
    (("--site-kind", "destination"), [C1, C3]),
    (("--access", "private"), [C2]),
    (("--site-group", "Hague"), [C1, C3]),
    (("--location", "nl*xyz/LOC1"), [C1, C3]),
    (("--location", "NL*XYZ/loc3"), [C1, C3]),
    (("--location", "NL*XYZ/LOC4", "--location", "NL*XYZ/LOC2"), [C2, C4]),
    (("--location", "NL*XYZ/LOC4", "--access", "public"), []),
    (("--site-kind", "destination", "--as-of", "2025-12-31"), []),
]


@pytest.mark.parametrize(("options", "found"), PLACES)
def test_cdrs_are_cut_by_place_under_whatever_name_it_had(clearwatt, options, found):
    assert [row["cdr"] for row in clearwatt.document("cdr", "list", *options)] == found


@pytest.mark.parametrize(("options", "found"), PLACES)
def test_the_queue_is_cut_by_place(clearwatt, options, found):
    waiting = clearwatt.document("exception", "list", *options)
    assert [row["record"] for row in waiting] == [key for key in found if key == C2]


def test_shares_are_cut_by_place(clearwatt):
    steps = clearwatt.document("split", "list", "--steps", "--site-group", "hague")
    assert {row["cdr"] for row in steps} == {C1, C3}
    assert clearwatt.document("split", "list", "--access", "private") == []
    (host,) = [
        row
        for row in clearwatt.document("split", "list", "--location", LOC1)
        if row["payee"] == HOST
    ]
    assert (host["cdrs"], host["amount"]) == (2, "1.0000")


def test_quality_is_cut_by_place(clearwatt):
    (depot,) = clearwatt.document("quality", "show", "--site-kind", "depot")["parties"]
    assert (depot["cdrs"], depot["waits"], depot["exceptions"]) == (1, 1, 1)
    hague = clearwatt.document("quality", "show", "--site-group", "hague")
    assert [(row["cdrs"], row["exceptions"]) for row in hague["parties"]] == [(2, 0)]
    assert hague["held"] == []
    assert len(clearwatt.document("quality", "show", "--party", CPO)["parties"]) == 1


@pytest.mark.parametrize(
    ("options", "exit_code", "code"),
    [
        (("--site-kind", "moon"), 2, "UNKNOWN_VALUE"),
        (("--access", "anybody"), 2, "UNKNOWN_VALUE"),
        (("--location", "LOC1"), 1, "WRONG_IDENTIFIER"),
    ],
)
def test_a_place_that_cannot_be_meant_is_refused(clearwatt, options, exit_code, code):
    found = clearwatt.refusal("cdr", "list", *options)
    assert (found[0], found[1].partition(":")[0]) == (exit_code, code)


def test_what_is_acted_on_is_chosen_by_place_too(clearwatt):
    act = ("recheck", "--access", "private", "--as", "finn", *AT)
    done = clearwatt.document("exception", *act, "--dry-run")
    assert [row["cdr"] for row in done["effects"]] == [C2]


def test_a_split_is_tried_by_the_version_in_force(clearwatt):
    sale = ("--gross", "12.10", "--net", "10", "--agreement", "nl*hst:nl*xyz")
    found = clearwatt.document("split", "simulate", *sale, "--as-of", "2026-10-01")
    assert found["agreement_version"] == "NL*HST>NL*XYZ#1"
    assert [row["amount"] for row in found["steps"]] == ["1.0000", "9.0000"]
    code, said = clearwatt.refusal("split", "simulate", *sale, "--as-of", "2025-12-31")
    assert (code, said.partition(":")[0]) == (1, "NOT_FOUND")


def test_a_refund_to_the_driver_lowers_what_stays_with_the_emsp(clearwatt):
    before = clearwatt.document("cdr", "margins", "--period", "ALL/2026-10")
    assert [(row["cpo"], row["cdrs"], row["margin"]) for row in before] == [(CPO, 3, "5.7000")]
    give = ("cdr", "adjust", C1, "--amount", "0.8349", "--to", "driver", "--reason", "sorry")
    (effect,) = clearwatt.document(*give, "--as", "finn", *AT)["effects"]
    assert (effect["outcome"], effect["before"], effect["after"]) == ("done", "5.0000", "5.0000")
    clearwatt.document("projector", "run", "--until-caught-up")
    margin = clearwatt.document("cdr", "explain", C1)["margins"][0]
    assert Decimal(margin["margin"]) == Decimal("6.90") - Decimal("5.00") - Decimal("0.69")
    shown = " ".join(clearwatt.run("cdr", "show", C1).output.split())
    assert "0.8349 EUR given back to the driver: sorry" in shown
    assert "DE*EMP NL*XYZ 1 6.2100 5.0000 0 1.2100 EUR" in shown
    assert "What stays with the eMSP" in clearwatt.run("cdr", "explain", C1).output
    (later,) = clearwatt.document("cdr", "margins", "--party", "de*emp")
    assert (later["month"], later["margin"]) == ("2026-10", "5.0100")
    earlier = clearwatt.document("cdr", "margins", "--known-at", "2026-11-03T06:00:00Z")
    assert earlier == before
    code, said = clearwatt.refusal(*give[:4], "0.01", "--to", "cpo", "--as", "finn", *AT)
    assert (code, said.partition(":")[0]) == (2, "UNKNOWN_VALUE")
    assert clearwatt.run("verify").exit_code == 0
