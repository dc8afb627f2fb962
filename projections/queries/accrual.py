"""What is accrued of a settlement period, by invoice group: what its close makes due."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from ledger.books.invoice_groups import (
    Accruals,
    AccruedLine,
    GroupAccrued,
    InvoiceGroup,
    versions_in_order,
)
from ledger.settlement.period import Checkpoint
from projections.database import Connection, query, rows


class _AccruedRow(NamedTuple):
    """One account of a group; rates are text, empty where there is none."""

    seller: str
    buyer: str
    currency: str
    place: str
    category: str
    percent: str
    tax_period: str
    rule: str
    seller_book: str
    buyer_book: str
    buyer_percent: str
    tax_class: str
    supply: str
    seller_number: str
    buyer_number: str
    for_driver: bool
    book: str
    account: str
    amount: Decimal
    book_amount: Decimal
    agreement_versions: Sequence[str] = ()


class AccrualLeft(NamedTuple):
    """What a group has left on an accrual account: accrued, and not yet fallen due."""

    book: str
    account: str
    currency: str
    item: str
    amount: Decimal
    book_amount: Decimal


def accruals(connection: Connection, period: str) -> Accruals:
    """Return what a period booked on accrual accounts, whatever of it fell due already."""
    found: defaultdict[InvoiceGroup, list[_AccruedRow]] = defaultdict(list)
    for row in rows(connection, "accrual_list", _AccruedRow, period=period):
        found[_group(row)].append(row)
    groups = (_accrued(group, of_it) for group, of_it in found.items())
    return Accruals(tuple(sorted(groups, key=lambda row: msgspec.json.encode(row.group))))


def accruals_left(connection: Connection, month: str | None) -> list[AccrualLeft]:
    """Return what is accrued and not due, of all periods or up to a month's, by group."""
    left = []
    for period, *columns in rows(connection, "accruals_left", lambda *row: row, month=month):
        row = _AccruedRow(*columns)
        group = _group(row)
        item = f"{period} {group.seller} > {group.buyer} {group.name}"
        left.append(
            AccrualLeft(row.book, row.account, row.currency, item, row.amount, row.book_amount)
        )
    return sorted(left)


def accrual_checkpoint(connection: Connection, figures: Accruals) -> Checkpoint:
    """Return the read model's position with the hash of figures read on the same connection."""
    found = connection.execute(query("positions"), {"names": ["accrual"]}).fetchall()
    return Checkpoint("accrual", found[0][1], figures.sha256)


def _accrued(group: InvoiceGroup, accounts: Sequence[_AccruedRow]) -> GroupAccrued:
    lines = sorted(accounts, key=lambda row: (row.book, row.account))
    return GroupAccrued(
        group,
        tuple(AccruedLine(row.book, row.account, row.amount, row.book_amount) for row in lines),
        versions_in_order(version for row in lines for version in row.agreement_versions),
    )


def _group(row: _AccruedRow) -> InvoiceGroup:
    return InvoiceGroup(
        seller=row.seller,
        buyer=row.buyer,
        currency=row.currency,
        place=row.place,
        category=row.category,
        percent=Decimal(row.percent),
        tax_period=row.tax_period,
        rule=row.rule,
        seller_book=row.seller_book,
        buyer_book=row.buyer_book,
        buyer_percent=Decimal(row.buyer_percent) if row.buyer_percent else None,
        tax_class=row.tax_class,
        supply=row.supply,
        seller_number=row.seller_number,
        buyer_number=row.buyer_number,
        for_driver=row.for_driver,
    )
