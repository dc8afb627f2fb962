"""The values of OCPI's JSON, read as partners write them: exact numbers, instants, codes.

A reader takes what the decoder gave, its path, and the notes to write a warning into. It returns
the value in its one form, or raises `DocumentRefused` where reading on would be guessing.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar

import msgspec

from console.pricing.findings import DocumentRefused, Notes

T = TypeVar("T")

LARGEST_EXPONENT: Final = 12
SMALLEST_EXPONENT: Final = -30
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2200
_NUMBER_TEXT: Final = re.compile(r"\s*[+-]?\d{1,15}(?:\.\d{1,30})?\s*")
_LOOSE_INSTANT: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{2}:\d{2}\S*)")
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::00(?:\.0+)?)?Z?")


def decode(decoder: "msgspec.json.Decoder[T]", data: bytes, path: str) -> T:
    """Return what a decoder makes of a text. Refuses: NOT_JSON, WRONG_TYPE, NUMBER_OUT_OF_RANGE."""
    try:
        # Some systems begin a file with a byte order mark, which JSON does not have.
        return decoder.decode(data[3:] if data[:3] == BOM_UTF8 else data)
    except msgspec.ValidationError as error:
        raise DocumentRefused("WRONG_TYPE", path, error) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DocumentRefused("NOT_JSON", path, error) from error
    except (InvalidOperation, ValueError) as error:
        raise DocumentRefused("NUMBER_OUT_OF_RANGE", path, type(error).__name__) from error


def number(value: Any, path: str, notes: Notes) -> Decimal:
    """Return a number exactly as its text has it.

    Refuses: MISSING_FIELD, WRONG_TYPE, NOT_A_NUMBER, NUMBER_OUT_OF_RANGE.
    >>> notes = Notes()
    >>> number("0.25", "$.price", notes), [note.code for note in notes.found]
    (Decimal('0.25'), ['NUMBER_AS_TEXT'])
    """
    kind = type(value)
    if kind is int:
        value = Decimal(value)
    elif kind is str:
        if not _NUMBER_TEXT.fullmatch(value):
            raise DocumentRefused("NOT_A_NUMBER", path, value)
        notes.add("NUMBER_AS_TEXT", path, value)
        value = Decimal(value.strip())
    elif kind is not Decimal:
        raise DocumentRefused(
            "MISSING_FIELD" if value is None else "WRONG_TYPE", path, kind_of(value)
        )
    if not SMALLEST_EXPONENT < value.adjusted() < LARGEST_EXPONENT:
        raise DocumentRefused("NUMBER_OUT_OF_RANGE", path, value)
    return value  # type: ignore[no-any-return]  # a Decimal by now


def optional_number(value: Any, path: str, notes: Notes) -> Decimal | None:
    """Return a number, or None where there is none. Refuses as `number` does."""
    return None if value is None else number(value, path, notes)


def seconds(value: Any, path: str, notes: Notes) -> int | None:
    """Return a duration in whole seconds. Refuses as `number` does, and WRONG_FORMAT."""
    exact = optional_number(value, path, notes)
    if exact is None:
        return None
    if exact != exact.to_integral_value():
        raise DocumentRefused("WRONG_FORMAT", path, f"{exact} is no whole number")
    return int(exact)


def instant(value: Any, path: str, notes: Notes) -> datetime:
    """Return an instant in UTC. Refuses: MISSING_FIELD, WRONG_TYPE, WRONG_FORMAT.

    Source: OCPI 2.2.1, types, DateTime: RFC 3339 in UTC; without an offset it is UTC.
    >>> instant("2026-11-05T07:00:00", "$.start_date_time", Notes()).isoformat()
    '2026-11-05T07:00:00+00:00'
    """
    if type(value) is not str:
        raise DocumentRefused(
            "MISSING_FIELD" if value is None else "WRONG_TYPE", path, kind_of(value)
        )
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is UTC:
            return moment
        if moment.tzinfo is None:
            notes.add("TIME_WITHOUT_ZONE", path, value)
            return moment.replace(tzinfo=UTC)
        if moment.utcoffset():
            notes.add("TIME_NOT_UTC", path, value)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        repaired = _repaired(value)
        if repaired is None:
            raise DocumentRefused("WRONG_FORMAT", path, value) from error
        notes.add("WRONG_FORMAT", path, value)
        return instant(repaired, path, notes)


def moment(value: Any, path: str, notes: Notes) -> datetime:
    """Return an instant of a charge, from 1970 on. Refuses as `instant` does, and
    NUMBER_OUT_OF_RANGE.
    """
    found = instant(value, path, notes)
    if not FIRST_YEAR <= found.year < LAST_YEAR:
        raise DocumentRefused("NUMBER_OUT_OF_RANGE", path, value)
    return found


def _repaired(value: str) -> str | None:
    """Return an instant's text with its zeros and capitals, None where that changes nothing.

    OCPI itself writes one without (mod_cdrs, NOTE on unknown times): `1970-1-1T00:00:00Z`.
    >>> _repaired("1970-1-1T00:00:00Z"), _repaired("noon")
    ('1970-01-01T00:00:00Z', None)
    """
    match = _LOOSE_INSTANT.fullmatch(value.strip().upper())
    if match is None:
        return None
    year, month, day, clock = match.groups()
    written = f"{year}-{month:0>2}-{day:0>2}T{clock}"
    return None if written == value else written


def optional_instant(value: Any, path: str, notes: Notes) -> datetime | None:
    """Return an instant, or None where there is none. Refuses as `instant` does."""
    return None if value is None else instant(value, path, notes)


def code(value: Any, path: str, notes: Notes) -> str:
    """Return an enumeration's value in capitals. Refuses: MISSING_FIELD, WRONG_TYPE."""
    if type(value) is not str or not value:
        raise DocumentRefused("WRONG_TYPE" if value else "MISSING_FIELD", path, kind_of(value))
    upper = value.strip().upper()
    if upper != value:
        notes.add("LOWER_CASE", path, value)
    return upper


def one_of(value: Any, known: frozenset[str], path: str, notes: Notes) -> str:
    """Return one of an enumeration's values. Refuses as `code` does, and UNKNOWN_VALUE."""
    found = code(value, path, notes)
    if found not in known:
        raise DocumentRefused("UNKNOWN_VALUE", path, value)
    return found


def text(value: Any, path: str) -> str:
    """Return an id or a name; a whole number is read as its digits.

    Refuses: MISSING_FIELD, WRONG_TYPE.
    """
    if type(value) is int:
        return str(value)
    if type(value) is not str or not value:
        raise DocumentRefused("WRONG_TYPE" if value else "MISSING_FIELD", path, kind_of(value))
    return value


def optional_text(value: Any) -> str | None:
    """Return a name that nothing depends on, None where it is no text."""
    return value if type(value) is str and value else None


def entries(value: Any, path: str, notes: Notes) -> list[tuple[str, dict[str, Any]]]:
    """Return a list's objects with their paths; no list is an empty one, null entries are noted.

    Refuses: WRONG_TYPE.
    """
    return [(place, entry) for _, place, entry in placed_entries(value, path, notes)]


def placed_entries(
    value: Any, path: str, notes: Notes
) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Yield what `entries` returns, with each one's index in the list."""
    if value is None:
        return
    if type(value) is not list:
        raise DocumentRefused("WRONG_TYPE", path, kind_of(value))
    for index, entry in enumerate(value):
        place = f"{path}[{index}]"
        if entry is None:
            notes.add("NULL_ENTRY", place)
        elif type(entry) is not dict:
            raise DocumentRefused("WRONG_TYPE", place, kind_of(entry))
        else:
            yield index, place, entry


def clock_time(value: Any, path: str, notes: Notes) -> str | None:
    """Return a local time of day as OCPI writes it, `HH:MM`; 24:00 is 00:00.

    Refuses: WRONG_TYPE, WRONG_FORMAT.
    >>> clock_time("7:30:00", "$.start_time", Notes())
    '07:30'
    """
    if value is None:
        return None
    match = _CLOCK.fullmatch(value) if type(value) is str else None
    if match is None:
        raise DocumentRefused("WRONG_FORMAT", path, value)
    hour, minute = int(match[1]), int(match[2])
    if (hour, minute) == (24, 0):
        hour = 0
    if hour > 23 or minute > 59:
        raise DocumentRefused("WRONG_FORMAT", path, value)
    written = f"{hour:02d}:{minute:02d}"
    if written != value:
        notes.add("WRONG_FORMAT", path, value)
    return written


def local_day(value: Any, path: str, notes: Notes) -> str | None:
    """Return a local date, `YYYY-MM-DD`; of an instant its date part. Refuses: WRONG_FORMAT."""
    if value is None:
        return None
    try:
        written = date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError as error:
        raise DocumentRefused("WRONG_FORMAT", path, value) from error
    if written != value:
        notes.add("WRONG_FORMAT", path, value)
    return written


def kind_of(value: Any) -> str:
    """Return how JSON calls the kind of a value.

    >>> kind_of(None), kind_of({})
    ('null', 'an object')
    """
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return "null" if value is None else names.get(type(value), "a number")
