"""`clearwatt demo`: a month of charging goes the whole way, and a second one starts clean."""

from collections import defaultdict
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256

import pytest
from command_line import CommandLine, installation, of_settings
from kafka import KafkaConsumer, TopicPartition

from console.demo.measure import MAPPING
from console.imports.mapping import load_mapping
from console.imports.run import import_sessions
from console.publisher.outgoing import event_id_of
from ledger.application.commands import By
from ledger.application.registration import register_actor
from ledger.roaming.launch_figures import TEST_NAMES
from schemas import FileRegistry, decode

OCTOBER = "ALL/2026-10"
SHORT = ("demo", "--count", "250")
APPROVED = "CDRs approved"
PASSED, REFUSED = "NL*PLD>DE*FST", "NL*PLD>NL*GRT"
GOES_OUT = ("cdr.", "dispute.", "settlement_period.", "accounting_period.")


@pytest.fixture(scope="module")
def clearwatt(services, service_settings, new_database):
    with installation(services, service_settings, new_database) as made:
        yield made


@pytest.fixture(scope="module")
def first(clearwatt: CommandLine):
    """What the first run of a short demo has to show."""
    return clearwatt.document(*SHORT)


@pytest.fixture(scope="module")
def listed(clearwatt: CommandLine, first):
    """The CDRs booked in the demo's month."""
    return clearwatt.document("cdr", "list", "--period", OCTOBER, "--limit", "1000")


@pytest.fixture(scope="module")
def explained(clearwatt: CommandLine, listed):
    """A CDR of each pair that trades, explained."""
    valid = {_pair_of(row): row["cdr"] for row in reversed(listed) if row["standing"] == "valid"}
    return {pair: clearwatt.document("cdr", "explain", cdr) for pair, cdr in valid.items()}


@pytest.fixture
def another(settings_of_test) -> CommandLine:
    """An installation of one test's own."""
    return of_settings(settings_of_test)


def test_the_demo_closes_its_month_and_every_message_ends_as_planned(first):
    assert (first["closed"]["period"], first["closed"]["state"]) == (OCTOBER, "HARD_CLOSED")
    assert first["closed"]["blocks"] == []
    unmet = [row for row in first["compared"] if row["expected"] != row["seen"]]
    assert unmet == []
    ended = [row for row in first["compared"] if row["outcome"] != "finding"]
    assert sum(row["seen"] for row in ended) == first["messages"]
    codes = {row["code"] for row in ended if row["code"]}
    assert {"CDR_CONFLICT", "SESSION_MISSING", "TARIFF_MISSING", "CORRUPT_AVRO"} <= codes


def test_what_is_noted_about_accepted_cdrs_was_planned_too(first):
    found = {row["code"]: row["seen"] for row in first["compared"] if row["outcome"] == "finding"}
    assert set(found) == {
        *("DISPLAYED_PRICE_DIFFERS", "PRICE_ABOVE_PUBLIC", "CDR_TOTAL_COST_DIFFERS"),
        *("DELIVERED_LATE", "ENERGY_SOURCES_DIFFER"),
    }
    assert found["DISPLAYED_PRICE_DIFFERS"] == 3


def test_every_cdr_stands_as_planned_and_the_standings_add_up(first, listed):
    standings = {row["what"]: row["seen"] for row in first["standings"]}
    assert standings == {row["what"]: row["expected"] for row in first["standings"]}
    assert {name for name, count in standings.items() if not count} == {"refused"}
    booked = sum(standings[name] for name in ("valid", "adjusted", "credited"))
    assert booked == first["closed"]["figures"]["cdr_count"]
    assert len(listed) == booked
    assert standings["held"] == first["closed"]["figures"]["held_count"]


def test_control_did_what_it_had_to(first):
    unmet = [row for row in first["controlled"] if row["expected"] != row["seen"]]
    assert unmet == []
    never = {row["what"] for row in first["controlled"] if not row["seen"]}
    assert never == {"payments without a charge, or charges without"}


def test_what_is_disputed_over_the_close_stays_on_the_disputed_accounts(clearwatt, first):
    (open_dispute,) = [
        row for row in clearwatt.document("dispute", "list") if row["state"] == "answered"
    ]
    accounts = {
        row["account"]: row["balance"]
        for row in clearwatt.document("balance", "list")
        if row["account"].startswith("disputed:")
    }
    assert accounts["disputed:receivable:NL*GRT"] == open_dispute["gross"]
    assert accounts["disputed:payable:NL*PLD"] == f"-{open_dispute['gross']}"


def test_one_launch_may_expand_and_the_evidence_of_another_one_refuses_it(clearwatt, first):
    passed, refused = first["launches"]
    assert (passed["pair"], passed["is_expanded"], passed["failed"]) == (PASSED, True, [])
    assert (refused["pair"], refused["is_expanded"]) == (REFUSED, False)
    assert refused["failed"] == [
        *("price_difference_percent", "exceptions_open", "disputes_open", "exception_drill"),
    ]
    launch = clearwatt.document("launch", "show", PASSED)
    assert (launch["phase"], launch["state"]) == (2, "running")
    assert {run["name"] for run in launch["runs"]} == set(TEST_NAMES)
    assert {run["differences"] for run in launch["runs"]} == {0}
    signed = {row["role"]: row["provenance"]["actor"] for row in launch["sign_offs"]}
    assert signed == {"operations": "olga", "support": "sana", "finance": "finn"}
    narrow = clearwatt.document("launch", "show", REFUSED)
    assert (narrow["phase"], narrow["decisions"]) == (1, [])
    gate = clearwatt.run("launch", "gate", REFUSED)
    assert (gate.exit_code, "price difference percent" in gate.output) == (1, True)


def test_the_evidence_of_the_expansion_is_made_again_to_the_last_byte(clearwatt, first, tmp_path):
    file = tmp_path / "evidence.json"
    made = clearwatt.document("launch", "evidence", PASSED, "--decision", "1", "--out", file)
    assert made["sha256"] == sha256(file.read_bytes()).hexdigest()
    (expand,) = clearwatt.document("launch", "show", PASSED)["decisions"]
    assert (expand["decision"], expand["evidence_sha256"]) == ("expand", made["sha256"])


def test_everything_booked_names_who_sells_by_which_clause_of_which_agreement(explained):
    """One CDR of each pair; each posting is of an entry."""
    legs = {}
    for pair, found in explained.items():
        for entry in found["entries"]:
            agreement, _, number = entry["agreement_version"].partition("#")
            assert agreement.count(">") == 1
            assert number.isdigit()
            assert entry["clause"]
            assert entry["seller"] != entry["buyer"]
        legs[pair] = [(leg["kind"], leg["seller"], leg["clause"]) for leg in _legs_of(found)]
    assert legs["DE*RSL", "DE*LPZ"][:3] == [
        ("retail", "DE*LPZ", "tariffs"),
        ("fee", "NL*CLR", "fees[0] clearing"),
        ("share", "DE*KZL", "split.steps[0] card"),
    ]
    assert legs["NL*PLD", "FR*VLM"] == [
        ("wholesale", "NL*PLD", "tariffs"),
        ("retail", "FR*VLM", "tariffs.retail"),
        ("fee", "NL*CLR", "fees[0] clearing"),
    ]
    assert len(legs) == 12


def test_a_driver_pays_the_emsps_own_tariff_with_the_tax_of_the_charger(explained):
    found = explained["NL*PLD", "FR*VLM"]
    retail = _legs_of(found)[1]
    kwh = Decimal(found["statement"]["total_energy"])
    gross = (kwh * Decimal("0.79") + Decimal("0.35")).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    assert Decimal(retail["gross"]) == gross
    assert (retail["buyer"], retail["vat"]["place"], retail["vat"]["percent"]) == (
        *("driver", "NL", "21"),
    )


def test_a_taxis_discount_is_a_line_of_its_own_that_the_terminal_can_explain(clearwatt, listed):
    of_pair = [row["cdr"] for row in listed if _pair_of(row) == ("DE*RSL", "NL*GRT")]
    found = (clearwatt.document("cdr", "explain", cdr) for cdr in of_pair)
    taxi = next(row for row in found if row["statement"]["clearwatt"].get("token_group") == "taxi")
    (line,) = [row for row in _legs_of(taxi)[0]["lines"] if row["kind"] == "discount"]
    energy = sum(
        Decimal(row["net"])
        for row in _legs_of(taxi)[0]["lines"]
        if row["dimension"] == "ENERGY" and row["kind"] != "discount"
    )
    assert Decimal(line["net"]) == -(energy * 8 / 100).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    shown = clearwatt.run("cdr", "explain", taxi["cdr"])
    assert (shown.exit_code, "energy discount" in shown.output) == (0, True)


def test_what_is_settled_in_another_currency_shows_lines_in_its_own(clearwatt, explained):
    found = explained["CH*LEM", "DE*FST"]
    sale = _legs_of(found)[0]
    assert (sale["currency"], sale["converted"]["fx"]["from_currency"]) == ("EUR", "CHF")
    assert Decimal(sale["converted"]["markup"]) > 0
    assert "net CHF" in clearwatt.run("cdr", "explain", found["cdr"]).output


def test_the_list_of_payments_shows_the_one_that_is_not_what_is_owed(clearwatt, first):
    (differing,) = clearwatt.document("payment", "list", "--differs")
    assert (differing["finding"], differing["difference"]) == ("PAYMENT_DIFFERS", "-0.5000")
    paid = clearwatt.document("payment", "list")
    assert [row["difference"] for row in paid if row["status"] == "REFUNDED"] == ["0.0000"]
    assert {row["collector"] for row in paid} == {"DE*LPZ"}
    assert {row["provider"] for row in paid} == {"DE*KZL"}


def test_nobody_objected_for_five_days_so_the_clock_approved(clearwatt, first, listed):
    """What was decided again at a corrected rate may be objected to again."""
    batches = clearwatt.document("cdr", "approvals")
    assert {(row["pair"], row["approved_by"]) for row in batches} >= {("DE*RSL>CH*ALP", "window")}
    of_pair = [row["cdr"] for row in listed if _pair_of(row) == ("DE*RSL", "CH*ALP")]
    (unopposed,) = [row["seen"] for row in first["controlled"] if row["what"].startswith(APPROVED)]
    assert sum(row["cdr_count"] for row in batches) == unopposed >= len(of_pair)


def test_the_split_sums_up_what_each_clause_gave_to_whom(clearwatt, first):
    rows = clearwatt.document("split", "list", "--period", OCTOBER)
    payees = {(row["agreement_version"], row["clause"], row["payee"]) for row in rows}
    assert payees >= {
        ("DE*RSL>DE*LPZ#1", "split.steps[0] card", "DE*KZL"),
        ("DE*RSL>DE*LPZ#1", "split.steps[1] platform", "DE*LPZ"),
        ("DE*RSL>DE*LPZ#1", "split.steps[2] CPO", "DE*RSL"),
        ("DE*HOF>DE*RSL#1", "split.steps[0] host", "DE*HOF"),
    }
    host = [row for row in rows if (row["payee"], row["payer"]) == ("DE*HOF", "DE*RSL")]
    assert all(Decimal(row["amount"]) >= Decimal("1.20") * row["cdrs"] for row in host)


def test_the_commands_of_control_work_on_what_the_demo_leaves(clearwatt, first):
    """A dry run of each: nothing changes for those who look at the same demo."""
    listed = clearwatt.document("exception", "list", "--limit", "1000")
    waiting = {row["reason"]: f"{row['position']}.{row['number']}" for row in listed}
    shown = clearwatt.run("exception", "show", waiting["CONNECTOR_OVERLAP"])
    assert (shown.exit_code, "CONNECTOR_OVERLAP" in shown.output) == (0, True)
    said = ("--reason", "The charger's clock was off.", "--as", "olga", "--dry-run")
    released = clearwatt.run("exception", "release", waiting["SESSION_TIMES_DIFFER"], *said)
    assert released.exit_code == 0, released.errors
    refused = clearwatt.run("exception", "release", waiting["TARIFF_MISSING"], *said)
    assert (refused.exit_code, "FINDING_NOT_RELEASABLE" in refused.output) == (1, True)
    assert clearwatt.run("quality", "show").exit_code == 0
    assert len(clearwatt.document("session", "list", "--stuck")) == 2


def test_the_equation_adds_up_for_every_topic_partition_and_sender(first):
    outcomes = ("accepted", "superseded", "duplicate", "held", "unreadable")
    senders = first["equation"]["senders"]
    assert all(row["received"] == sum(row[name] for name in outcomes) for row in senders)
    assert sum(row["received"] for row in senders) == first["messages"]
    assert {row["sender"] for row in senders} >= {"NL*PLD", "NL*RHB", "CH*LEM"}


def test_what_everybody_is_owed_and_owes_sums_to_zero_in_each_currency(first):
    sums: dict[str, int] = defaultdict(int)
    for row in first["closed"]["positions"]:
        sums[row["currency"]] += int(row["net_position"].replace(".", ""))
    assert sums == {"CHF": 0, "EUR": 0}


def test_the_cdr_it_names_was_shared_and_crosses_currencies(clearwatt, first):
    found = clearwatt.document("cdr", "explain", first["telling_cdr"])
    assert any(leg.get("split") for leg in found["decision"]["legs"])
    assert any(leg.get("fx") for leg in found["decision"]["legs"])


def test_a_second_run_starts_clean_and_comes_to_the_same(clearwatt, first):
    assert clearwatt.document(*SHORT) == first
    (received,) = clearwatt.rows("SELECT sum(received) FROM equation.outcome")
    assert received == (first["messages"],)


def test_the_demo_fits_a_terminal_of_100_columns(clearwatt, first, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    shown = clearwatt.run(*SHORT)
    assert shown.exit_code == 0, shown.errors
    assert [line for line in shown.output.splitlines() if len(line) > 100] == []
    assert f"{OCTOBER} is HARD_CLOSED" in shown.output
    assert f"clearwatt cdr explain '{first['telling_cdr']}'" in shown.output
    assert "batch recorded" not in shown.output + shown.errors


def test_the_publisher_sends_every_event_of_the_month_once_and_in_order(
    clearwatt, first, services, service_settings
):
    for _ in range(2):  # a second run has nothing left to send
        clearwatt.document("publisher", "run", "--until-caught-up")
    sent = _outgoing(clearwatt, service_settings, services)
    stored = clearwatt.rows(
        "SELECT originator_id, originator_version, topic, position FROM log.stored_event"
        " WHERE topic LIKE ANY(%s) ORDER BY position",
        [f"{kind}%" for kind in GOES_OUT],
    )
    assert sorted(row.event_id for rows in sent.values() for row in rows) == sorted(
        event_id_of(originator, version) for originator, version, _, _ in stored
    )
    for rows in sent.values():
        positions = [row.position for row in rows]
        assert positions == sorted(positions)
    assert {"NL*PLD", "DE*RSL", "CH*LEM", "ALL"} < set(sent)


def test_a_ledger_with_records_that_no_demo_made_is_left_as_it_is(another):
    another.document("clock", "advance", "--to", "2026-10-05")
    with another.ledger() as ledger:
        by = By("ada", "asserted", datetime(2026, 10, 5, tzinfo=UTC))
        register_actor(ledger, "ada", ("admin",), by=by)
    before = another.rows("SELECT position, leaf FROM log.stored_event ORDER BY position")
    exit_code, line = another.refusal(*SHORT)
    assert (exit_code, line.partition(":")[0]) == (1, "LEDGER_NOT_EMPTY")
    assert another.rows("SELECT position, leaf FROM log.stored_event ORDER BY position") == before
    assert another.document("period", "list") == []  # not projected yet, and not erased
    another.document("projector", "run", "--until-caught-up")
    assert [row["period"] for row in another.document("period", "list")] == [OCTOBER]


def test_a_table_that_is_none_is_refused_before_anything_is_erased(clearwatt, first, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("session,plug\n1,CCS1\n")
    before = clearwatt.rows("SELECT * FROM log.head")
    exit_code, line = clearwatt.refusal("demo", "--sessions", table)
    assert (exit_code, line.partition(":")[0]) == (1, "INVALID_MAPPING")
    assert clearwatt.rows("SELECT * FROM log.head") == before


def test_the_demo_takes_in_every_real_session_and_closes_the_fullest_month(
    another, sample_sessions
):
    shown = another.document("demo", "--sessions", sample_sessions)
    assert (shown["closed"]["period"], shown["closed"]["state"]) == ("ALL/2022-11", "HARD_CLOSED")
    assert all(row["expected"] == row["seen"] for row in shown["compared"])
    known = {
        subject.partition("/")[2].removeprefix("c-")
        for (subject,) in another.rows(
            "SELECT DISTINCT subject FROM audit.event WHERE subject LIKE 'CH*LEM/%%'"
        )
    }
    imported = import_sessions(sample_sessions, load_mapping(MAPPING))
    real = {row.charging.session_id.lower() for row in imported.rows}
    assert len(real) == 1878
    assert real <= known
    checked = another.document("verify")
    assert checked["holds"], checked


def _pair_of(row) -> tuple[str, str]:
    return row["seller"], row["buyer"]


def _legs_of(explained) -> list[dict]:
    return explained["decision"]["legs"]


def _outgoing(clearwatt, service_settings, services):
    """Read all of the outgoing topic; return its events by key, in the order they stand."""
    options = service_settings.kafka_client_options(services.kafka_bootstrap_servers)
    topic = clearwatt.environment["CLEARWATT_TOPIC_PREFIX"] + "settlement-events.v1"
    consumer = KafkaConsumer(**options, enable_auto_commit=False, consumer_timeout_ms=10_000)
    places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
    consumer.assign(places)
    consumer.seek_to_beginning()
    left = sum(consumer.end_offsets(places).values())
    found = defaultdict(list)
    for record in consumer:
        event = decode(record.value, topic=topic, registry=FileRegistry())
        found[record.key.decode()].append(event)
        left -= 1
        if not left:
            break
    consumer.close()
    return found


def test_every_kind_of_sale_is_taxed_by_its_rule_and_its_cdr_shows_it(clearwatt, first):
    assert len(first["taxed"]) == 7
    for row in first["taxed"]:
        assert row["expected"] == row["seen"] > 0
        explained = clearwatt.document("cdr", "explain", row["cdr"])
        decided = [leg["vat"] for leg in _legs_of(explained)]
        case = row["rule"], row["place"], row["category"]
        shown = {
            vat["why"] for vat in decided if (vat["rule"], vat["place"], vat["category"]) == case
        }
        told = clearwatt.run("cdr", "explain", row["cdr"]).output
        assert row["rule"] in told
        assert shown
        assert all(why in " ".join(told.split()) for why in shown)


def test_what_a_misprinted_rate_converted_is_booked_back_and_again_at_the_true_one(
    clearwatt, first
):
    cdr = first["corrected_cdr"]
    entries = clearwatt.document("journal", "list", "--cdr", cdr)
    back = [row for row in entries if row["reverses_position"] is not None]
    first_ones = {(row["position"], row["number"]): row for row in entries if row not in back}
    reversed_ones = [
        first_ones.pop((row["reverses_position"], row["reverses_number"])) for row in back
    ]
    assert len(first_ones) == len(reversed_ones) == len(back) > 0
    converted = [
        (_rate_of(was), _rate_of(now))
        for was, now in zip(reversed_ones, first_ones.values(), strict=True)
        if was["currency"] != was["book_currency"]
    ]
    assert converted
    assert all(was != now for was, now in converted)


def _rate_of(entry) -> Decimal:
    """Return at which rate an entry's first posting was converted."""
    posting = entry["postings"][0]
    return round(Decimal(posting["book_amount"]) / Decimal(posting["amount"]), 3)
