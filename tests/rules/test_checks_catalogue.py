"""The catalogue of the checks: complete, numbered once, and proven entry by entry."""

import ast
from collections import Counter
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from ledger.roaming.checks.catalogue import BY_CODE, CATALOGUE, GROUPS
from ledger.roaming.checks.check import Severity
from ledger.roaming.checks.judge import findings_of, sorted_by_severity
from ledger.values.reasons import Reason, Refusal
from tests.ledger_checks import Case, another, candidate, period
from tests.ledger_statements import october

TABLES: tuple[list[Case], ...] = tuple(
    import_module(f"tests.rules.test_checks_{subject}").TABLE
    for subject in ("fields", "times", "places", "sessions", "energy", "parties")
)
NOT_DECIDING = {
    "ledger.roaming.agreement_rules": "an agreement's document is refused, no CDR",
    "ledger.roaming.agreement_validity": "an agreement's version is refused, no CDR",
    "ledger.roaming.bank_accounts": "an entity's document is refused, no CDR",
    "ledger.roaming.entity_documents": "an entity's document is refused, no CDR",
    "ledger.roaming.party_documents": "a party's document is refused, no CDR",
    "ledger.roaming.party_spans": "a step of a party's life is refused, no CDR",
    "ledger.vat.overrides": "an agreement's document is refused, no CDR",
    "ledger.vat.numbers": "an entity's document is refused, no CDR",
    "ledger.values.fractions": "a rate of a document is refused, no CDR",
    "ledger.roaming.payment_statements": "a payment is refused, no CDR",
    "ledger.fx.rates": "an import of rates is refused, no CDR",
    "ledger.roaming.interventions": "a correction is refused, no CDR",
    "ledger.roaming.launch_plan": "the plan of a launch is refused, no CDR",
    "ledger.roaming.launch_rules": "an expansion is refused, no CDR",
    "ledger.roaming.meters": "a document of a site is refused, no CDR",
    "ledger.roaming.site_documents": "a document of a site is refused, no CDR",
    "ledger.roaming.own_version": "a step of a tariff's life is refused, no CDR",
    "ledger.settlement.dispute": "a dispute is refused, no CDR",
    "ledger.values.identifiers": "a key that cannot be read makes the message unreadable",
}
"""What the decision imports beside the functions it calls."""


def test_numbers_and_codes_are_unique_and_every_number_is_in_its_group() -> None:
    assert [number for number, count in Counter(row.number for row in CATALOGUE).items()
            if count > 1] == []  # fmt: skip
    assert [code for code, count in Counter(row.code for row in CATALOGUE).items()
            if count > 1] == []  # fmt: skip
    assert {row.number // 100 for row in CATALOGUE} == set(GROUPS)


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: str(row.number))
def test_an_entry_says_in_plain_words_what_to_do(row) -> None:
    assert row.sentence.endswith(".")
    assert row.fix.endswith(".")
    assert row.example
    assert not row.example.endswith(".")


@pytest.mark.parametrize("row", [row for row in CATALOGUE if row.rule], ids=lambda row: row.code)
def test_every_rule_is_shown_to_fire_and_just_not_to_fire(row) -> None:
    shown = [case.fires for table in TABLES for case in table if case.code == row.code]
    assert {True, False} == set(shown)


def test_what_refuses_a_record_is_never_released() -> None:
    fatal = [row for row in CATALOGUE if row.severity is Severity.FATAL]
    assert fatal
    assert [row.code for row in fatal if row.is_releasable] == []
    for row in fatal:
        released = sorted_by_severity([Refusal(row.code)], released=frozenset({row.code.value}))
        assert [finding.reason for finding in released.fatal] == [row.code]


def test_what_is_released_is_noted_and_the_rest_holds_on() -> None:
    found = [Refusal(Reason.SESSION_MISSING), Refusal(Reason.TARIFF_MISSING), Refusal(
        Reason.DELIVERED_LATE)]  # fmt: skip
    judged = sorted_by_severity(
        found, released=frozenset({"SESSION_MISSING", "TARIFF_MISSING", "CDR_TOO_OLD"})
    )
    # without a tariff there is no price to book: nobody can release that
    assert [row.reason for row in judged.severe] == ["TARIFF_MISSING"]
    assert [row.reason for row in judged.warnings] == ["SESSION_MISSING", "DELIVERED_LATE"]


def test_a_code_that_is_not_in_the_catalogue_holds() -> None:
    unknown = [Refusal(Reason.CLOSE_BLOCKED)]
    assert sorted_by_severity(unknown, released=frozenset({"CLOSE_BLOCKED"})).severe == (*unknown,)


def test_findings_come_in_the_order_of_the_catalogue() -> None:
    broken = candidate(
        {
            "end_date_time": october(10, 9),
            "currency": "EUX",
            "session_id": None,
            "charging_periods": (period(october(11), "1"),),
        },
        told=None,
        place=None,
        connector=None,
        others=(another("token"), another("session"), another("connector")),
        received_at=october(30),
    )
    order = [row.code for row in CATALOGUE]
    found = [finding.reason for finding in findings_of(broken)]
    assert found == sorted(found, key=order.index)
    assert len(set(found)) > 9


def test_every_reason_that_a_decision_can_give_has_an_entry() -> None:
    raised = {
        code: module
        for module in sorted(imported_by("ledger.application.decide"))
        if module not in NOT_DECIDING and not records_events(module)
        for code in reasons_named_in(module)
    }
    assert {code: module for code, module in raised.items() if code not in BY_CODE} == {}
    assert len(raised) > 40


def source_of(module: str) -> str:
    spec = find_spec(module)
    assert spec is not None, module
    assert spec.origin is not None, module
    return Path(spec.origin).read_text()


def records_events(module: str) -> bool:
    """True for an aggregate: it refuses commands, a decision is made by pure functions."""
    return "@event(" in source_of(module)


def imported_by(module: str) -> set[str]:
    """Return a module of the ledger with all that it imports of the ledger, and so on."""
    found: set[str] = set()
    todo = [module]
    while todo:
        name = todo.pop()
        if name in found or name == "ledger.values.reasons":
            continue
        found.add(name)
        for node in ast.walk(ast.parse(source_of(name))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ledger."):
                inner = [f"{node.module}.{alias.name}" for alias in node.names]
                todo += [str(node.module), *(row for row in inner if is_module(row))]
    return found


def is_module(name: str) -> bool:
    package, _, _ = name.rpartition(".")
    spec = find_spec(package)
    return bool(spec and spec.submodule_search_locations) and find_spec(name) is not None


def reasons_named_in(module: str) -> set[str]:
    return {
        node.attr
        for node in ast.walk(ast.parse(source_of(module)))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Reason"
    }
