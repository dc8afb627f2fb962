"""The decision table of VAT row by row: place of supply, then the first rule that matches.

Each block names where its examples are from. Chargers, seats and numbers are countries; how they
are written is said in `tests.vat_words`.
"""

from datetime import date

import pytest

from ledger.values.reasons import Refused
from tests.vat_words import decided, said

# supply and charger | seller | buyer -> rule place category rate [, the buyer accounts at]
DOMESTIC = """
# Article 199a (1) (e), UStG § 13b (2) 5 b: between resellers at home the buyer accounts
electricity DE | DE dealer   | DE dealer     | domestic_resale DE AE 0, buyer 19
electricity AT | AT dealer   | AT dealer     | domestic_resale AT AE 0, buyer 20
electricity IT | IT dealer   | IT dealer     | domestic_resale IT AE 0, buyer 22
# the charger stands elsewhere: a dealer's place is its seat
electricity FR | DE dealer   | DE dealer     | domestic_resale DE AE 0, buyer 19
# a foreign seller with an establishment at the buyer's seat is established there
electricity DE | NL dealer DE @DE | DE dealer | domestic_resale DE AE 0, buyer 19
# states without the option tax their resellers
electricity NL | NL dealer   | NL dealer     | seller_in_place NL S 21
electricity FR | FR dealer   | FR dealer     | seller_in_place FR S 20
electricity CH | CH dealer   | CH dealer     | seller_in_place CH S 8.1
electricity GB | GB dealer   | GB dealer     | seller_in_place GB S 20
electricity NO | NO dealer   | NO dealer     | seller_in_place NO S 25
# one of both is no reseller (Haufe, UStG § 3g, examples a and b: plant operator, gas dealer)
electricity DE | DE dealer   | DE business   | seller_in_place DE S 19
electricity DE | DE business | DE dealer     | seller_in_place DE S 19
# a service between resellers is no electricity
service     DE | DE dealer   | DE dealer     | seller_in_place DE S 19
# without the buyer's number nobody can account: the seller taxes
electricity DE | DE dealer   | DE dealer -   | seller_in_place DE S 19
"""

ACROSS_BORDERS = """
# Haufe, UStG § 3g, example of the smelter in Aachen: Belgian supplier, German user and reseller
electricity DE | BE dealer   | DE business   | reverse_charge DE AE 0, buyer 19
electricity DE | BE dealer   | DE dealer     | reverse_charge DE AE 0, buyer 19
# … and what it sells on to Maastricht is used there
electricity NL | DE business | NL business   | reverse_charge NL AE 0, buyer 21
# Directive Article 38: to a reseller at its seat, wherever the charger stands
electricity NL | NL dealer   | DE dealer     | reverse_charge DE AE 0, buyer 19
electricity DE | NL dealer   | FR dealer     | reverse_charge FR AE 0, buyer 20
electricity AT | NL dealer   | GR dealer     | reverse_charge GR AE 0, buyer 24
# Article 39: to others where it is used; who is not registered there is taxed
electricity NL | NL dealer   | DE business   | seller_in_place NL S 21
electricity DE | NL dealer   | FR business DE | reverse_charge DE AE 0, buyer 19
electricity DE | NL dealer NL DE | FR business | seller_registered DE S 19
electricity AT | DE dealer DE AT | CZ business | seller_registered AT S 20
# consumers never account
electricity DE | NL dealer NL DE | DE consumer | seller_registered DE S 19
electricity DE | NL dealer NL DE | driver    | seller_registered DE S 19
electricity NL | NL dealer   | driver        | seller_in_place NL S 21
# an establishment: seller's, and the buyer's for which electricity is bought
electricity DE | NL dealer NL DE @DE | FR business | seller_in_place DE S 19
electricity FR | NL dealer   | DE dealer FR @FR! | reverse_charge FR AE 0, buyer 20
electricity FR | NL dealer   | DE dealer DE FR @FR | reverse_charge DE AE 0, buyer 19
# the seller is identified anywhere, the buyer has to be in the place
electricity NL | NL dealer BE | DE dealer    | reverse_charge DE AE 0, buyer 19
electricity DE | CH dealer   | DE dealer     | reverse_charge DE AE 0, buyer 19
"""

SWITZERLAND = """
# MWSTG Art. 7 (2), ESTV 2023-01-20: at the seat of any business; a foreign one is proven
electricity CH | CH dealer   | CH business   | seller_in_place CH S 8.1
electricity CH | CH dealer   | driver        | seller_in_place CH S 8.1
electricity CH | CH dealer   | DE dealer     | reverse_charge DE AE 0, buyer 19
electricity CH | CH dealer   | DE business   | reverse_charge DE AE 0, buyer 19
electricity CH | CH dealer   | DE dealer unproven | seller_in_place CH S 8.1
electricity CH | CH dealer   | DE business unproven | seller_in_place CH S 8.1
electricity CH | CH dealer   | DE business - | outside_scope DE O 0
electricity CH | CH dealer   | GB dealer     | outside_scope GB O 0, buyer 20
electricity CH | CH dealer   | DE dealer DE CH @CH! | seller_in_place CH S 8.1
# Bezugsteuer, MWSTG Art. 45: a business buys from a foreign seller that is not registered
electricity DE | DE dealer   | CH dealer     | outside_scope CH O 0, buyer 8.1
electricity CH | DE dealer   | CH business   | outside_scope CH O 0, buyer 8.1
electricity CH | DE dealer DE CH | CH business | seller_registered CH S 8.1
electricity CH | DE dealer DE CH | driver    | seller_registered CH S 8.1
# Liechtenstein is of the same territory: the seller declares at home
electricity LI | CH dealer   | LI dealer     | seller_in_place CH S 8.1
electricity CH | LI dealer   | CH business   | seller_in_place LI S 8.1
electricity LI | LI dealer   | driver        | seller_in_place LI S 8.1
electricity LI | AT dealer AT CH | driver    | seller_registered CH S 8.1
electricity AT | AT dealer   | LI dealer     | outside_scope LI O 0, buyer 8.1
"""

KINGDOM_AND_NORWAY = """
# S.I. 2004/3148 Part 3 (VATPOSG5400): dealers at their seat, others where it is used
electricity GB | GB dealer   | DE dealer     | reverse_charge DE AE 0, buyer 19
electricity GB | GB dealer   | DE business   | seller_in_place GB S 20
electricity GB | GB dealer   | driver        | seller_in_place GB S 20
# VATA 1994 s. 9A: overseas seller, registered buyer, whether or not it is established there
electricity GB | NL dealer   | GB business   | outside_scope GB O 0, buyer 20
electricity GB | NL dealer   | GB dealer     | outside_scope GB O 0, buyer 20
electricity GB | NL dealer   | FR business FR GB | outside_scope GB O 0, buyer 20
electricity GB | NL dealer NL GB | GB business | outside_scope GB O 0, buyer 20
electricity GB | NL dealer NL GB | driver    | seller_registered GB S 20
electricity NL | NL dealer   | GB dealer     | outside_scope GB O 0, buyer 20
# Norway: where the charger stands; a reseller of the Union's electricity there is out of scope
electricity NO | NO dealer   | DE dealer     | seller_in_place NO S 25
electricity NO | NL dealer   | NO business   | outside_scope NO O 0, buyer 25
electricity NO | NL dealer NL NO | NO business | seller_registered NO S 25
electricity DE | DE dealer   | NO dealer     | outside_scope NO O 0, buyer 25
"""

SERVICES = """
# Articles 44 and 196: to a business at its seat
service NL | NL dealer   | NL business | seller_in_place NL S 21
service NL | NL business | DE business | reverse_charge DE AE 0, buyer 19
service FR | NL business | DE dealer   | reverse_charge DE AE 0, buyer 19
service NL | NL business | CH business | outside_scope CH O 0, buyer 8.1
service NL | NL business | GB business | outside_scope GB O 0, buyer 20
service NL | NL business | NO business | outside_scope NO O 0, buyer 25
service CH | CH business | DE business | reverse_charge DE AE 0, buyer 19
# Article 58: to a consumer where it lives; Article 24a: on the spot, of whoever is there
service DE | NL dealer NL FR | FR consumer | seller_registered FR S 20
service NL | NL dealer   | driver      | seller_in_place NL S 21
service DE | NL dealer NL DE | driver  | seller_registered DE S 19
"""

PARKING = """
# Article 47: a use of immovable property, where that is, to whoever it is
parking DE | DE dealer   | DE dealer   | seller_in_place DE S 19
parking DE | DE dealer   | NL dealer   | seller_in_place DE S 19
parking DE | NL dealer   | DE business | reverse_charge DE AE 0, buyer 19
parking DE | NL dealer NL DE | FR dealer | seller_registered DE S 19
parking CH | CH dealer   | DE dealer   | seller_in_place CH S 8.1
parking GB | GB dealer   | driver      | seller_in_place GB S 20
"""

NOBODY_DECLARES = """
electricity DE | NL dealer   | driver          | VAT_REGISTRATION_MISSING
electricity DE | NL dealer   | DE business -   | VAT_REGISTRATION_MISSING
electricity DE | NL dealer   | FR business     | VAT_REGISTRATION_MISSING
electricity NL | NL dealer - | DE dealer       | VAT_REGISTRATION_MISSING
electricity NL | NL dealer   | DE dealer NL    | VAT_REGISTRATION_MISSING
electricity DE | CH dealer   | DE business -   | VAT_REGISTRATION_MISSING
electricity CH | DE dealer   | FR business unproven | VAT_REGISTRATION_MISSING
electricity GB | NL dealer   | driver          | VAT_REGISTRATION_MISSING
electricity NO | NL dealer   | driver          | VAT_REGISTRATION_MISSING
service     NL | NL business | DE business -   | VAT_REGISTRATION_MISSING
service     NL | NL business | FR consumer     | VAT_REGISTRATION_MISSING
parking     DE | NL dealer   | FR dealer       | VAT_REGISTRATION_MISSING
electricity US | NL dealer   | NL dealer       | VAT_RATE_MISSING
electricity TR | TR dealer   | driver          | VAT_RATE_MISSING
"""


def rows_of(table: str) -> list[list[str]]:
    """Return a table's cells; lines that begin with # are about what follows."""
    lines = (line for line in table.strip().splitlines() if not line.startswith("#"))
    return [[cell.strip() for cell in line.split("|")] for line in lines]


DECIDED = [
    row
    for table in (DOMESTIC, ACROSS_BORDERS, SWITZERLAND, KINGDOM_AND_NORWAY, SERVICES, PARKING)
    for row in rows_of(table)
]


@pytest.mark.parametrize(("supply", "seller", "buyer", "outcome"), DECIDED)
def test_the_first_rule_that_matches_decides(supply, seller, buyer, outcome):
    decision = decided(supply, seller, buyer)
    assert said(decision) == outcome
    assert decision.vat == decision.percent, "of 100"
    assert decision.data_version and decision.place in outcome
    assert decision.supply == ("electricity" if supply.startswith("electricity") else "service")


@pytest.mark.parametrize(("supply", "seller", "buyer", "code"), rows_of(NOBODY_DECLARES))
def test_what_nobody_declares_is_refused(supply, seller, buyer, code):
    with pytest.raises(Refused, match=code):
        decided(supply, seller, buyer)


def test_there_are_rows_for_every_rule_and_country_with_rules_of_its_own():
    assert len(DECIDED) + len(rows_of(NOBODY_DECLARES)) >= 60
    assert {row[3].split()[0] for row in DECIDED} == {
        "domestic_resale",
        "seller_in_place",
        "reverse_charge",
        "outside_scope",
        "seller_registered",
    }
    assert {"CH", "LI", "GB", "NO"} <= {row[3].split()[1] for row in DECIDED}


# --- dates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        (date(2026, 12, 31), "domestic_resale DE AE 0, buyer 19"),
        (date(2027, 1, 1), "seller_in_place DE S 19"),  # the directive's option has ended
        (date(2020, 8, 1), "domestic_resale DE AE 0, buyer 16"),
    ],
)
def test_an_option_holds_as_long_as_the_law_gives_it(day, outcome):
    assert said(decided("electricity DE", "DE dealer", "DE dealer", on=day)) == outcome


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        (date(2023, 12, 31), "seller_in_place CH S 7.7"),
        (date(2024, 1, 1), "seller_in_place CH S 8.1"),
    ],
)
def test_the_tax_point_picks_the_rate_of_the_place(day, outcome):
    assert said(decided("electricity CH", "CH dealer", "driver", on=day)) == outcome


def test_before_the_first_rate_there_is_no_decision():
    with pytest.raises(Refused, match="VAT_RATE_MISSING"):
        decided("electricity NL", "NL dealer", "driver", on=date(2017, 12, 31))
    with pytest.raises(Refused, match="VAT_RATE_MISSING"):  # the buyer's own is not known either
        decided("electricity NL", "NL dealer", "DE dealer", on=date(2017, 12, 31))


# --- what a decision says of itself -------------------------------------------------------------


def test_a_reverse_charge_names_both_numbers_the_proof_and_the_code():
    decision = decided("electricity NL", "NL dealer", "DE dealer")
    assert (decision.seller_number, decision.buyer_number) == ("NL1", "DE1")
    assert (decision.evidence, decision.exemption) == ("proof of DE", "VATEX-EU-AE")
    assert decision.why == (
        "electricity to a dealer: the buyer's seat; "
        "the seller is not there, the buyer is identified there"
    )


def test_dealers_at_home_rest_on_the_proof_of_both():
    decision = decided("electricity FR", "DE dealer", "DE dealer unproven")
    assert decision.evidence == "proof of DE"
    assert "UStG § 13b (2) 5 b" in decision.why


def test_what_is_out_of_scope_names_no_number():
    decision = decided("electricity DE", "DE dealer", "CH dealer")
    assert (decision.seller_number, decision.buyer_number) == ("", "")
    assert (decision.exemption, decision.buyer_accounts) == ("VATEX-EU-O", True)
    beyond = decided("service NL", "NL business", "US business -")
    assert (beyond.category, beyond.buyer_accounts, beyond.buyer_percent) == ("O", False, None)


def test_a_seller_registered_abroad_uses_its_number_there():
    decision = decided("electricity DE", "NL dealer NL DE", "driver")
    assert (decision.seller_number, decision.rate_source) == ("DE1", "UStG § 12 (1)")


def test_what_has_no_verified_source_says_so():
    assert "unverified" in decided("electricity NO", "NO dealer", "driver").why


def test_a_foreign_seat_without_proof_is_told():
    unproven = decided("electricity CH", "CH dealer", "DE dealer unproven")
    assert "no foreign seat of the buyer is proven" in unproven.why
    assert decided("electricity CH", "CH dealer", "DE dealer").evidence == "proof of DE"
