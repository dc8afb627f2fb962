"""VAT territories: the Union, and Switzerland with Liechtenstein; and the names of countries."""

from typing import Final

EU: Final = frozenset(
    {
        *("AT", "BE", "BG", "HR", "CY", "CZ", "DK", "EE", "FI", "FR", "DE", "GR", "HU", "IE"),
        *("IT", "LV", "LT", "LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE"),
    }
)
"""Member states since 2020-02-01 (Treaty on European Union, Article 52)."""

SWISS: Final = frozenset({"CH", "LI"})
"""One VAT territory. Source: the treaty between Switzerland and Liechtenstein on value added tax
of 1994-10-28 (SR 0.641.295.142); MWSTG Art. 3 a."""

COVERED: Final = EU | SWISS | {"GB", "NO"}
"""The countries whose rules on the place of supply are written here."""


def vat_country(text: str) -> str:
    """Return the ISO 3166 code of a country as VAT names it: Greece is EL in VAT numbers.

    Source: Directive 2006/112/EC Article 215.
    >>> vat_country("el"), vat_country("DE")
    ('GR', 'DE')
    """
    code = text.strip().upper()
    return "GR" if code == "EL" else code


def same_territory(one: str, other: str) -> bool:
    """True where two countries are one VAT territory.

    >>> same_territory("CH", "LI"), same_territory("DE", "FR")
    (True, False)
    """
    return one == other or {one, other} <= SWISS


def is_outside(country: str, seat: str) -> bool:
    """True where a country is no part of the VAT area of a seller's seat: the Union is one area.

    >>> is_outside("CH", "DE"), is_outside("FR", "DE"), is_outside("DE", "CH")
    (True, False, True)
    """
    if country in EU:
        return seat not in EU
    return not same_territory(country, seat)
