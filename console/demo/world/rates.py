"""The ECB's euro reference rates for the demo's world, from the file that is installed with it."""

from datetime import date
from functools import cache
from typing import Final

from console.imports.rates.ecb import ecb_file
from console.imports.rates.histories import histories_of
from ledger.fx.rates import RateHistory

COVERS_FROM: Final = date(2018, 1, 1)


@cache
def ecb_rates(currency: str) -> RateHistory:
    """Return a currency's publications since the last one of 2017.

    The span ends with the file's last publication and the closed days that follow it: nothing is
    published on them, so their rate is already known.
    Raises: KeyError for a currency that the ECB does not publish.
    >>> ecb_rates("CHF").last_published_before_or_on(date(2022, 11, 13)).per_euro
    Decimal('0.9844')
    """
    file = ecb_file(currency)
    found = histories_of(file, on=date.max, currencies=(currency,), begin_on=COVERS_FROM)
    if not found.histories:
        raise KeyError(currency)
    return found.histories[0]
