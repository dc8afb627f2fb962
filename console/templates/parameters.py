"""What may stand in a template's hole: a kind, a default, a range, and why it is asked."""

import re
from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Final, Literal

import msgspec

from console.agreements.words import WrongWords, money, number, percent, span
from ledger.values.fractions import fraction_of
from ledger.values.identifiers import checked_party
from ledger.values.money import currency_of
from ledger.values.reasons import Reason, Refusal, Refused

Kind = Literal["party", "percent", "money", "days", "number", "date", "text", "list"]
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9*_.+-]*")
"""Texts that YAML reads as they are; any other is written in quotes."""


class Parameter(msgspec.Struct, frozen=True):
    """A hole of a template. Without a default it has to be said.

    `least` and `most` are written as the parameter's kind is; of money they are numbers that
    count in its own currency. `choices` are the only texts allowed.
    """

    kind: Kind
    explanation: str
    default: str | None = None
    least: str | None = None
    most: str | None = None
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """What may be put in, in words.

        >>> Parameter("percent", "", least="0 %", most="5 %").allowed
        '0 % to 5 %'
        """
        if self.choices:
            return " or ".join(self.choices)
        if self.least is None and self.most is None:
            return "any"
        return f"{self.least or 'anything'} to {self.most or 'anything'}"

    def errors_of(self, name: str, text: str) -> tuple[Refusal, ...]:
        """Return what is wrong with a value: WRONG_FORMAT, UNKNOWN_VALUE, NUMBER_OUT_OF_RANGE.

        >>> parameter = Parameter("days", "", least="1 days", most="90 days")
        >>> parameter.errors_of("due_after", "14 days")
        ()
        >>> [row.reason.value for row in parameter.errors_of("due_after", "91 days")]
        ['NUMBER_OUT_OF_RANGE']
        """
        try:
            size = _SIZES[self.kind](text)
        except WrongWords as wrong:
            return (Refusal(Reason.WRONG_FORMAT, name, wrong.expected, text),)
        if self.choices and text not in self.choices:
            return (Refusal(Reason.UNKNOWN_VALUE, name, self.allowed, text),)
        if size is not None and not self._contains(size):
            return (Refusal(Reason.NUMBER_OUT_OF_RANGE, name, self.allowed, text),)
        return ()

    def _contains(self, size: Fraction) -> bool:
        low, high = self._bound(self.least), self._bound(self.most)
        return (low is None or low <= size) and (high is None or size <= high)

    def _bound(self, text: str | None) -> Fraction | None:
        if text is None:
            return None
        return Fraction(text) if self.kind == "money" else _SIZES[self.kind](text)

    def written(self, text: str) -> str:
        """Return a value as it stands in the document; a list is written with commas.

        >>> Parameter("list", "").written("LOC1, LOC 2")
        '[LOC1, "LOC 2"]'
        """
        if self.kind == "list":
            return f"[{', '.join(map(quoted, items_of(text)))}]"
        return quoted(text) if self.kind == "text" else text


def items_of(text: str) -> list[str]:
    """Return the items of a list."""
    return [item.strip() for item in text.split(",") if item.strip()]


def quoted(text: str) -> str:
    """Return a text as YAML reads it again.

    >>> quoted("NL*XYZ"), quoted("1 %")
    ('NL*XYZ', '"1 %"')
    """
    return text if _PLAIN.fullmatch(text) else msgspec.json.encode(text).decode()


def _party(text: str) -> None:
    try:
        spelled = checked_party(text)
    except Refused:
        raise WrongWords("a party such as NL*XYZ") from None
    if spelled != text:
        raise WrongWords(spelled)


def _date(text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise WrongWords("a date such as 2026-11-01") from None


def _money(text: str) -> Fraction:
    amount, currency = money(text)
    try:
        currency_of(str(currency))
    except Refused:
        raise WrongWords("money in a currency of ISO 4217, such as 0.05 EUR") from None
    return Fraction(amount)


def _list(text: str) -> None:
    if not items_of(text):
        raise WrongWords("texts with commas between them")


def _text(text: str) -> None:
    if not text.strip():
        raise WrongWords("a text")


_SIZES: Final[dict[Kind, Callable[[str], Fraction | None]]] = {
    "party": _party,
    "percent": lambda text: fraction_of(percent(text)),
    "money": _money,
    "days": lambda text: Fraction(span("days").read(text)),
    "number": lambda text: Fraction(number(text)),
    "date": _date,
    "text": _text,
    "list": _list,
}
"""How each kind is read: what is compared with a range, None where there is nothing to compare."""
