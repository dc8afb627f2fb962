"""Random terms that people could agree on, and their documents in any order of writing."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from msgspec.structs import fields

from console.agreements.reader import terms_with
from ledger.pricing.compare import Tolerance
from ledger.roaming.agreement_version import AgreementVersion, TemplateUse
from ledger.roaming.clauses import CHANNELS, EVERYBODY, Audience, Discount, Fee, Step, Tier, Tiers
from ledger.roaming.terms import SOURCES, ClassedDimension, Terms
from ledger.vat.overrides import RateOverride

PARTIES = ("NL*XYZ", "DE*EMP", "NL*CLR", "NL*HST", "FR*MOB")
WORDS = st.sampled_from(("LOC1", "loc 2", "on: the road", "#7", "no", "1.5", "gold, silver", "Ж"))
RATES = st.fractions(0, 1, max_denominator=1000)
AMOUNTS = st.decimals(0, 10_000, places=4, allow_nan=False, allow_infinity=False)
CURRENCIES = st.sampled_from(("EUR", "CHF", "JPY"))


def _names(of: st.SearchStrategy[str] = WORDS) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(of, unique=True, max_size=3).map(lambda rows: tuple(sorted(rows)))


AUDIENCES = st.one_of(
    st.just(EVERYBODY),
    st.builds(
        Audience,
        channels=_names(st.sampled_from(CHANNELS)),
        locations=_names(),
        site_groups=_names(),
        token_groups=_names(),
        memberships=_names(),
    ),
)


@st.composite
def tiers(draw: st.DrawFn, *, is_rated: bool) -> Tiers:
    """Draw one to three tiers, from zero on."""
    above = [Decimal(0), *sorted(draw(st.sets(st.integers(1, 10**6), max_size=2)))]
    rows = tuple(
        Tier(
            Decimal(volume),
            rate=str(draw(RATES)) if is_rated else None,
            amount=None if is_rated else draw(AMOUNTS),
        )
        for volume in above
    )
    kind, by = (draw(st.sampled_from(values)) for values in _kinds())
    return Tiers(kind, by, rows)


def _kinds() -> tuple[tuple[Any, ...], ...]:
    hints = get_type_hints(Tiers)
    return get_args(hints["kind"]), get_args(hints["by"])


@st.composite
def bounds(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a minimum and a maximum that belong together, or one, or none."""
    low, high = sorted((draw(AMOUNTS), draw(AMOUNTS)))
    return {
        "minimum": draw(st.sampled_from((None, low))),
        "maximum": draw(st.sampled_from((None, high))),
    }


@st.composite
def fee(draw: st.DrawFn, name: str) -> Fee:
    """Draw a fee."""
    basis = draw(st.sampled_from(("net", "gross", "per_cdr", "per_kwh", "per_month")))
    is_rated = basis in {"net", "gross"}
    tiered = draw(tiers(is_rated=is_rated)) if draw(st.booleans()) else None
    return Fee(
        name=name,
        payer=draw(st.sampled_from(("seller", "buyer"))),
        payee=draw(st.sampled_from(PARTIES)),
        basis=basis,
        rate=str(draw(RATES)) if is_rated and tiered is None else None,
        amount=draw(AMOUNTS) if not is_rated and tiered is None else None,
        currency=draw(st.one_of(st.none(), CURRENCIES) if is_rated else CURRENCIES),
        tiers=tiered,
        audience=draw(AUDIENCES),
        **draw(bounds()),
    )


@st.composite
def step(draw: st.DrawFn, rate: Fraction) -> Step:
    """Draw a step that takes a rate, an amount, or both."""
    kind = draw(st.sampled_from(("rate", "amount", "both", "tiers")))
    has_rate, has_amount = kind in {"rate", "both"}, kind in {"amount", "both"}
    is_rated = draw(st.booleans())
    tiered = draw(tiers(is_rated=is_rated)) if kind == "tiers" else None
    needs_currency = has_amount or (tiered is not None and not is_rated)
    takes_rate = has_rate or (tiered is not None and is_rated)
    return Step(
        payee=draw(st.sampled_from(PARTIES)),
        rate=str(rate) if has_rate else None,
        name=draw(st.one_of(st.just(""), WORDS)),
        basis=draw(st.sampled_from(("gross", "left"))) if takes_rate else "net",
        amount=draw(AMOUNTS) if has_amount else None,
        per=draw(st.sampled_from(("cdr", "kwh"))) if needs_currency else "cdr",
        currency=draw(CURRENCIES if needs_currency else st.one_of(st.none(), CURRENCIES)),
        tiers=tiered,
        vat_kind=draw(st.sampled_from(("service", "electricity"))),
        **draw(bounds()),
    )


@st.composite
def steps(draw: st.DrawFn) -> tuple[Step, ...]:
    """Draw a split in which one payee takes what remains, or shares of the net that sum to one."""
    if draw(st.booleans()):
        first = draw(RATES)
        return (Step("NL*HST", str(first)), Step("NL*XYZ", str(1 - first)))
    rows = [draw(step(draw(RATES))) for _ in range(draw(st.integers(0, 3)))]
    return (*rows, Step("NL*XYZ", remaining=True)) if rows else ()


@st.composite
def discount(draw: st.DrawFn, name: str) -> Discount:
    """Draw a discount or a surcharge."""
    kind = draw(st.sampled_from(("rate", "amount", "both")))
    sign = draw(st.sampled_from((1, -1)))
    amount = draw(AMOUNTS) * sign if kind != "rate" else None
    dimensions = (None, "ENERGY", "TIME", "PARKING_TIME", "FLAT")
    rate = draw(RATES.filter(bool)) * sign
    if amount is not None and amount == 0:
        amount = Decimal(sign)
    return Discount(
        name=name,
        rate=str(rate) if kind != "amount" else None,
        amount=amount,
        per=draw(st.sampled_from(("cdr", "kwh"))) if amount is not None else "cdr",
        currency=draw(CURRENCIES if amount is not None else st.one_of(st.none(), CURRENCIES)),
        dimension=draw(st.sampled_from(dimensions)),
        on=draw(st.sampled_from(("wholesale", "retail"))),
        audience=draw(AUDIENCES),
    )


def classes() -> st.SearchStrategy[tuple[ClassedDimension, ...]]:
    """Draw tax classes: a price component has at most one."""
    dimensions, kinds = (get_args(hint) for hint in get_type_hints(ClassedDimension).values())
    drawn = st.dictionaries(st.sampled_from(dimensions), st.sampled_from(kinds), max_size=3)
    return drawn.map(lambda found: tuple(ClassedDimension(*row) for row in found.items()))


@st.composite
def overrides(draw: st.DrawFn) -> tuple[RateOverride, ...]:
    """Draw agreed rates, at most one for a class in a country."""
    of = st.tuples(st.sampled_from(("GB", "GR", "NL")), st.sampled_from(("electricity", "parking")))
    rows = []
    for country, tax_class in draw(st.sets(of, max_size=2)):
        category = draw(st.sampled_from(("S", "E", "Z")))
        percent = draw(st.decimals("0.1", 100, places=2)) if category == "S" else Decimal(0)
        since = draw(st.dates(date(2018, 1, 1), date(2030, 1, 1)))
        until = draw(st.none() | st.dates(since + timedelta(days=1), date(2031, 1, 1)))
        rows.append(RateOverride(country, tax_class, percent, category, since, until, draw(WORDS)))
    return tuple(rows)


def _clauses(of: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    names = st.lists(WORDS, unique=True, max_size=3)
    return names.flatmap(lambda rows: st.tuples(*(of(name) for name in rows)))


def _order_of(sources: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(sources), unique=True, min_size=1).map(tuple)


_OWN = {
    **{f"truth.{name}": _order_of(sources) for name, sources in SOURCES.items()},
    "windows.objection_days": st.integers(0, 365),
    "launch.cdrs_per_day": st.one_of(st.none(), st.integers(1, 1000)),
    "launch.money_per_day": st.one_of(st.none(), AMOUNTS.filter(bool)),
    "fees": _clauses(fee),
    "discounts": _clauses(discount),
    "split.steps": steps(),
    "split.locations": _names(),
    "evidence.fields": _names(),
    "clock.time_zone": st.sampled_from(("UTC", "Europe/Zurich")),
    "calendar.time_zone": st.sampled_from(("Europe/Amsterdam", "Europe/London")),
    "currency": st.one_of(st.none(), CURRENCIES),
    "refunds.rule": st.just("full"),
    "refunds.part": st.none(),
    "vat.classes": classes(),
    "vat.overrides": overrides(),
}


_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(0, 10_000),
    Decimal: AMOUNTS,
    str: WORDS,
    Tolerance: st.builds(Tolerance, AMOUNTS, AMOUNTS),
}


def _any_of(kind: Any) -> st.SearchStrategy[Any]:
    """Return values of a term's type."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    choices = get_args(kind)
    if get_origin(kind) is tuple:
        return st.lists(WORDS, unique=True, min_size=1, max_size=3).map(tuple)
    if type(None) in choices:
        inner = [choice for choice in choices if choice is not type(None)]
        return st.one_of(st.none(), _any_of(inner[0]))
    return st.sampled_from(choices)


def leaves(of: type[Any] = Terms, path: str = "") -> dict[str, Any]:
    """Return every term's path and type, clauses and tolerances as one term each."""
    found: dict[str, Any] = {}
    hints = get_type_hints(of)
    for row in fields(of):
        kind, name = hints[row.name], f"{path}{row.name}"
        if hasattr(kind, "__struct_fields__") and kind is not Tolerance:
            found |= leaves(kind, f"{name}.")
        else:
            found[name] = kind
    return found


def _possible(values: dict[str, Any]) -> Terms:
    """Return the terms of drawn values; an agent has no retail tariff of its own."""
    if values["vat.model"] == "AGENT":
        values = {**values, "tariffs.retail": None}
    return terms_with(values)


TERMS = st.fixed_dictionaries(
    {name: _OWN[name] if name in _OWN else _any_of(kind) for name, kind in leaves().items()}
).map(_possible)
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC, microsecond=0)
)
TEMPLATES = st.builds(
    TemplateUse,
    WORDS,
    st.dictionaries(st.sampled_from(("fee", "host", "days")), WORDS).map(
        lambda rows: tuple(sorted(rows.items()))
    ),
)


@st.composite
def versions(draw: st.DrawFn) -> AgreementVersion:
    """Draw a version as a draft has it."""
    since, until = draw(INSTANTS), draw(INSTANTS)
    has_end = draw(st.booleans()) and until > since
    return AgreementVersion(
        0,
        since,
        until if has_end else None,
        draw(TERMS),
        draw(st.one_of(st.none(), TEMPLATES)),
        draw(st.sampled_from(("", "the rate was mistyped"))),
        gap_intended=draw(st.booleans()),
    )


_UNORDERED = {"channels", "locations", "site_groups", "token_groups", "memberships"}


def shuffled(document: Any, random: Random, name: str = "") -> Any:
    """Return a document with its names in another order, and lists of which the order is none."""
    if isinstance(document, dict):
        names = list(document)
        random.shuffle(names)
        return {key: shuffled(document[key], random, key) for key in names}
    if isinstance(document, list):
        rows = [shuffled(row, random) for row in document]
        if name in _UNORDERED:
            random.shuffle(rows)
        return rows
    return document
