"""Identities: parties, business keys, and the ids of aggregates made from them.

OCPI's CiString fields compare case-insensitively, so a key is made from the upper-cased party
and the lower-cased rest; the partner's spelling stays in the recorded statement.
"""

import re
from functools import lru_cache
from uuid import UUID, uuid5

from ledger.values.reasons import Reason, Refusal, Refused

CLEARWATT = UUID("6f1b5d0e-8f0c-5c7e-9d3e-0c1ea2e77001")
"""Namespace of every id: `uuid5(CLEARWATT, "kind:business key")`."""

_PARTY = re.compile(r"[A-Z]{2}\*[A-Z0-9]{3}")


@lru_cache(maxsize=65536)
def party_key(country_code: str, party_id: str) -> str:
    """Return a party as it is printed everywhere. Refuses: WRONG_IDENTIFIER.

    >>> party_key("nl", "xyz")
    'NL*XYZ'
    """
    return checked_party(f"{country_code}*{party_id}")


def checked_party(text: str) -> str:
    """Return the party key in its one spelling. Refuses: WRONG_IDENTIFIER."""
    key = text.upper()
    if not _PARTY.fullmatch(key):
        raise Refused(Refusal(Reason.WRONG_IDENTIFIER, "party", expected="NL*XYZ", actual=text))
    return key


def record_key(party: str, record_id: str) -> str:
    """Return the business key of a party's record: a CDR, session, tariff or location.

    >>> record_key("NL*XYZ", "CDR-0001")
    'NL*XYZ/cdr-0001'
    """
    return f"{party}/{record_id.lower()}"


@lru_cache(maxsize=65536)
def aggregate_id(kind: str, key: str) -> UUID:
    """Return the id of an aggregate: the same business key gives the same id, everywhere.

    >>> aggregate_id("cdr", "NL*XYZ/cdr-0001") == aggregate_id("cdr", "NL*XYZ/cdr-0001")
    True
    """
    return uuid5(CLEARWATT, f"{kind}:{key}")


def pair_key(seller: str, buyer: str) -> str:
    """Return the key of the agreement under which `seller` sells to `buyer`.

    >>> pair_key("NL*XYZ", "DE*EMP")
    'NL*XYZ>DE*EMP'
    """
    return f"{seller}>{buyer}"
