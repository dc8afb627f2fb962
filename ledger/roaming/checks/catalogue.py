"""The catalogue: every check by its published number, in order of precedence.

A new check takes a new number in its group; one that is no longer asked keeps its number for ever.
"""

from ledger.roaming.checks.check import Check
from ledger.roaming.checks.of_the_charge import OF_THE_CHARGE
from ledger.roaming.checks.of_the_money import OF_THE_MONEY
from ledger.values.reasons import Reason

GROUPS = {
    1: "Fields",
    2: "Times",
    3: "Places",
    4: "Sessions and duplicates",
    5: "Energy",
    6: "Evidence",
    7: "Price",
    8: "Parties, terms and tax",
    9: "Delivery and credits",
}
"""What the hundreds of the numbers stand for."""

CATALOGUE: tuple[Check, ...] = (*OF_THE_CHARGE, *OF_THE_MONEY)

BY_CODE: dict[Reason, Check] = {check.code: check for check in CATALOGUE}

UNPRICEABLE = frozenset({Reason.PERIODS_OUT_OF_ORDER, Reason.CDR_NOT_SUPPORTED})
"""What makes no sense to price before it is put right."""
