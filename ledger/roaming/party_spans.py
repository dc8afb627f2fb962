"""What holds for a party from an instant on: its state, and the entity it belongs to.

Spans stand in the order in which they begin; each lasts until the next begins, the last for good.

    onboarding -> active -> suspended -> left
"""

from datetime import datetime
from typing import Final, Literal, get_args

import msgspec

from ledger.values.instants import BEGINNING
from ledger.values.reasons import Reason, Refusal, Refused

PartyState = Literal["onboarding", "active", "suspended", "left"]
STATES: tuple[PartyState, ...] = get_args(PartyState)

ALLOWED_FROM: Final[dict[PartyState, tuple[PartyState, ...]]] = {
    "active": ("onboarding", "suspended"),
    "suspended": ("active",),
    "left": ("onboarding", "active", "suspended"),
}
"""The states in which a party may be when it is brought into another one."""


class StateSpan(msgspec.Struct, frozen=True):
    """The state that a party is in from an instant on, and why."""

    state: PartyState
    valid_from: datetime
    reason: str = ""


class Membership(msgspec.Struct, frozen=True):
    """The legal entity that a party belongs to from an instant on."""

    entity: str
    valid_from: datetime


def state_at(spans: tuple[StateSpan, ...], instant: datetime) -> StateSpan:
    """Return the span in force at an instant; before all of them, the first."""
    for span in reversed(spans):
        if span.valid_from <= instant:
            return span
    return spans[0]


def entity_at(spans: tuple[Membership, ...], instant: datetime) -> str | None:
    """Return the entity a party belonged to at an instant; None before its first.

    >>> spans = (Membership("old-bv", BEGINNING),)
    >>> entity_at(spans, datetime.fromisoformat("2026-10-01T00:00:00Z"))
    'old-bv'
    """
    for span in reversed(spans):
        if span.valid_from <= instant:
            return span.entity
    return None


def joined(
    spans: tuple[Membership, ...], entity: str, valid_from: datetime | None
) -> tuple[Membership, ...]:
    """Return the memberships after a document says to which entity a party belongs, from when on.

    Without an instant it is the first entity since ever, or the last one still. What was said to
    hold from then on, or of this same entity at last, is replaced.
    """
    if valid_from is None:
        return spans or (Membership(entity, BEGINNING),)
    kept = tuple(row for row in spans if row.valid_from < valid_from)
    if len(spans) > 1 and spans[-1].entity == entity:
        kept = tuple(row for row in spans[:-1] if row.valid_from < valid_from)
    if kept and kept[-1].entity == entity:
        return kept
    return (*kept, Membership(entity, valid_from))


def first_difference(
    before: tuple[Membership, ...], after: tuple[Membership, ...]
) -> datetime | None:
    """Return the first instant at which a party belongs to another entity; None where never."""
    for instant in sorted({row.valid_from for row in (*before, *after)}):
        if entity_at(before, instant) != entity_at(after, instant):
            return instant
    return None


def refuse_a_wrong_move(spans: tuple[StateSpan, ...], to: PartyState, valid_from: datetime) -> None:
    """Refuse a state that cannot follow: WRONG_STATE, and VALIDITY_OVERLAPS before the last one.

    >>> spans = (StateSpan("left", BEGINNING),)
    >>> refuse_a_wrong_move(spans, "active", BEGINNING)
    Traceback (most recent call last):
    ledger.values.reasons.Refused: WRONG_STATE: The record is not in the state that this command \
needs. (at state, expected onboarding or suspended, got left)
    """
    last, allowed = spans[-1], ALLOWED_FROM[to]
    if last.state not in allowed:
        raise Refused(Refusal(Reason.WRONG_STATE, "state", " or ".join(allowed), last.state))
    if valid_from < last.valid_from:
        began = f"{last.state} since {last.valid_from.isoformat()}"
        raise Refused(
            Refusal(Reason.VALIDITY_OVERLAPS, "valid_from", began, valid_from.isoformat())
        )
