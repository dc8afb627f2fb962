"""What people read after a month: CDRs explained, the journal, balances, exceptions, periods."""

import json
from collections import defaultdict
from decimal import Decimal

import pytest
from command_line import CommandLine, installation

OCTOBER, NOVEMBER = "ALL/2026-10", "ALL/2026-11"
CLOSED_AT = "2026-11-05T07:00:00Z"


@pytest.fixture(scope="module")
def clearwatt(services, service_settings, new_database):
    with installation(services, service_settings, new_database) as made:
        yield made


@pytest.fixture(scope="module")
def demo(clearwatt: CommandLine):
    """A month that was played and closed; a late CDR came after the close."""
    return clearwatt.document("demo", "--count", "200")


@pytest.fixture
def explained(clearwatt, demo):
    return clearwatt.document("cdr", "explain", demo["telling_cdr"])


def test_a_posting_leads_back_to_everything_it_rests_on(clearwatt, demo, explained):
    decision, cdr = explained["decision"], demo["telling_cdr"]
    entry = explained["entries"][0]
    assert (entry["cdr"], entry["clause"]) == (cdr, "tariffs")
    assert entry["agreement_version"] == decision["agreement"]
    assert explained["agreement"]["agreement"] == decision["agreement"].partition("#")[0]
    assert {explained["agreement"]["author"], explained["agreement"]["approver"]} == {
        "finn",
        "fiona",
    }
    assert explained["session"]["session"] == decision["session"]["session"]
    assert explained["tariff"]["version"]["number"] == decision["tariff"]["number"]
    start_wh, stop_wh = (
        Decimal(explained["statement"]["clearwatt"][name])
        for name in ("meter_start_wh", "meter_stop_wh")
    )
    energy_wh = Decimal(explained["statement"]["total_energy"]) * 1000
    assert stop_wh - start_wh == energy_wh
    (event,) = explained["trail"]
    assert event["position"] == entry["position"]
    ((topic, stored),) = clearwatt.rows(
        "SELECT topic, state FROM log.stored_event WHERE position = %s", event["position"]
    )
    assert topic == event["topic"]
    source = json.loads(stored)["provenance"]["source"]
    assert [source["topic"], source["partition"], source["offset"]] == [
        event["source_topic"],
        event["source_partition"],
        event["source_offset"],
    ]


def test_people_read_the_same_chain(clearwatt, demo, explained):
    shown = clearwatt.run("cdr", "explain", demo["telling_cdr"]).output
    decision, event = explained["decision"], explained["trail"][0]
    start_wh = explained["statement"]["clearwatt"]["meter_start_wh"]
    chain = [
        decision["session"]["session"],
        f"{decision['tariff']['tariff']}#{decision['tariff']['number']}",
        decision["agreement"],
        f"{start_wh} Wh",
        f"{event['source_topic']}[{event['source_partition']}]@{event['source_offset']}",
        event["topic"],
        decision["legs"][0]["vat"]["why"],
    ]
    assert [part for part in chain if part not in shown] == []


def test_an_id_is_found_however_it_is_written(clearwatt, demo):
    party, _, record = demo["telling_cdr"].partition("/")
    assert clearwatt.document("cdr", "show", f"{party.lower()}/{record.upper()}")["state"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("cdr", "explain", "NL*PLD/nobody-knows-it"),
        ("cdr", "show", "NL*PLD/nobody-knows-it"),
        ("exception", "show", "999999.1"),
        ("period", "show", "ALL/2031-01"),
        ("period", "preview", "ALL/2031-01"),
    ],
)
def test_what_does_not_exist_is_not_found(clearwatt, demo, arguments):
    exit_code, line = clearwatt.refusal(*arguments)
    assert (exit_code, line.partition(":")[0]) == (1, "NOT_FOUND")


@pytest.mark.parametrize(
    ("option", "value", "holds"),
    [
        ("--book", "ch-leman", lambda row: row["book"] == "ch-leman"),
        ("--account", "cost:share", lambda row: "cost:share" in accounts_of(row)),
        ("--period", NOVEMBER, lambda row: row["posted_period"] == NOVEMBER),
        ("--as-of", "2026-10-10", lambda row: row["posted_on"] <= "2026-10-10"),
        ("--known-at", CLOSED_AT, lambda row: row["recorded_at"] <= CLOSED_AT),
    ],
)
def test_the_journal_is_filtered(clearwatt, demo, option, value, holds):
    everything = clearwatt.document("journal", "list", "--limit", 10**6)
    found = clearwatt.document("journal", "list", "--limit", 10**6, option, value)
    assert found == [row for row in everything if holds(row)]
    assert 0 < len(found) < len(everything)


def test_filters_of_the_journal_combine(clearwatt, demo):
    cdr = demo["telling_cdr"]
    found = clearwatt.document("journal", "list", "--cdr", cdr, "--account", "cost:share")
    assert {row["cdr"] for row in found} == {cdr}
    assert all("cost:share" in accounts_of(row) for row in found)
    assert (
        clearwatt.document("journal", "list", "--limit", 3, "--book", "nl-polder")
        == (clearwatt.document("journal", "list", "--limit", 10**6, "--book", "nl-polder")[:3])
    )


def test_the_late_cdr_is_posted_in_the_next_period_and_says_so(clearwatt, demo):
    late = clearwatt.document("journal", "list", "--period", NOVEMBER)
    assert {row["late_of"] for row in late} == {OCTOBER}
    (cdr,) = {row["cdr"] for row in late}
    assert f"late of {OCTOBER}" in clearwatt.run("journal", "list", "--cdr", cdr).output


def test_what_was_known_then_is_what_the_log_held_then(clearwatt, demo):
    then = clearwatt.document("balance", "list", "--known-at", CLOSED_AT)
    assert sums_of(then) == _recorded_by(clearwatt, CLOSED_AT)
    now = clearwatt.document("balance", "list")
    assert sums_of(now) == _recorded_by(clearwatt, "2999-01-01")
    assert sums_of(then) != sums_of(now)
    assert clearwatt.document("balance", "list", "--known-at", "2026-09-01") == []


def test_balances_of_a_month_and_a_day(clearwatt, demo):
    october = clearwatt.document("balance", "list", "--month", "2026-10")
    last_day = clearwatt.document("balance", "list", "--as-of", "2026-10-31")
    assert october == last_day
    assert {row["book"] for row in clearwatt.document("balance", "list", "--book", "ch-leman")} == {
        "ch-leman"
    }


def test_every_book_balances_in_every_currency(clearwatt, demo):
    sums = defaultdict(Decimal)
    for row in clearwatt.document("balance", "list"):
        sums[row["book"], row["currency"]] += Decimal(row["balance"])
    assert set(sums.values()) == {Decimal(0)}


def test_exceptions_are_listed_by_what_they_are(clearwatt, demo):
    everything = clearwatt.document("exception", "list")
    for option, field, value in (
        ("--kind", "kind", "message"),
        ("--reason", "reason", "CDR_CONFLICT"),
        ("--sender", "sender", "NL*RHB"),
        ("--party", "party", "DE*RSL"),
    ):
        found = clearwatt.document("exception", "list", option, value)
        assert found == [row for row in everything if row[field] == value]
        assert 0 < len(found) < len(everything)
    resolved = clearwatt.document("exception", "list", "--with-resolved")
    assert [row for row in resolved if row["resolved_at"] is None] == everything


def test_an_exception_says_where_its_message_stands_and_how_to_feed_it_again(clearwatt, demo):
    (row,) = clearwatt.document("exception", "list", "--reason", "SENDER_NOT_ENTITLED")
    shown = clearwatt.run("exception", "show", f"{row['position']}.{row['number']}").output
    assert f"{row['topic']}[{row['partition']}]@{row['message_offset']}" in shown
    assert f"exception replay --topic {row['topic']}" in shown


def test_a_period_shows_its_steps_and_who_took_them(clearwatt, demo):
    found = clearwatt.document("period", "show", OCTOBER)
    states = ["OPEN", "CUT_OFF", "IN_REVIEW", "SOFT_CLOSED", "HARD_CLOSED"]
    assert [row["state"] for row in found["steps"]] == states
    assert {row["actor"] for row in found["steps"][1:]} == {"finn"}
    assert len(found["held"]) == demo["closed"]["figures"]["held_count"] > 0
    listed = clearwatt.document("cdr", "list", "--period", OCTOBER, "--limit", 10**6)
    assert len(listed) == found["period"]["cdrs"] == demo["closed"]["figures"]["cdr_count"]


def test_tables_fit_a_terminal_of_100_columns(clearwatt, demo, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    for command in ("exception list", "period list", "cdr list --period ALL/2026-10", "status"):
        shown = clearwatt.run(*command.split())
        assert shown.exit_code == 0, shown.errors
        assert [line for line in shown.output.splitlines() if len(line) > 100] == []
    listed = clearwatt.run("exception", "list").output
    records = [row["record"] for row in clearwatt.document("exception", "list")]
    assert [record for record in records if record not in listed] == []


def accounts_of(entry):
    return {posting["account"] for posting in entry["postings"]}


def sums_of(balances):
    return {
        (row["book"], row["account"], row["currency"]): (
            Decimal(row["balance"]),
            Decimal(row["book_balance"]),
        )
        for row in balances
    }


def _recorded_by(clearwatt: CommandLine, instant: str):
    """Sum the postings of all events recorded by an instant, from the log alone."""
    sums: dict[tuple[str, str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    states = clearwatt.rows(
        "SELECT state FROM log.stored_event WHERE topic LIKE 'cdr.%%' AND recorded_at <= %s",
        instant,
    )
    for (state,) in states:
        event = json.loads(state)
        decided = (event.get("decision") or {}).get("entries", ())
        for entry in (*decided, *event.get("reversal", ())):
            for posting in entry["postings"]:
                kept = sums[entry["book"], posting["account"], entry["currency"]]
                sign = 1 if posting["side"] == "debit" else -1
                kept[0] += sign * Decimal(posting["amount"])
                kept[1] += sign * Decimal(posting["book_amount"])
    return {key: tuple(value) for key, value in sums.items()}
