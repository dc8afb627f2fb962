"""What a clause takes, as a contract says it: `1.5 % of net + 0.05 EUR per CDR`."""

import re
from decimal import Decimal
from typing import Final, NamedTuple

from console.agreements.words import WrongWords, money, money_text, percent, percent_text

BASES: Final = {"net": "of net", "gross": "of gross", "left": "of what is left"}
UNITS: Final = {"cdr": "per CDR", "kwh": "per kWh", "month": "per month"}
_RATE: Final = re.compile(r"(\S+(?: ?%)?)(?: (of \S.*))?")
_AMOUNT: Final = re.compile(r"(\S+ [A-Z]{3}) (per \S+)")


class Price(NamedTuple):
    """A rate of a basis, an amount per unit in a currency, or both."""

    rate: str | None = None
    basis: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    per: str | None = None
    remaining: bool = False


def share(text: str) -> Price:
    """Read what a step of the split takes: what remains, or a price."""
    return Price(remaining=True) if text == "remaining" else price(text)


def price(text: str) -> Price:
    """Read what a clause takes; at most one rate and one amount.

    >>> price("2 % of gross + 0.10 EUR per kWh")[:5]
    ('1/50', 'gross', Decimal('0.10'), 'EUR', 'kwh')
    >>> price("1/3").rate
    '1/3'
    """
    rated, fixed = Price(), Price()
    for term in text.split(" + "):
        is_rate = "%" in term or "/" in term
        if (rated if is_rate else fixed) != Price():
            raise WrongWords("one rate and one amount at most")
        if is_rate:
            rated = _rate(term)
        else:
            fixed = _amount(term)
    return fixed._replace(rate=rated.rate, basis=rated.basis)


def _rate(term: str) -> Price:
    match = _RATE.fullmatch(term)
    bases = {words: name for name, words in BASES.items()}
    if match is None or (match[2] is not None and match[2] not in bases):
        raise WrongWords("a rate such as 1.5 % of net, of gross, or of what is left")
    return Price(rate=percent(match[1]), basis=bases.get(match[2] or ""))


def _amount(term: str) -> Price:
    match = _AMOUNT.fullmatch(term)
    units = {words: name for name, words in UNITS.items()}
    if match is None or match[2] not in units:
        raise WrongWords("an amount such as 0.05 EUR per CDR, per kWh or per month")
    amount, currency = money(match[1])
    return Price(amount=amount, currency=currency, per=units[match[2]])


def price_text(value: Price) -> str:
    """Write what a clause takes.

    >>> price_text(Price("1/50", "gross", Decimal("0.1"), "EUR", "kwh"))
    '2 % of gross + 0.1 EUR per kWh'
    """
    if value.remaining:
        return "remaining"
    terms = []
    if value.rate is not None:
        basis = f" {BASES[value.basis]}" if value.basis else ""
        terms.append(f"{percent_text(value.rate)}{basis}")
    if value.amount is not None:
        terms.append(f"{money_text(value.amount, value.currency)} {UNITS[value.per or 'cdr']}")
    return " + ".join(terms)
