"""Standard VAT rates as dated rows, each with its legal source. Law changes are new rows."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

DATA_VERSION = "2026-11"
"""Recorded with every decision, so an auditor knows which table was asked."""

EU = frozenset(
    {
        *("AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE"),
        *("IT", "LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE"),
    }
)
"""Member states since 2020-02-01 (Treaty on European Union, Article 52)."""


class VatRate(NamedTuple):
    """The standard rate of a country from a day on, until the country's next row."""

    country: str
    valid_from: date
    percent: Decimal
    source: str


RATES = (
    VatRate("AT", date(2018, 1, 1), Decimal("20"), "UStG 1994 § 10 (1)"),
    VatRate("BE", date(2018, 1, 1), Decimal("21"), "Arrêté royal n° 20, art. 1"),
    VatRate("CH", date(2018, 1, 1), Decimal("7.7"), "MWSTG Art. 25 (1), AS 2017 6305"),
    VatRate("CH", date(2024, 1, 1), Decimal("8.1"), "MWSTG Art. 25 (1), AS 2022 863"),
    VatRate("DE", date(2018, 1, 1), Decimal("19"), "UStG § 12 (1)"),
    VatRate("DE", date(2020, 7, 1), Decimal("16"), "UStG § 28 (1), BGBl. 2020 I 1512"),
    VatRate("DE", date(2021, 1, 1), Decimal("19"), "UStG § 12 (1)"),
    VatRate("FR", date(2018, 1, 1), Decimal("20"), "CGI art. 278"),
    VatRate("LU", date(2018, 1, 1), Decimal("17"), "Loi TVA, art. 39 (3)"),
    VatRate("LU", date(2023, 1, 1), Decimal("16"), "Loi du 26 octobre 2022"),
    VatRate("LU", date(2024, 1, 1), Decimal("17"), "Loi TVA, art. 39 (3)"),
    VatRate("NL", date(2018, 1, 1), Decimal("21"), "Wet OB 1968, art. 9 (1)"),
)


def standard_rate(country: str, tax_point: date) -> VatRate | None:
    """Return the row in force on the tax point, None where the table has none.

    >>> standard_rate("DE", date(2020, 8, 15)).percent
    Decimal('16')
    >>> standard_rate("DE", date(2021, 1, 1)).percent
    Decimal('19')
    """
    rows = [row for row in RATES if row.country == country and row.valid_from <= tax_point]
    return max(rows, key=lambda row: row.valid_from) if rows else None


class ResaleOption(NamedTuple):
    """A country that has the buyer account for electricity sold between resellers at home."""

    country: str
    valid_from: date
    valid_until: date
    source: str


RESALE_OPTIONS = (
    ResaleOption(
        "DE",
        date(2013, 9, 1),
        date(2027, 1, 1),
        "UStG § 13b (2) 5 b; Directive 2006/112/EC Art. 199a (1) (e), until 2026-12-31",
    ),
)


def resale_option(country: str, tax_point: date) -> ResaleOption | None:
    """Return the option in force on the tax point.

    >>> resale_option("DE", date(2026, 12, 31)) is not None
    True
    >>> resale_option("DE", date(2027, 1, 1)) is None
    True
    """
    for row in RESALE_OPTIONS:
        if row.country == country and row.valid_from <= tax_point < row.valid_until:
            return row
    return None
