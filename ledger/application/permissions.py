"""Who may do what: roles of registered actors."""

from ledger.application.commands import By
from ledger.application.facts import View
from ledger.roaming.actor import Actor
from ledger.values.reasons import Reason, Refusal, Refused

SYSTEM = "clearwatt"
"""The actor of what nobody asked for: time passing, facts drawing their consequences."""


def require_role(view: View, by: By, *roles: str) -> None:
    """Refuse an actor without one of the roles: ACTOR_UNKNOWN, ROLE_MISSING."""
    if by.actor == SYSTEM and by.proof == "system":
        return
    actor = view.find(Actor, by.actor)
    if actor is None:
        raise Refused(Refusal(Reason.ACTOR_UNKNOWN, "actor", actual=by.actor))
    if not set(actor.roles) & {*roles, "admin"}:
        raise Refused(
            Refusal(Reason.ROLE_MISSING, "actor", " or ".join(roles), ", ".join(actor.roles))
        )
