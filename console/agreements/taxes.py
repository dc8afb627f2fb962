"""What an agreement says of taxes: classes of price components, and rates instead of standard ones.

vat:
  classes:
    - {of: parking time, taxed_as: parking}
  overrides:
    - country: GB
      class: electricity
      rate: 5 %
      from: 2026-03-01
      until: 2027-01-01
      source: First-tier Tribunal, TC09802
"""

from datetime import date
from decimal import Decimal
from typing import Any, Final

from console.agreements.page import Part, Skipped
from console.agreements.shapes import Places, Shape, each
from console.agreements.takings import Readers, by, named
from console.agreements.words import TEXT, Words, WrongWords, choice, number, number_text
from ledger.roaming.terms import ClassedDimension
from ledger.vat.areas import vat_country
from ledger.vat.overrides import RateOverride

_DIMENSION: Final = named(
    {
        "time": "TIME",
        "parking time": "PARKING_TIME",
        "flat": "FLAT",
        "reservation time": "RESERVATION_TIME",
    }
)
_CLASS: Final = choice("electricity", "parking", "service")
_CLASS_KEYS: Final = ("of", "taxed_as")
_OVERRIDE_KEYS: Final = ("country", "class", "rate", "from", "until", "source")
_UNTAXED: Final = {"exempt": "E", "zero-rated": "Z"}
Rate = tuple[Decimal, str]
"""A percentage and EN 16931's category."""


def _rate(text: str) -> Rate:
    if text in _UNTAXED:
        return Decimal(0), _UNTAXED[text]
    if not text.endswith("%"):
        raise WrongWords("a rate such as 5 %, exempt or zero-rated")
    return number(text[:-1].rstrip()), "S"


def _rate_text(rate: Rate) -> str:
    percent, category = rate
    words = {category: word for word, category in _UNTAXED.items()}
    return words.get(category) or f"{number_text(percent)} %"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongWords("a date such as 2026-11-01") from None


_RATE: Final = Words(_rate, _rate_text)
_DAY: Final = Words(_day, date.isoformat)
_COUNTRY: Final = Words(vat_country, str)


def _read_class(part: Part, term: str, places: Places) -> ClassedDimension:
    places[term] = part.place
    readers: Readers = {"of": by(_DIMENSION), "taxed_as": by(_CLASS)}
    found = each(part.parts(_CLASS_KEYS, _CLASS_KEYS), readers)
    if len(found) < len(_CLASS_KEYS):
        raise Skipped
    return ClassedDimension(found["of"], found["taxed_as"])


def _write_class(row: ClassedDimension) -> dict[str, Any]:
    return {"of": _DIMENSION.write(row.dimension), "taxed_as": row.tax_class}


def _read_override(part: Part, term: str, places: Places) -> RateOverride:
    required = tuple(name for name in _OVERRIDE_KEYS if name != "until")
    parts = part.parts(_OVERRIDE_KEYS, required)
    places[term] = part.place
    terms = {"class": "tax_class", "rate": "percent", "from": "valid_from", "until": "valid_until"}
    places |= {f"{term}.{terms.get(name, name)}": row.place for name, row in parts.items()}
    readers: Readers = {
        "country": by(_COUNTRY),
        "class": by(_CLASS),
        "rate": by(_RATE),
        "from": by(_DAY),
        "until": by(_DAY),
        "source": by(TEXT),
    }
    found = each(parts, readers)
    if set(found) != set(parts) or not set(required) <= set(found):
        raise Skipped
    percent, category = found["rate"]
    return RateOverride(
        country=found["country"],
        tax_class=found["class"],
        percent=percent,
        category=category,
        valid_from=found["from"],
        valid_until=found.get("until"),
        source=found["source"],
    )


def _write_override(row: RateOverride) -> dict[str, Any]:
    written = {
        "country": row.country,
        "class": row.tax_class,
        "rate": _rate_text((row.percent, row.category)),
        "from": row.valid_from.isoformat(),
    }
    if row.valid_until is not None:
        written["until"] = row.valid_until.isoformat()
    return written | {"source": row.source}


TAX_CLASS: Final = Shape(_read_class, _write_class)
OVERRIDE: Final = Shape(_read_override, _write_override)
