"""The HTTP API in this process on a real database: what the command line does, for systems."""

import json
from datetime import timedelta

import pytest
from api_installation import the_backend, the_client, the_installation  # noqa: F401

from tests.integration.test_cli_parties import FILE, NEW, TECHNICAL
from tests.ledger_cast import CPO, EMSP, RECORDED_AT

pytestmark = pytest.mark.anyio
AT = RECORDED_AT.isoformat()
PAIR = f"/v1/agreements/{CPO}:{EMSP}"
AGREEMENT = """\
parties: {seller: NL*XYZ, buyer: DE*EMP}
valid: {from: 2027-01-01}
flow: roaming
correction: agreed in December
fees:
  - name: clearing
    payer: seller
    payee: NL*CLR
    price: 1 % of net
"""
SITE = """\
NL*XYZ/LOC9:
  valid_from: 2026-12-01T00:00:00Z
  owner: NL*XYZ
  operator: NL*XYZ
  country: NLD
  time_zone: Europe/Amsterdam
  kind: destination
  access: public
"""

WRONG = [
    ("/v1/parties", "[", 422, [("INVALID_DOCUMENT", "")]),
    ("/v1/parties", "a: &x [1]\nb: *x", 422, [("INVALID_DOCUMENT", "")]),
    ("/v1/agreements", "[" * 500, 422, [("INVALID_DOCUMENT", "")]),
    ("/v1/parties", '"\\UFFFFFFFF"', 422, [("INVALID_DOCUMENT", "body")]),
    ("/v1/parties", '{"NL*NEW": {name: "\\0"}}', 422, [("INVALID_DOCUMENT", "")]),
    (
        "/v1/parties",
        FILE.replace("    currency: EUR\n", "    currency: BGN\n"),
        422,
        [("CURRENCY_ENDED", "entities.new-bv.currency")],
    ),
    ("/v1/locations", "x", 422, [("WRONG_TYPE", "body")]),
    ("/v1/locations", SITE.replace("/LOC9", ""), 422, [("WRONG_IDENTIFIER", "location")]),
    ("/v1/agreements", "", 422, [("EMPTY_LIST", "body")]),
    (f"/v1/parties/{CPO}/suspend", {}, 400, [("MISSING_FIELD", "reason")]),
    (f"/v1/parties/{CPO}/suspend", {"reason": ""}, 422, [("REASON_MISSING", "reason")]),
    (f"/v1/parties/{CPO}/suspend", {"reason": "\0"}, 400, [("WRONG_FORMAT", "reason")]),
    (
        f"/v1/parties/{CPO}/leave",
        {"reason": "x", "until": "now", "from": "2026-11-02T00:00:00"},
        400,
        [("WRONG_FORMAT", "from"), ("UNKNOWN_FIELD", "until")],
    ),
    ("/v1/parties/nobody/activate", {}, 422, [("WRONG_IDENTIFIER", "party")]),
    ("/v1/parties/NL*NON/activate", {}, 404, [("NOT_FOUND", "party")]),
    (f"/v1/parties/{CPO}/activate?dryrun=1", {}, 400, [("UNKNOWN_FIELD", "dryrun")]),
    ("/v1/agreements/NL*XYZ/approve", {}, 422, [("WRONG_IDENTIFIER", "agreement")]),
    (f"/v1/parties/{CPO}/dance", {}, 404, [("ADDRESS_UNKNOWN", "")]),
    ("/v1/parties/", {}, 404, [("ADDRESS_UNKNOWN", "")]),
    (f"/v1/parties/{CPO}", {}, 405, [("METHOD_NOT_ALLOWED", "")]),
]


async def test_a_party_from_its_documents_to_its_last_day(client):
    new = [
        {"record": "new-bv", "outcome": "recorded"},
        {"record": NEW, "outcome": "recorded"},
    ]
    assert await client.post("/v1/parties", FILE, dry_run=True) == {"dry_run": True, "records": new}
    assert (await client.ask("GET", f"/v1/parties/{NEW}", "ada")).status_code == 404
    assert await client.post("/v1/parties", FILE) == {"dry_run": False, "records": new}
    assert await client.refused(f"/v1/parties/{NEW}/activate") == (
        409,
        [
            ("ONBOARDING_INCOMPLETE", "entity.bank_accounts"),
            ("ONBOARDING_INCOMPLETE", "contacts.technical"),
        ],
    )
    await client.post("/v1/entities", FILE + TECHNICAL)
    shown = await client.get("/v1/entities/new-bv")
    assert (shown["parties"], shown["proposal"]["number"]) == ([NEW], 1)
    approval = "/v1/entities/new-bv/approve"
    assert await client.refused(approval) == (403, [("ROLE_MISSING", "actor")])
    assert (await client.post(approval, {"number": 1}, "finn"))["records"][0]["record"] == "new-bv"
    beginning = {"from": "2026-11-01"}
    activated = await client.post(f"/v1/parties/{NEW}/activate", beginning)
    assert (activated["state"], activated["valid_from"]) == ("active", "2026-11-01T00:00:00Z")
    client.clock.at += timedelta(days=1)
    await client.post(f"/v1/parties/{NEW}/suspend", {"reason": "papers"})
    client.clock.at += timedelta(days=1)
    await client.post(f"/v1/parties/{NEW}/leave", {"reason": "sold"})
    shown = await client.get(f"/v1/parties/{NEW}", history="true")
    assert [row["state"] for row in shown["states"]] == [
        *("onboarding", "active", "suspended", "left")
    ]
    assert {row["actor"] for row in shown["history"]} == {"olga", "finn"}
    before = await client.get(f"/v1/parties/{NEW}", as_of="2026-11-02T12:00:00Z")
    assert before["state"]["state"] == "active"


async def test_an_agreement_takes_two_people_and_says_its_lines(client):
    wrong = AGREEMENT.replace("1 %", "101 %") + "rounding: {mod: up}\n"
    problem = (await client.send("/v1/agreements", wrong, "finn")).json()
    assert [(row["code"], row["line"], row["path"]) for row in problem["refusals"]] == [
        ("UNKNOWN_FIELD", 10, "rounding.mod"),
        ("INVALID_DOCUMENT", 9, "fees[0].price"),
    ]
    trial = await client.post("/v1/agreements", AGREEMENT, "finn", dry_run=True)
    assert (trial["dry_run"], trial["agreements"][0]["outcome"]) == (True, "waits")
    waits = await client.post("/v1/agreements/submit", AGREEMENT, "finn")
    (row,) = waits["agreements"]
    assert (row["outcome"], row["draft"]) == ("waits", 1)
    own = await client.refused(f"{PAIR}/approve", {"drafts": [1]}, "finn")
    assert own[0] == 403
    assert own[1][0][0] == "SECOND_PERSON_REQUIRED"
    agreed = await client.post(f"{PAIR}/approve", {"drafts": [1]}, "fiona")
    assert [row["version"] for row in agreed["agreed"]] == [2]
    shown = await client.get(PAIR, as_of="2027-02-01")
    assert (shown["version"], shown["versions"][1]["approver"]) == (2, "fiona")
    suspended = await client.post(f"{PAIR}/suspend", {"reason": "unpaid"}, "finn")
    assert suspended["outcome"] == "suspended"
    (listed,) = await client.get("/v1/agreements", state="suspended")
    assert listed["agreement"] == f"{CPO}>{EMSP}"
    client.clock.at += timedelta(hours=1)
    assert (await client.post(f"{PAIR}/resume", {}, "finn"))["outcome"] == "resumed"
    await client.post("/v1/agreements", AGREEMENT.replace("2027-01", "2027-06"), "finn")
    sent_back = {"draft": 2, "reason": "the wrong month"}
    assert (await client.post(f"{PAIR}/reject", sent_back, "fiona"))["outcome"] == (
        "draft 2 rejected"
    )


async def test_a_location_is_proposed_approved_and_paused(client):
    assert (await client.post("/v1/locations/submit", SITE))["sites"][0]["outcome"] == "proposed"
    address = f"/v1/locations/{CPO}/LOC9"
    own = await client.refused(f"{address}/approve")
    assert (own[0], own[1][0][0]) == (403, "SECOND_PERSON_REQUIRED")
    assert (await client.post(f"{address}/approve", by="oscar"))["sites"][0]["number"] == 1
    (listed,) = await client.get("/v1/locations", kind="destination", as_of="2026-12-02")
    assert listed["location"] == f"{CPO}/loc9"
    pause = {"from": "2026-12-05", "until": "2026-12-06", "reason": "road works"}
    await client.post(f"{address}/suspend", pause)
    shown = await client.get(address, as_of="2026-12-05")
    assert [row["reason"] for row in shown["suspensions"]] == ["road works"]
    changed = SITE.replace("2026-12-01", "2026-12-08").replace("public", "private")
    assert (await client.post("/v1/locations", changed))["sites"][0]["outcome"] == "recorded"
    assert await client.refused(f"{address}/reject", {"reason": "x"}) == (
        404,
        [("NOT_FOUND", "proposal")],
    )


async def test_the_answers_are_those_of_the_command_line(client, clearwatt):
    await client.post("/v1/locations", SITE)
    asked = {
        "/v1/parties?role=CPO": ("party", "list", "--role", "CPO", "--at", AT),
        f"/v1/parties/{CPO}?history=true": ("party", "show", CPO, "--history", "--at", AT),
        "/v1/agreements?as_of=2026-11-02": ("agreement", "list", "--as-of", "2026-11-02"),
        f"{PAIR}?whole=true": ("agreement", "show", f"{CPO}:{EMSP}", "--whole", "--at", AT),
        "/v1/locations?party=NL*XYZ&as_of=2026-12-02": (
            *("location", "list", "--party", "NL*XYZ", "--as-of", "2026-12-02"),
        ),
        f"/v1/locations/{CPO}/loc9": ("location", "show", f"{CPO}/LOC9", "--at", AT),
    }
    for path, command in asked.items():
        assert await client.get(path) == clearwatt.document(*command), path


async def test_json_says_the_same_as_yaml(client):
    site = {
        "valid_from": "2026-12-01T00:00:00Z",
        **{"owner": CPO, "operator": CPO, "country": "NLD", "time_zone": "Europe/Amsterdam"},
        **{"kind": "destination", "access": "public"},
    }
    recorded = await client.post("/v1/locations", {f"{CPO}/LOC9": site})
    assert recorded["sites"][0]["outcome"] == "recorded"
    assert (await client.post("/v1/locations", SITE))["sites"][0]["outcome"] == "unchanged"
    agreement = {
        "parties": {"seller": CPO, "buyer": EMSP},
        "valid": {"from": "2027-01-01"},
        **{"flow": "roaming", "correction": "agreed in December"},
        "fees": [{"name": "clearing", "payer": "seller", "payee": "NL*CLR", "price": "1 % of net"}],
    }
    await client.post("/v1/agreements", agreement, "finn")
    (row,) = (await client.post("/v1/agreements", AGREEMENT, "finn"))["agreements"]
    assert row["draft"] == 1, "the same draft waits already"


async def test_events_record_who_was_authenticated(client, clearwatt):
    await client.post("/v1/locations", SITE)
    states = clearwatt.rows(
        "SELECT state FROM log.stored_event WHERE topic LIKE 'site.%%' ORDER BY position DESC"
    )
    provenance = json.loads(states[0][0])["provenance"]
    assert (provenance["actor"], provenance["proof"]) == ("olga", "authenticated")


async def test_what_is_wrong_with_a_request_is_said(client):
    for path, said, status, codes in WRONG:
        found, rows = await client.refused(path, said)
        assert (path, found, sorted(rows)) == (path, status, sorted(codes))


async def test_documents_that_say_nothing_change_nothing(client):
    assert await client.post("/v1/parties", "{}") == {"dry_run": False, "records": []}


async def test_the_contract_is_published_and_names_every_endpoint(client):
    answer = await client.ask("GET", "/v1/openapi.json")
    paths = answer.json()["paths"]
    assert {f"/v1/{name}" for name in ("parties", "entities", "agreements", "locations")} <= set(
        paths
    )
    verbs = {path.rpartition("/")[2] for path in paths if "}/" in path}
    assert verbs >= {"approve", "reject", "activate", "suspend", "resume", "leave"}
    said = paths["/v1/parties"]["post"]
    assert set(said["requestBody"]["content"]) == {"application/json", "application/yaml"}
    assert said["security"] == [{"HTTPBearer": []}]
    assert said["responses"]["409"]["content"]["application/json"]["schema"]["$ref"].endswith(
        "/Problem"
    )
