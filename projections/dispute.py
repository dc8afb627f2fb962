"""Disputes: every step of each, and what is disputed of which CDR.

Rows are only added, the last one stands; so what was known at any time can be asked. A step says
the claim again, as its event does.
"""

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from projections.amounts import decimal_of, ten_thousandths
from projections.database import Connection, copy_rows, text, text_array
from projections.dispute_events import (
    Claim,
    DisputeAnswered,
    DisputeClosed,
    DisputedPart,
    DisputeEvent,
    DisputeExpired,
    DisputeHeld,
    DisputeMoved,
    DisputeOpened,
    DisputeRefused,
    DisputeReturned,
    GrantedPart,
    ReturnedPart,
)
from projections.pages import Recorded

_NOTHING = r"\N"
_NO_CLAIM = "\t".join([_NOTHING] * 9)


class Disputes:
    """Steps of disputes, and the CDRs they are about."""

    NAME: ClassVar[str] = "dispute"
    TABLES: ClassVar[Mapping[str, str]] = {
        "step": "position",
        "cdr": 'position, cdr COLLATE "C"',
    }

    def __init__(self) -> None:
        self._steps: list[str] = []
        self._cdrs: list[str] = []

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if not isinstance(event, DisputeEvent):
            return
        self._steps.append(_step(recorded, event))
        if isinstance(event, DisputeOpened):
            self._cdrs.extend(_part(recorded, event, part, "t") for part in event.parts)
        elif isinstance(event, DisputeReturned):
            self._cdrs.extend(_part(recorded, event, part, "f") for part in event.returned)

    def write(self, connection: Connection, schema: str) -> None:
        copy_rows(connection, "insert_dispute_steps", schema, self._steps)
        copy_rows(connection, "insert_dispute_cdrs", schema, self._cdrs)


def _step(recorded: Recorded, event: DisputeEvent) -> str:
    name = recorded.topic.split(".")[1]
    state, outcome = _state(name, event)
    said = event.said if isinstance(event, DisputeMoved) else None
    by, words = (said.by, said.text) if said else (None, None)
    refusals = None
    if isinstance(event, DisputeHeld):
        by, words, refusals = event.statement.by, event.statement.text, [event.refusal]
    elif isinstance(event, DisputeRefused):
        refusals = event.refusals
    granted = event.granted if isinstance(event, DisputeReturned) else ()
    return "\t".join(
        (
            f"{recorded.position}\t{text(event.dispute)}\t{name}\t{state}\t{text(outcome)}",
            _claim(event.claim) if isinstance(event, DisputeMoved) else _NO_CLAIM,
            _granted(granted),
            text(_due_at(event)),
            text(by),
            text(words),
            _NOTHING if refusals is None else text(msgspec.json.encode(refusals).decode()),
            text(event.provenance.actor if event.provenance else None),
            recorded.recorded_at,
            text_array(event.visible_to),
        )
    )


def _state(name: str, event: DisputeEvent) -> tuple[str, str | None]:
    """Return where an event leads, and how the dispute ended with it."""
    if isinstance(event, DisputeReturned):
        if name == "withdrawn":
            return "closed", "withdrawn"
        return event.outcome or event.state or name, event.outcome
    if isinstance(event, DisputeClosed):
        return "closed", event.outcome
    return ("opened" if isinstance(event, DisputeExpired) else name), None


def _due_at(event: DisputeEvent) -> str | None:
    if isinstance(event, DisputeOpened):
        return event.deadlines.answer_due_at
    if isinstance(event, DisputeAnswered | DisputeExpired):
        return event.decision_due_at
    return None


def _claim(claim: Claim) -> str:
    return "\t".join(
        (
            f"{claim.seller}\t{claim.buyer}\t{claim.opened_by}\t{claim.against}",
            f"{claim.reason_code}\t{claim.currency}\t{claim.net}\t{claim.gross}",
            str(len(claim.cdrs)),
        )
    )


def _granted(granted: tuple[GrantedPart, ...]) -> str:
    if not granted:
        return f"{_NOTHING}\t{_NOTHING}"
    net = decimal_of(sum(ten_thousandths(part.net) for part in granted))
    gross = decimal_of(sum(ten_thousandths(part.gross) for part in granted))
    return f"{net}\t{gross}"


def _part(
    recorded: Recorded, event: DisputeEvent, part: DisputedPart | ReturnedPart, is_disputed: str
) -> str:
    return (
        f"{recorded.position}\t{text(event.dispute)}\t{text(part.cdr)}\t{part.gross}"
        f"\t{is_disputed}\t{recorded.recorded_at}"
    )
