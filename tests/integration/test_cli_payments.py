"""`clearwatt payment`: from the messages of a collector to what stands beside the charge."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import CommandLine, of_settings
from msgspec.structs import replace

from ledger.roaming.clauses import SplitTerms, Step
from ledger.roaming.terms import Sla, Terms
from tests.ledger_cast import CAST, CPO, EMSP, ENTITIES, agreement, entity, registered
from tests.ledger_people import PER_KWH
from tests.ledger_statements import cdr, session
from tests.ledger_world import World
from tests.paying import KEY, PROVIDER, PSP

ON_THE_SPOT = Terms(
    flow="ad_hoc", split=SplitTerms(steps=(Step(CPO, remaining=True),)), sla=Sla(delivery_h=48)
)
TWO_COUNTRIES = replace(
    ENTITIES["emp-gmbh"], vat_registrations=(registered("DE"), registered("NL"))
)
NOW = "2026-11-03T00:00:00Z"


@pytest.fixture
def clearwatt(settings_of_test) -> Iterator[CommandLine]:
    made = of_settings(settings_of_test)
    made.run("up")
    facts = (*CAST, entity("emp-gmbh", TWO_COUNTRIES), agreement(CPO, EMSP, ON_THE_SPOT))
    world = World(made.database_url, *facts, PROVIDER)
    world.send(PER_KWH, session("C1"), cdr("C1", "5.00"))
    assert world.cdr("C1").state == "accepted"
    world.close()
    yield made


def message(sequence: int, status: str, amount: float, **more: Any) -> dict[str, Any]:
    at = f"2026-10-10T11:{sequence:02d}:00Z"
    country_code, party_id = CPO.split("*")
    return {
        "country_code": country_code,
        "party_id": party_id,
        "id": "PAY-1",
        "sequence": sequence,
        "status": status,
        "collector": EMSP,
        "provider": PSP,
        "amount": amount,
        "currency": "EUR",
        "cdr_id": "C1",
        "occurred_at": at,
        "last_updated": at,
    } | more


def tell(clearwatt: CommandLine, file: Path, *messages: dict[str, Any]) -> None:
    """Publish a collector's messages, and let them be consumed and projected."""
    file.write_text("\n".join(map(json.dumps, messages)))
    published = clearwatt.document("publish", "payments", file, "--sender", EMSP)
    assert (published["sent"], published["refused"]) == (len(messages), [])
    clearwatt.document("consumer", "run", "--until-caught-up")
    clearwatt.document("projector", "run", "--until-caught-up")


def test_a_collectors_messages_stand_beside_the_charge_they_pay(clearwatt, tmp_path):
    clearwatt.document("projector", "run", "--until-caught-up")
    (missing,) = clearwatt.document("payment", "list", "--unmatched", "--at", NOW)
    assert (missing["finding"], missing["cdr"]) == ("PAYMENT_MISSING", f"{CPO}/c1")
    # The charge ended on 10 October at 11:00; the two agreed 48 hours, not the usual 24.
    a_day_later = ("payment", "list", "--unmatched", "--at", "2026-10-11T12:00:00Z")
    assert clearwatt.document(*a_day_later) == []
    assert len(clearwatt.document(*a_day_later, "--due-after", "24")) == 1
    capture = message(2, "CAPTURED", 6.05, card_fee=0.22)
    tell(
        clearwatt,
        tmp_path / "payments.jsonl",
        message(3, "REFUNDED", 2.05, reason="a broken cable"),
        capture,
        capture,
        message(1, "AUTHORISED", 50),
    )
    (row,) = clearwatt.document("payment", "list", "--at", NOW)
    assert (row["payment"], row["cdr"], row["finding"]) == (KEY, f"{CPO}/c1", "PAYMENT_DIFFERS")
    assert (row["captured"], row["returned"], row["difference"]) == ("6.05", "2.05", "-2.0500")
    assert row["parties"] == []
    assert clearwatt.document("payment", "list", "--unmatched", "--at", NOW) == []
    counted = clearwatt.rows(
        "SELECT received, accepted, duplicate, held FROM equation.outcome"
        " WHERE topic LIKE '%%payments.v1'"
    )
    assert counted == [(4, 3, 1, 0)]
    shown = clearwatt.run("payment", "show", KEY.lower()).output
    for said in ("AUTHORISED", "CAPTURED", "REFUNDED", "PAYMENT_DIFFERS: What was captured"):
        assert said in shown
    balances = {
        row["account"]: row["balance"]
        for row in clearwatt.document("balance", "list", "--book", "emp-gmbh")
    }
    assert (balances[f"psp:{PSP}"], balances["receivable:driver"]) == ("4.0000", "2.0500")


def test_who_may_not_collect_or_provide_is_found_and_not_held(clearwatt, tmp_path):
    odd = message(1, "CAPTURED", 6.05, provider=CPO, collector=EMSP)
    tell(clearwatt, tmp_path / "payments.jsonl", odd)
    (row,) = clearwatt.document("payment", "list", "--at", NOW)
    assert (row["status"], row["parties"]) == ("CAPTURED", ["PROVIDER_WITHOUT_ROLE"])
    printed = clearwatt.run("payment", "list", "--at", NOW).output
    assert "PROVIDER_WITHOUT_ROLE: A payment provider has the role PAYMENT_PROVIDER." in printed


def test_a_payment_that_nobody_told_of_is_refused_with_its_code(clearwatt):
    code, said = clearwatt.refusal("payment", "show", "NL*XYZ/pay-9")
    assert code == 1
    assert said.startswith("NOT_FOUND")
