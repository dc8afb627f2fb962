"""VAT as it was decided, leg by leg, and summed."""

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from projections.database import Connection, rows


class VatRow(NamedTuple):
    """The VAT decision of a leg, or of a part of it with a tax class of its own.

    A reversal has negated amounts and names its event.
    """

    position: int
    number: int
    cdr: str | None
    leg: int
    reverses_position: int | None
    kind: str
    seller: str
    buyer: str
    rule: str
    place: str
    category: str
    percent: Decimal
    net: Decimal
    vat: Decimal
    currency: str
    tax_point: date
    buyer_accounts: bool
    exemption: str
    why: str
    rate_source: str
    posted_period: str
    accounting_month: str
    recorded_at: datetime
    tax_class: str
    supply: str
    tax_period: str
    buyer_percent: Decimal | None
    seller_number: str
    buyer_number: str


class VatSum(NamedTuple):
    """What a seller sold to a buyer in a month at one rate, reversals taken off."""

    seller: str
    buyer: str
    accounting_month: str
    place: str
    category: str
    percent: Decimal
    currency: str
    net: Decimal
    vat: Decimal


def vat_decisions(
    connection: Connection,
    *,
    cdr: str | None = None,
    seller: str | None = None,
    buyer: str | None = None,
    month: str | None = None,
    place: str | None = None,
    limit: int | None = None,
) -> list[VatRow]:
    """Return decisions in the order they were recorded."""
    filters = {"cdr": cdr, "seller": seller, "buyer": buyer, "month": month, "place": place}
    return rows(connection, "vat_list", VatRow, **filters, limit=limit)


def vat_sums(connection: Connection, *, month: str | None = None) -> list[VatSum]:
    """Return the sums per seller, buyer, month, place and rate."""
    return rows(connection, "vat_sums", VatSum, month=month)
