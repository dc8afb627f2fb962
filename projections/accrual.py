"""What is accrued and not yet invoiced: sums per settlement period, invoice group and account.

Every entry of a sale adds what it posts to revenue, cost, markup income and accrued VAT, reversals
and adjustments too; a sale with a part that is taxed by a class of its own counts in two groups,
told apart by the accounts. What falls due is kept beside what was accrued: together they are what
is left. Sums are kept per agreement version, for a group names those under which it was sold.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import ClassVar

from ledger.books.accounts import MARKUP_INCOME, accrual_of
from projections.amounts import decimal_of, ten_thousandths
from projections.cdr_events import CdrAdjusted
from projections.database import Connection, for_each
from projections.event_parts import Booking, Decision, Entry, Posting
from projections.pages import Recorded
from projections.period_events import Group, PeriodFellDue, PeriodTruedUp
from projections.sales import OfSales, Sale, sale_of, sales_booked, sales_of

GroupKey = tuple[str | bool, ...]
"""The settlement period, then the fields of an invoice group and the agreement version, as the
table has them."""

_ACCRUED, _DUE = 0, 2
"""Where the sums of an account have what was accrued, and what of it fell due."""

_Accounts = defaultdict[tuple[str, str], list[int]]


def _no_sums() -> _Accounts:
    """Per book and account: amount and book amount accrued, then of what fell due."""
    return defaultdict(lambda: [0, 0, 0, 0])


class Accruals(OfSales):
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
        + ', for_driver, agreement_version COLLATE "C"'
    }

    def __init__(self) -> None:
        self._groups: defaultdict[GroupKey, _Accounts] = defaultdict(_no_sums)

    def write(self, connection: Connection, schema: str) -> None:
        rows = (
            (key[0], book, account, *key[1:], *map(decimal_of, sums))
            for key, accounts in sorted(self._groups.items())
            for (book, account), sums in sorted(accounts.items())
        )
        for_each(connection, "add_to_accruals", schema, rows)

    def _decide(self, _: Recorded, __: str, decision: Decision) -> None:
        for sale in sales_of(decision):
            self._add(sale, sale.entries, decision.booking)

    def _take_back(
        self, recorded: Recorded, _: str, reversal: Sequence[Entry], booking: Booking
    ) -> None:
        booked = sales_booked(recorded.history())[: len(reversal)]
        for entry, (_was, sale) in zip(reversal, booked, strict=True):
            self._add(sale, (entry,), booking)

    def _give_back(self, _: Recorded, event: CdrAdjusted, decision: Decision) -> None:
        sales = sales_of(decision)
        for entry in event.entries:
            self._add(sales[entry.leg], (entry,), event.booking)

    def _true_up(self, _: Recorded, event: PeriodTruedUp) -> None:
        for row in event.adjustments:
            self._add(sale_of(row.leg, row.entries), row.entries, event.booking)

    def _follow(self, recorded: Recorded) -> None:
        if isinstance(recorded.event, PeriodFellDue):
            self._fall_due(recorded.event)

    def _add(self, sale: Sale, entries: Iterable[Entry], booking: Booking) -> None:
        """Add what entries of a sale post to accrual accounts."""
        groups: dict[str, _Accounts] = {}
        for entry in entries:
            book = entry.book
            for posting in entry.postings:
                accrual = accrual_of(posting.account)
                if accrual is None:
                    continue
                tax_class = accrual.tax_class
                accounts = groups.get(tax_class)
                if accounts is None:
                    key = _group_key(booking.posted_period, sale, tax_class)
                    accounts = groups[tax_class] = self._groups[key]
                _count(accounts[book, posting.account], _ACCRUED, posting)

    def _fall_due(self, event: PeriodFellDue) -> None:
        """Keep what left the accrual accounts; what a markup added stays where it is.

        A group falls due as a whole: under no version alone.
        """
        for row in event.groups:
            accounts = self._groups[event.booking.posted_period, *_fields_of(row.group), ""]
            for entry in row.entries:
                for posting in entry.postings:
                    account = posting.account
                    if accrual_of(account) is not None and account != MARKUP_INCOME:
                        _count(accounts[entry.book, account], _DUE, posting)


def _count(sums: list[int], place: int, posting: Posting) -> None:
    amount, book_amount = posting.amount, posting.book_amount
    units = ten_thousandths(amount)
    book_units = units if book_amount == amount else ten_thousandths(book_amount)
    if posting.side == "credit":
        units, book_units = -units, -book_units
    sums[place] += units
    sums[place + 1] += book_units


def _group_key(period: str, sale: Sale, tax_class: str) -> GroupKey:
    leg = sale.leg
    vat = sale.vat_of(tax_class) if leg.parts else leg.vat
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
        sale.seller_book,
        sale.buyer_book,
        "" if vat.buyer_percent is None else canonical_percent(vat.buyer_percent),
        vat.tax_class,
        vat.supply,
        vat.seller_number,
        vat.buyer_number,
        leg.for_driver,
        leg.agreement_version,
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
