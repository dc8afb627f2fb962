"""What clauses have in common: what they take, by volume or not, within bounds, and from whom."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, NamedTuple

from console.agreements.page import Part, Skipped
from console.agreements.prices import Price, price, price_text
from console.agreements.shapes import Places, Shape, each, names, read_words
from console.agreements.words import (
    TEXT,
    Words,
    choice,
    money,
    money_text,
    number,
    number_text,
)
from ledger.roaming.clauses import CHANNELS, EVERYBODY, Audience, Discount, Fee, Step, Tier, Tiers
from ledger.values.reasons import Reason

PRICE: Final = Words(price, price_text)
_MONEY: Final = Words(money, lambda value: money_text(*value))
_NUMBER: Final = Words(number, number_text)
_COUNTED: Final = choice("marginal", "whole_volume")
_AUDIENCE: Final[dict[str, Shape]] = {
    "channels": names(choice(*CHANNELS)),
    "locations": names(TEXT),
    "site_groups": names(TEXT),
    "token_groups": names(TEXT),
    "memberships": names(TEXT),
}
Readers = dict[str, Callable[[Part], Any]]


class Taking(NamedTuple):
    """What a clause takes: its price or its tiers, its bounds, and the one currency of both."""

    price: Price
    tiers: Tiers | None
    minimum: Decimal | None
    maximum: Decimal | None
    currency: str | None


def named(words: dict[str, str]) -> Words:
    """Words that stand for others."""
    known = choice(*words)
    back = {value: name for name, value in words.items()}
    return Words(lambda text: words[known.read(text)], lambda value: back[value])


_VOLUME: Final = named({"CDRs": "cdrs", "kWh": "kwh", "net": "net"})


def by(words: Words) -> Callable[[Part], Any]:
    return lambda part: read_words(part, words)


def audience_of(part: Part, term: str, places: Places) -> Audience:
    places[f"{term}.audience"] = part.place
    found = part.parts(_AUDIENCE)
    readers = {
        name: lambda row, shape=shape, name=name: shape.read(row, f"{term}.audience.{name}", places)
        for name, shape in _AUDIENCE.items()
    }
    return Audience(**each(found, readers))


def _audience_written(audience: Audience) -> dict[str, list[str]]:
    return {name: list(getattr(audience, name)) for name in _AUDIENCE if getattr(audience, name)}


def taking_of(
    part: Part, parts: dict[str, Part], key: str, term: str, places: Places, words: Words = PRICE
) -> Taking | None:
    """Return what a clause takes under `key` or by tiers, with one currency for all of it.

    None where that cannot be read. Notes: MISSING_FIELD (neither), INVALID_DOCUMENT (both),
    CURRENCY_DIFFERS.
    """
    places |= {f"{term}.{name}": row.place for name, row in parts.items()}
    places |= {f"{term}.{name}": parts.get(key, part).place for name in ("rate", "amount")}
    readers: Readers = {
        key: by(words),
        "minimum": by(_MONEY),
        "maximum": by(_MONEY),
        "currency": by(TEXT),
        "tiers": lambda row: _tiers(row, f"{term}.tiers", places),
    }
    found = each(parts, readers)
    stated = {key, "tiers"} & set(parts)
    if len(stated) != 1:
        code = Reason.INVALID_DOCUMENT if stated else Reason.MISSING_FIELD
        part.refuse(code, f"{key} or tiers", "both" if stated else "")
        return None
    if not stated <= set(found):
        return None
    tiers, price_ = found["tiers"] if "tiers" in found else (None, found[key])
    minimum, least_in = found.get("minimum", (None, None))
    maximum, most_in = found.get("maximum", (None, None))
    said = [price_.currency] if price_.amount is not None else []
    said += [least_in] if minimum is not None else []
    said += [most_in] if maximum is not None else []
    said += [found["currency"]] if "currency" in found else []
    if len(set(said)) > 1:
        shown = " and ".join(dict.fromkeys(row or "the sale's" for row in said))
        part.refuse(Reason.CURRENCY_DIFFERS, "one currency in a clause", shown)
    return Taking(price_, tiers, minimum, maximum, said[0] if said else None)


def _tiers(part: Part, term: str, places: Places) -> tuple[Tiers, Price]:
    """Return tiers, and the price of their first row: it says what all rows are of."""
    parts = part.parts(("counted", "by", "rows"), ("counted", "by", "rows"))
    readers: Readers = {
        "counted": by(_COUNTED),
        "by": by(_VOLUME),
        "rows": lambda row: _tier_rows(row, f"{term}.rows", places),
    }
    found = each(parts, readers)
    if len(found) < len(readers) or not found["rows"]:
        raise Skipped
    prices: list[Price] = [row for _, row in found["rows"]]
    rows = tuple(Tier(above, row.rate, row.amount) for above, row in found["rows"])
    kinds = {(row.basis, row.currency, row.per) for row in prices}
    if len(kinds) > 1:
        raise parts["rows"].refuse(Reason.INVALID_DOCUMENT, "prices of one basis and currency")
    return Tiers(found["counted"], found["by"], rows), prices[0]


def _tier_rows(part: Part, term: str, places: Places) -> list[tuple[Decimal, Price]]:
    found: list[tuple[Decimal, Price]] = []
    rows = part.rows()
    if not rows:
        raise part.refuse(Reason.EMPTY_LIST, "a row such as {above: 0, price: 1 % of net}")
    for row in rows:
        places[f"{term}[{len(found)}]"] = row.place
        read = each(
            row.parts(("above", "price"), ("above", "price")),
            {"above": by(_NUMBER), "price": by(PRICE)},
        )
        if len(read) == 2:
            found.append((read["above"], read["price"]))
    return found


def tiers_written(tiers: Tiers, of: Callable[[Tier], Price]) -> dict[str, Any]:
    return {
        "counted": tiers.kind,
        "by": _VOLUME.write(tiers.by),
        "rows": [
            {"above": number_text(row.above), "price": price_text(of(row))} for row in tiers.rows
        ],
    }


def bounds_written(clause: Fee | Step) -> dict[str, Any]:
    bounds = {"minimum": clause.minimum, "maximum": clause.maximum}
    return {
        name: money_text(bound, clause.currency)
        for name, bound in bounds.items()
        if bound is not None
    }


def ending(clause: Fee | Step | Discount, written: dict[str, Any]) -> dict[str, Any]:
    """Add a currency that no amount names, and whom the clause is for."""
    bounds = (getattr(clause, "minimum", None), getattr(clause, "maximum", None))
    tiers = getattr(clause, "tiers", None)
    amounts = (
        [clause.amount, *bounds, *(row.amount for row in tiers.rows)]
        if tiers
        else [
            clause.amount,
            *bounds,
        ]
    )
    if clause.currency is not None and all(amount is None for amount in amounts):
        written["currency"] = clause.currency
    if clause.audience != EVERYBODY:
        written["only_for"] = _audience_written(clause.audience)
    return written
