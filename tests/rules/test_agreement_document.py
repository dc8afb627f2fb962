"""Agreements as documents: every term has its place, and everything wrong is said with its line."""

from pathlib import Path

import pytest

from console.agreements.differ import differences
from console.agreements.fields import BY_TERM, SECTIONS
from console.agreements.files import errors_together, read_agreement_files
from console.agreements.reader import read_agreements
from ledger.roaming.clauses import Fee
from ledger.roaming.terms import Sla, Terms
from tests.agreement_terms import leaves
from tests.ledger_cast import CLEARING, ONE_PERCENT

HEAD = "parties: {seller: NL*XYZ, buyer: DE*EMP}\nvalid: {from: 2026-01-01}\n"


def errors(text: str) -> list[tuple[str, str]]:
    found = read_agreements(text, "a.yaml").refusals
    return [(row.reason.value, row.path) for row in found]


def test_every_term_has_its_place_in_the_document() -> None:
    assert set(BY_TERM) == set(leaves())
    assert {field.path.partition(".")[0] for field in BY_TERM.values()} == set(SECTIONS)


@pytest.mark.parametrize(
    ("lines", "code", "path"),
    [
        ("flo: share", "UNKNOWN_FIELD", "flo"),
        ("flow: shared", "WRONG_FORMAT", "flow"),
        ("flow: [share]", "WRONG_TYPE", "flow"),
        ("flow: share\nflow: roaming", "NAMED_TWICE", "flow"),
        ("tariffs: T1", "WRONG_TYPE", "tariffs"),
        ("tariffs: {wholesale: }", "MISSING_FIELD", "tariffs.wholesale"),
        ("deadlines: {delivery: 24}", "WRONG_FORMAT", "deadlines.delivery"),
        ("deadlines: {delivery: 90 min}", "WRONG_FORMAT", "deadlines.delivery"),
        ("deadlines: {age_limit: 36 h}", "WRONG_FORMAT", "deadlines.age_limit"),
        ("evidence: {session: true}", "WRONG_FORMAT", "evidence.session"),
        ("evidence: {fields: [outcome, outcome]}", "NAMED_TWICE", "evidence.fields[1]"),
        ("tolerances: {money: 0.01 EUR}", "WRONG_FORMAT", "tolerances.money"),
        ("tolerances: {energy: -1 %}", "WRONG_FORMAT", "tolerances.energy"),
        ("currency: {markup: 0.005 %}", "WRONG_FORMAT", "currency.markup"),
        ("settlement: {minimum_payment: 25}", "WRONG_FORMAT", "settlement.minimum_payment"),
        ("settlement: {minimum_payment: 25 EUR}", "WRONG_FORMAT", "settlement.minimum_payment"),
        ("settlement: {time_zone: X/Y}", "TIME_ZONE_UNKNOWN", "settlement.time_zone"),
        ("launch: {cdrs_per_day: many}", "WRONG_FORMAT", "launch.cdrs_per_day"),
        ("refunds: {rule: partial}", "INVALID_DOCUMENT", "refunds"),
        ("vat: {classes: [{of: energy, taxed_as: parking}]}", "WRONG_FORMAT",
         "vat.classes[0].of"),
        ("vat: {classes: [{of: flat}]}", "MISSING_FIELD", "vat.classes[0]"),
        ("vat: {overrides: [{country: GB, class: electricity, rate: 5, from: 2026-03-01,"
         " source: x}]}", "WRONG_FORMAT", "vat.overrides[0].rate"),
        ("vat: {overrides: [{country: GB, class: electricity, rate: 5 %, from: March,"
         " source: x}]}", "WRONG_FORMAT", "vat.overrides[0].from"),
        ("vat: {overrides: [{country: GB, class: electricity, rate: 5 %, from: 2026-03-01}]}",
         "MISSING_FIELD", "vat.overrides[0]"),
        ("vat: {overrides: [{country: GB, class: electricity, rate: -5 %, from: 2026-03-01,"
         " source: x}]}", "INVALID_DOCUMENT", "vat.overrides[0].rate"),
        ("vat: {overrides: [{country: US, class: electricity, rate: 5 %, from: 2026-03-01,"
         " source: x}]}", "VAT_RATE_MISSING", "vat.overrides[0].country"),
        ("gap: yes", "WRONG_FORMAT", "gap"),
        ("template: {parameters: {a: b}}", "MISSING_FIELD", "template"),
    ],
)  # fmt: skip
def test_a_wrong_term_is_named_with_its_line(lines: str, code: str, path: str) -> None:
    last = (HEAD + lines).count("\n") + 1
    assert errors(HEAD + lines) == [(code, f"a.yaml:{last} {path}")]


@pytest.mark.parametrize(
    ("clause", "code"),
    [
        ("price: 1 %", "INVALID_DOCUMENT"),
        ("price: 1 of net", "WRONG_FORMAT"),
        ("price: 0.01 of net", "WRONG_FORMAT"),
        ("price: 0.05 per CDR", "WRONG_FORMAT"),
        ("price: 0.05 EUR", "WRONG_FORMAT"),
        ("price: 0.05 EUR per mile", "WRONG_FORMAT"),
        ("price: 1 % of net + 2 % of net", "WRONG_FORMAT"),
        ("price: 1 % of net + 0.05 EUR per CDR", "INVALID_DOCUMENT"),
        ("price: 120 % of net", "INVALID_DOCUMENT"),
        ("price: 1 % of what is left", "INVALID_DOCUMENT"),
        ("minimum: 1 EUR", "MISSING_FIELD"),
        ("price: 0.05 EUR per CDR, minimum: 0.01 CHF", "CURRENCY_DIFFERS"),
        ("price: 0.05 EUR per CDR, minimum: 0.01 in the sale's currency", "CURRENCY_DIFFERS"),
        ("price: 1 % of net, minimum: 2 EUR, maximum: 1 EUR", "MINIMUM_ABOVE_MAXIMUM"),
        ("price: 1 % of net, minimum: 0.01", "WRONG_FORMAT"),
        ("price: 1 % of net, only_for: {channel: app}", "UNKNOWN_FIELD"),
        ("price: 1 % of net, only_for: {channels: [bus]}", "WRONG_FORMAT"),
        ("tiers: {counted: marginal, by: CDRs, rows: []}", "EMPTY_LIST"),
        (
            "tiers: {counted: marginal, by: km, rows: [{above: 0, price: 1 % of net}]}",
            "WRONG_FORMAT",
        ),
        (
            "tiers: {counted: marginal, by: CDRs, rows: [{above: 1, price: 1 % of net}]}",
            "TIERS_OUT_OF_ORDER",
        ),
        (
            "tiers: {counted: marginal, by: CDRs, rows: [{above: 0, price: 1 % of net}, "
            "{above: 9, price: 1 % of gross}]}",
            "INVALID_DOCUMENT",
        ),
    ],
)
def test_a_wrong_fee_is_named(clause: str, code: str) -> None:
    fee = f"fees: [{{name: f, payer: seller, payee: NL*CLR, {clause}}}]\n"
    found = errors(HEAD + fee)
    assert [reason for reason, _ in found] == [code]
    assert all(path.startswith("a.yaml:3 fees[0]") for _, path in found)


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        ("", "EMPTY_LIST", "a.yaml"),
        ("# nothing\n", "EMPTY_LIST", "a.yaml"),
        ("flow: [\n\n", "WRONG_FORMAT", "a.yaml:3"),
        ("a: b: c", "WRONG_FORMAT", "a.yaml:1"),
        ("just words", "WRONG_TYPE", "a.yaml:1"),
        ("valid: {from: 2026-01-01}", "MISSING_FIELD", "a.yaml:1"),
        ("parties: {seller: NL*XYZ, buyer: DE*EMP}", "MISSING_FIELD", "a.yaml:1"),
        (
            "parties: {seller: NL*XYZ}\nvalid: {from: 2026-01-01}",
            "MISSING_FIELD",
            "a.yaml:1 parties",
        ),
        (HEAD.replace("DE*EMP", "Emp"), "WRONG_IDENTIFIER", "a.yaml:1 parties.buyer"),
        (HEAD.replace("2026-01-01", "01.01.2026"), "WRONG_FORMAT", "a.yaml:2 valid.from"),
        (
            HEAD.replace("2026-01-01", "2026-01-01T00:00"),
            "TIME_WITHOUT_ZONE",
            "a.yaml:2 valid.from",
        ),
        (
            HEAD.replace("from: 2026-01-01", "from: 2026-01-01, until: 2026-01-01"),
            "INVALID_DOCUMENT",
            "a.yaml:2 valid.until",
        ),
    ],
)
def test_a_document_that_is_none_is_refused(text: str, code: str, path: str) -> None:
    assert errors(text) == [(code, path)]


def test_all_errors_of_all_documents_come_at_once() -> None:
    text = (
        HEAD + "flow: shared\nfees:\n"
        "  - {name: a, payer: sellr, payee: NL*CLR, price: lots}\n"
        "  - {name: b, payer: seller, payee: NL*CLR, price: 200 % of net}\n"
        "split: {steps: [{payee: NL*HST, share: 50 % of net}]}\n"
        "---\n" + HEAD + "rounding: {mode: up}\n"
    )
    assert errors(text) == [
        ("WRONG_FORMAT", "a.yaml:3 flow"),
        ("WRONG_FORMAT", "a.yaml:5 fees[0].price"),
        ("WRONG_FORMAT", "a.yaml:5 fees[0].payer"),
        ("INVALID_DOCUMENT", "a.yaml:6 fees[1].price"),
        ("SPLIT_NOT_WHOLE", "a.yaml:7 split.steps"),
        ("WRONG_FORMAT", "a.yaml:11 rounding.mode"),
    ]


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(HEAD)
    (tmp_path / "a.yaml").write_text(HEAD.replace("DE*EMP", "FR*MOB") + "flo: x\n")
    reading = read_agreement_files(tmp_path)
    assert [row.agreement for row in reading.documents] == ["NL*XYZ>FR*MOB", "NL*XYZ>DE*EMP"]
    assert [row.path for row in reading.refusals] == [f"{tmp_path}/a.yaml:3 flo"]
    (tmp_path / "empty").mkdir()
    nothing = read_agreement_files(tmp_path / "empty").refusals
    assert [row.reason.value for row in nothing] == ["EMPTY_LIST"]


def test_documents_are_judged_beside_each_other_before_anybody_submits_them() -> None:
    later = HEAD.replace("from: 2026-01-01", "from: 2026-03-01")
    bounded = HEAD.replace("2026-01-01", "2026-01-01, until: 2026-02-01")
    own = HEAD.replace("DE*EMP", "NL*XYZ")
    text = "---\n".join((later, bounded, later, own))
    found = errors_together(read_agreements(text, "a.yaml").documents)
    assert [(row.reason.value, row.path) for row in found] == [
        ("AGREEMENT_CIRCULAR", "a.yaml:10 parties"),
        ("AGREEMENT_GAP", "a.yaml:2 valid"),
        ("AGREEMENT_GAP", "a.yaml:8 valid"),
        ("VALIDITY_OVERLAPS", "a.yaml:8 valid.from"),
    ]


def test_clauses_are_compared_by_their_names() -> None:
    hub = Fee("hub", "buyer", CLEARING, "net", rate="1/50")
    before = Terms(fees=(ONE_PERCENT, hub), sla=Sla(delivery_h=24))
    after = Terms(fees=(hub,), sla=Sla(delivery_h=36))
    assert [tuple(row) for row in differences(before, after)] == [
        ("fees.clearing.name", "clearing", None),
        ("fees.clearing.payer", "seller", None),
        ("fees.clearing.payee", "NL*CLR", None),
        ("fees.clearing.price", "1 % of net", None),
        ("deadlines.delivery", "24 h", "36 h"),
    ]
    assert differences(before, before) == ()
