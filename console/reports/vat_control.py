"""The control of a VAT return: the tax it is about is the balance of the book's tax accounts."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.values.instants import last_day
from projections.database import Connection
from projections.queries.balance import BalanceRow, balances
from projections.queries.vat_return import DueLine, NotDue, Opened, opened

NOTHING: Final = Decimal("0.0000")
_IN_BOOK = " in book"
_KINDS = ("output", "input", "self_assessed")


class Compared(NamedTuple):
    """What the return says of accounts, and what the book has: credits positive but for input."""

    accounts: str
    meaning: str
    currency: str
    in_return: Decimal
    in_books: Decimal

    @property
    def difference(self) -> Decimal:
        """What the return has beyond the book: to be explained, and there should be none."""
        return self.in_return - self.in_books


def compared(
    connection: Connection,
    *,
    book: str,
    country: str,
    period: str,
    due: Sequence[DueLine],
    accrued: Sequence[NotDue],
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> list[Compared]:
    """Compare what was first reported in a month with its turnover, what is accrued with a balance.

    In each sale's currency and, of what is due, in the book's. Opening balances are no sale of
    ours and stand apart, and so does what exchange rates made of tax in another currency.
    """
    until = min(last_day(period), as_of or date.max)
    month = balances(connection, book=book, month=period, as_of=as_of, known_at=known_at)
    standing = balances(connection, book=book, as_of=until, known_at=known_at)
    before = opened(connection, book=book, country=country, until=until, known_at=known_at)
    before_in_month = opened(
        connection, book=book, country=country, until=until, month=period, known_at=known_at
    )
    turned = _booked(country, "due", month, before_in_month)
    open_ = _booked(country, "accrued", standing, before)
    return [
        *_rows(country, "due", "first reported in", period, _due(country, period, due), turned),
        *_rows(country, "accrued", "not yet due at", until, _accrued(country, accrued), open_),
    ]


Sums = dict[tuple[str, str], Decimal]
"""Per kind of account and currency; amounts in a book's currency are marked `… in book`."""


def _due(country: str, period: str, due: Iterable[DueLine]) -> Sums:
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: NOTHING)
    for row in due:
        if row.place != country or row.accounting_month != period:
            continue
        in_book = f"{row.book_currency}{_IN_BOOK}"
        kind = "output" if row.side == "sold" else "input"
        sums[kind, row.currency] += row.tax + row.self_assessed
        sums[kind, in_book] += row.book_tax + row.book_self_assessed
        if row.self_assessed or row.book_self_assessed:
            sums["self_assessed", row.currency] += row.self_assessed
            sums["self_assessed", in_book] += row.book_self_assessed
    return sums


def _accrued(country: str, accrued: Iterable[NotDue]) -> Sums:
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: NOTHING)
    for row in accrued:
        if row.place == country:
            sums["output" if row.side == "sold" else "input", row.currency] += row.tax
    return sums


def _booked(
    country: str, what: str, rows: Iterable[BalanceRow], openings: Iterable[Opened]
) -> Sums:
    """Return what the tax accounts of a country hold, without what no sale put there."""
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: NOTHING)
    before = {(row.account, row.currency): (row.balance, row.book_balance) for row in openings}
    for row in rows:
        name, *rest = row.account.split(":")
        if name != "vat" or rest[0] != country or rest[-1] != what:
            continue
        less, book_less = before.get((row.account, row.currency), (NOTHING, NOTHING))
        kind, sign = rest[1], 1 if rest[1] == "input" else -1
        sums[kind, row.currency] += (row.balance - less) * sign
        if what == "due":
            in_book = f"{row.book_currency}{_IN_BOOK}"
            sums[kind, in_book] += (row.book_balance - book_less) * sign
    return sums


def _rows(
    country: str, what: str, words: str, when: object, said: Sums, booked: Sums
) -> list[Compared]:
    keys = said.keys() | booked.keys()
    # What is all in the book's own currency is said once.
    twice = {
        (kind, currency)
        for kind, currency in keys
        if currency.endswith(_IN_BOOK)
        and {other for of, other in keys if of == kind} == {currency, currency[: -len(_IN_BOOK)]}
    }
    order = sorted(keys - twice, key=lambda key: (_KINDS.index(key[0]), key[1]))
    return [
        Compared(
            f"vat:{country}:{kind}:{what}",
            f"{words} {when}",
            currency,
            said.get((kind, currency), NOTHING),
            booked.get((kind, currency), NOTHING),
        )
        for kind, currency in order
        if said.get((kind, currency)) or booked.get((kind, currency))
    ]
