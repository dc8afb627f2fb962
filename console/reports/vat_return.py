"""The VAT return of a book to a country for a tax period, with its lists and its control.

What fell due is declared on the boxes of the period its tax belongs to. What fell due later than
its period was first reported in another return: it stands there as a correction of its period.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Final, NamedTuple

from console.reports.vat_control import Compared, compared
from console.reports.vat_forms import Form, form_of
from console.reports.vat_lines import TREATMENTS, Line, is_number_of, lines_of
from ledger.values.instants import last_day
from ledger.vat.areas import same_territory
from ledger.vat.currencies import tax_currency
from projections.database import Connection
from projections.queries.vat_return import DueLine, NotDue, due_lines, not_due

LISTS: Final = (
    (
        "Recapitulative statement",
        frozenset({"sold_eu_services"}),
        "services to businesses in other member states (Directive 2006/112/EC Art. 44, 196, 262)",
    ),
    (
        "Electricity to dealers in other member states",
        frozenset({"sold_eu_electricity"}),
        "Art. 38, 195: no part of the recapitulative statement, which Art. 262 (1) limits to goods"
        " under Art. 138 and 42 and to services under Art. 196",
    ),
    (
        "Sold outside the VAT area",
        frozenset({"sold_outside"}),
        "no tax of this country; whoever buys has its seat elsewhere, as its evidence says",
    ),
    (
        "Domestic reverse charge, sold",
        frozenset({"sold_domestic_reverse_charge"}),
        "the buyer accounts for the tax (Art. 199a)",
    ),
    (
        "Bought under reverse charge",
        frozenset(name for name in TREATMENTS if name.startswith("bought_"))
        - {"bought_taxed", "bought_untaxed", "bought_abroad_taxed"},
        "we account for the tax, and deduct it",
    ),
    (
        "Tax of other countries",
        frozenset({"bought_abroad_taxed"}),
        "no input tax of this return: refunds within the Union by Directive 2008/9/EC",
    ),
)
"""The lists beside the boxes: their treatments, and what they are."""


class VatReturn(NamedTuple):
    """A return: the lines it is made of, what is open beside it, and how it agrees."""

    book: str
    country: str
    period: str
    form: Form
    currency: str
    lines: tuple[Line, ...]
    accrued: tuple[NotDue, ...]
    control: tuple[Compared, ...]
    as_of: date | None = None
    known_at: datetime | None = None
    names: Mapping[str, str] = MappingProxyType({})
    """The legal entity of each party, where its name is known."""
    own_numbers: tuple[str, ...] = ()
    """The VAT numbers of the country under which the book sold or bought."""

    @property
    def agrees(self) -> bool:
        """True where the tax is that of the book's accounts."""
        return not any(row.difference for row in self.control)


def vat_return(
    connection: Connection,
    *,
    book: str,
    country: str,
    period: str,
    as_of: date | None = None,
    known_at: datetime | None = None,
    names: Mapping[str, str] = MappingProxyType({}),
) -> VatReturn:
    """Return what a book declares to a country for a tax period, as it is known.

    `names` are of the legal entities behind parties.
    """
    due = due_lines(
        connection, book=book, country=country, period=period, as_of=as_of, known_at=known_at
    )
    until = min(last_day(period), as_of or date.max)
    accrued = [
        row
        for row in not_due(connection, book=book, until=until, known_at=known_at)
        if _concerns(country, row, due)
    ]
    control = compared(
        connection,
        book=book,
        country=country,
        period=period,
        due=due,
        accrued=accrued,
        as_of=as_of,
        known_at=known_at,
    )
    return VatReturn(
        book,
        country,
        period,
        form_of(country, period),
        tax_currency(country, last_day(period)),
        tuple(lines_of(country, due)),
        tuple(accrued),
        tuple(control),
        as_of,
        known_at,
        names,
        tuple(sorted({*_own_numbers(country, due)})),
    )


def _own_numbers(country: str, due: Iterable[DueLine]) -> Iterator[str]:
    for row in due:
        own = row.seller_number if row.side == "sold" else row.buyer_number
        if is_number_of(country, own):
            yield own


def _concerns(country: str, row: NotDue, due: Iterable[DueLine]) -> bool:
    """True where what is accrued will be declared to a country: taxed there, or sold from there.

    A book's seat is known from what fell due; before anything did, all of it is shown.
    """
    if same_territory(row.place, country):
        return True
    seats = {line.seller_country if line.side == "sold" else line.buyer_country for line in due}
    return row.side == "sold" and row.category in ("AE", "O") and seats <= {country}
