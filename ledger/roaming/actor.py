"""Actors: the people and systems that issue commands, with the roles that let them."""

from typing import Literal

from eventsourcing.domain import event

from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused

Role = Literal["admin", "finance", "operations", "platform", "auditor", "system"]
ROLES: tuple[Role, ...] = (
    "admin",
    "finance",
    "operations",
    "platform",
    "auditor",
    "system",
)


class Actor(LedgerAggregate):
    """A registered actor. The first actor registers itself and must be an admin."""

    KIND = "actor"
    KEY_FIELD = "name"
    IS_SHARED_FACT = True

    name: str
    roles: tuple[str, ...]

    def begin(self) -> None:
        self.name = self.key
        self.roles = ()

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
