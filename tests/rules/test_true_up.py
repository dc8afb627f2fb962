"""What a clause owes over a period: by the volume's tiers, within bounds, to the exact share."""

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest

from ledger.books.split import Portion, waterfall
from ledger.roaming.agreement import Agreement
from ledger.roaming.agreement_version import AgreementVersion
from ledger.roaming.clauses import Fee, SplitTerms, Step, Tier, Tiers
from ledger.roaming.terms import Calendar, Rounding, Terms
from ledger.settlement.monthly import monthly_fees, tiered_monthly
from ledger.settlement.true_up import (
    Clause,
    ClauseFigures,
    ClauseUse,
    SalesVolume,
    TieredCharge,
    owed_by_clauses,
)
from ledger.settlement.volume import Volume, parts_of_volume
from ledger.values.reasons import InvariantBroken

CPO, EMSP, HOST, CLEARING, PLATFORM = "NL*XYZ", "DE*EMP", "NL*HST", "NL*CLR", "NL*PLT"
VERSION = f"{CPO}>{EMSP}#1"
ROWS = ("0", "1000", "5000")
PRICES = ("1/50", "1/100", "1/200")
THREE_TIERS = tuple(zip(ROWS, PRICES, strict=True))


def tiers(kind, by, rows=THREE_TIERS):
    return Tiers(kind, by, tuple(Tier(Decimal(above), rate) for above, rate in rows))


@pytest.mark.parametrize(
    ("kind", "volume", "parts"),
    [
        ("marginal", "0", "1 0 0"),
        ("marginal", "-3", "1 0 0"),  # more was taken back than sold
        ("marginal", "999.99", "1 0 0"),
        ("marginal", "1000", "1 0 0"),  # the bound itself still lies below
        ("marginal", "1001", "1000/1001 1/1001 0"),
        ("marginal", "4000", "1/4 3/4 0"),
        ("marginal", "5000", "1/5 4/5 0"),
        ("marginal", "10000", "1/10 2/5 1/2"),
        ("whole_volume", "0", "1 0 0"),
        ("whole_volume", "-3", "1 0 0"),
        ("whole_volume", "1000", "1 0 0"),
        ("whole_volume", "1000.01", "0 1 0"),
        ("whole_volume", "5000", "0 1 0"),
        ("whole_volume", "5001", "0 0 1"),
    ],
)
def test_a_tier_begins_above_its_bound(kind, volume, parts):
    found = parts_of_volume(tiers(kind, "cdrs"), Fraction(volume))
    assert " ".join(str(part) for part in found) == parts
    assert sum(found) == 1


def clause(name, payee, *, kind="share", payer=CPO, currency="EUR", country="NLD"):
    return Clause(VERSION, name, kind, payee, payer, currency, country)


def charge(of, *, net="10", count=1, kwh="20", rest=None, basis=None, currency="EUR"):
    gross = Decimal(net) * Decimal("1.21")
    return TieredCharge(
        of, currency, Decimal(basis or net), gross, Decimal(net), Decimal(kwh), count, rest
    )


def owed(figures, terms, before=None, rate="2"):
    """Return what is owed per clause and payee; a franc is worth `rate` euros."""

    def convert(amount, currency, into):
        if currency == into:
            return Fraction(amount)
        return Fraction(amount) * Fraction(rate) ** (1 if currency == "CHF" else -1)

    found = owed_by_clauses(figures, before=before or {}, terms_of=lambda _: terms, convert=convert)
    return {(row.clause.clause, row.clause.payee): row for row in found}


FEE = clause("fees[0] clearing", CLEARING, kind="fee")


@pytest.mark.parametrize(
    ("kind", "by", "count", "booked", "adjusted"),
    [
        ("marginal", "cdrs", 1000, "200", "0"),  # 10.00 each at two percent
        ("marginal", "cdrs", 2000, "400", "-100"),
        ("marginal", "cdrs", 10000, "2000", "-1150"),
        ("whole_volume", "cdrs", 1000, "200", "0"),
        ("whole_volume", "cdrs", 1001, "200.2", "-100.1"),
        ("whole_volume", "cdrs", 5001, "1000.2", "-750.15"),
        ("marginal", "kwh", 50, "10", "0"),  # 20 kWh each
        ("marginal", "kwh", 100, "20", "-5"),
        ("whole_volume", "kwh", 51, "10.2", "-5.1"),
        ("marginal", "net", 200, "40", "-10"),
        ("whole_volume", "net", 101, "20.2", "-10.1"),
    ],
)
def test_a_fee_with_tiers_owes_by_the_periods_volume(kind, by, count, booked, adjusted):
    fee = Fee("clearing", "seller", CLEARING, "net", tiers=tiers(kind, by))
    figures = ClauseFigures(
        uses=(ClauseUse(FEE, booked, Decimal(booked)),), charges=(charge(FEE, count=count),)
    )
    found = owed(figures, Terms(fees=(fee,)))["fees[0] clearing", CLEARING]
    assert found.missing == Decimal(adjusted)
    assert found.volume == Volume(count, Decimal(20 * count), Decimal(10 * count))


@pytest.mark.parametrize(
    ("bounds", "net", "owed_at_one_percent"),
    [
        ({"minimum": "0.15"}, "10", "0.15"),  # 0.20 is booked, one percent is below the floor
        ({"minimum": "0.15"}, "7", "0.15"),  # the floor is booked, and owed
        ({"minimum": "0.15"}, "40", "0.40"),
        ({"maximum": "0.50"}, "40", "0.40"),  # the cap is booked, one percent is below it
        ({"maximum": "0.50"}, "60", "0.50"),
    ],
)
def test_bounds_per_charge_hold_at_every_tier(bounds, net, owed_at_one_percent):
    limits = {name: Decimal(value) for name, value in bounds.items()}
    reached = tiers("whole_volume", "cdrs", (("0", "1/50"), ("1", "1/100")))
    fee = Fee("clearing", "seller", CLEARING, "net", tiers=reached, **limits)
    low, high = limits.get("minimum", Decimal(0)), limits.get("maximum", Decimal(1000))
    booked = 2 * min(max(Decimal(net) / 50, low), high)
    figures = ClauseFigures(
        uses=(ClauseUse(FEE, str(booked), booked),), charges=(charge(FEE, net=net, count=2),)
    )
    found = owed(figures, Terms(fees=(fee,)))["fees[0] clearing", CLEARING]
    assert found.owed == 2 * Decimal(owed_at_one_percent)


def test_what_a_tier_gives_back_is_the_remaining_takers():
    """The platform collects and keeps 10 %, 5 % of everything above 100; the CPO gets the rest."""
    reached = tiers("whole_volume", "net", (("0", "1/10"), ("100", "1/20")))
    steps = Step(PLATFORM, name="platform", tiers=reached), Step(CPO, remaining=True, name="cpo")
    platform = clause("split.steps[0] platform", PLATFORM, payer=PLATFORM)
    rest = clause("split.steps[1] cpo", CPO, kind="wholesale", payer=PLATFORM)
    figures = ClauseFigures(
        uses=(ClauseUse(platform, "20", Decimal(20)), ClauseUse(rest, "180", Decimal(180))),
        charges=(charge(platform, count=20, rest=rest),),
    )
    found = owed(figures, Terms(split=SplitTerms(steps=steps)))
    assert {key: str(row.missing) for key, row in found.items()} == {
        ("split.steps[1] cpo", CPO): "10.0000"  # and what the platform owes itself is no debt
    }


def test_a_sale_given_back_counts_against_the_volume_and_owes_the_opposite():
    fee = Fee("clearing", "seller", CLEARING, "net", tiers=tiers("marginal", "net"))
    charges = charge(FEE, net="1000", count=3), charge(FEE, net="-1000", count=1)
    figures = ClauseFigures(uses=(ClauseUse(FEE, "40", Decimal(40)),), charges=charges)
    found = owed(figures, Terms(fees=(fee,)))["fees[0] clearing", CLEARING]
    assert (found.volume.net, found.owed) == (2000, Decimal("30.0000"))


def test_a_volume_counts_all_countries_and_each_owes_its_part():
    fee = Fee("clearing", "seller", CLEARING, "net", tiers=tiers("marginal", "cdrs"))
    swiss = clause("fees[0] clearing", CLEARING, kind="fee", country="CHE")
    figures = ClauseFigures(
        uses=(ClauseUse(FEE, "300", Decimal(300)), ClauseUse(swiss, "100", Decimal(100))),
        charges=(charge(FEE, count=1500), charge(swiss, count=500)),
    )
    found = owed_by_clauses(
        figures,
        before={},
        terms_of=lambda _: Terms(fees=(fee,)),
        convert=lambda amount, *_: Fraction(amount),
    )
    assert {row.clause.charger_country: row.missing for row in found} == {
        "CHE": Decimal(-25),
        "NLD": Decimal(-75),
    }


def test_amounts_of_another_currency_are_converted_before_they_are_compared():
    rows = (Tier(Decimal(0), amount=Decimal("0.20")), Tier(Decimal(1), amount=Decimal("0.10")))
    fee = Fee(
        *("clearing", "seller", CLEARING, "per_cdr"),
        currency="CHF",
        tiers=Tiers("whole_volume", "cdrs", rows),
    )
    francs = clause("fees[0] clearing", CLEARING, kind="fee", currency="CHF")
    figures = ClauseFigures(
        uses=(ClauseUse(francs, "0.40", Decimal("0.4")),), charges=(charge(francs, count=2),)
    )
    found = owed(figures, Terms(fees=(fee,)))["fees[0] clearing", CLEARING]
    assert (found.owed, found.volume.net) == (Decimal("0.2000"), Decimal(10))


@pytest.mark.parametrize(
    ("exact", "booked", "before", "missing"),
    [
        ("100/3", "33.3333", "0", "0"),
        ("100/3", "33.3340", "0", "-0.0007"),
        ("100/3", "33.3340", "-0.0007", "0"),  # trued up before
        ("100/3", "33.3340", "-0.0009", "0.0002"),  # and more charges since
        ("-100/3", "-33.3330", "0", "-0.0003"),
        ("0", "0", "0.0005", "-0.0005"),  # every charge was taken back since
    ],
)
def test_what_is_missing_is_what_is_owed_less_what_is_booked(exact, booked, before, missing):
    share = clause("split.steps[0]", HOST)
    figures = ClauseFigures(uses=(ClauseUse(share, exact, Decimal(booked)),))
    found = owed(figures, Terms(), before={share: Decimal(before)})
    assert found["split.steps[0]", HOST].missing == Decimal(missing)


def test_a_clause_that_nobody_agreed_stops_the_ledger():
    figures = ClauseFigures(charges=(charge(clause("fees[7] tip", CLEARING, kind="fee")),))
    with pytest.raises(InvariantBroken, match="tip"):
        owed(figures, Terms())
    plain = Terms(fees=(Fee("clearing", "seller", CLEARING, "net", rate="1/100"),))
    with pytest.raises(InvariantBroken, match="no tiers"):
        owed(ClauseFigures(charges=(charge(FEE),)), plain)


def test_twenty_thousand_splits_end_within_a_cent_of_the_exact_share():
    """10/20/70, at scale 4: without the true-up somebody would have drifted by ten cents."""
    chance = Random(20_000)
    shares = ("NL*TEN", "1/10"), ("NL*TWO", "1/5"), ("NL*SVN", "7/10")
    steps = [
        Portion(Step(payee, rate=rate), f"split.steps[{place}]", VERSION)
        for place, (payee, rate) in enumerate(shares)
    ]
    exact, booked, total = defaultdict(Fraction), defaultdict(Decimal), Decimal(0)
    for _ in range(20_000):
        net = Decimal(chance.randrange(1, 1_000_000)).scaleb(-4)
        total += net
        for row in waterfall(
            gross=net,
            net=net,
            energy_kwh=Decimal(10),
            steps=steps,
            seller=CPO,
            in_sale_currency=lambda amount, _: Fraction(amount),
        ):
            exact[row.payee] += Fraction(row.exact)
            booked[row.payee] += row.amount
    uses = tuple(
        ClauseUse(clause(f"split.steps[{place}]", payee), str(exact[payee]), booked[payee])
        for place, (payee, _) in enumerate(shares)
    )
    found = owed(ClauseFigures(uses), Terms())
    assert sum(booked.values()) == total
    assert max(abs(row.missing) for row in found.values()) > Decimal("0.10")
    for place, (payee, rate) in enumerate(shares):
        row = found[f"split.steps[{place}]", payee]
        assert exact[payee] == Fraction(total) * Fraction(rate)
        assert abs(Fraction(booked[payee] + row.missing) - exact[payee]) <= Fraction(1, 20_000)


# monthly fees

BEGIN, END = datetime(2026, 9, 30, 22, tzinfo=UTC), datetime(2026, 10, 31, 23, tzinfo=UTC)
MIDDLE = datetime(2026, 10, 15, tzinfo=UTC)


def agreed(*versions):
    """Return an agreement of (valid from, valid until, terms)."""
    found = Agreement.blank(f"{CPO}>{EMSP}")
    found.versions = tuple(
        AgreementVersion(number, since, until, terms)
        for number, (since, until, terms) in enumerate(versions, 1)
    )
    return found


def per_month(amount=None, *, tiers_=None, group="ALL"):
    fee = Fee(
        *("platform", "buyer", PLATFORM, "per_month"),
        amount=None if amount is None else Decimal(amount),
        currency="EUR",
        tiers=tiers_,
    )
    return Terms(fees=(fee,), calendar=Calendar(group=group))


def fees_of(*agreements, sales=(), before=None):
    return monthly_fees(
        agreements, group="ALL", begins_at=BEGIN, ends_at=END, sales=sales, before=before or {}
    )


@pytest.mark.parametrize(
    ("versions", "version", "amount"),
    [
        ([(BEGIN, None, "100")], 1, "100"),
        ([(BEGIN, END, "100")], 1, "100"),
        ([(MIDDLE, None, "100")], 1, "100"),  # a part of the month owes the whole fee
        ([(datetime(2026, 1, 1, tzinfo=UTC), MIDDLE, "100")], 1, "100"),
        ([(BEGIN, MIDDLE, "100"), (MIDDLE, None, "80")], 2, "80"),  # once, at the latest terms
        ([(END, None, "100")], None, None),
        ([(datetime(2026, 1, 1, tzinfo=UTC), BEGIN, "100")], None, None),
    ],
)
def test_a_monthly_fee_is_owed_once_by_the_last_version_in_force(versions, version, amount):
    agreement = agreed(*((since, until, per_month(fee)) for since, until, fee in versions))
    assert [(row.clause.agreement_version, str(row.owed)) for row in fees_of(agreement)] == (
        [(f"{CPO}>{EMSP}#{version}", f"{amount}.0000")] if version else []
    )


def test_a_monthly_fee_is_owed_in_the_periods_of_its_own_calendar():
    assert fees_of(agreed((BEGIN, None, per_month("100", group="NORDIC")))) == []


def test_a_monthly_fee_that_is_booked_is_not_owed_again():
    agreement = agreed((BEGIN, None, per_month("100")))
    (first,) = fees_of(agreement)
    assert (first.missing, first.clause.payer, first.clause.payee) == (100, EMSP, PLATFORM)
    (second,) = fees_of(agreement, before={first.clause: Decimal(100)})
    assert second.missing == 0


@pytest.mark.parametrize(
    ("kind", "cdrs", "amount"),
    [
        ("whole_volume", 0, "100"),
        ("whole_volume", 1000, "100"),
        ("whole_volume", 1001, "140"),
        ("marginal", 1000, "100"),
        ("marginal", 1001, "240"),
    ],
)
def test_a_monthly_fee_may_depend_on_what_was_sold(kind, cdrs, amount):
    rows = (Tier(Decimal(0), amount=Decimal(100)), Tier(Decimal(1000), amount=Decimal(140)))
    agreement = agreed((BEGIN, None, per_month(tiers_=Tiers(kind, "cdrs", rows))))
    sold = SalesVolume(agreement.key, "EUR", Volume(cdrs, Decimal(0), Decimal(0)))
    (row,) = fees_of(agreement, sales=(sold,))
    assert row.owed == Decimal(amount)
    assert tiered_monthly([agreement, agreed((BEGIN, None, per_month("1")))]) == [agreement.key]


def test_a_fee_of_the_period_is_rounded_as_agreed():
    terms = per_month("33.333")
    agreement = agreed((BEGIN, None, terms))
    assert str(fees_of(agreement)[0].owed) == "33.3330"
    per_period = Terms(fees=terms.fees, rounding=Rounding(level="per_period"))
    assert str(fees_of(agreed((BEGIN, None, per_period)))[0].owed) == "33.3300"
