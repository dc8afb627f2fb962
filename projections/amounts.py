"""Sums of recorded amounts: exact, and fast enough for every posting of every CDR.

Recorded amounts are text at scale 4; a page's sums are whole numbers of 0.0001.
"""

from decimal import Decimal
from functools import lru_cache

SCALE = 4


@lru_cache(maxsize=4096)
def ten_thousandths(amount: str) -> int:
    """Read a recorded amount at scale 4. Raises ValueError for any other scale.

    Each amount occurs several times in a row: on both sides of an entry and in both books.

    >>> ten_thousandths("-12.3456")
    -123456
    """
    if amount[-5:-4] != ".":
        raise ValueError(f"{amount!r} is not recorded at scale 4")
    return int(amount.replace(".", ""))


def decimal_of(units: int) -> Decimal:
    """Write a sum of 0.0001 as a decimal of scale 4.

    >>> decimal_of(-123456)
    Decimal('-12.3456')
    """
    return Decimal(units).scaleb(-SCALE)


def negated(amount: str) -> str:
    """Return the recorded amount that takes another back.

    >>> negated("2.1000"), negated("-2.1000"), negated("0.0000")
    ('-2.1000', '2.1000', '0.0000')
    """
    if amount.startswith("-"):
        return amount[1:]
    return f"-{amount}" if amount.strip("0.") else amount
