"""Bearer tokens on the wire: how one is made, and how it stands in a request."""

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from console.api.problems import ApiError
from ledger.application.facts import View
from ledger.roaming.actor import Actor

PREFIX: Final = "cw_"
"""What every token begins with, so that a scanner for secrets knows one."""
_BYTES: Final = 32
_HEADER: Final = b"authorization"


class TokenRow(NamedTuple):
    """A token in a list; nothing in it lets anybody in."""

    id: str
    actor: str
    roles: tuple[str, ...]
    label: str
    state: str
    valid_until: datetime
    revoked_at: datetime | None


def new_token() -> str:
    """Return a token of 256 random bits; whoever makes one shows it once and keeps it nowhere."""
    return PREFIX + secrets.token_urlsafe(_BYTES)


def token_in(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the bearer token of a request (RFC 6750). Raises ApiError TOKEN_MISSING.

    >>> token_in([(b"authorization", b"Bearer cw_x")])
    'cw_x'
    """
    found = [value for name, value in headers if name.lower() == _HEADER]
    scheme, _, token = (
        found[0].decode("latin-1").partition(" ") if len(found) == 1 else ("", "", "")
    )
    if scheme.lower() != "bearer" or not token.strip():
        sentence = "Send a token: Authorization: Bearer cw_… (`clearwatt api token new`)."
        raise ApiError(401, "TOKEN_MISSING", sentence)
    return token.strip()


def token_rows(view: View, at: datetime, *, actor: str | None = None) -> list[TokenRow]:
    """Return the tokens that were issued, by actor and end; `at` says which have expired."""
    return [
        TokenRow(
            token.id,
            row.key,
            row.roles,
            token.label,
            "revoked" if token.revoked_at else "expired" if token.valid_until <= at else "valid",
            token.valid_until,
            token.revoked_at,
        )
        for row in view.all_of(Actor)
        if actor in (None, row.key)
        for token in sorted(row.tokens, key=lambda token: token.valid_until)
    ]
