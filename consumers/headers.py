"""What a Kafka record says about its sender: headers, or the key where they are silent."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from ledger.values.provenance import Source
from ledger.values.reasons import Reason, Refusal
from schemas.headers import MESSAGE_ID, SENDER, SENT_AT, SEQUENCE, TRACEPARENT

UNKNOWN_SENDER: Final = "UNKNOWN"
"""Counts what nobody signed: no header, and a key that names no party."""

Headers = Sequence[tuple[str, bytes | None]]

_PARTY: Final = re.compile(r"[A-Z]{2}\*[A-Z0-9]{3}")
_SEQUENCE: Final = re.compile(r"[0-9]{1,18}")
_MESSAGE_ID: Final = re.compile(r"[\x20-\x7e]{1,255}")
# RFC 3339 with an offset; Kafka senders of all kinds write it, so any offset names the instant.
_SENT_AT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
# W3C Trace Context, section 3.2; whoever receives another form shall ignore it.
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")


class Coordinates(NamedTuple):
    """Where a record stands."""

    topic: str
    partition: int
    offset: int


def source_of(
    at: Coordinates, key: bytes | None, headers: Headers
) -> tuple[Source, Refusal | None]:
    """Return where a message comes from, and WRONG_HEADER where a header cannot be read.

    A header that stands twice says what it says last. A sender that cannot be read counts as
    `UNKNOWN`, never as the key's party: somebody else may have signed.

    >>> source_of(Coordinates("cdrs.v1", 0, 7), b"nl*xyz", [("cw-sequence", b"12")])[0].sender
    'NL*XYZ'
    >>> str(source_of(Coordinates("cdrs.v1", 0, 7), b"NL*XYZ", [("cw-sequence", b"-1")])[1])
    'WRONG_HEADER: A header of the message cannot be read. (at cw-sequence)'
    """
    if not headers:
        return Source(*at, sender=_party(key) or UNKNOWN_SENDER), None
    reader = _Reader(dict(headers))
    stated = reader.text(SENDER, _PARTY, upper=True)
    sender = stated if SENDER in reader.found else _party(key)
    sequence = reader.text(SEQUENCE, _SEQUENCE)
    source = Source(
        *at,
        sender=sender or UNKNOWN_SENDER,
        message_id=reader.text(MESSAGE_ID, _MESSAGE_ID),
        sequence=int(sequence) if sequence else None,
        sent_at=reader.instant(SENT_AT),
        traceparent=reader.text(TRACEPARENT, _TRACEPARENT, is_optional=True),
    )
    return source, reader.refusal


class _Reader:
    """Reads headers and remembers the first that is wrong."""

    def __init__(self, found: Mapping[str, bytes | None]) -> None:
        self.found = {name: value for name, value in found.items() if value is not None}
        self.refusal: Refusal | None = None

    def text(
        self,
        name: str,
        form: re.Pattern[str],
        *,
        upper: bool = False,
        is_optional: bool = False,
    ) -> str | None:
        value = self.found.get(name)
        if value is None:
            return None
        text = _ascii(value)
        text = text.upper() if upper and text else text
        if text is not None and form.fullmatch(text):
            return text
        if not is_optional:
            self._refuse(name)
        return None

    def instant(self, name: str) -> datetime | None:
        text = self.text(name, _SENT_AT)
        if text is None:
            return None
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except (ValueError, OverflowError):
            self._refuse(name)
            return None

    def _refuse(self, name: str) -> None:
        self.refusal = self.refusal or Refusal(Reason.WRONG_HEADER, name)


def _party(key: bytes | None) -> str | None:
    text = _ascii(key)
    text = text.upper() if text else None
    return text if text and _PARTY.fullmatch(text) else None


def _ascii(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode("ascii")
    except UnicodeDecodeError:
        return None
