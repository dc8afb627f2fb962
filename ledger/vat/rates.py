"""Which standard rate a country has on a day. The rows are in `rate_rows`."""

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Final

from ledger.vat.rate_rows import RATES, VatRate


def _by_country(rows: Iterable[VatRate]) -> dict[str, tuple[VatRate, ...]]:
    ordered = sorted(rows, key=lambda row: (row.country, row.valid_from))
    grouped = groupby(ordered, key=lambda row: row.country)
    return {country: tuple(reversed(list(found))) for country, found in grouped}


_NEWEST_FIRST: Final = _by_country(RATES)


def standard_rate(country: str, tax_point: date) -> VatRate | None:
    """Return the row in force on the tax point, None where the table has none.

    >>> str(standard_rate("DE", date(2020, 8, 15)).percent)
    '16'
    >>> str(standard_rate("DE", date(2021, 1, 1)).percent)
    '19'
    >>> standard_rate("DE", date(2017, 12, 31)) is None
    True
    """
    rows = _NEWEST_FIRST.get(country, ())
    return next((row for row in rows if row.valid_from <= tax_point), None)


def rates_of(country: str) -> tuple[VatRate, ...]:
    """Return a country's rows, the newest first.

    >>> [str(row.percent) for row in rates_of("EE")]
    ['24', '22', '20']
    """
    return _NEWEST_FIRST.get(country, ())
