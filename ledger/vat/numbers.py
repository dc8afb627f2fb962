"""VAT numbers: whether one can exist at all, by the form and check digits of its country.

That the number belongs to somebody is what its evidence says; no register is asked here.
"""

from typing import Final

from stdnum.exceptions import ValidationError
from stdnum.li import peid
from stdnum.util import get_cc_module

from ledger.values.reasons import InvariantBroken, Reason, Refusal, Refused
from ledger.vat.areas import EU

CHECKED: Final = EU | {"CH", "GB", "LI", "NO"}
"""The countries whose numbers are checked; a number of any other is taken as it is."""


def checked_vat_number(country: str, number: str) -> str:
    """Return a VAT number as it was given. `country` is alpha-2; its prefix may be left out.

    Refuses: VAT_NUMBER_INVALID. Source: python-stdnum; a company of Liechtenstein is numbered by
    the register of persons, so that only its length is checked.
    >>> checked_vat_number("CH", "CHE-107.787.577 IVA")
    'CHE-107.787.577 IVA'
    >>> checked_vat_number("NL", "NL123456783B01")
    Traceback (most recent call last):
    ledger.values.reasons.Refused: VAT_NUMBER_INVALID: The VAT number has not the form or the \
check digits of its country. (at number, expected a number of NL, got NL123456783B01)
    """
    if country not in CHECKED:
        return number
    rules = peid if country == "LI" else get_cc_module(country.lower(), "vat")
    if rules is None:
        raise InvariantBroken(f"nobody knows the VAT numbers of {country}")
    try:
        rules.validate(number.removeprefix("LI") if country == "LI" else number)
    except ValidationError:
        wanted = f"a number of {country}"
        raise Refused(Refusal(Reason.VAT_NUMBER_INVALID, "number", wanted, number)) from None
    return number
