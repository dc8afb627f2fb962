"""`clearwatt tariff draft` to `withdraw`: a version made here goes out and comes back."""

import json
from pathlib import Path

import pytest
from command_line import CommandLine, installation
from kafka import KafkaConsumer, TopicPartition
from msgspec.structs import replace

from console.publisher.outgoing import event_id_of
from ledger.application.parties import register_party
from ledger.application.registration import register_actor
from ledger.roaming.tariff import Tariff
from ledger.roaming.terms import TariffTerms, Terms
from projections.read_models import NAMES
from projections.rebuild import verify
from tests.ledger_cast import BY_ADMIN, BY_FINANCE, CAST, CPO, EMSP, PARTIES, SWISS_CPO, agreement

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
TARIFF = json.loads((EXAMPLES / "tariff-versions.v1.json").read_text())
LOCATION = json.loads((EXAMPLES / "locations.v1.json").read_text())
KEY = f"{CPO}/public-ac"
WHOLESALE = Terms(tariffs=TariffTerms(wholesale="WHOLESALE"))
OCTOBER_3, OCTOBER_20 = "2026-10-03T08:00:00Z", "2026-10-20T08:00:00Z"


@pytest.fixture(scope="module")
def clearwatt(services, service_settings, new_database):
    with installation(services, service_settings, new_database) as made:
        made.document("projector", "run", "--until-caught-up")
        with made.ledger() as ledger:
            register_actor(ledger, "anna", ("admin",), by=BY_ADMIN)
            for name, role in (("finn", "finance"), ("olga", "operations")):
                register_actor(ledger, name, (role,), by=BY_ADMIN)
            for fact in (*CAST, agreement(CPO, EMSP, WHOLESALE)):
                fact(ledger)
            governed = replace(PARTIES[CPO], governs_tariffs=True)
            register_party(ledger, CPO, governed, by=BY_FINANCE)
        yield made


def file_of(folder: Path, name: str, **changes) -> Path:
    """Write the example tariff with changes."""
    path = folder / f"{name}.json"
    path.write_text(json.dumps({**TARIFF, **changes}))
    return path


def by(name: str, at: str = "2026-10-01T08:00:00Z") -> tuple[str, ...]:
    return ("--as", name, "--at", at)


def follow(clearwatt: CommandLine) -> dict[str, int]:
    """Let the publisher, the consumer and the projector do what there is; return the outcomes."""
    clearwatt.document("publisher", "run", "--until-caught-up")
    taken = clearwatt.document("consumer", "run", "--until-caught-up", "--at", "2026-10-01")
    clearwatt.document("projector", "run", "--until-caught-up")
    return taken["outcomes"]


def states(clearwatt: CommandLine, *options: str) -> dict[str, str]:
    found = clearwatt.document("tariff", "list", *options)
    return {f"{row['tariff']}#{row['number']}": row["state"] for row in found}


def messages(clearwatt: CommandLine, topic: str) -> list:
    """Return all messages of a topic."""
    environment = clearwatt.environment
    consumer = KafkaConsumer(
        bootstrap_servers=[environment["CLEARWATT_KAFKA_BOOTSTRAP_SERVERS"]],
        consumer_timeout_ms=10_000,
    )
    name = environment["CLEARWATT_TOPIC_PREFIX"] + topic
    places = [TopicPartition(name, number) for number in consumer.partitions_for_topic(name)]
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    missing = sum(consumer.end_offsets(places).values())
    found = [next(consumer) for _ in range(missing)]
    consumer.close()
    return found


@pytest.fixture(scope="module")
def first(clearwatt, tmp_path_factory) -> str:
    """A version that three commands of two people brought in force; its file."""
    path = file_of(tmp_path_factory.mktemp("tariffs"), "first")
    assert clearwatt.document("tariff", "submit", path, *by("olga"))["state"] == "submitted"
    assert clearwatt.document("tariff", "approve", f"{KEY}#1", *by("finn"))["state"] == "approved"
    assert clearwatt.document("tariff", "publish", f"{KEY}#1", *by("olga"))["state"] == "published"
    return str(path)


@pytest.fixture(scope="module")
def round_trip(clearwatt, first) -> dict[str, int]:
    """What became of the published version when it came back over the topic."""
    return follow(clearwatt)


def test_what_is_published_goes_out_once_and_comes_back_as_a_duplicate(clearwatt, round_trip):
    assert round_trip == {"duplicate": 1}
    # a publisher that starts again finds it there, so that nothing comes back a second time
    assert follow(clearwatt) == {}
    (sent,) = messages(clearwatt, "tariff-versions.v1")
    with clearwatt.ledger() as ledger:
        logged = next(
            row
            for row in ledger.store.page_after(0, 1000)
            if row.topic == "tariff_version.published.v1"
        )
    event_id = event_id_of(logged.originator_id, logged.originator_version)
    headers = dict(sent.headers)
    assert (sent.key, headers["cw-sender"]) == (CPO.encode(), CPO.encode())
    assert headers["cw-message-id"].decode() == event_id
    assert sent.timestamp == int(logged.recorded_at.timestamp() * 1000)
    told = messages(clearwatt, "settlement-events.v1")
    told = [dict(row.headers)["cw-message-id"].decode() for row in told]
    assert told == [event_id]


def test_the_version_is_listed_and_shown_with_who_did_what(clearwatt, round_trip):
    assert states(clearwatt, "--party", CPO)[f"{KEY}#1"] == "published"
    shown = clearwatt.document("tariff", "show", f"{CPO}/PUBLIC-AC#1")
    version = shown["version"]
    assert (version["source"], version["author"], version["submitter"], version["approver"]) == (
        "own",
        "olga",
        "olga",
        "finn",
    )
    assert [row["state"] for row in shown["steps"]] == [
        "draft",
        "submitted",
        "approved",
        "published",
    ]
    assert shown["statement"]["elements"][0]["price_components"][0]["price"] == "0.39"
    text = clearwatt.run("tariff", "show", KEY).output
    told = (
        "is published",
        "0.39 EUR",
        "per kWh",
        "Mon, Tue, Wed, Thu, Fri; from 09:00; until 21:00",
        "at least  0.5 EUR before taxes, 0.605 after",
        "2026-09-30T22:00:00Z until the next one",
        "finn",
    )
    assert [part for part in told if part not in text] == []


def test_a_stranger_version_is_held_and_shown(clearwatt, round_trip, tmp_path):
    stray = file_of(tmp_path, "stray", last_updated="2026-10-02T08:00:00Z")
    for outcome in ("held", "duplicate"):
        assert clearwatt.run("publish", "tariff-versions", stray).exit_code == 0
        assert follow(clearwatt) == {outcome: 1}
    (held,) = clearwatt.document("exception", "list", "--reason", "TARIFF_NOT_APPROVED")
    assert (held["kind"], held["record"], held["sender"]) == ("tariff", KEY, CPO)
    assert clearwatt.document("tariff", "show", KEY)["held"] == [held]
    # it begins when a version in force does: it cannot be approved either
    assert clearwatt.refusal("tariff", "submit", stray, *by("olga"))[1].startswith(
        "VALIDITY_OVERLAPS"
    )


def test_a_second_version_differs_prices_from_its_own_date_and_is_withdrawn(
    clearwatt, round_trip, first, tmp_path
):
    elements = [{"price_components": [{"type": "ENERGY", "price": 0.42, "step_size": 1}]}]
    second = file_of(
        tmp_path,
        "second",
        elements=elements,
        start_date_time=OCTOBER_20,
        last_updated="2026-10-03T09:00:00Z",
    )
    stray = clearwatt.run("publish", "tariff-versions", second)
    assert (stray.exit_code, follow(clearwatt)) == (0, {"held": 1})
    drafted = clearwatt.document("tariff", "draft", second, *by("olga"))
    name = f"{drafted['tariff']}#{drafted['number']}"
    for command, actor in (("submit", "olga"), ("approve", "finn"), ("publish", "finn")):
        clearwatt.document("tariff", command, name, *by(actor, OCTOBER_3))
    assert follow(clearwatt) == {"duplicate": 1}
    reasons = clearwatt.document("exception", "list", "--kind", "tariff", "--with-resolved")
    assert [row["resolution"] for row in reasons if row["resolved_at"]] == ["published"]
    against_the_file = clearwatt.document("tariff", "diff", first, name)
    assert against_the_file == clearwatt.document("tariff", "diff", f"{KEY}#1", name)
    changed = {row["path"]: (row["before"], row["after"]) for row in against_the_file}
    assert changed["elements[0].price_components[0].price"] == ("0.39", "0.42")
    assert changed["elements[1].price_components[0].type"] == ("PARKING_TIME", None)
    assert changed["start_date_time"] == ("2026-09-30T22:00:00Z", OCTOBER_20)
    assert clearwatt.document("tariff", "diff", first, f"{KEY}#1") == []
    in_force = [states(clearwatt, "--as-of", day) for day in ("2026-10-19", "2026-10-20")]
    assert [name in found for found in in_force] == [False, True]
    withdrawal = ("--reason", "too dear", "--from", "2026-10-25")
    clearwatt.document("tariff", "withdraw", name, *withdrawal, *by("finn", "2026-10-22"))
    assert follow(clearwatt) == {}
    assert states(clearwatt)[name] == "withdrawn"
    before = states(clearwatt, "--known-at", "2026-10-21", "--state", "published")
    assert before == {f"{KEY}#1": "published", name: "published"}
    in_force = [states(clearwatt, "--as-of", day) for day in ("2026-10-24", "2026-10-25")]
    assert [name in found for found in in_force] == [True, False]
    assert "too dear" in clearwatt.run("tariff", "show", name).output


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code"),
    [
        (("approve", f"{KEY}#1", *by("finn")), 1, "WRONG_STATE"),
        (("approve", f"{KEY}#77", *by("finn")), 1, "NOT_FOUND"),
        (("approve", KEY, *by("finn")), 1, "INVALID_DOCUMENT"),
        (("approve", "nonsense", *by("finn")), 1, "WRONG_IDENTIFIER"),
        (("approve", f"{KEY}#1"), 2, "ACTOR_MISSING"),
        (("show", f"{KEY}#77"), 1, "NOT_FOUND"),
        (("diff", f"{KEY}#1", f"{KEY}#77"), 1, "NOT_FOUND"),
        (("list", "--state", "rejected"), 2, "UNKNOWN_STATE"),
        (("withdraw", f"{KEY}#1", "--reason", "x", *by("olga")), 1, "ROLE_MISSING"),
        (("publish", f"{KEY}#1", *by("nobody")), 1, "ACTOR_UNKNOWN"),
    ],
)
def test_what_is_refused_is_one_sentence_with_a_code(
    clearwatt, round_trip, arguments, exit_code, code
):
    ended, line = clearwatt.refusal("tariff", *arguments)
    assert (ended, line.partition(":")[0]) == (exit_code, code)


def test_a_dry_run_says_what_would_be(clearwatt, round_trip, tmp_path):
    path = file_of(tmp_path, "dry", last_updated=OCTOBER_20, start_date_time="2026-12-01T00:00:00Z")
    ended = clearwatt.run("tariff", "draft", path, *by("olga"), "--dry-run")
    assert ended.output.endswith("would be draft.\n")
    with clearwatt.ledger() as ledger:
        own = ledger.facts.find(Tariff, KEY).own
    assert [row.state for row in own.values()].count("draft") == 0


@pytest.fixture(scope="module")
def partners(clearwatt, round_trip, tmp_path_factory):
    """A partner's tariff, and the location whose connector names a wholesale tariff as well."""
    folder = tmp_path_factory.mktemp("partners")
    swiss = file_of(folder, "swiss", country_code="CH", party_id="ALP", currency="CHF")
    clearwatt.run("publish", "tariff-versions", swiss)
    place = json.loads(json.dumps(LOCATION))
    place["evses"][0]["connectors"][0]["tariff_ids"] = ["WHOLESALE", "AD-HOC"]
    (folder / "location.json").write_text(json.dumps(place))
    assert clearwatt.run("publish", "locations", folder / "location.json").exit_code == 0
    for id, kind, price in (("WHOLESALE", "REGULAR", 0.55), ("AD-HOC", "AD_HOC_PAYMENT", 0.50)):
        elements = [{"price_components": [{"type": "ENERGY", "price": price, "step_size": 1}]}]
        path = file_of(folder, id, id=id, type=kind, elements=elements, min_price=None)
        clearwatt.document("tariff", "submit", path, *by("olga"))
        clearwatt.document("tariff", "approve", f"{CPO}/{id}#1", *by("finn"))
        clearwatt.document("tariff", "publish", f"{CPO}/{id}#1", *by("finn"))
    return follow(clearwatt)


def test_a_partners_version_is_received_and_acknowledged(clearwatt, partners):
    name = f"{SWISS_CPO}/public-ac#1"
    assert partners == {"accepted": 2, "duplicate": 2}
    assert states(clearwatt, "--party", SWISS_CPO) == {name: "received"}
    clearwatt.document("tariff", "acknowledge", name, *by("olga"))
    clearwatt.document("projector", "run", "--until-caught-up")
    assert states(clearwatt, "--party", SWISS_CPO) == {name: "acknowledged"}


def test_public_and_wholesale_price_of_a_connector_are_compared(clearwatt, partners):
    reference = ("--kwh", "20", "--minutes", "60", "--start", OCTOBER_3)
    place = ("--location", f"{CPO}/UTR-12", "--connector", "1", "--buyer", EMSP)
    found = clearwatt.document("tariff", "compare", *place, *reference)
    prices = {row["use"]: (row["tariff"], row["before_taxes"]) for row in found["offers"]}
    assert prices == {
        "public": (f"{CPO}/ad-hoc", "10.0000"),
        "wholesale": (f"{CPO}/wholesale", "11.0000"),
    }
    (margin,) = found["margins"]
    assert (margin["amount"], margin["percent"]) == ("-1.0000", "-10.00")
    (finding,) = found["findings"]
    assert (finding["reason"], finding["path"]) == ("PRICE_ABOVE_PUBLIC", "wholesale")
    text = clearwatt.run("tariff", "compare", *place, *reference).output
    assert "PRICE_ABOVE_PUBLIC" in text
    exit_code, line = clearwatt.refusal(
        "tariff", "compare", *place[:3], "9", *place[4:], *reference
    )
    assert (exit_code, line.partition(":")[0]) == (1, "NOT_FOUND")


def test_a_rebuild_gives_the_same_bytes(clearwatt, partners):
    url = clearwatt.database_url
    for page_size in (1, 3, 1000):
        assert all(row.is_same for row in verify(url, NAMES, page_size=page_size))
    before = clearwatt.document("tariff", "list")
    clearwatt.document("rebuild", "tariff")
    assert clearwatt.document("tariff", "list") == before
    assert clearwatt.document("verify")["holds"]
