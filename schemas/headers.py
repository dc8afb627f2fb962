"""What stands beside a value in a Kafka record: its headers and its key.

The key is the party that the value itself names, `country_code` and `party_id`: the CPO, and for
control totals the sender. A record without `cw-sender` is its key's party speaking; `cw-sequence`
counts a sender's messages from 1 without gaps; `cw-message-id` is the sender's own id;
`cw-sent-at` is RFC 3339 in UTC; `traceparent` is W3C Trace Context.
"""

from typing import Final

from schemas.errors import SchemaError
from schemas.topics import IncomingMessage

SENDER: Final = "cw-sender"
SEQUENCE: Final = "cw-sequence"
MESSAGE_ID: Final = "cw-message-id"
SENT_AT: Final = "cw-sent-at"
TRACEPARENT: Final = "traceparent"
HEADERS: Final = (SENDER, SEQUENCE, MESSAGE_ID, SENT_AT, TRACEPARENT)


def message_key(country_code: str, party_id: str) -> bytes:
    """Return the key of a party's messages; OCPI ids compare case-insensitively.

    >>> message_key("nl", "xyz")
    b'NL*XYZ'
    """
    return f"{country_code}*{party_id}".upper().encode()


def check_key(key: bytes | None, message: IncomingMessage) -> None:
    """Refuse MISSING_KEY, and KEY_PARTY_DIFFERS where the key is not the value's party.

    The key chooses the partition, and with it which consumer owns the party's messages.
    """
    if not key:
        raise SchemaError("MISSING_KEY")
    if key.upper() != message_key(message.country_code, message.party_id):
        raise SchemaError("KEY_PARTY_DIFFERS", "party_id")
