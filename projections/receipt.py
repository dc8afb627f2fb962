"""Receipts: what happened to each CDR, one row per event about it, the last one stands.

A row names the position of the event that recorded statement and decision; the log is immutable
and in the same database, so the document is read from there by its key and not stored twice.
`state` is the CDR's after the event, `step` what happened; `decided_by` is the event whose
decision stands then, or stood last.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from projections.cdr_events import (
    CdrAccepted,
    CdrActionProposed,
    CdrAdjusted,
    CdrConflictHeld,
    CdrCorrected,
    CdrCreditAccepted,
    CdrCredited,
    CdrEvent,
    CdrExcluded,
    CdrHeld,
    CdrReadmitted,
    CdrRedecided,
    CdrRejected,
    CdrReleased,
    CdrReleaseUndone,
    CdrResubmitted,
    CdrReviewAsked,
)
from projections.database import Connection, copy_rows, text, text_array
from projections.event_parts import CdrStatement, Decision, Refusal
from projections.pages import Recorded

_NO_DECISION = "\t".join([r"\N"] * 11)
_NO_STATEMENT = r"\N" + "\t" + r"\N"
_STATES = {CdrExcluded: "excluded", CdrCredited: "credited", CdrReadmitted: "new"}
"""Where a person's action leads to; any other leaves the state as it was."""


class Receipts:
    """Every step of every CDR: held, accepted, decided again, conflicting, acted upon."""

    NAME: ClassVar[str] = "receipt"
    TABLES: ClassVar[Mapping[str, str]] = {"step": "position"}

    def __init__(self) -> None:
        self._rows: list[str] = []

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, CdrAccepted):
            self._add(recorded, event, "accepted", event.because, event.statement, event.decision)
        elif isinstance(event, CdrHeld):
            self._add(recorded, event, event.STATE, _reasons(event.refusals), event.statement)
        elif isinstance(event, CdrConflictHeld):
            self._add(recorded, event, "conflict", "CDR_CONFLICT", event.statement)
        elif isinstance(event, CdrRedecided):
            because = event.because if event.decision else _reasons(event.refusals)
            self._add(recorded, event, event.moved_to, because, None, event.decision)
        elif isinstance(event, CdrCreditAccepted):
            self._add(recorded, event, "accepted", f"credits {event.credits}", event.statement)
        elif isinstance(event, CdrResubmitted):
            because = f"resubmitted for reject {event.reject_id}"
            self._add(recorded, event, "new", because, event.statement)
        elif isinstance(event, CdrEvent):
            before = recorded.history()
            state = _STATES.get(type(event), before.state)
            statement = event.statement if isinstance(event, CdrCorrected) else None
            self._add(recorded, event, state, _said(event), statement)

    def write(self, connection: Connection, schema: str) -> None:
        copy_rows(connection, "insert_receipt_steps", schema, self._rows)

    def _add(
        self,
        recorded: Recorded,
        event: CdrEvent,
        state: str,
        because: str,
        statement: CdrStatement | None,
        decision: Decision | None = None,
    ) -> None:
        stated = f"{statement.end_date_time}\t{text(statement.session_id)}" if statement else None
        step = recorded.topic.split(".")[1]
        self._rows.append(
            f"{recorded.position}\t{text(event.cdr)}\t{recorded.version}\t{step}\t{state}"
            f"\t{text(because)}\t{text(event.actor)}\t{stated or _NO_STATEMENT}"
            f"\t{_decision(decision) if decision else _NO_DECISION}"
            f"\t{_decided_by(recorded, decision)}\t{recorded.recorded_at}"
        )


def _decided_by(recorded: Recorded, decision: Decision | None) -> str:
    if decision is not None:
        return str(recorded.position)
    decided = recorded.before.decided if recorded.before is not None else None
    return str(decided.position) if decided is not None else r"\N"


def _reasons(refusals: Sequence[Refusal]) -> str:
    return ", ".join(dict.fromkeys(refusal.reason for refusal in refusals))


def _said(event: CdrEvent) -> str:
    """Return why a person did it, in the words of the person."""
    match event:
        case CdrReleased(release=release):
            said = f"{', '.join(release.codes)} at the {release.price} price: {release.reason}"
        case CdrRejected(reject=reject):
            said = f"reject {reject.reject_id}: {reject.text}"
        case CdrActionProposed(proposal=proposal):
            said = f"{proposal.action} proposed: {proposal.reason}"
        case CdrReviewAsked():
            said = f"a late fact to review: {event.because}"
        case CdrAdjusted():
            whom = "" if any(entry.leg == 0 for entry in event.entries) else " to the driver"
            said = f"{event.amount} {event.currency} given back{whom}: {event.reason}"
        case CdrCredited():
            said = f"credited by {event.credit}: {event.reason}"
        case CdrReleaseUndone() | CdrCorrected() | CdrExcluded() | CdrReadmitted():
            said = event.reason
        case _:
            raise TypeError(f"{type(event).__name__} is no action of a person")
    return said


def _decision(decision: Decision) -> str:
    booking, sale = decision.booking, decision.legs[0]
    return (
        f"{decision.seller}\t{decision.buyer}\t{sale.currency}\t{sale.net}\t{sale.gross}"
        f"\t{text(booking.service_period)}\t{text(booking.posted_period)}\t{text(booking.late_of)}"
        f"\t{text(decision.tariff.tariff)}\t{decision.tariff.number}"
        f"\t{text_array(decision.visible_to)}"
    )
