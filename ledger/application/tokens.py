"""Bearer tokens of actors: who is given one, whom it proves, and when it ends.

A token is made where it is handed over and is shown once; here only its SHA-256 is known. It has
256 random bits, so its hash cannot be searched and needs no salt.
"""

from datetime import datetime
from hashlib import sha256
from typing import Final

from ledger.application.commands import By, provenance_of
from ledger.application.consequences import record_fact
from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.store import FactRecorded
from ledger.roaming.actor import Actor, ApiToken
from ledger.values.reasons import Reason, Refusal, Refused

_ID_LENGTH: Final = 12


def hash_of_token(token: str) -> str:
    """Return what is kept of a token.

    >>> hash_of_token("cw_not-a-secret")[:12]
    'ec6d44ea99aa'
    """
    return sha256(token.encode()).hexdigest()


def issue_token(
    ledger: Ledger,
    actor: str,
    token_sha256: str,
    *,
    valid_until: datetime,
    label: str = "",
    by: By,
    dry_run: bool = False,
) -> ApiToken:
    """Let a token prove an actor until an instant, excluded; for admins.

    Refuses: NOT_FOUND (the actor), ALREADY_EXISTS, END_BEFORE_START.
    """
    token = ApiToken(token_sha256[:_ID_LENGTH], token_sha256, valid_until, label)

    def change(view: View) -> list[FactRecorded]:
        view.edit(Actor, actor).issue_token(token, provenance=provenance_of(by))
        return []

    record_fact(ledger, change, by, "admin", dry_run=dry_run)
    return token


def revoke_token(
    ledger: Ledger, token_id: str, *, reason: str, by: By, dry_run: bool = False
) -> str:
    """End a token at once; return whose it was. For admins.

    Refuses: NOT_FOUND, REASON_MISSING, WRONG_STATE (it is revoked already).
    """
    holders: list[str] = []

    def change(view: View) -> list[FactRecorded]:
        keys = [row.key for row in view.all_of(Actor) if token_id in _ids_of(row)]
        if not keys:
            raise Refused(Refusal(Reason.NOT_FOUND, "token", "the id of a token", token_id))
        view.edit(Actor, keys[0]).revoke_token(
            token_id, reason=reason, provenance=provenance_of(by)
        )
        holders[:] = keys
        return []

    record_fact(ledger, change, by, "admin", dry_run=dry_run)
    return holders[0]


def holder_of(view: View, token_sha256: str, at: datetime) -> Actor:
    """Return the actor whom a token proves at an instant.

    Refuses: TOKEN_UNKNOWN, TOKEN_REVOKED, TOKEN_EXPIRED.
    """
    for actor in view.all_of(Actor):
        for token in actor.tokens:
            if token.sha256 == token_sha256:
                _refuse_ended(token, at)
                return actor
    raise Refused(Refusal(Reason.TOKEN_UNKNOWN, "token"))


def _refuse_ended(token: ApiToken, at: datetime) -> None:
    if token.revoked_at is not None:
        raise Refused(Refusal(Reason.TOKEN_REVOKED, "token", actual=token.id))
    if token.valid_until <= at:
        raise Refused(Refusal(Reason.TOKEN_EXPIRED, "token", actual=token.id))


def _ids_of(actor: Actor) -> frozenset[str]:
    return frozenset(row.id for row in actor.tokens)
