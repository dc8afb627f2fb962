"""What people read after a month: CDRs explained, the journal, balances, exceptions, periods."""

import json
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

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
    assert explained["agreements"][0]["agreement"] == decision["agreement"].partition("#")[0]
    assert {explained["agreements"][0]["author"], explained["agreements"][0]["approver"]} == {
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


def test_every_posting_names_its_parties_and_a_clause_that_two_people_agreed(explained):
    agreed = {
        f"{row['agreement']}#{row['version']['number']}": {row["author"], row["approver"]}
        for row in explained["agreements"]
    }
    legs = explained["decision"]["legs"]
    for entry in explained["entries"]:
        leg = legs[entry["leg"]]
        named = (entry["seller"], entry["buyer"], entry["clause"], entry["agreement_version"])
        assert named == (leg["seller"], leg["buyer"], leg["clause"], leg["agreement_version"])
        assert len(agreed[entry["agreement_version"]]) == 2


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


def test_the_price_is_explained_line_by_line(clearwatt, demo, explained):
    pricing, sale = explained["pricing"], explained["decision"]["legs"][0]
    (leg,) = [row for row in pricing["legs"] if row["leg"] == 0]
    assert sum(Decimal(row["net"]) for row in leg["lines"]) == Decimal(sale["net"])
    assert len(leg["lines"]) == len(sale["lines"])
    totals = {row["field"]: row["before_taxes"] for row in leg["totals"]}
    assert Decimal(totals["total_cost"]) == Decimal(sale["net"])
    assert {row["field"] for row in pricing["compared"]} >= {
        "total_cost.before_taxes",
        "total_energy",
        "total_time",
    }
    shown = clearwatt.run("cdr", "explain", demo["telling_cdr"]).output
    parts = ["Lines", "total_cost", "What the CDR states against what was computed", "┤", "=  "]
    parts += [row["net"] for row in leg["lines"]]
    assert [part for part in parts if part not in shown] == []


def test_a_cdr_is_drawn(clearwatt, demo, explained, tmp_path):
    file = tmp_path / "cdr.svg"
    assert clearwatt.document("cdr", "explain", demo["telling_cdr"], "--picture", file)
    texts = set(ElementTree.parse(file).getroot().itertext())
    decision = explained["decision"]
    used = f"{decision['tariff']['tariff']}#{decision['tariff']['number']}"
    assert f"Price of {explained['cdr']} at {used}" in texts
    lines = decision["legs"][0]["lines"]
    # The picture leaves out zeros that say nothing.
    prices = {Decimal(row["unit_price"]) for row in lines if row["dimension"] == "ENERGY"}
    said = " ".join(texts)
    assert prices
    assert [price for price in prices if f"{price.normalize():f}" not in said] == []


def test_what_is_held_is_explained_without_a_price_and_not_drawn(clearwatt, demo, tmp_path):
    held = clearwatt.rows("SELECT state FROM log.stored_event WHERE topic = 'cdr.held.v1'")
    records = {json.loads(state)["cdr"] for (state,) in held}
    waiting = [
        row["record"] for row in clearwatt.document("exception", "list") if row["record"] in records
    ]
    found = clearwatt.document("cdr", "explain", waiting[0])
    assert (found["state"], found["decision"], found["pricing"]) == ("held", None, None)
    assert (
        "a CDR is priced when it is accepted" in clearwatt.run("cdr", "explain", waiting[0]).output
    )
    file = tmp_path / "held.svg"
    exit_code, line = clearwatt.refusal("cdr", "explain", waiting[0], "--picture", file)
    assert (exit_code, line.partition(":")[0]) == (1, "CDR_NOT_PRICED")
    assert "held because of" in line
    assert not file.exists()


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
    for cdr in {row["cdr"] for row in late}:
        assert f"late of {OCTOBER}" in clearwatt.run("journal", "list", "--cdr", cdr).output


@pytest.mark.parametrize(
    "command",
    [
        "account show payable:* --until 2017-01-01",
        "agreement list --party NL*NOB",
        "api token list",
        "balance list --month 2031-01",
        "cdr approvals --pair NL*NOB:DE*NOB",
        "cdr list --party NL*NOB",
        "cdr margins --party NL*NOB",
        "dispute list --party NL*NOB",
        "exception list --party NL*NOB",
        "fx report --month 2031-01",
        "general-ledger --as-of 2017-01-01",
        "journal list --period ALL/2031-01",
        "location list --party NL*NOB",
        "party list --country IS",
        "payment list --party NL*NOB",
        "session list --party NL*NOB",
        "session list --unbilled --party NL*NOB",
        "split list --payee NL*NOB",
        "split list --steps --payee NL*NOB",
        "split report --payee NL*NOB",
        "suspense list --known-at 2020-01-01",
        "tariff list --party NL*NOB",
        "trial-balance --known-at 2020-01-01",
        "vat alerts --on 2018-01-01",
        "vat exposure --period 2031-01",
        "vat rates --country DE --on 2017-01-01",
    ],
)
def test_a_list_of_nothing_says_so_in_one_line(clearwatt, demo, command):
    shown = clearwatt.run(*command.split())
    assert shown.exit_code == 0, shown.errors
    assert shown.output.splitlines().count("Nothing found.") == 1
    document = clearwatt.document(*command.split())
    assert (document if isinstance(document, list) else document["rows"]) == []


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


def _entries_in(part: object) -> Iterator[dict[str, Any]]:
    """Yield every entry that stands anywhere in an event: in decisions, reversals, disputes."""
    if isinstance(part, dict):
        if "postings" in part:
            yield part
        else:
            for value in part.values():
                yield from _entries_in(value)
    elif isinstance(part, list):
        for value in part:
            yield from _entries_in(value)


def _recorded_by(clearwatt: CommandLine, instant: str):
    """Sum the postings of all events recorded by an instant, from the log alone."""
    sums: dict[tuple[str, str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    states = clearwatt.rows(
        "SELECT state FROM log.stored_event WHERE recorded_at <= %s"
        " AND split_part(topic, '.', 1) IN"
        " ('cdr', 'dispute', 'payment', 'settlement_period', 'accounting_period')",
        instant,
    )
    for (state,) in states:
        event = json.loads(state)
        for entry in _entries_in(event):
            for posting in entry["postings"]:
                kept = sums[entry["book"], posting["account"], entry["currency"]]
                sign = 1 if posting["side"] == "debit" else -1
                kept[0] += sign * Decimal(posting["amount"])
                kept[1] += sign * Decimal(posting["book_amount"])
    return {key: tuple(value) for key, value in sums.items()}


def test_every_account_in_use_has_its_number_in_a_chart_of_ones_own(clearwatt, demo):
    used = {row["account"] for row in clearwatt.document("balance", "list")}
    found = clearwatt.document("account", "map", "--chart", "datev-skr03")["rows"]
    assert {row["account"] for row in found} == used
    assert all(row["number"].isdigit() and row["name"] and row["meaning"] for row in found)
    of_one = clearwatt.document("account", "map", "--book", "ch-leman")["rows"]
    assert {row["account"] for row in of_one} < used
