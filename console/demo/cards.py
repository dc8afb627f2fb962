"""Cards and apps: nobody charges twice at once, and a command names its authorization.

Tokens are drawn for each session by itself. Where a token would charge at two chargers at once,
which a check notes, another driver of the same eMSP takes the later charge.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Final

from console.imports.back_end import ChargeMessages
from console.imports.drivers import token_of
from schemas.parts import CdrToken

_FURTHER_DRIVERS: Final = 1_000_000
"""Numbers of drivers from here on are nobody's yet."""


def with_cards(charges: Iterable[ChargeMessages]) -> list[ChargeMessages]:
    """Return the charges, in order of their start, with a free token each."""
    busy_until: dict[tuple[str, str], datetime] = {}
    found = []
    for row in sorted(charges, key=lambda each: each.cdr.start_date_time):
        token, number = row.cdr.cdr_token, _FURTHER_DRIVERS
        while busy_until.get(_driver(token), row.cdr.start_date_time) > row.cdr.start_date_time:
            token = token_of(f"{token.country_code}*{token.party_id}", number)
            number += 1
        busy_until[_driver(token)] = row.cdr.end_date_time
        found.append(_with_token(row, token))
    return found


def _driver(token: CdrToken) -> tuple[str, str]:
    return token.party_id, token.uid


def _with_token(row: ChargeMessages, token: CdrToken) -> ChargeMessages:
    is_command = token.type == "APP_USER"
    fields = {
        "cdr_token": token,
        "auth_method": "COMMAND" if is_command else "WHITELIST",
        "authorization_reference": _reference(row) if is_command else None,
    }
    updates = tuple(update.model_copy(update=fields) for update in row.updates)
    return row._replace(updates=updates, cdr=row.cdr.model_copy(update=fields))


def _reference(row: ChargeMessages) -> str:
    """Return the reference that the eMSP gave in its command."""
    return sha256(f"authorization/{row.cdr.id}".encode()).hexdigest()[:32]
