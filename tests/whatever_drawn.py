"""Draws the worlds of `whatever_world`: any terms of any pairs, any charges, any acts."""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.fx.convert import FxTerms
from ledger.roaming.clauses import Fee
from ledger.roaming.entity_documents import EntityDocument, Evidence, VatRegistration
from ledger.roaming.terms import ClassedDimension, Refunds, Rounding, Terms, VatTerms
from ledger.vat.overrides import RateOverride
from tests.flow_terms import FLOWS, terms
from tests.ledger_cast import CLEARING, EMSP
from tests.whatever_world import (
    ACTS,
    BUYERS,
    CURRENCY_OF,
    NUMBERS,
    SEATS,
    SELLERS,
    SINCE,
    Act,
    Charge,
    Deal,
    Prices,
    Whatever,
)

unit_prices = st.integers(500, 19_999).map(lambda units: Decimal(units).scaleb(-4))
energies = st.integers(5_000, 800_000).map(lambda units: Decimal(units).scaleb(-4))
factors = st.integers(8_000, 12_500).map(lambda units: Decimal(units).scaleb(-4))
PARKED = (ClassedDimension("FLAT", "parking"),)
SERVED = (ClassedDimension("FLAT", "service"),)
OVERRIDES = tuple(
    RateOverride(country, "electricity", Decimal(rate), category, date(2026, 10, 7), until, "told")
    for country, rate, category, until in (
        ("NL", "9", "S", date(2026, 11, 1)),
        ("CH", "2.6", "S", None),
        ("NO", "0", "E", date(2026, 10, 20)),
    )
)
STANDING = Fee("standing", "buyer", CLEARING, "per_month", amount=Decimal("9.99"), currency="NOK")


@st.composite
def documents(draw: st.DrawFn) -> dict[str, EntityDocument]:
    """Draw who resells, and where everybody is registered beside its seat."""
    found = {}
    for key, seat in SEATS.items():
        abroad = draw(st.sets(st.sampled_from(sorted(NUMBERS.keys() - {seat})), min_size=1))
        found[key] = EntityDocument(
            key,
            seat,
            CURRENCY_OF[seat],
            tuple(
                VatRegistration(row, NUMBERS[row], SINCE, evidence=Evidence("proof", row, SINCE))
                for row in (seat, *sorted(abroad))
            ),
            dealer_since=draw(st.sampled_from((None, SINCE, date(2026, 10, 16)))),
        )
    return found


@st.composite
def agreements(draw: st.DrawFn, seller: str) -> Terms:
    """Draw what is agreed: any flow with any clause, currency, source of rates and tax class."""
    base = draw(terms(seller, draw(st.sampled_from(FLOWS))))
    vat: VatTerms = replace(
        base.vat,
        classes=draw(st.sampled_from(((), PARKED, SERVED))),
        overrides=draw(st.sampled_from(((), OVERRIDES))),
    )
    fx: FxTerms = replace(
        base.fx,
        source=draw(st.sampled_from(("ECB", "BANK"))),
        markup_bps=draw(st.sampled_from((0, 0, 1, 175, 333))),
    )
    # What an eMSP got of another's sale could come back to who pays it, which is refused.
    split = replace(base.split, steps=tuple(row for row in base.split.steps if row.payee != EMSP))
    currency = draw(st.sampled_from((None, "EUR", "CHF", "GBP", "NOK")))
    monthly = draw(st.sampled_from(((), (STANDING,))))
    return replace(
        base,
        vat=vat,
        fx=fx,
        split=split,
        currency=currency,
        fees=(*base.fees, *monthly),
        rounding=Rounding(draw(st.sampled_from(("invoice", "per_cdr", "per_period")))),
        refunds=draw(st.sampled_from((Refunds(), Refunds(rule="partial", part="1/3")))),
    )


@st.composite
def deals(draw: st.DrawFn) -> Deal:
    """Draw a pair and what it agrees."""
    seller, buyer = draw(st.sampled_from(SELLERS)), draw(st.sampled_from(BUYERS))
    return Deal(seller, buyer, draw(agreements(seller)), draw(agreements(seller)))


def acts_of(number: int) -> st.SearchStrategy[tuple[Act, ...]]:
    """Draw what is done about so many charges."""
    act = st.builds(
        Act, st.sampled_from(tuple(ACTS)), st.integers(0, number - 1), st.integers(1, 100)
    )
    return st.lists(act, min_size=4, max_size=12).map(tuple)


@st.composite
def whatever(draw: st.DrawFn) -> Whatever:
    """Draw everything."""
    made = st.lists(deals(), min_size=1, max_size=4, unique_by=lambda row: row[:2])
    agreed_on = tuple(draw(made))
    number = draw(st.integers(4, 9))
    charges = tuple(
        Charge(
            *draw(st.sampled_from([row[:2] for row in agreed_on])),
            place,
            draw(st.integers(1, 31)),
            draw(energies),
            draw(st.integers(0, 6)) == 6,
            draw(st.integers(0, 4)) == 4,
        )
        for place in range(number)
    )
    prices = st.builds(Prices, *[st.tuples(unit_prices, unit_prices)] * 2)
    return Whatever(
        draw(documents()),
        {seller: draw(prices) for seller in SELLERS},
        {
            currency: tuple(draw(factors) * usual for _ in range(3))  # type: ignore[misc]
            for currency, usual in (("CHF", Decimal("0.94")), ("GBP", Decimal("0.87")),
                                    ("NOK", Decimal("11.6")))
        },
        agreed_on,
        charges,
        draw(acts_of(number)),
        draw(acts_of(number)),
        draw(acts_of(number)),
    )  # fmt: skip
