"""Opening balances: what stood in a book on the day it was opened here, line by line.

Each line says its side; per book and currency what is missing on either side is booked on
`equity:opening`, so that the entry balances. What one book says a party owes, that party's book
must say too: clearing sums to zero from the first day on.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from ledger.books.accounts import CHART, account_of
from ledger.values.entries import Entry, Posting, Side
from ledger.values.money import SCALE_4, ZERO, currency_of, round_to_scale_4
from ledger.values.reasons import Reason, Refusal, Refused

OPENING: Final = "equity:opening"
RULE: Final = "opening_balance"
_PER_PARTY: Final = {row.name.removesuffix(":<party>"): row for row in CHART if row.is_per_party}
"""The accounts that each party has of its own: `receivable`, `payable`, `psp`, what is disputed."""


class OpeningLine(msgspec.Struct, frozen=True):
    """One account's balance in one currency, on one side; amounts are not negative.

    `account` is as in the chart, without the party; `book_amount` is in the book's currency and
    may be left out where that is the line's own. `path` says where the line stands in its file.
    """

    book: str
    account: str
    currency: str
    side: Side
    amount: Decimal
    book_amount: Decimal | None = None
    party: str = ""
    path: str = ""

    @property
    def account_name(self) -> str:
        """The account with its party.

        >>> OpeningLine("b", "payable", "EUR", "credit", Decimal(1), party="NL*XYZ").account_name
        'payable:NL*XYZ'
        """
        return f"{self.account}:{self.party}" if self.party else self.account


class Books(msgspec.Struct, frozen=True):
    """What the lines are checked against: the currency of each book, the book of each party."""

    currencies: Mapping[str, str]
    book_of: Mapping[str, str]


def errors_of_opening(lines: Sequence[OpeningLine], books: Books) -> tuple[Refusal, ...]:
    """Return everything that is wrong with the lines, each by its path.

    ENTITY_UNKNOWN, ACCOUNT_UNKNOWN, PARTY_UNKNOWN, MISSING_FIELD, FIELD_NOT_APPLICABLE,
    UNKNOWN_CURRENCY, NEGATIVE_QUANTITY, AMOUNT_SCALE, CURRENCY_DIFFERS (two amounts where there is
    one currency), NAMED_TWICE, and CLEARING_NOT_MIRRORED where two books disagree.
    """
    found = [refusal for line in lines for refusal in _errors_of(line, books)]
    seen: set[tuple[str, str, str, str]] = set()
    for line in lines:
        key = line.book, line.account_name, line.currency, line.side
        if key in seen:
            found.append(Refusal(Reason.NAMED_TWICE, line.path, actual=" ".join(key)))
        seen.add(key)
    return (*found, *_not_mirrored(lines, books)) if not found else tuple(found)


def _errors_of(line: OpeningLine, books: Books) -> Iterator[Refusal]:
    own = books.currencies.get(line.book)
    if own is None:
        yield Refusal(Reason.ENTITY_UNKNOWN, f"{line.path}.book", actual=line.book)
    yield from _errors_of_account(line, books)
    try:
        currency_of(line.currency)
    except Refused:
        yield Refusal(Reason.UNKNOWN_CURRENCY, f"{line.path}.currency", actual=line.currency)
    for name, amount in (("amount", line.amount), ("book_amount", line.book_amount)):
        if amount is not None:
            yield from _errors_of_amount(f"{line.path}.{name}", amount)
    if line.book_amount is None and own is not None and own != line.currency:
        yield Refusal(Reason.MISSING_FIELD, f"{line.path}.book_amount", f"an amount in {own}")
    if own == line.currency and line.book_amount not in (None, line.amount):
        yield Refusal(
            Reason.CURRENCY_DIFFERS,
            f"{line.path}.book_amount",
            f"{line.amount} {own}",
            f"{line.book_amount}",
        )


def _errors_of_account(line: OpeningLine, books: Books) -> Iterator[Refusal]:
    path = f"{line.path}.account"
    if line.account in _PER_PARTY:
        if not line.party:
            yield Refusal(Reason.MISSING_FIELD, f"{line.path}.party", f"whose {line.account}")
        elif line.party not in books.book_of:
            yield Refusal(Reason.PARTY_UNKNOWN, f"{line.path}.party", actual=line.party)
        return
    if line.party:
        yield Refusal(
            Reason.FIELD_NOT_APPLICABLE, f"{line.path}.party", ", ".join(_PER_PARTY), line.party
        )
    if line.account == OPENING:
        yield Refusal(Reason.ACCOUNT_UNKNOWN, path, "an account; this one balances them", OPENING)
        return
    try:
        found = account_of(line.account)
    except KeyError:
        yield Refusal(Reason.ACCOUNT_UNKNOWN, path, "an account of the chart", line.account)
        return
    if found.is_per_party:
        expected = f"{found.name.removesuffix(':<party>')} and a party"
        yield Refusal(Reason.ACCOUNT_UNKNOWN, path, expected, line.account)


def _errors_of_amount(path: str, amount: Decimal) -> Iterator[Refusal]:
    if not amount.is_finite():
        yield Refusal(Reason.NOT_A_NUMBER, path, actual=str(amount))
    elif amount < 0:
        yield Refusal(Reason.NEGATIVE_QUANTITY, path, "the other side", str(amount))
    elif round_to_scale_4(amount) != amount:
        yield Refusal(Reason.AMOUNT_SCALE, path, "at most 4 decimals", str(amount))


def _not_mirrored(lines: Sequence[OpeningLine], books: Books) -> Iterator[Refusal]:
    """Yield where what a book claims of another is not what that other one owes it.

    A pair is looked at where both books are opened here, whichever of them says something.
    """
    opened = {line.book for line in lines}
    owed: defaultdict[tuple[str, str, str, str], Decimal] = defaultdict(lambda: ZERO)
    paths: dict[tuple[str, str, str, str], str] = {}
    for line in lines:
        row = _PER_PARTY.get(line.account)
        if row is None or not row.is_clearing:
            continue
        other = books.book_of[line.party]
        is_claim = "receivable" in line.account
        kind = line.account.replace("payable", "receivable")
        pair = (line.book, other) if is_claim else (other, line.book)
        key = (kind, *pair, line.currency)
        owed[key] += line.amount if line.side == "debit" else -line.amount
        paths.setdefault(key, line.path)
    for key, excess in owed.items():
        kind, creditor, debtor, currency = key
        if excess and {creditor, debtor} <= opened:
            yield Refusal(
                Reason.CLEARING_NOT_MIRRORED,
                paths[key],
                f"{kind} of {creditor} against {debtor} in both books",
                f"{excess} {currency} more in one",
            )


def entries_of_opening(
    book: str, book_currency: str, lines: Iterable[OpeningLine]
) -> tuple[Entry, ...]:
    """Return a book's opening entries, one a currency in the order of their codes.

    Amounts have scale 4. The lines were checked by `errors_of_opening`.
    >>> line = OpeningLine("b", "payable", "EUR", "credit", Decimal("5"), party="NL*XYZ")
    >>> [(row.account, row.side) for row in entries_of_opening("b", "EUR", [line])[0].postings]
    [('payable:NL*XYZ', 'credit'), ('equity:opening', 'debit')]
    """
    by_currency: defaultdict[str, list[OpeningLine]] = defaultdict(list)
    for line in lines:
        if line.amount or line.book_amount:
            by_currency[line.currency].append(line)
    return tuple(
        Entry(book, book_currency, currency, RULE, 0, _postings(by_currency[currency]))
        for currency in sorted(by_currency)
    )


def _postings(lines: Sequence[OpeningLine]) -> tuple[Posting, ...]:
    rows = sorted(lines, key=lambda line: (line.account_name, line.side))
    stated = [
        Posting(line.account_name, line.side, _scaled(line.amount), _scaled(_book_amount(line)))
        for line in rows
    ]
    return (*stated, *_balancing(stated))


def _balancing(stated: Sequence[Posting]) -> Iterator[Posting]:
    """Yield what `equity:opening` takes: one posting, or two where the currencies' sides differ."""
    nothing = _scaled(ZERO)
    excess = sum((row.amount if row.side == "debit" else -row.amount for row in stated), ZERO)
    in_book = sum(
        (row.book_amount if row.side == "debit" else -row.book_amount for row in stated), ZERO
    )
    if (excess > 0) == (in_book > 0) and (excess < 0) == (in_book < 0):
        if excess:
            yield Posting(OPENING, _against(excess), _scaled(abs(excess)), _scaled(abs(in_book)))
        return
    if excess:
        yield Posting(OPENING, _against(excess), _scaled(abs(excess)), nothing)
    if in_book:
        yield Posting(OPENING, _against(in_book), nothing, _scaled(abs(in_book)))


def _against(excess: Decimal) -> Side:
    return "credit" if excess > 0 else "debit"


def _book_amount(line: OpeningLine) -> Decimal:
    return line.amount if line.book_amount is None else line.book_amount


def _scaled(amount: Decimal) -> Decimal:
    return amount.quantize(SCALE_4)
