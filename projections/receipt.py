"""Receipts: what was decided about each CDR, one row per event about it, the last one stands.

A row names the position of the event that recorded statement and decision; the log is immutable
and in the same database, so the document is read from there by its key and not stored twice.
"""

from collections.abc import Mapping
from typing import ClassVar

from projections.database import Connection, copy_rows, text, text_array
from projections.event_parts import CdrStatement, Decision, Refusal
from projections.events import CdrAccepted, CdrConflictHeld, CdrHeld, CdrRedecided
from projections.pages import Recorded

_NO_DECISION = "\t".join([r"\N"] * 11)
_NO_STATEMENT = r"\N" + "\t" + r"\N"


class Receipts:
    """Every step of every CDR: held, accepted, decided again, conflicting."""

    NAME: ClassVar[str] = "receipt"
    TABLES: ClassVar[Mapping[str, str]] = {"step": "position"}

    def __init__(self) -> None:
        self._rows: list[str] = []

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, CdrAccepted):
            decision = _decision(event.decision)
            self._add(recorded, event.cdr, "accepted", event.statement, decision, event.because)
        elif isinstance(event, CdrHeld):
            refused = _reasons(event.refusals)
            self._add(recorded, event.cdr, "held", event.statement, _NO_DECISION, refused)
        elif isinstance(event, CdrConflictHeld):
            refused = "CDR_CONFLICT"
            self._add(recorded, event.cdr, "conflict", event.statement, _NO_DECISION, refused)
        elif isinstance(event, CdrRedecided):
            decision = _decision(event.decision) if event.decision else _NO_DECISION
            because = event.because if event.decision else _reasons(event.refusals)
            self._add(recorded, event.cdr, event.moved_to, None, decision, because)

    def write(self, connection: Connection, schema: str) -> None:
        copy_rows(connection, "insert_receipt_steps", schema, self._rows)

    def _add(
        self,
        recorded: Recorded,
        cdr: str,
        state: str,
        statement: CdrStatement | None,
        decision: str,
        because: str,
    ) -> None:
        stated = f"{statement.end_date_time}\t{text(statement.session_id)}" if statement else None
        self._rows.append(
            f"{recorded.position}\t{text(cdr)}\t{recorded.version}\t{state}\t{text(because)}"
            f"\t{stated or _NO_STATEMENT}\t{decision}\t{recorded.recorded_at}"
        )


def _reasons(refusals: list[Refusal]) -> str:
    return ", ".join(dict.fromkeys(refusal.reason for refusal in refusals))


def _decision(decision: Decision) -> str:
    booking, sale = decision.booking, decision.legs[0]
    return (
        f"{decision.seller}\t{decision.buyer}\t{sale.currency}\t{sale.net}\t{sale.gross}"
        f"\t{text(booking.service_period)}\t{text(booking.posted_period)}\t{text(booking.late_of)}"
        f"\t{text(decision.tariff.tariff)}\t{decision.tariff.number}"
        f"\t{text_array(decision.visible_to)}"
    )
