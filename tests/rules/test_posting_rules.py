"""The tables of accounts and posting rules are whole, and every recorded entry follows them."""

import re
from decimal import Decimal

import msgspec
import pytest

from ledger.application.mapper import UPCASTS, EventMapper
from ledger.books.accounts import CHART, CONTROLS, account_of, found_in_chart
from ledger.books.conformity import problems_of, problems_of_lines, problems_of_names
from ledger.books.entries import reversal_of
from ledger.books.posting_rules import BY_ID, RULES, rules_of, sentence_of
from ledger.values.aggregate import EVENT_TYPES
from ledger.values.entries import Entry, Posting
from projections.database import SQL
from tests.conforming import departures_in, entries_in
from tests.golden.history import recorded
from tests.golden.regenerate import FOLDER, file_of, kept_in

ONE = Decimal("1.0000")


def entry(rule: str, *lines: str, reverses: bool = False) -> Entry:
    """Return an entry of equal amounts: `entry("x", "debit a", "credit b")`."""
    postings = tuple(Posting(line.split()[1], line.split()[0], ONE, ONE) for line in lines)
    return Entry("xyz-bv", "EUR", "EUR", rule, 0, postings, reverses)


def test_every_line_of_a_rule_is_an_account_of_the_chart():
    chart = {row.name for row in CHART}
    for rule in RULES:
        for line in rule.lines:
            in_chart = line.account.replace("<seller>", "<party>").replace("<buyer>", "<party>")
            assert in_chart in chart, f"{rule.id}: {line.account}"


def test_every_account_of_the_chart_is_booked_by_some_rule_besides_openings():
    booked = {
        line.account.replace("<seller>", "<party>").replace("<buyer>", "<party>")
        for rule in RULES
        if rule.id != "opening_balance"
        for line in rule.lines
    }
    assert {row.name for row in CHART} - booked == {"equity:opening"}


def test_the_database_knows_the_first_words_of_all_accounts():
    (listed,) = re.findall(r"split_part\(account, ':', 1\) IN \(([^)]*)\)", SQL["journal_tables"])
    assert set(re.findall(r"'(\w+)'", listed)) == {row.name.partition(":")[0] for row in CHART}


def test_a_rule_has_one_id_and_says_what_it_means():
    assert len(BY_ID) == len(RULES)
    for rule in RULES:
        assert rule.either or (rule.debits and rule.credits), rule.id
        assert rule.meaning[0].isupper(), rule.id
        assert rule.meaning[-1] != ".", rule.id
        assert sentence_of(rule.id, reverses=True) == f"Taken back: {rule.meaning}."


def test_every_event_that_a_rule_names_is_recorded():
    named = {topic for rule in RULES for topic in (*rule.events, *rule.taken_back_by)}
    assert named <= set(EVENT_TYPES)


KEPT = [file.name.removesuffix(".jsonl") for file in sorted(FOLDER.glob("*.jsonl"))]


def events_of(topic: str):
    return [EventMapper().to_domain_event(stored) for stored in kept_in(topic, file_of(topic))]


@pytest.mark.parametrize("topic", KEPT)
def test_whatever_was_ever_recorded_follows_the_rules(topic):
    events = events_of(topic)
    assert departures_in(events) == []
    booked = {row.rule for event in events for value in vars(event).values()
              for row, _ in entries_in(value)}  # fmt: skip
    current, _ = UPCASTS.get(topic, (topic, None))
    if current not in PROPOSALS:
        assert booked <= {rule.id for rule in rules_of(current)}


PROPOSALS = {"opening.submitted.v1", "cdr.action_proposed.v1"}
"""They name entries that another event books."""


def test_every_rule_is_met_by_what_is_recorded():
    events = [EventMapper().to_domain_event(row) for row in recorded()]
    met = {row.rule for event in events for value in vars(event).values()
           for row, _ in entries_in(value)}  # fmt: skip
    assert met == set(BY_ID) - NOT_IN_THE_HISTORY


NOT_IN_THE_HISTORY = {"charging_collected", "retail_sold"}
"""The golden history has no agent and no driver's sale; stories and the demo have."""


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        (entry("none", "debit psp:NL*PSP", "credit receivable:driver"), "there is no rule none"),
        (
            entry("payment_captured", "debit psp:NL*PSP", "credit revenue:fee"),
            "payment_captured has no credit on revenue:fee",
        ),
        (
            entry("payment_captured", "credit psp:NL*PSP", "debit receivable:driver"),
            "payment_captured has no credit on psp:NL*PSP",
        ),
        (
            entry(
                "payment_captured", "debit psp:NL*PSP", "credit receivable:driver", reverses=True
            ),
            "payment_captured taken back has no debit on psp:NL*PSP",
        ),
        (
            entry("payment_captured", "debit psp:lower", "credit receivable:driver"),
            "payment_captured has no debit on psp:lower",
        ),
        (
            entry("disputed_sale", "debit disputed:receivable:DE*EMP", "credit receivable:DE*XXX"),
            "disputed_sale has no credit on receivable:DE*XXX",
        ),
        (
            entry("fee_bought", "debit cost:share", "credit payable:NL*HUB"),
            "fee_bought has no debit on cost:share",
        ),
        (
            entry("fee_sold", "debit receivable:NL*XYZ", "credit revenue:parking"),
            "fee_sold has no credit on revenue:parking",
        ),
    ],
)
def test_an_entry_that_departs_from_its_rule_is_found(made, problem):
    assert problems_of(made)[0] == problem


def test_an_entry_between_others_than_the_sales_parties_is_found():
    made = entry("fee_bought", "debit cost:fee", "credit payable:NL*HUB")
    assert problems_of(made, seller="NL*HUB") == ()
    assert problems_of(made, seller="NL*CLR") == ("fee_bought has no credit on payable:NL*HUB",)


@pytest.mark.parametrize("field", ["amount", "book_amount"])
def test_an_entry_out_of_balance_is_found(field):
    made = entry("fee_bought", "debit cost:fee", "credit payable:NL*HUB")
    more = msgspec.structs.replace(made.postings[0], **{field: Decimal("1.5000")})
    broken = msgspec.structs.replace(made, postings=(more, made.postings[1]))
    assert problems_of(broken) == (
        f"fee_bought in xyz-bv is out of balance by 0.5000 in its {field}",
    )


@pytest.mark.parametrize(
    ("rule", "agreement", "period", "problems"),
    [
        ("fee_sold", "NL*XYZ>DE*EMP#1", "ALL/2026-10", []),
        ("fee_sold", "NL*XYZ>DE*EMP#12", "CH EUR/2026-10", []),
        ("fee_sold", "NL*XYZ>DE*EMP", "ALL/2026-10", ["agreement version"]),
        ("fee_sold", "NL*XYZ>DE*EMP#0", "ALL/2026-10", ["agreement version"]),
        ("fee_sold", "NL*XYZ>DE*EMP#1, NL*XYZ>DE*EMP#2", "ALL/2026-10", ["agreement version"]),
        ("fee_sold", "", "", ["agreement version", "period"]),
        ("fee_sold", None, "2026-10", ["period"]),
        ("disputed_sale", "", "ALL/2026-10", ["agreement version"]),
        ("group_sold_due", "NL*XYZ>DE*EMP#1", "ALL/2026-10", []),
        ("group_sold_due", "NL*XYZ>DE*EMP#1, NL*XYZ>DE*EMP#2", "ALL/2026-10", []),
        ("group_sold_due", "NL*XYZ>DE*EMP#1,NL*XYZ>DE*EMP#2", "ALL/2026-10", ["agreement version"]),
        ("group_sold_due", "", "ALL/2026-10", ["agreement version"]),
        ("payment_captured", "", "ALL/2026-10", []),
        ("payment_captured", "NL*XYZ>DE*EMP#1", "ALL/2026-10", ["agreement version"]),
        ("opening_balance", f"sha256:{'a' * 64}", "2026-09", []),
        ("opening_balance", "", "2026-09", ["agreement version"]),
        ("fx_revalued", "", "2026-10", []),
        ("fx_revalued", "", "", ["period"]),
        ("fx_realised", "", "ALL/2026-10", ["period"]),
        ("fx_realised", "", "2026-13", ["period"]),
        ("none", "", "", []),
    ],
)
def test_an_entry_that_does_not_name_what_its_rule_says_is_found(rule, agreement, period, problems):
    found = problems_of_names(rule, agreement=agreement, periods=[period, period])
    said = {"agreement version": agreement, "period": period}
    assert found == tuple(f"{rule} has {said[column]!r} as its {column}" for column in problems)


def test_a_reversal_follows_the_rule_of_what_it_takes_back():
    for rule in RULES:
        sides = [(row, "debit") for row in rule.debits] + [(row, "credit") for row in rule.credits]
        lines = [f"{side} {example(line.account)}" for line, side in sides]
        made = entry(rule.id, *lines)
        swapped = [("credit" if row.side == "debit" else "debit", row.account)
                   for row in made.postings]  # fmt: skip
        assert problems_of_lines(rule.id, swapped, swapped=True, known={}) == ()
        assert reversal_of(reversal_of(made)) == made


def example(account: str) -> str:
    """Return an account as it is booked, for one of a table."""
    for varies, value in {"seller": "NL*XYZ", "buyer": "DE*EMP", "party": "NL*PSP",
                          "country": "NL", "kind": "charging", "class": "parking",
                          "cause": "misposted"}.items():  # fmt: skip
        account = account.replace(f"<{varies}>", value)
    return account


@pytest.mark.parametrize("row", CHART, ids=lambda row: row.name)
def test_an_account_of_the_chart_finds_its_own_row(row):
    name = example(row.name)
    assert account_of(name) is row
    assert row.control is None or row.control in CONTROLS
    assert ("<" in row.name) is bool(found_in_chart(name).parts)


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("receivable:driver", "receivable:driver"),
        ("revenue:charging:invoiced", "revenue:<kind>:invoiced"),
        ("revenue:parking:invoiced", "revenue:<kind>:invoiced"),
        ("vat:DE:output:accrued", "vat:<country>:output:accrued"),
        ("vat:DE:output:parking:accrued", "vat:<country>:output:<class>:accrued"),
        ("vat:CH:self_assessed:due", "vat:<country>:self_assessed:due"),
        ("suspense:misposted", "suspense:<cause>"),
    ],
)
def test_a_name_has_the_most_exact_place_in_the_chart(name, row):
    assert account_of(name).name == row


@pytest.mark.parametrize(
    "name",
    ["receivable:", "receivable:nl*xyz", "receivable:NL*XYZ:more", "revenue:other:invoiced",
     "vat:Germany:output:due", "vat:DE:output:parking:paid", "suspense", "suspense:Lost it",
     "payable:driver", "psp:NL*PSP\n", " receivable:driver", "RECEIVABLE:driver"],
)  # fmt: skip
def test_a_name_of_another_shape_is_no_account(name):
    with pytest.raises(KeyError):
        account_of(name)
