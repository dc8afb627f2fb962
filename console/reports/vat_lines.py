"""What a line of what fell due is, to the country that it is declared to.

A VAT return asks what a business did: sold with its tax, sold where the buyer accounts for the
tax, bought with tax, bought and accounts for the tax itself, at home, within the Union or beyond.
`treatment_of` says which; `Line` has the amounts in the country's currency.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.values.instants import last_day
from ledger.values.money import ZERO
from ledger.vat.areas import EU, same_territory
from ledger.vat.currencies import tax_currency
from projections.queries.vat_return import DueLine

TREATMENTS: Final[Mapping[str, str]] = {
    "sold_taxed": "sold, taxed here",
    "sold_exempt": "sold, exempt by an agreed override",
    "sold_zero_rated": "sold, zero-rated by an agreed override",
    "sold_domestic_reverse_charge": "sold here, the buyer accounts for the tax",
    "sold_eu_electricity": "electricity sold to a dealer in another member state, who accounts",
    "sold_eu_services": "services sold to a business in another member state, which accounts",
    "sold_outside": "sold, placed outside this country's VAT area",
    "sold_abroad_taxed": "sold and taxed abroad, under a registration there",
    "bought_taxed": "bought with this country's tax",
    "bought_untaxed": "bought without tax: exempt, zero-rated or outside",
    "bought_domestic_reverse_charge": "bought here, we account for the tax",
    "bought_eu_electricity": "electricity bought from another member state, we account",
    "bought_eu_services": "services bought from another member state, we account",
    "bought_outside_electricity": "electricity bought from outside the VAT area, we account",
    "bought_outside_services": "services bought from outside the VAT area, we account",
    "bought_abroad_taxed": "bought with another country's tax: no input tax here",
}
"""What each treatment says in words; these are the names that the boxes of a form ask for."""

NOT_DECLARED_HERE: Final = frozenset({"bought_abroad_taxed"})
"""A tax that is claimed from the other state (Directive 2008/9/EC), never in this return."""

ELECTRICITY: Final = "electricity"
SERVICE: Final = "service"


class Line(NamedTuple):
    """Amounts of one treatment, at one rate, with one counterparty, in the country's currency.

    `tax` is the tax on the invoice, `self_assessed` what the buyer accounts for; scale 4, signed.
    Where nobody recorded the amounts in the country's currency, `currency` is the sale's.
    """

    treatment: str
    percent: Decimal
    tax_class: str
    supply: str
    place: str
    counterparty: str
    number: str
    tax_period: str
    accounting_month: str
    currency: str
    base: Decimal
    tax: Decimal
    self_assessed: Decimal


def lines_of(country: str, due: Iterable[DueLine]) -> list[Line]:
    """Return the lines of a return; what a book declares to other countries only is left out."""
    return [line for line in (_line(country, row) for row in due) if line is not None]


def treatment_of(country: str, row: DueLine) -> str | None:
    """Return what a row is to a country, None where it is of no concern there.

    Source: the names of the treatments; Directive 2006/112/EC Art. 38, 44, 195, 196, 199a.
    """
    at_home = same_territory(row.place, country)
    if row.side == "sold":
        return _sold(country, row, at_home=at_home)
    if row.category in ("E", "Z") or (row.category == "O" and row.buyer_percent is None):
        return "bought_untaxed" if at_home else None
    if row.category == "S":
        is_claimed_here = row.country == country and (
            same_territory(row.buyer_country, country) or is_number_of(country, row.buyer_number)
        )
        if is_claimed_here:
            return "bought_taxed"
        return "bought_abroad_taxed" if same_territory(row.buyer_country, country) else None
    return _accounted_for(country, row) if at_home else None


def _sold(country: str, row: DueLine, *, at_home: bool) -> str | None:
    if row.category in ("S", "E", "Z"):
        if row.country != country:
            return "sold_abroad_taxed"
        names = {"S": "sold_taxed", "E": "sold_exempt", "Z": "sold_zero_rated"}
        return names[row.category]
    if row.country != country:
        return None
    if row.category == "AE" and at_home:
        return "sold_domestic_reverse_charge"
    if row.category == "AE" and row.place in EU and country in EU:
        return "sold_eu_services" if row.supply == SERVICE else "sold_eu_electricity"
    return "sold_outside"


def _accounted_for(country: str, row: DueLine) -> str:
    if same_territory(row.seller_country, country):
        return "bought_domestic_reverse_charge"
    where = "eu" if row.seller_country in EU and country in EU else "outside"
    what = "services" if row.supply == SERVICE else "electricity"
    return f"bought_{where}_{what}"


def is_number_of(country: str, number: str) -> bool:
    """True where a VAT number was given by a country; Greece writes EL.

    >>> is_number_of("GR", "EL123456783"), is_number_of("CH", "CHE-107.787.577 IVA")
    (True, True)
    """
    return number.startswith({"GR": "EL"}.get(country, country))


def _line(country: str, row: DueLine) -> Line | None:
    treatment = treatment_of(country, row)
    if treatment is None:
        return None
    is_sold = row.side == "sold"
    own_rate = row.category in ("AE", "O") and not is_sold
    currency, base, tax, self_assessed = _in_money_of(country, row)
    return Line(
        treatment,
        (row.buyer_percent or ZERO) if own_rate else row.percent,
        row.tax_class,
        row.supply or ELECTRICITY,
        row.place,
        row.buyer if is_sold else row.seller,
        row.buyer_number if is_sold else row.seller_number,
        row.tax_period,
        row.accounting_month,
        currency,
        base,
        tax,
        self_assessed,
    )


def _in_money_of(country: str, row: DueLine) -> tuple[str, Decimal, Decimal, Decimal]:
    """Return the amounts in a country's currency; the sale's where nobody recorded them in that.

    What is declared elsewhere has its amounts in that country's money; the sale or the book may
    be in this one's.
    """
    if row.country == country and row.tax_net is not None:
        return (row.tax_currency, row.tax_net, row.tax_tax or ZERO, row.tax_self_assessed or ZERO)
    if row.book_currency == tax_currency(country, last_day(row.tax_period)):
        return (row.book_currency, row.book_net, row.book_tax, row.book_self_assessed)
    return (row.currency, row.net, row.tax, row.self_assessed)
