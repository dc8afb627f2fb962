"""Which VAT a sale carries, and which rate converts it."""

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ledger.fx.convert import FxTerms, decide_fx
from ledger.fx.rates import PublishedRate, RateHistory
from ledger.values.reasons import Refused
from ledger.vat.areas import EU
from ledger.vat.decide import decide_vat
from ledger.vat.parties import BuyerKind, VatParty
from ledger.vat.rate_rows import RATES
from ledger.vat.rates import standard_rate
from tests.ledger_cast import swiss_rates

TODAY = date(2026, 10, 10)


def vat_party(text: str, kind: BuyerKind = "business") -> VatParty:
    """Read «NL NL DE»: established in NL, with numbers in NL and DE; its seat is proven."""
    seat, *registered = text.split()
    numbers = tuple((country, f"{country}-1") for country in registered)
    return VatParty(seat, kind, numbers, seat_evidence="extract 1")


# supply, charger, seller, buyer, kind of buyer -> rule, place, category, percent, buyer accounts
DECISIONS = """
electricity NL | NL NL | NL NL | dealer   | seller_in_place   NL S 21 no
electricity NL | NL NL | DE DE | dealer   | reverse_charge    DE AE 0 yes
electricity NL | NL NL | DE DE | business | seller_in_place   NL S 21 no
electricity DE | NL NL | DE DE | business | reverse_charge    DE AE 0 yes
electricity DE | NL NL DE | FR FR | business | seller_registered DE S 19 no
electricity NL | NL NL | CH CH | dealer   | outside_scope     CH O 0 yes
electricity CH | CH CH | CH CH | dealer   | seller_in_place   CH S 8.1 no
electricity CH | CH CH | DE DE | dealer   | reverse_charge    DE AE 0 yes
electricity CH | CH CH | DE DE | business | reverse_charge    DE AE 0 yes
electricity DE | NL NL DE | DE DE | consumer | seller_registered DE S 19 no
service     DE | NL NL | NL NL | business | seller_in_place   NL S 21 no
service     NL | NL NL | DE DE | business | reverse_charge    DE AE 0 yes
service     NL | NL NL | CH CH | business | outside_scope     CH O 0 yes
"""


@pytest.mark.parametrize("row", DECISIONS.strip().splitlines())
def test_the_first_rule_that_matches_decides(row):
    supply, seller, buyer, kind, decided = (cell.strip() for cell in row.split("|"))
    decision = decide_vat(
        supply=supply.split()[0],
        charger_country=supply.split()[1],
        seller=vat_party(seller),
        buyer=vat_party(buyer, kind),
        tax_point=TODAY,
        net=Decimal("100.0000"),
    )
    rule, place, category, percent, accounts = decided.split()
    assert (decision.rule, decision.place, decision.category) == (rule, place, category)
    assert (decision.percent, decision.vat) == (Decimal(percent), Decimal(percent))
    assert decision.buyer_accounts == (accounts == "yes")
    assert bool(decision.exemption) == (category != "S")
    assert bool(decision.rate_source) == (category == "S")


@pytest.mark.parametrize(
    ("charger", "seller", "buyer", "kind", "code"),
    [
        ("DE", "NL NL", "DE", "business", "VAT_REGISTRATION_MISSING"),  # the buyer has no number
        ("DE", "NL NL", "DE DE", "consumer", "VAT_REGISTRATION_MISSING"),
        ("CH", "NL NL", "FR", "business", "VAT_REGISTRATION_MISSING"),
        ("US", "NL NL", "NO NO", "dealer", "VAT_RATE_MISSING"),  # never a guess
    ],
)
def test_what_the_facts_do_not_decide_is_refused(charger, seller, buyer, kind, code):
    with pytest.raises(Refused, match=code):
        decide_vat(
            supply="electricity",
            charger_country=charger,
            seller=vat_party(seller),
            buyer=vat_party(buyer, kind),
            tax_point=TODAY,
            net=Decimal(1),
        )


@pytest.mark.parametrize(
    ("country", "day", "percent"),
    [
        ("DE", date(2018, 1, 1), "19"),
        ("DE", date(2020, 6, 30), "19"),
        ("DE", date(2020, 7, 1), "16"),
        ("DE", date(2020, 12, 31), "16"),
        ("DE", date(2021, 1, 1), "19"),
        ("CH", date(2023, 12, 31), "7.7"),
        ("CH", date(2024, 1, 1), "8.1"),
        ("LU", date(2023, 7, 1), "16"),
        ("NL", date(2026, 10, 10), "21"),
        ("NL", date(2017, 12, 31), None),
        ("ZZ", date(2026, 10, 10), None),
    ],
)
def test_the_tax_point_picks_the_rate(country, day, percent):
    row = standard_rate(country, day)
    assert (str(row.percent) if row else None) == percent


def test_every_rate_names_its_source_and_follows_the_countrys_last():
    assert all(row.source and 0 < row.percent < 28 for row in RATES)
    starts = [(row.country, row.valid_from) for row in RATES]
    assert len(starts) == len(set(starts))
    assert len(EU) == 27
    assert not EU & {"CH", "NO", "GB"}


@pytest.mark.parametrize(
    ("net", "vat"), [("0.0500", "0.0095"), ("-0.0500", "-0.0095"), ("0.0029", "0.0006")]
)
def test_the_vat_of_a_cdr_has_four_decimals_and_mirrors_its_reversal(net, vat):
    decision = decide_vat(
        supply="electricity",
        charger_country="DE",
        seller=vat_party("DE DE"),
        buyer=vat_party("DE DE"),
        tax_point=TODAY,
        net=Decimal(net),
    )
    assert str(decision.vat) == vat


FRANCS = swiss_rates(date(2026, 10, 31), (date(2026, 10, 9), "0.9375"), (date(2026, 10, 12), "0.9"))
CROWNS = RateHistory(
    "NOK",
    "ECB",
    date(2026, 10, 1),
    date(2026, 10, 31),
    (PublishedRate(date(2026, 10, 1), Decimal("11.25")),),
)
HISTORIES = {"CHF": FRANCS, "NOK": CROWNS}


@pytest.mark.parametrize(
    ("pair", "day", "rate", "published"),
    [
        ("EUR CHF", date(2026, 10, 9), "0.9375", date(2026, 10, 9)),
        ("EUR CHF", date(2026, 10, 11), "0.9375", date(2026, 10, 9)),  # a Sunday: Friday's
        ("EUR CHF", date(2026, 10, 12), "0.9", date(2026, 10, 12)),
        ("CHF EUR", date(2026, 10, 9), "1.066666666667", date(2026, 10, 9)),
        ("CHF NOK", date(2026, 10, 9), "12", date(2026, 10, 1)),  # crossed; the older day is said
        ("EUR EUR", date(2026, 10, 9), "1", None),
        ("CHF CHF", date(1999, 1, 1), "1", None),
    ],
)
def test_the_last_publication_before_or_on_the_day_converts(pair, day, rate, published):
    source, target = pair.split()
    found = decide_fx(from_currency=source, to_currency=target, rate_on=day, histories=HISTORIES)
    assert (found.rate, found.published_on) == (Decimal(rate), published)


@pytest.mark.parametrize(
    ("rule", "day", "rate", "published"),
    [
        ("session_end", date(2026, 10, 12), "0.9", date(2026, 10, 12)),
        ("session_end", date(2026, 10, 11), "0.9375", date(2026, 10, 9)),
        ("previous_publication", date(2026, 10, 12), "0.9375", date(2026, 10, 9)),
        ("previous_publication", date(2026, 10, 13), "0.9", date(2026, 10, 12)),
        ("cut_off_day", date(2026, 10, 2), "0.9", date(2026, 10, 12)),
        ("fixed_monthly", date(2026, 10, 31), "0.9400", date(2026, 9, 30)),
    ],
)
def test_the_agreement_says_which_publication_converts(rule, day, rate, published):
    found = decide_fx(
        from_currency="EUR",
        to_currency="CHF",
        rate_on=day,
        histories=HISTORIES,
        terms=FxTerms(date_rule=rule),
    )
    assert (found.rate, found.published_on, found.rule) == (Decimal(rate), published, rule)


@pytest.mark.parametrize(
    ("rule", "day"),
    [
        ("cut_off_day", date(2026, 11, 2)),  # the month's last publication is yet to come
        ("previous_publication", date(2026, 9, 30)),
        ("fixed_monthly", date(2026, 9, 30)),
    ],
)
def test_a_rule_whose_publication_is_not_there_is_refused(rule, day):
    with pytest.raises(Refused) as refused:
        decide_fx(
            from_currency="EUR",
            to_currency="CHF",
            rate_on=day,
            histories=HISTORIES,
            terms=FxTerms(date_rule=rule),
        )
    assert refused.value.reason == "FX_RATE_MISSING"


def test_a_markup_is_kept_apart_from_the_rate_of_the_source():
    terms = FxTerms(markup_bps=150)
    found = decide_fx(
        from_currency="EUR",
        to_currency="CHF",
        rate_on=date(2026, 10, 12),
        histories=HISTORIES,
        terms=terms,
    )
    assert (found.reference_rate, found.rate) == (Decimal("0.9"), Decimal("0.9135"))


def test_a_conversion_over_the_euro_names_both_publications():
    found = decide_fx(
        from_currency="CHF", to_currency="NOK", rate_on=date(2026, 10, 9), histories=HISTORIES
    )
    assert [(row.currency, str(row.per_euro)) for row in found.crossed] == [
        ("CHF", "0.9375"),
        ("NOK", "11.25"),
    ]


def test_rates_of_another_source_are_kept_beside_those_of_the_ecb():
    bank = FRANCS.rates[0]
    histories = {**HISTORIES, "CHF@BANK": replace(FRANCS, source="BANK", rates=(bank,))}
    found = decide_fx(
        from_currency="EUR",
        to_currency="CHF",
        rate_on=date(2026, 10, 12),
        histories=histories,
        terms=FxTerms(source="BANK"),
    )
    assert (found.rate, found.source) == (bank.per_euro, "BANK")
    with pytest.raises(Refused) as refused:
        decide_fx(
            from_currency="EUR",
            to_currency="NOK",
            rate_on=date(2026, 10, 12),
            histories=histories,
            terms=FxTerms(source="BANK"),
        )
    assert refused.value.refusals[0].path == "NOK@BANK"


@pytest.mark.parametrize(
    ("pair", "day", "missing"),
    [
        ("EUR CHF", date(2026, 11, 1), "CHF"),  # a publication for that day may still arrive
        ("EUR CHF", date(2026, 9, 29), "CHF"),
        ("EUR SEK", date(2026, 10, 9), "SEK"),
        ("SEK CHF", date(2026, 10, 9), "SEK"),
    ],
)
def test_a_day_that_no_import_covers_is_refused(pair, day, missing):
    source, target = pair.split()
    with pytest.raises(Refused) as refused:
        decide_fx(from_currency=source, to_currency=target, rate_on=day, histories=HISTORIES)
    assert (refused.value.reason, refused.value.refusals[0].path) == ("FX_RATE_MISSING", missing)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ([("2026-10-01", "0")], "RATE_NOT_POSITIVE"),
        ([("2026-10-01", "-1")], "RATE_NOT_POSITIVE"),
        ([("2026-10-01", "NaN")], "RATE_NOT_POSITIVE"),
        ([("2026-10-02", "1"), ("2026-10-01", "1")], "INVALID_DOCUMENT"),
        ([("2026-10-01", "1"), ("2026-10-01", "1")], "INVALID_DOCUMENT"),
        ([("2026-09-01", "1")], "INVALID_DOCUMENT"),
        ([], "INVALID_DOCUMENT"),
    ],
)
def test_an_import_that_cannot_be_right_is_refused(change, code):
    rates = tuple(PublishedRate(date.fromisoformat(day), Decimal(rate)) for day, rate in change)
    with pytest.raises(Refused, match=code):
        RateHistory("CHF", "ECB", date(2026, 10, 1), date(2026, 10, 31), rates).checked()
