"""A whole VAT return as people read it, and as one table for a file."""

from decimal import Decimal
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.reports.vat_control import Compared
from console.reports.vat_exposure import exposed, report_of
from console.reports.vat_fill import filled
from console.reports.vat_forms import form_of
from console.reports.vat_lines import lines_of
from console.reports.vat_return import VatReturn
from console.reports.vat_return_report import COLUMNS, as_one, rows_of, tables_of
from projections.queries.vat_return import NotDue, Overridden
from tests.vat_declared import due

GOLDEN = Path(__file__).parents[1] / "golden" / "reports" / "vat_return_de.txt"
LATE = {"accounting_month": "2026-11"}
EARLIER = {"tax_period": "2026-09"}
SERVICE = {"supply": "service"}


def returned(country, *rows, period="2026-10", accrued=(), control=()):
    form = form_of(country, period)
    lines = tuple(lines_of(country, rows))
    return VatReturn("book", country, period, form, "EUR", lines, tuple(accrued), tuple(control))


OPERATOR = returned(
    "DE",
    due("sold", "DE> S 19 DE", "1000.55", "190.10"),
    due("sold", "DE> S 19 DE", "10.00", "1.90", **LATE),
    due("sold", "DE> S 19 DE", "-5.00", "-0.95", **EARLIER),
    due("sold", "DE>NL AE 21 NL", "500.40"),
    due("sold", "DE>CH O 8.1 CH", "300.20"),
    due("sold", "DE>DE AE 19 DE", "200.99"),
    due("sold", "DE>NL AE 21 NL", "40.00", **SERVICE),
    due("bought", "NL>DE AE 19 DE", "50.00", "9.50", **SERVICE),
    due("bought", "FR>DE S 20 FR", "12.00", "2.40"),
    accrued=[
        NotDue("sold", "book", "DE*SEL", "driver", "DE", "S", Decimal(19), "parking", "",
               "2026-10", "EUR", Decimal("1.2345"), Decimal("0.2346")),
    ],
    control=[
        Compared("vat:DE:output:due", "first reported in 2026-10", "EUR", Decimal("189.1500"),
                 Decimal("189.1500")),
        Compared("vat:DE:output:accrued", "not yet due at 2026-10-31", "EUR", Decimal("0.2346"),
                 Decimal("0.2346")),
    ],
)._replace(names={"NL*BUY": "Groene Tocht B.V.", "CH*BUY": "Alp AG"})  # fmt: skip


def test_a_return_reads_as_it_was_approved():
    assert "".join(tables_of(OPERATOR, width=160)) == GOLDEN.read_text("utf-8")


def test_a_file_has_every_box_and_all_sections_in_one_table():
    rows = [*rows_of(OPERATOR)]
    assert {len(row) for row in rows} == {len(COLUMNS)}
    boxes = len(form_of("DE", "2026-10").boxes)
    assert [(title, len([*part])) for title, part in groupby(rows, key=lambda row: row[0])] == [
        ("Boxes of 2026-10", boxes),
        ("Of it first reported in 2026-10", boxes),
        ("Of it first reported in 2026-11", boxes),
        ("Correction of 2026-09, first reported in 2026-10", boxes),
        ("Recapitulative statement", 1),
        ("Electricity to dealers in other member states", 1),
        ("Sold outside the VAT area", 1),
        ("Domestic reverse charge, sold", 1),
        ("Bought under reverse charge", 1),
        ("Tax of other countries", 1),
        ("Not yet due", 1),
        ("Control", 2),
    ]


def test_several_returns_in_one_table_say_whose_they_are():
    report = as_one([OPERATOR, returned("NL", due("sold", "NL> S 21 NL", "1.00"))], "2026-10")
    assert [column.key for column in report.columns[:3]] == ["book", "country", "section"]
    assert {row[1] for row in report.rows} == {"DE", "NL"}
    assert [*report.notes] == [
        "book DE: Control: the tax agrees with the accounts vat:DE:* of the book.",
        "book NL: Control: no tax, on either side.",
    ]


def test_a_country_without_a_verified_form_shows_treatments_as_they_are():
    rows = [*rows_of(returned("MT", due("sold", "MT> S 18 MT", "10.00", "1.80")))]
    assert [row[:3] for row in rows] == [
        ("Boxes of 2026-10", "sold_taxed", "sold, taxed here 18 %")
    ]  # fmt: skip
    said = "".join(tables_of(returned("LI", due("sold", "LI> S 8.1 LI", "10.00")), width=160))
    assert "This form is not verified: treatments and rates are shown as they are." in said


def test_a_difference_is_said_with_its_amount():
    wrong = Compared("vat:NL:input:due", "", "EUR", Decimal("1.00"), Decimal("0.99"))
    report = returned("NL", control=[wrong])
    assert not report.agrees
    said = "".join(tables_of(report, width=160))
    assert "DIFFERS from the book's accounts: vat:NL:input:due 0.01 EUR." in said


@pytest.mark.parametrize(
    ("percent", "standard", "base", "tax", "standard_tax", "difference"),
    [
        ("5", "20", "1000.0000", "50.0000", "200.0000", "150.0000"),  # Charge My Street
        ("0", "19", "10.0001", "0.0000", "1.9000", "1.9000"),
        ("5", "20", "-10.0000", "-0.5000", "-2.0000", "-1.5000"),  # given back: nothing at stake
        ("5", None, "100.0000", "5.0000", "20.0000", "15.0000"),  # the rate of the tax period
    ],
)
def test_what_an_agreed_rate_puts_at_stake(percent, standard, base, tax, standard_tax, difference):
    recorded = None if standard is None else Decimal(standard)
    sold = Overridden("book", "GB*SEL", "GB", "", "electricity", "S", Decimal(percent), recorded,
                      "", "TC09802", "2026-10", "GBP", 3, Decimal(base), Decimal(tax))  # fmt: skip
    (row,) = exposed([sold])
    assert (str(row.standard_tax), str(row.difference)) == (standard_tax, difference)
    (total,) = report_of([row], facts=()).totals
    assert str(total[-2]) == difference


AMOUNTS = st.decimals(min_value=-(10**6), max_value=10**6, places=2)
AUSTRIAN = st.sampled_from(
    [("sold", "AT> S 20 AT"), ("sold", "AT> S 10 AT"), ("sold", "AT> S 13 AT"),
     ("bought", "AT>AT S 20 AT"), ("bought", "DE>AT AE 20 AT"), ("bought", "AT>AT AE 20 AT"),
     ("bought", "CH>AT AE 20 AT"), ("sold", "AT>DE AE 19 DE"), ("sold", "AT>AT AE 20 AT")]
)  # fmt: skip


@given(st.lists(st.tuples(AUSTRIAN, AMOUNTS, AMOUNTS), max_size=12))
def test_what_is_payable_is_the_tax_owed_less_the_tax_deducted(sales):
    """Whatever is sold and bought; what we account for ourselves is owed and deducted."""
    rows = [due(*words, str(base), str(tax)) for words, base, tax in sales]
    payable = filled(form_of("AT", "2026-10"), lines_of("AT", rows), "EUR")[-1]
    assert payable.box == "095"
    assert payable.amount == sum(
        row.tax if row.side == "sold" else -row.tax for row in rows if row.category == "S"
    )
