"""How an event of a dispute becomes a message of `dispute-events.v1`: how the dispute stands."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Final

import msgspec

from ledger.application.store import LoggedEvent
from ledger.settlement.claim import Claim, Deadlines, GrantedPart, Said
from schemas import DisputeEventV1

_STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "dispute.opened.v1": "opened",
        "dispute.answered.v1": "answered",
        "dispute.expired.v1": "opened",
        "dispute.withdrawn.v1": "closed",
        "dispute.closed.v1": "closed",
    }
)
"""Where an event leads; a decision and a settlement say it themselves."""

HELD: Final = ("dispute.held.v1", "dispute.refused.v1")
"""Words that wait, or waited: nothing was opened by them, and nobody is told."""


class _Provenance(msgspec.Struct):
    occurred_at: datetime


class _State(msgspec.Struct):
    """The part of a recorded state that the message says."""

    claim: Claim
    provenance: _Provenance
    visible_to: tuple[str, ...]
    said: Said = Said()
    deadlines: Deadlines | None = None
    decision_due_at: datetime | None = None
    granted: tuple[GrantedPart, ...] = ()
    outcome: str | None = None
    state: str | None = None


_DECODER: Final = msgspec.json.Decoder(_State)


def dispute_event_of(logged: LoggedEvent, *, event_id: str) -> DisputeEventV1 | None:
    """Return the message of an event about a dispute that was opened, None of any other."""
    if not logged.topic.startswith("dispute.") or logged.topic in HELD:
        return None
    state = _DECODER.decode(logged.state)
    claim, said = state.claim, state.said
    return DisputeEventV1.model_validate(
        {
            "event_id": event_id,
            "position": logged.position,
            "dispute_id": claim.dispute_id,
            "state": _STATES.get(logged.topic) or state.state or state.outcome,
            "cdrs": tuple(msgspec.to_builtins(ref) for ref in claim.cdrs),
            "reason_code": claim.reason_code,
            "disputed": None if claim.is_whole else _amount(claim, claim.net),
            "upheld": _upheld(state),
            "opened_by": claim.opened_by,
            "against": claim.against,
            "deadline_at": _deadline_of(state),
            "text": said.text,
            "evidence": tuple(msgspec.to_builtins(row) for row in said.evidence),
            "occurred_at": state.provenance.occurred_at.astimezone(UTC),
            "recorded_at": logged.recorded_at.astimezone(UTC),
            "visible_to": state.visible_to,
        }
    )


def _upheld(state: _State) -> dict[str, object] | None:
    if not state.granted:
        return None
    return _amount(state.claim, sum((part.net for part in state.granted), Decimal(0)))


def _amount(claim: Claim, net: Decimal) -> dict[str, object]:
    return {"currency": claim.currency, "before_taxes": net}


def _deadline_of(state: _State) -> datetime | None:
    if state.deadlines is not None:
        return state.deadlines.answer_due_at.astimezone(UTC)
    return state.decision_due_at.astimezone(UTC) if state.decision_due_at else None
