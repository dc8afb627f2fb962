"""Fees, steps of the split, discounts and surcharges as an agreement writes them."""

from typing import Any, Final

from console.agreements.page import Part, Skipped
from console.agreements.prices import Price, price_text, share
from console.agreements.shapes import Places, Shape, each
from console.agreements.takings import (
    Readers,
    audience_of,
    bounds_written,
    by,
    ending,
    named,
    taking_of,
    tiers_written,
)
from console.agreements.words import TEXT, Words, choice
from ledger.roaming.clauses import EVERYBODY, Discount, Fee, Step, Tier
from ledger.values.reasons import Reason

_DIMENSION: Final = named(
    {"energy": "ENERGY", "time": "TIME", "parking time": "PARKING_TIME", "flat": "FLAT"}
)
_FEE_KEYS: Final = (
    *("name", "payer", "payee", "price", "tiers"),
    *("minimum", "maximum", "currency", "only_for"),
)
_STEP_KEYS: Final = (
    *("name", "payee", "share", "tiers"),
    *("minimum", "maximum", "currency", "sells", "only_for"),
)
_DISCOUNT_KEYS: Final = ("name", "discount", "surcharge", "of", "on", "currency", "only_for")


def _read_fee(part: Part, term: str, places: Places) -> Fee:
    places[term] = part.place
    parts = part.parts(_FEE_KEYS, ("name", "payer", "payee"))
    taking = taking_of(part, parts, "price", term, places)
    readers: Readers = {
        "name": by(TEXT),
        "payer": by(choice("seller", "buyer")),
        "payee": by(TEXT),
        "only_for": lambda row: audience_of(row, term, places),
    }
    found = each(parts, readers)
    if taking is None or not {"name", "payer", "payee"} <= set(found):
        raise Skipped
    own = taking.price
    if own.rate is not None and own.amount is not None:
        wanted = "a rate or an amount: two fees, if both are meant"
        raise part.refuse(Reason.INVALID_DOCUMENT, wanted)
    if own.rate is not None and own.basis not in {"net", "gross"}:
        raise part.refuse(Reason.INVALID_DOCUMENT, "a rate of net or of gross")
    basis = own.basis if own.rate is not None else f"per_{own.per or 'cdr'}"
    return Fee(
        name=found["name"],
        payer=found["payer"],
        payee=found["payee"],
        basis=basis,  # type: ignore[arg-type]  # one of prices.BASES or UNITS
        rate=None if taking.tiers else own.rate,
        amount=None if taking.tiers else own.amount,
        currency=taking.currency,
        minimum=taking.minimum,
        maximum=taking.maximum,
        tiers=taking.tiers,
        audience=found.get("only_for", EVERYBODY),
    )


def _write_fee(fee: Fee) -> dict[str, Any]:
    def taken(of: Fee | Tier) -> Price:
        is_rated = fee.basis in {"net", "gross"}
        per = None if is_rated else fee.basis.removeprefix("per_")
        basis = fee.basis if is_rated else None
        return Price(of.rate, basis, of.amount, None if is_rated else fee.currency, per)

    written: dict[str, Any] = {"name": fee.name, "payer": fee.payer, "payee": fee.payee}
    if fee.tiers is not None:
        written["tiers"] = tiers_written(fee.tiers, taken)
    else:
        written["price"] = price_text(taken(fee))
    return ending(fee, written | bounds_written(fee))


def _read_step(part: Part, term: str, places: Places) -> Step:
    places[term] = part.place
    parts = part.parts(_STEP_KEYS, ("payee",))
    taking = taking_of(part, parts, "share", term, places, Words(share, price_text))
    readers: Readers = {
        "name": by(TEXT),
        "payee": by(TEXT),
        "sells": by(choice("service", "electricity")),
        "only_for": lambda row: audience_of(row, term, places),
    }
    found = each(parts, readers)
    if taking is None or "payee" not in found:
        raise Skipped
    own = taking.price
    if own.per == "month":
        raise part.refuse(Reason.INVALID_DOCUMENT, "per CDR or per kWh: what is monthly is a fee")
    if own.rate is not None and own.basis is None:
        raise part.refuse(Reason.INVALID_DOCUMENT, "a rate of net, of gross, or of what is left")
    return Step(
        payee=found["payee"],
        rate=None if taking.tiers else own.rate,
        remaining=own.remaining,
        name=found.get("name", ""),
        basis=own.basis or "net",  # type: ignore[arg-type]  # one of prices.BASES
        amount=None if taking.tiers else own.amount,
        per=own.per or "cdr",  # type: ignore[arg-type]  # one of prices.UNITS
        currency=taking.currency,
        minimum=taking.minimum,
        maximum=taking.maximum,
        tiers=taking.tiers,
        vat_kind=found.get("sells", "service"),
        audience=found.get("only_for", EVERYBODY),
    )


def _write_step(step: Step) -> dict[str, Any]:
    def taken(of: Step | Tier) -> Price:
        basis = step.basis if of.rate is not None else None
        per = step.per if of.amount is not None else None
        return Price(of.rate, basis, of.amount, step.currency if per else None, per)

    written: dict[str, Any] = {"name": step.name} if step.name else {}
    written["payee"] = step.payee
    if step.tiers is not None:
        written["tiers"] = tiers_written(step.tiers, taken)
    else:
        written["share"] = price_text(Price(remaining=True) if step.remaining else taken(step))
    written |= bounds_written(step)
    if step.vat_kind != "service":
        written["sells"] = step.vat_kind
    return ending(step, written)


def _read_discount(part: Part, term: str, places: Places) -> Discount:
    places[term] = part.place
    parts = part.parts(_DISCOUNT_KEYS, ("name",))
    stated = [key for key in ("discount", "surcharge") if key in parts]
    if len(stated) != 1:
        raise part.refuse(Reason.MISSING_FIELD, "discount or surcharge, one of them")
    (key,) = stated
    taking = taking_of(part, parts, key, term, places)
    readers: Readers = {
        "name": by(TEXT),
        "of": by(_DIMENSION),
        "on": by(choice("wholesale", "retail")),
        "only_for": lambda row: audience_of(row, term, places),
    }
    found = each(parts, readers)
    if taking is None or "name" not in found:
        raise Skipped
    own = taking.price
    if own.basis is not None or own.per == "month":
        wanted = "such as 10 %, or 0.05 EUR per kWh"
        raise parts[key].refuse(Reason.WRONG_FORMAT, wanted, parts[key].text())
    is_surcharge = key == "surcharge"
    rate, amount = own.rate, own.amount
    return Discount(
        name=found["name"],
        rate=_negated(rate) if is_surcharge and rate is not None else rate,
        amount=-amount if is_surcharge and amount is not None else amount,
        per=own.per or "cdr",  # type: ignore[arg-type]  # one of prices.UNITS
        currency=taking.currency,
        dimension=found.get("of"),
        on=found.get("on", "wholesale"),
        audience=found.get("only_for", EVERYBODY),
    )


def _negated(rate: str) -> str:
    """Return a fraction with the other sign.

    >>> _negated("1/10"), _negated("-1/10"), _negated("0")
    ('-1/10', '1/10', '0')
    """
    if rate == "0":
        return rate
    return rate[1:] if rate.startswith("-") else f"-{rate}"


def _write_discount(discount: Discount) -> dict[str, Any]:
    rate, amount = discount.rate, discount.amount
    is_surcharge = (rate or "").startswith("-") or (amount is not None and amount < 0)
    if is_surcharge:
        rate = _negated(rate) if rate is not None else None
        amount = -amount if amount is not None else None
    taken = Price(rate, None, amount, discount.currency, discount.per)
    written: dict[str, Any] = {"name": discount.name}
    written["surcharge" if is_surcharge else "discount"] = price_text(taken)
    if discount.dimension is not None:
        written["of"] = _DIMENSION.write(discount.dimension)
    if discount.on != "wholesale":
        written["on"] = discount.on
    return ending(discount, written)


FEE: Final = Shape(_read_fee, _write_fee)
STEP: Final = Shape(_read_step, _write_step)
DISCOUNT: Final = Shape(_read_discount, _write_discount)
