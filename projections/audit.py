"""The audit trail: one row per event, who, what, when, and from which message."""

from collections.abc import Mapping
from typing import ClassVar

from projections.database import Connection, copy_rows, text
from projections.event_parts import Provenance
from projections.pages import Recorded

_UNKNOWN = r"\N"


class Audit:
    """Every event of the log by object, actor and message."""

    NAME: ClassVar[str] = "audit"
    TABLES: ClassVar[Mapping[str, str]] = {"event": "position"}

    def __init__(self) -> None:
        self._rows: list[str] = []

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        # An event that this version does not know is still found, by its aggregate's id.
        subject = event.subject or str(recorded.originator_id)
        self._rows.append(
            f"{recorded.position}\t{recorded.topic}\t{recorded.topic.partition('.')[0]}"
            f"\t{text(subject)}\t{recorded.version}\t{_provenance(event.provenance)}"
            f"\t{recorded.recorded_at}"
        )

    def write(self, connection: Connection, schema: str) -> None:
        copy_rows(connection, "insert_audit_events", schema, self._rows)


def _provenance(provenance: Provenance | None) -> str:
    if provenance is None:
        return "\t".join([_UNKNOWN] * 9)
    source = provenance.source
    head = (
        f"{text(provenance.actor)}\t{provenance.proof}"
        f"\t{provenance.occurred_at}\t{provenance.received_at}"
    )
    if source is None:
        return f"{head}\t\\N\t\\N\t\\N\t\\N\t\\N"
    return (
        f"{head}\t{source.topic}\t{source.partition}\t{source.offset}"
        f"\t{text(source.sender)}\t{text(source.message_id)}"
    )
