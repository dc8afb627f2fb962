"""The currency in which a country's VAT is declared: dated rows, each with its source.

A member state's VAT is declared in its own money, whatever the invoice is in.
"""

from datetime import date
from typing import NamedTuple

from ledger.values.reasons import InvariantBroken
from ledger.vat.areas import EU


class TaxCurrency(NamedTuple):
    """The money of a country from a day on, until the country's next row."""

    country: str
    valid_from: date
    currency: str
    source: str


_EVER = date(1999, 1, 1)
_EURO = "Council Regulation (EC) No 974/98, annex: date of the adoption of the euro"
_OWN = "Directive 2006/112/EC Art. 230 (1): the VAT is expressed in the national currency"

CURRENCIES = (
    TaxCurrency("BG", _EVER, "BGN", _OWN),
    TaxCurrency("BG", date(2026, 1, 1), "EUR", _EURO),
    TaxCurrency("CZ", _EVER, "CZK", _OWN),
    TaxCurrency("DK", _EVER, "DKK", _OWN),
    TaxCurrency("HR", _EVER, "HRK", _OWN),
    TaxCurrency("HR", date(2023, 1, 1), "EUR", _EURO),
    TaxCurrency("HU", _EVER, "HUF", _OWN),
    TaxCurrency("PL", _EVER, "PLN", _OWN),
    TaxCurrency("RO", _EVER, "RON", _OWN),
    TaxCurrency("SE", _EVER, "SEK", _OWN),
    TaxCurrency("CH", _EVER, "CHF", "MWSTV (SR 641.201) Art. 45: in Swiss francs"),
    TaxCurrency("LI", _EVER, "CHF", "MWSTG (LGBl. 2009 Nr. 330): the currency treaty's franc"),
    TaxCurrency("NO", _EVER, "NOK", "Bokføringsforskriften § 5-1-1: VAT in Norwegian kroner"),
    TaxCurrency("GB", _EVER, "GBP", "VAT Act 1994, Sch. 6 para. 11: in sterling"),
)


def tax_currency(country: str, day: date) -> str:
    """Return the ISO 4217 code in which a country's VAT of a day is declared.

    Source: Directive 2006/112/EC Art. 91 (2) and 230. Raises InvariantBroken for a country
    that no decision can be about.
    >>> tax_currency("DE", date(2026, 10, 31)), tax_currency("LI", date(2026, 10, 31))
    ('EUR', 'CHF')
    >>> tax_currency("HR", date(2022, 12, 31)), tax_currency("BG", date(2026, 1, 1))
    ('HRK', 'EUR')
    """
    rows = [row for row in CURRENCIES if row.country == country and row.valid_from <= day]
    if rows:
        return max(rows, key=lambda row: row.valid_from).currency
    if country in EU:
        return "EUR"
    raise InvariantBroken(f"nobody knows in which currency {country} takes its VAT")
