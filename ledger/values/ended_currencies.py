"""Currencies that ISO 4217 knew and that are money no more: dated rows with their source."""

from datetime import date

import msgspec


class EndedCurrency(msgspec.Struct, frozen=True):
    """A currency, the first day on which it was money no more, and what replaced it."""

    code: str
    ended_on: date
    replaced_by: str
    source: str


_EURO = "Council Regulation (EC) No 974/98 as amended, annex: euro adoption date"
_ADOPTED = {
    date(1999, 1, 1): "ATS BEF DEM ESP FIM FRF IEP ITL LUF NLG PTE",
    date(2001, 1, 1): "GRD",
    date(2007, 1, 1): "SIT",
    date(2008, 1, 1): "CYP MTL",
    date(2009, 1, 1): "SKK",
    date(2011, 1, 1): "EEK",
    date(2014, 1, 1): "LVL",
    date(2015, 1, 1): "LTL",
    date(2023, 1, 1): "HRK",
    date(2026, 1, 1): "BGN",
}
ENDED: dict[str, EndedCurrency] = {
    code: EndedCurrency(code, day, "EUR", _EURO)
    for day, codes in _ADOPTED.items()
    for code in codes.split()
}


def ended_currency(code: str, day: date) -> EndedCurrency | None:
    """Return why a currency is money no more on a day, None where it is not known to have ended.

    >>> ended_currency("HRK", date(2023, 1, 1)).replaced_by, ended_currency("HRK", date(2022, 1, 1))
    ('EUR', None)
    """
    found = ENDED.get(code)
    return found if found is not None and found.ended_on <= day else None
