"""The boxes of VAT returns: worked examples, typed by hand from what each form asks for."""

from decimal import Decimal

import pytest

from console.reports.vat_fill import filled, not_taken, rounded_by_form
from console.reports.vat_forms import GENERIC, form_of, forms
from console.reports.vat_lines import NOT_DECLARED_HERE, TREATMENTS, lines_of, treatment_of
from ledger.values.instants import last_day
from ledger.vat.currencies import tax_currency
from tests.vat_declared import due

SERVICE = {"supply": "service"}


def boxes(country, *rows, period="2026-10"):
    """Return the boxes that say something, as they are declared."""
    form, currency = form_of(country, period), tax_currency(country, last_day(period))
    return {
        row.box: str(row.amount)
        for row in filled(form, lines_of(country, rows), currency)
        if row.amount
    }


@pytest.mark.parametrize(
    ("country", "side", "words", "more", "treatment"),
    [
        ("DE", "sold", "DE> S 19 DE", {}, "sold_taxed"),
        ("DE", "sold", "DE>DE AE 19 DE", {}, "sold_domestic_reverse_charge"),
        ("DE", "sold", "DE>NL AE 21 NL", {}, "sold_eu_electricity"),
        ("DE", "sold", "DE>NL AE 21 NL", SERVICE, "sold_eu_services"),
        ("DE", "sold", "DE>CH O 8.1 CH", {}, "sold_outside"),
        ("DE", "sold", "DE> E 0 DE", {}, "sold_exempt"),
        ("GB", "sold", "GB> Z 0 GB", {}, "sold_zero_rated"),
        # A foreign driver at a French charger, sold under the French registration.
        ("FR", "sold", "DE> S 20 FR", {}, "sold_taxed"),
        ("DE", "sold", "DE> S 20 FR", {}, "sold_abroad_taxed"),
        # A Swiss seller is outside the Union: what it sells there is a supply abroad.
        ("CH", "sold", "CH>DE AE 19 DE", {}, "sold_outside"),
        # Liechtenstein is Swiss territory for VAT.
        ("CH", "sold", "CH> S 8.1 LI", {"country": "CH"}, "sold_taxed"),
        ("NL", "bought", "NL>NL S 21 NL", {}, "bought_taxed"),
        ("NL", "bought", "DE>NL AE 21 NL", {}, "bought_eu_electricity"),
        ("NL", "bought", "DE>NL AE 21 NL", SERVICE, "bought_eu_services"),
        ("NL", "bought", "CH>NL AE 21 NL", {}, "bought_outside_electricity"),
        ("DE", "bought", "DE>DE AE 19 DE", {}, "bought_domestic_reverse_charge"),
        ("CH", "bought", "DE>CH O 8.1 CH", {}, "bought_outside_electricity"),
        ("CH", "bought", "DE>CH O 8.1 CH", SERVICE, "bought_outside_services"),
        ("CH", "bought", "DE>CH O - CH", {}, "bought_untaxed"),
        # French tax on a German buyer's purchase is claimed in France, not in Germany.
        ("DE", "bought", "FR>DE S 20 FR", {}, "bought_abroad_taxed"),
        ("FR", "bought", "FR>DE S 20 FR", {}, None),
        # ... unless the buyer has a French number: then it is input tax there.
        ("FR", "bought", "FR>DE S 20 FR", {"buyer_number": "FR53000990028"}, "bought_taxed"),
    ],
)
def test_what_a_sale_is_to_a_country(country, side, words, more, treatment):
    assert treatment_of(country, due(side, words, "100", "19", **more)) == treatment


def test_a_german_operator():
    """At home, to a Dutch and a Swiss dealer, to a German dealer, a hub's fee, a purchase.

    The form takes taxable amounts in full euros and works the tax out on them: 19 % of 1000 are
    190.00, though 190.10 were invoiced.
    """
    assert boxes(
        "DE",
        due("sold", "DE> S 19 DE", "1000.55", "190.10"),
        due("sold", "DE>NL AE 21 NL", "500.40"),
        due("sold", "DE>CH O 8.1 CH", "300.20"),
        due("sold", "DE>DE AE 19 DE", "200.99"),
        due("sold", "DE>FR AE 20 FR", "40.00", **SERVICE),
        due("bought", "NL>DE AE 19 DE", "50.00", "9.50", **SERVICE),
        due("bought", "DE>DE AE 19 DE", "70.00", "13.30"),
        due("bought", "NL>DE AE 19 DE", "30.00", "5.70"),
        due("bought", "DE>DE S 19 DE", "100.00", "19.00"),
    ) == {
        "81": "1000",
        "81 Steuer": "190.00",
        "46": "50",
        "47": "9.50",
        "84": "100",
        "85": "19.00",
        "60": "200",
        "21": "40",
        "45": "800",  # 500.40 + 300.20, the cents left out
        "66": "19.00",
        "67": "28.50",
        "83": "171.00",  # 190.00 + 9.50 + 19.00 - 19.00 - 28.50
    }


def test_a_german_sale_at_a_rate_of_its_own_and_a_credit():
    """16 % was the rate of the second half of 2020: neither 81 nor 86 takes it."""
    assert boxes(
        "DE",
        due("sold", "DE> S 16 DE", "100.00", "16.00"),
        due("sold", "DE> S 19 DE", "-10.50", "-2.00"),
    ) == {"81": "-10", "81 Steuer": "-1.90", "35": "100", "36": "16.00", "83": "14.10"}


def test_a_dutch_provider_buys_from_a_german_operator():
    """4b and its tax, deducted again on 5b; whole euros in its favour: 230.90 deducts 231."""
    assert boxes(
        "NL",
        due("bought", "DE>NL AE 21 NL", "1000.00", "210.00"),
        due("bought", "NL>NL S 21 NL", "99.50", "20.90"),
        due("sold", "NL> S 21 NL", "300.70", "63.15"),
        due("sold", "NL>DE AE 19 DE", "80.00", **SERVICE),
        due("sold", "NL>DE AE 19 DE", "40.00"),
    ) == {
        "1a": "300",
        "1a btw": "63",
        "3b": "80",
        "4b": "1000",
        "4b btw": "210",
        "5a": "273",
        "5b": "231",
        "5c": "42",
    }


def test_a_dutch_dealer_with_domestic_reverse_charge():
    assert boxes("NL", due("bought", "NL>NL AE 21 NL", "10.00", "2.10")) == {
        "2a": "10",
        "2a btw": "2",
        "5a": "2",
        "5b": "3",
        "5c": "-1",
    }


def test_a_swiss_provider_imports_electricity():
    """Bezugsteuer 383 is owed and deducted on 400; a sale in Germany is abroad (221)."""
    assert boxes(
        "CH",
        due("bought", "DE>CH O 8.1 CH", "1000.00", "81.00"),
        due("sold", "CH> S 8.1 CH", "2000.00", "162.00"),
        due("sold", "CH>DE AE 19 DE", "500.00"),
    ) == {
        "200": "2500.00",
        "221": "500.00",
        "289": "500.00",
        "299": "2000.00",
        "303": "2000.00",
        "303 Steuer": "162.00",
        "383": "1000.00",
        "383 Steuer": "81.00",
        "399": "243.00",
        "400": "81.00",
        "479": "81.00",
        "500": "162.00",
    }


def test_a_swiss_import_before_the_rate_changed_is_on_the_form_of_its_time():
    row = due("bought", "DE>CH O 7.7 CH", "1000.00", "77.00", tax_period="2023-12")
    assert boxes("CH", row, period="2023-12") == {
        "382": "1000.00",
        "382 Steuer": "77.00",
        "399": "77.00",
        "400": "77.00",
        "479": "77.00",
    }


def test_a_british_business_under_the_reverse_charge():
    """The tax is in boxes 1 and 4, the amount in 6 and 7, without the pence."""
    assert boxes(
        "GB",
        due("bought", "DE>GB O 20 GB", "100.99", "20.20"),
        due("sold", "GB> S 5 GB", "200.90", "10.05"),
    ) == {"1": "30.25", "3": "30.25", "4": "20.20", "5": "10.05", "6": "301", "7": "100"}


def test_a_french_operator():
    """To the nearest euro; electricity of a foreign seller on A5, its tax on 08 and on 20."""
    assert boxes(
        "FR",
        due("sold", "FR> S 20 FR", "100.50", "20.10"),
        due("sold", "FR>DE AE 19 DE", "60.00"),
        due("bought", "DE>FR AE 20 FR", "50.00", "10.00"),
        due("bought", "DE>FR AE 20 FR", "5.00", "1.00", **SERVICE),
    ) == {
        "A1": "101",
        "A3": "5",
        "A5": "50",
        "F3": "60",
        "08": "156",  # 155.50
        "08 taxe": "31",
        "16": "31",
        "20": "11",
        "23": "11",
        "25": "20",
    }


def test_an_austrian_operator():
    assert boxes(
        "AT",
        due("sold", "AT> S 20 AT", "100.00", "20.00"),
        due("bought", "DE>AT AE 20 AT", "50.00", "10.00"),
        due("bought", "AT>AT S 20 AT", "30.00", "6.00"),
    ) == {
        "000": "100.00",
        "022": "100.00",
        "022 Steuer": "20.00",
        "057": "10.00",
        "060": "6.00",
        "066": "10.00",
        "090": "16.00",
        "095": "14.00",
    }


def test_a_belgian_operator():
    assert boxes(
        "BE",
        due("sold", "BE> S 21 BE", "100.00", "21.00"),
        due("sold", "BE>NL AE 21 NL", "80.00"),
        due("sold", "BE>NL AE 21 NL", "20.00", **SERVICE),
        due("bought", "DE>BE AE 21 BE", "50.00", "10.50"),
        due("bought", "DE>BE AE 21 BE", "10.00", "2.10", **SERVICE),
    ) == {
        "03": "100.00",
        "44": "20.00",
        "47": "80.00",
        "81": "50.00",
        "82": "10.00",
        "87": "50.00",
        "88": "10.00",
        "54": "21.00",
        "55": "2.10",
        "56": "10.50",
        "59": "12.60",
        "71": "21.00",
    }


def test_a_norwegian_operator():
    assert boxes(
        "NO",
        due("sold", "NO> S 25 NO", "100.00", "25.00"),
        due("bought", "NO>NO S 25 NO", "40.00", "10.00"),
        due("bought", "DE>NO O 25 NO", "20.00", "5.00", **SERVICE),
    ) == {
        "3": "100.00",
        "3 avgift": "25.00",
        "1 avgift": "10.00",
        "86": "20.00",
        "86 avgift": "5.00",
        "total": "15.00",
    }


WITHIN_THE_UNION = {name for name in TREATMENTS if "_eu_" in name}
NOT_ASKED_FOR = {
    "AT": {"sold_eu_electricity", "sold_eu_services", "sold_outside", "sold_abroad_taxed"},
    "CH": {"bought_eu_electricity", "bought_eu_services"},
    "FR": {"sold_abroad_taxed"},
    "GB": WITHIN_THE_UNION,
    "NL": {"sold_eu_electricity", "sold_outside", "sold_abroad_taxed"},
    "NO": WITHIN_THE_UNION | {"bought_domestic_reverse_charge"},
}
"""What a form has no box for, or cannot happen in its country; the return lists it apart."""


@pytest.mark.parametrize("country", sorted(forms()))
def test_a_form_takes_every_treatment_or_the_return_says_that_it_does_not(country):
    for form in forms()[country]:
        if not form.verified:
            continue
        taken = {name for box in form.boxes for name in box.treatments}
        missing = set(TREATMENTS) - NOT_DECLARED_HERE - taken
        inside = {
            name for name in missing if "_eu_" not in name or country not in ("CH", "GB", "NO")
        }
        allowed = NOT_ASKED_FOR.get(country, set()) | {"bought_untaxed"}
        allowed |= {"bought_domestic_reverse_charge"} if country == "NO" else set()
        assert inside <= allowed
        assert form.source
        assert [box.result for box in form.boxes].count("payable") == 1
        assert form.rounding_source


@pytest.mark.parametrize(
    ("country", "rows", "more"),
    [
        ("DE", [due("sold", "DE> S 19 DE", "1000.55", "190.10")], "-0.10"),
        ("NL", [due("sold", "NL> S 21 NL", "1.00", "0.99")], "-0.99"),
        ("NL", [due("bought", "NL>NL S 21 NL", "1.00", "0.01")], "-0.99"),
        ("FR", [due("sold", "FR> S 20 FR", "1.00", "0.50")], "0.50"),
        ("FR", [due("bought", "FR>FR S 20 FR", "1.00", "0.50")], "-0.50"),
        ("CH", [due("sold", "CH> S 8.1 CH", "1.00", "0.08")], "0.00"),
        ("CH", [due("bought", "CH>CH S 8.1 CH", "1.00", "0.08")], "0.00"),
        # Another country's tax is neither owed nor deducted here.
        ("DE", [due("bought", "FR>DE S 20 FR", "1.00", "0.20")], "0"),
        ("DE", [due("sold", "DE> S 20 FR", "1.00", "0.20")], "0"),
    ],
)
def test_what_the_forms_rounding_changes(country, rows, more):
    """A gain of the declarant is negative: it pays less, or gets more back, than the books say."""
    form, currency = form_of(country, "2026-10"), tax_currency(country, last_day("2026-10"))
    assert rounded_by_form(form, lines_of(country, rows), currency) == Decimal(more)


def test_what_no_box_takes_is_told():
    lines = lines_of(
        "NL", [due("sold", "NL>DE AE 19 DE", "40.00"), due("sold", "NL> S 21 NL", "1")]
    )
    assert [line.treatment for line in not_taken(form_of("NL", "2026-10"), lines)] == [
        "sold_eu_electricity"
    ]


@pytest.mark.parametrize("country", ["MT", "SE", "IE"])
def test_a_country_without_a_form_has_the_generic_one(country):
    assert form_of(country, "2026-10") == GENERIC


def test_a_form_before_its_first_period_is_the_generic_one():
    assert form_of("GB", "2019-05") == GENERIC


def test_an_amount_in_the_money_of_the_country():
    """A Danish driver pays in euros a seller whose book is in francs: told as recorded, or not."""
    in_kroner = {"tax_net": Decimal("746.00"), "tax_tax": Decimal("186.50")}
    currencies = {"currency": "EUR", "book_currency": "CHF", "tax_currency": "DKK"}
    told = due("sold", "CH> S 25 DK", "100", "25", **currencies, **in_kroner)
    (line,) = lines_of("DK", [told])
    assert (line.currency, line.base, line.tax) == ("DKK", Decimal("746.00"), Decimal("186.50"))
    unknown = told._replace(tax_net=None, tax_tax=None, tax_self_assessed=None)
    (line,) = lines_of("DK", [unknown])
    assert (line.currency, line.base) == ("EUR", Decimal(100))
    # In the Swiss return the same sale is a supply abroad, in francs as the book has it.
    (line,) = lines_of("CH", [told._replace(book_net=Decimal("94.00"))])
    assert (line.treatment, line.currency, line.base) == ("sold_abroad_taxed", "CHF", Decimal("94"))
