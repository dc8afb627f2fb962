"""What VAT returns are made of: what fell due, what is accrued beside it, agreed rates."""

from datetime import date, datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from projections.database import Connection, rows

Side = Literal["sold", "bought"]


class DueLine(NamedTuple):
    """What fell due of equal invoice groups: what a book declares as their seller or buyer.

    `net`, `tax` and `self_assessed` are in the sale's currency, `book_…` in the book's, `tax_…`
    in the currency of the country it is declared to, None where nobody recorded them. Scale 4;
    credits are negative. `accounting_month` is when it was first reported.
    """

    side: Side
    book: str
    country: str
    seller: str
    buyer: str
    seller_country: str
    buyer_country: str
    seller_number: str
    buyer_number: str
    rule: str
    place: str
    category: str
    percent: Decimal
    buyer_percent: Decimal | None
    tax_class: str
    supply: str
    for_driver: bool
    tax_period: str
    accounting_month: str
    currency: str
    book_currency: str
    tax_currency: str
    net: Decimal
    tax: Decimal
    self_assessed: Decimal
    book_net: Decimal
    book_tax: Decimal
    book_self_assessed: Decimal
    tax_net: Decimal | None
    tax_tax: Decimal | None
    tax_self_assessed: Decimal | None


class NotDue(NamedTuple):
    """What was decided of equal sales and no invoice group took over yet; scale 4."""

    side: Side
    book: str
    seller: str
    buyer: str
    place: str
    category: str
    percent: Decimal
    tax_class: str
    supply: str
    tax_period: str
    currency: str
    net: Decimal
    tax: Decimal


class Opened(NamedTuple):
    """What no sale put on an account, debit less credit, in both currencies."""

    account: str
    currency: str
    balance: Decimal
    book_balance: Decimal


class Overridden(NamedTuple):
    """What a seller taxed at an agreed rate; `standard_percent` where the decision recorded it."""

    book: str
    seller: str
    place: str
    tax_class: str
    supply: str
    category: str
    percent: Decimal
    standard_percent: Decimal | None
    why: str
    rate_source: str
    tax_period: str
    currency: str
    cdrs: int
    net: Decimal
    tax: Decimal


def due_lines(
    connection: Connection,
    *,
    book: str,
    country: str,
    period: str,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> list[DueLine]:
    """Return what fell due of a tax period, and what of earlier ones was reported in it."""
    filters = {"book": book, "country": country, "period": period}
    return rows(connection, "vat_due_lines", DueLine, **filters, as_of=as_of, known_at=known_at)


def not_due(
    connection: Connection, *, book: str, until: date, known_at: datetime | None = None
) -> list[NotDue]:
    """Return what a book accrued by a day and has not fallen due by then."""
    return rows(connection, "vat_not_due", NotDue, book=book, until=until, known_at=known_at)


def countries_declared_to(
    connection: Connection,
    *,
    period: str,
    book: str | None = None,
    country: str | None = None,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> list[tuple[str, str]]:
    """Return the books with the countries that each has something for in a month."""
    filters = {"period": period, "book": book, "country": country}
    return rows(
        connection, "vat_countries", lambda *row: row, **filters, as_of=as_of, known_at=known_at
    )


def opened(
    connection: Connection,
    *,
    book: str,
    country: str,
    until: date,
    month: str | None = None,
    known_at: datetime | None = None,
) -> list[Opened]:
    """Return what opening balances and exchange rates put on a country's tax accounts.

    By a day, or in a month until it.
    """
    filters = {"book": book, "accounts": f"vat:{country}:", "until": until, "month": month}
    return rows(connection, "vat_opened", Opened, **filters, known_at=known_at)


def overridden(
    connection: Connection,
    *,
    book: str | None = None,
    country: str | None = None,
    period: str | None = None,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> list[Overridden]:
    """Return what was taxed at agreed rates, per seller, rate and tax period."""
    filters = {"book": book, "country": country, "period": period}
    return rows(connection, "vat_overridden", Overridden, **filters, as_of=as_of, known_at=known_at)
