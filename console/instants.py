"""Instants as people and systems write them, on the command line and over HTTP."""

from datetime import UTC, date, datetime


def instant_of(text: str) -> datetime:
    """Return an instant in UTC, from RFC 3339 with an offset; a date alone is its beginning in UTC.

    Raises ValueError with what is wrong.

    >>> instant_of("2026-11-01T01:00:00+01:00").isoformat(), instant_of("2026-11-01").isoformat()
    ('2026-11-01T00:00:00+00:00', '2026-11-01T00:00:00+00:00')
    """
    try:
        if len(text) == len("2026-11-01"):
            day = date.fromisoformat(text)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no instant such as 2026-11-01T00:00:00Z") from error
    raise ValueError(f"{text!r} has no offset; write it as in 2026-11-01T00:00:00Z")
