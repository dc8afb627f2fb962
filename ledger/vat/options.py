"""Options that states chose for a time, as dated rows with their source."""

from datetime import date
from typing import Final, NamedTuple


class ResaleOption(NamedTuple):
    """A country that has the buyer account for electricity sold between resellers at home.

    `valid_until` is the first day on which it is no more.
    """

    country: str
    valid_from: date
    valid_until: date
    source: str


_UNTIL: Final = date(2027, 1, 1)
_DIRECTIVE: Final = "Directive 2006/112/EC Art. 199a (1) (e), until 2026-12-31"

RESALE_OPTIONS: Final = (
    ResaleOption("AT", date(2014, 1, 1), _UNTIL, f"UStBBKV § 2 Z 2; {_DIRECTIVE}"),
    ResaleOption("DE", date(2013, 9, 1), _UNTIL, f"UStG § 13b (2) 5 b; {_DIRECTIVE}"),
    ResaleOption("IT", date(2015, 1, 1), _UNTIL, f"DPR 633/1972 17 (6) d-quater; {_DIRECTIVE}"),
)  # fmt: skip
"""States whose law was read, and no others: where a state has the option and no row here, the
seller charges the tax, which nobody loses. Romania asks for a licence of the buyer besides."""


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
