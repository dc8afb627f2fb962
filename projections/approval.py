"""Approvals: one row per batch, and one per CDR that a batch approved.

The event has counts, totals and the hash of its list; the list itself stands in the log's table
of batch lists, from which it is copied. A CDR that was decided anew since is approved anew.
"""

from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from projections.database import Connection, copy_rows, for_each, text
from projections.pages import Recorded
from projections.period_events import ApprovalsRecorded


class Approvals:
    """Batches of approved CDRs."""

    NAME: ClassVar[str] = "approval"
    TABLES: ClassVar[Mapping[str, str]] = {"batch": "position", "cdr": "position, number"}

    def __init__(self) -> None:
        self._batches: list[str] = []
        self._lists: list[tuple[int, UUID, int]] = []

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if not isinstance(event, ApprovalsRecorded):
            return
        self._batches.append(
            f"{recorded.position}\t{text(event.pair)}\t{event.by}\t{event.cdr_count}"
            f"\t{event.cdr_list_sha256}\t{text(event.actor)}\t{recorded.recorded_at}"
        )
        self._lists.append((recorded.position, recorded.originator_id, recorded.version))

    def write(self, connection: Connection, schema: str) -> None:
        copy_rows(connection, "insert_approval_batches", schema, self._batches)
        for_each(connection, "insert_approved_cdrs", schema, self._lists)
