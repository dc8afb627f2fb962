"""Does an entry follow its rule? Its accounts, its sides, its parties, its balance, what it names.

Amounts are made by the posting rules' functions; this looks at what they made from outside, with
nothing but the table of `posting_rules`. It is run over every entry that a test sees and, by
`clearwatt verify`, over a whole journal; not while entries are made.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final

from ledger.books.accounts import SHAPES, shape_of
from ledger.books.posting_rules import BY_ID
from ledger.values.entries import Entry, Side
from ledger.values.money import ZERO

Lines = Iterable[tuple[Side, str]]
"""The sides and accounts of an entry's postings."""

_OPPOSITE: Final[Mapping[Side, Side]] = {"debit": "credit", "credit": "debit"}
_SHAPES_OF_A_SALE: Final = {
    **SHAPES,
    "seller": SHAPES["party"],
    "buyer": f"{SHAPES['party']}|driver",
}


def problems_of(entry: Entry, *, seller: str = "", buyer: str = "") -> tuple[str, ...]:
    """Return in which ways an entry departs from its rule, none where it follows it.

    `seller` and `buyer` are those of the sale, where the caller knows them.

    >>> from decimal import Decimal
    >>> from ledger.values.entries import Posting
    >>> one = Decimal("1.0000")
    >>> problems_of(Entry("b", "EUR", "EUR", "payment_captured", 0, (
    ...     Posting("psp:NL*PSP", "debit", one, one), Posting("revenue:fee", "credit", one, one))))
    ('payment_captured has no credit on revenue:fee',)
    """
    lines = [(row.side, row.account) for row in entry.postings]
    return (
        *problems_of_lines(
            entry.rule, lines, swapped=entry.reverses, known={"seller": seller, "buyer": buyer}
        ),
        *_out_of_balance(entry),
    )


def problems_of_lines(
    rule: str, lines: Lines, *, swapped: bool, known: Mapping[str, str]
) -> tuple[str, ...]:
    """Return in which ways lines depart from a rule, whose sides may be swapped.

    `known` says who `seller` and `buyer` are; empty where that is not known.

    >>> problems_of_lines("disputed_sale", [("debit", "disputed:receivable:DE*EMP"),
    ...     ("credit", "receivable:DE*XXX")], swapped=False, known={"buyer": "DE*EMP"})
    ('disputed_sale has no credit on receivable:DE*XXX',)
    """
    if rule not in BY_ID:
        return (f"there is no rule {rule}",)
    parties = {role: party for role, party in known.items() if party}
    return tuple(
        f"{rule}{' taken back' if swapped else ''} has no {side} on {account}"
        for side, account in lines
        if not _has_place(rule, _OPPOSITE[side] if swapped else side, account, parties)
    )


def problems_of_names(
    rule: str, *, agreement: str | None, periods: Iterable[str]
) -> tuple[str, ...]:
    """Return where an entry of a rule does not name the agreement version and periods it should.

    `agreement` is what it has as its agreement version, None where that does not matter. Of a rule
    that does not exist nothing is said here.

    >>> problems_of_names("fee_sold", agreement="", periods=["ALL/2026-10", "ALL/2026-10"])
    ("fee_sold has '' as its agreement version",)
    >>> problems_of_names("fx_revalued", agreement="", periods=["2026-10", "ALL/2026-10"])
    ("fx_revalued has 'ALL/2026-10' as its period",)
    """
    if rule not in BY_ID:
        return ()
    names = BY_ID[rule].names
    said = [] if agreement is None else [("agreement version", names.agreement, agreement)]
    said += [("period", names.period, period) for period in dict.fromkeys(periods)]
    return tuple(
        f"{rule} has {value!r} as its {column}"
        for column, expected, value in said
        if not re.fullmatch(expected.shape, value)
    )


def _has_place(rule: str, side: Side, account: str, parties: dict[str, str]) -> bool:
    """True where the rule has a line for the account; who is named once is who is meant after."""
    for shape in _shapes(rule, side):
        found = shape.fullmatch(account)
        if found is None:
            continue
        named = {role: found[role] for role in ("seller", "buyer") if role in shape.groupindex}
        if all(parties.get(role, party) == party for role, party in named.items()):
            parties.update(named)
            return True
    return False


@cache
def _shapes(rule: str, side: Side) -> tuple[re.Pattern[str], ...]:
    found = BY_ID[rule]
    usual = found.debits if side == "debit" else found.credits
    lines = found.lines if found.is_signed else (*usual, *found.either)
    return tuple(shape_of(line.account, _SHAPES_OF_A_SALE) for line in lines)


def _out_of_balance(entry: Entry) -> Iterator[str]:
    for amount in ("amount", "book_amount"):
        signed = (
            getattr(row, amount) if row.side == "debit" else -getattr(row, amount)
            for row in entry.postings
        )
        if excess := sum(signed, ZERO):
            yield f"{entry.rule} in {entry.book} is out of balance by {excess} in its {amount}"
