"""What is accrued and not yet invoiced: sums per settlement period, invoice group and account.

Every entry of a sale adds what it posts to revenue, cost, markup income and accrued VAT, reversals
and adjustments too; a sale with a part that is taxed by a class of its own counts in two groups,
told apart by the accounts. What falls due is kept beside what was accrued: together they are what
is left.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import ClassVar

from ledger.books.accounts import MARKUP_INCOME
from projections.amounts import decimal_of, ten_thousandths
from projections.cdr_events import CdrAccepted, CdrAdjusted, CdrCredited, CdrExcluded, CdrRedecided
from projections.database import Connection, for_each
from projections.event_parts import Booking, Decision, Entry, Leg, Posting, Vat
from projections.pages import Recorded
from projections.period_events import Group, PeriodFellDue, PeriodTruedUp

GroupKey = tuple[str | bool, ...]
"""The settlement period, then the fields of an invoice group as the table has them."""

Sales = Sequence[tuple[Entry, Leg]]
"""Entries, each with the sale that it is booked for."""

_ACCRUED, _DUE = 0, 2
"""Where the sums of an account have what was accrued, and what of it fell due."""

_KINDS = ("charging", "retail", "fee", "share")
_THE_SALE = ""


_Accounts = defaultdict[tuple[str, str], list[int]]


def _no_sums() -> _Accounts:
    """Per book and account: amount and book amount accrued, then of what fell due."""
    return defaultdict(lambda: [0, 0, 0, 0])


@lru_cache(maxsize=4096)
def tax_class_of(account: str) -> str | None:
    """Return the tax class that an accrual account belongs to; None for any other account.

    >>> [tax_class_of(f"vat:DE:output:{rest}") for rest in ("accrued", "parking:accrued", "due")]
    ['', 'parking', None]
    >>> tax_class_of("revenue:fee"), tax_class_of("cost:parking"), tax_class_of("payable:NL*XYZ")
    ('', 'parking', None)
    """
    head, *rest = account.split(":")
    if head == "vat":
        return None if rest[-1] != "accrued" else rest[2] if len(rest) == 4 else _THE_SALE
    if head in ("revenue", "cost") and len(rest) == 1:
        return _THE_SALE if rest[0] in _KINDS else rest[0]
    return _THE_SALE if account == MARKUP_INCOME else None


class Accruals:
    """What sales accrued per group and account: debits less credits, and what of it fell due."""

    NAME: ClassVar[str] = "accrual"
    TABLES: ClassVar[Mapping[str, str]] = {
        "sum": ", ".join(
            f'{column} COLLATE "C"'
            for column in (
                *("posted_period", "book", "account", "seller", "buyer", "currency", "place"),
                *("category", "percent", "tax_period", "rule", "seller_book", "buyer_book"),
                *("buyer_percent", "tax_class", "supply", "seller_number", "buyer_number"),
            )
        )
        + ", for_driver"
    }

    def __init__(self) -> None:
        self._groups: defaultdict[GroupKey, _Accounts] = defaultdict(_no_sums)

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, CdrAccepted):
            self._decide(event.decision)
        elif isinstance(event, CdrRedecided | CdrCredited | CdrExcluded):
            if event.reversal_booking is not None:
                self._take_back(recorded, event.reversal, event.reversal_booking)
            if isinstance(event, CdrRedecided) and event.decision is not None:
                self._decide(event.decision)
        elif isinstance(event, CdrAdjusted):
            decided = recorded.history().decided
            if decided is not None:
                decision = decided.decision
                sales = [(entry, decision.legs[entry.leg]) for entry in event.entries]
                self._add(sales, _books_of(_sales_of(decision)), event.booking)
        elif isinstance(event, PeriodTruedUp):
            for row in event.adjustments:
                sales = [(entry, row.leg) for entry in row.entries]
                self._add(sales, _books_of(sales), event.booking)
        elif isinstance(event, PeriodFellDue):
            self._fall_due(event)

    def write(self, connection: Connection, schema: str) -> None:
        rows = (
            (key[0], book, account, *key[1:], *map(decimal_of, sums))
            for key, accounts in sorted(self._groups.items())
            for (book, account), sums in sorted(accounts.items())
        )
        for_each(connection, "add_to_accruals", schema, rows)

    def _decide(self, decision: Decision) -> None:
        sales = _sales_of(decision)
        self._add(sales, _books_of(sales), decision.booking)

    def _take_back(self, recorded: Recorded, reversal: Sequence[Entry], booking: Booking) -> None:
        booked = recorded.history().booked()[: len(reversal)]
        books = _books_of([(row.entry, row.leg) for row in booked])
        sales = [(entry, was.leg) for entry, was in zip(reversal, booked, strict=True)]
        self._add(sales, books, booking)

    def _add(self, sales: Sales, books: Mapping[int, list[str]], booking: Booking) -> None:
        """Add what entries post to accrual accounts; `books` are those of each sale."""
        known: dict[int, dict[str, _Accounts]] = {}
        for entry, leg in sales:
            groups, book = known.setdefault(id(leg), {}), entry.book
            for posting in entry.postings:
                tax_class = tax_class_of(posting.account)
                if tax_class is None:
                    continue
                accounts = groups.get(tax_class)
                if accounts is None:
                    key = _group_key(booking.posted_period, leg, tax_class, books[id(leg)])
                    accounts = groups[tax_class] = self._groups[key]
                _count(accounts[book, posting.account], _ACCRUED, posting)

    def _fall_due(self, event: PeriodFellDue) -> None:
        """Keep what left the accrual accounts; what a markup added stays where it is."""
        for row in event.groups:
            accounts = self._groups[event.booking.posted_period, *_fields_of(row.group)]
            for entry in row.entries:
                for posting in entry.postings:
                    account = posting.account
                    if tax_class_of(account) is not None and account != MARKUP_INCOME:
                        _count(accounts[entry.book, account], _DUE, posting)


def _count(sums: list[int], place: int, posting: Posting) -> None:
    amount, book_amount = posting.amount, posting.book_amount
    units = ten_thousandths(amount)
    book_units = units if book_amount == amount else ten_thousandths(book_amount)
    if posting.side == "credit":
        units, book_units = -units, -book_units
    sums[place] += units
    sums[place + 1] += book_units


def _sales_of(decision: Decision) -> Sales:
    legs = decision.legs
    return [(entry, legs[entry.leg]) for entry in decision.entries]


def _books_of(sales: Sales) -> dict[int, list[str]]:
    """Return the books of seller and buyer of each sale; a driver has none."""
    books: dict[int, list[str]] = {}
    for entry, leg in sales:
        found = books.setdefault(id(leg), ["", ""])
        found[0 if entry.rule.endswith("_sold") else 1] = entry.book
    return books


def _vat_of(leg: Leg, tax_class: str) -> Vat:
    """Return the decision on what a sale's account of a tax class holds."""
    for part in leg.parts:
        if part.vat.tax_class == tax_class:
            return part.vat
    return leg.vat


def _group_key(period: str, leg: Leg, tax_class: str, books: Sequence[str]) -> GroupKey:
    vat = _vat_of(leg, tax_class) if tax_class else leg.vat
    return (
        period,
        leg.seller,
        leg.buyer,
        leg.currency,
        vat.place,
        vat.category,
        canonical_percent(vat.percent),
        vat.tax_point[:7],
        vat.rule,
        books[0],
        books[1],
        "" if vat.buyer_percent is None else canonical_percent(vat.buyer_percent),
        vat.tax_class,
        vat.supply,
        vat.seller_number,
        vat.buyer_number,
        leg.for_driver,
    )


def _fields_of(group: Group) -> GroupKey:
    return (
        group.seller,
        group.buyer,
        group.currency,
        group.place,
        group.category,
        canonical_percent(group.percent),
        group.tax_period,
        group.rule,
        group.seller_book,
        group.buyer_book,
        "" if group.buyer_percent is None else canonical_percent(group.buyer_percent),
        group.tax_class,
        group.supply,
        group.seller_number,
        group.buyer_number,
        group.for_driver,
    )


@lru_cache(maxsize=256)
def canonical_percent(percent: str) -> str:
    """Return a rate without the zeros that say nothing: 19.0 and 19 are one group.

    >>> canonical_percent("19.00"), canonical_percent("5.50"), canonical_percent("0")
    ('19', '5.5', '0')
    """
    return f"{Decimal(percent).normalize():f}"
