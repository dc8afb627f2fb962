"""Actors: the people and systems that issue commands, with the roles that let them."""

from datetime import datetime
from typing import Literal

import msgspec
from eventsourcing.domain import event
from msgspec.structs import replace

from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused

Role = Literal["admin", "finance", "operations", "support", "platform", "auditor", "system"]
ROLES: tuple[Role, ...] = (
    "admin",
    "finance",
    "operations",
    "support",
    "platform",
    "auditor",
    "system",
)


class ApiToken(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept of a bearer token: its SHA-256 in hex, never the token; `id` is the beginning.

    It proves its actor until it expires (`valid_until` is excluded) or is revoked.
    """

    id: str
    sha256: str
    valid_until: datetime
    label: str = ""
    revoked_at: datetime | None = None


class Actor(LedgerAggregate):
    """A registered actor. The first actor registers itself and must be an admin."""

    KIND = "actor"
    KEY_FIELD = "name"
    IS_SHARED_FACT = True

    name: str
    roles: tuple[str, ...]
    tokens: tuple[ApiToken, ...]

    def begin(self) -> None:
        self.name = self.key
        self.roles, self.tokens = (), ()

    def register(self, *, roles: tuple[str, ...], provenance: Provenance) -> None:
        """Give the actor these roles. Refuses: INVALID_DOCUMENT for a role that does not exist."""
        unknown = sorted(set(roles) - set(ROLES))
        if unknown or not roles:
            raise Refused(
                Refusal(Reason.INVALID_DOCUMENT, "roles", ", ".join(ROLES), ", ".join(unknown))
            )
        if roles != self.roles:
            self._record_registration(name=self.key, roles=roles, provenance=provenance)

    @event("Registered", topic="actor.registered.v1")
    def _record_registration(
        self,
        name: str,
        roles: tuple[str, ...],
        provenance: Provenance,
    ) -> None:
        self.name, self.roles = name, roles

    def issue_token(self, token: ApiToken, *, provenance: Provenance) -> None:
        """Let a token prove this actor. Refuses: NOT_FOUND, ALREADY_EXISTS, END_BEFORE_START."""
        if self.is_new:
            raise Refused(Refusal(Reason.NOT_FOUND, "actor", "a registered actor", self.key))
        if any(row.id == token.id for row in self.tokens):
            raise Refused(Refusal(Reason.ALREADY_EXISTS, "token", "another token", token.id))
        issued_at = provenance.occurred_at
        if token.valid_until <= issued_at:
            until = token.valid_until.isoformat()
            raise Refused(
                Refusal(Reason.END_BEFORE_START, "valid_until", f"after {issued_at}", until)
            )
        self._record_token(name=self.key, token=token, provenance=provenance)

    def revoke_token(self, token_id: str, *, reason: str, provenance: Provenance) -> None:
        """Let a token prove nothing any more. Refuses: NOT_FOUND, REASON_MISSING, WRONG_STATE."""
        known = [row for row in self.tokens if row.id == token_id]
        if not known:
            raise Refused(Refusal(Reason.NOT_FOUND, "token", "a token of the actor", token_id))
        if not reason.strip():
            raise Refused(Refusal(Reason.REASON_MISSING, "reason"))
        if known[0].revoked_at is not None:
            raise Refused(Refusal(Reason.WRONG_STATE, "token", "not revoked", token_id))
        self._record_revocation(
            name=self.key,
            token_id=token_id,
            revoked_at=provenance.occurred_at,
            reason=reason,
            provenance=provenance,
        )

    @event("TokenIssued", topic="actor.token_issued.v1")
    def _record_token(self, name: str, token: ApiToken, provenance: Provenance) -> None:
        self.tokens = (*self.tokens, token)

    @event("TokenRevoked", topic="actor.token_revoked.v1")
    def _record_revocation(
        self,
        name: str,
        token_id: str,
        revoked_at: datetime,
        reason: str,
        provenance: Provenance,
    ) -> None:
        self.tokens = tuple(
            replace(row, revoked_at=revoked_at) if row.id == token_id else row
            for row in self.tokens
        )
