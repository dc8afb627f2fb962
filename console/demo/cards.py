"""Cards and apps: nobody charges twice at once, and a command names its authorization.

Tokens are drawn for each session by itself. Where a token would charge at two chargers at once,
which a check notes, another driver of the same eMSP takes the later charge. Whether a token is one
of a group is drawn from the token.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final, TypeVar

from console.demo.world import TokenGroup
from console.imports.back_end import ChargeMessages, auth_method_of
from console.imports.drivers import token_of
from schemas import CdrV1, SessionV1
from schemas.parts import CdrToken, Clearwatt

M = TypeVar("M", SessionV1, CdrV1)
_FURTHER_DRIVERS: Final = 1_000_000
"""Numbers of drivers from here on are nobody's yet."""


def with_cards(
    charges: Iterable[ChargeMessages], groups: Mapping[str, Sequence[TokenGroup]]
) -> list[ChargeMessages]:
    """Return the charges, in order of their start, with a free token each, and its group, if any.

    `groups` are those of the drivers that charge at a CPO.
    """
    busy_until: dict[tuple[str, str], datetime] = {}
    found = []
    for row in sorted(charges, key=lambda each: each.cdr.start_date_time):
        token, number = row.cdr.cdr_token, _FURTHER_DRIVERS
        while busy_until.get(_driver(token), row.cdr.start_date_time) > row.cdr.start_date_time:
            token = token_of(f"{token.country_code}*{token.party_id}", number)
            number += 1
        busy_until[_driver(token)] = row.cdr.end_date_time
        own = groups.get(f"{row.cdr.country_code}*{row.cdr.party_id}", ())
        found.append(_in_group(_with_token(row, token), _group_of(token, own)))
    return found


def _group_of(token: CdrToken, groups: Iterable[TokenGroup]) -> str | None:
    point = int(sha256(f"group/{token.uid}".encode()).hexdigest()[:8], 16) % 100
    for row in groups:
        if row.provider == f"{token.country_code}*{token.party_id}" and point < row.percent:
            return row.name
    return None


def _in_group(row: ChargeMessages, group: str | None) -> ChargeMessages:
    if group is None:
        return row
    updates = tuple(_grouped(update, group) for update in row.updates)
    return row._replace(updates=updates, cdr=_grouped(row.cdr, group))


def _grouped(message: M, group: str) -> M:
    own = (message.clearwatt or Clearwatt()).model_copy(update={"token_group": group})
    return message.model_copy(update={"clearwatt": own})


def _driver(token: CdrToken) -> tuple[str, str]:
    return token.party_id, token.uid


def _with_token(row: ChargeMessages, token: CdrToken) -> ChargeMessages:
    method = auth_method_of(token)
    fields = {
        "cdr_token": token,
        "auth_method": method,
        "authorization_reference": None if method == "WHITELIST" else _reference(row),
    }
    updates = tuple(update.model_copy(update=fields) for update in row.updates)
    return row._replace(updates=updates, cdr=row.cdr.model_copy(update=fields))


def _reference(row: ChargeMessages) -> str:
    """Return the reference that the eMSP gave in its command, or the terminal to its payment."""
    return sha256(f"authorization/{row.cdr.id}".encode()).hexdigest()[:32]
