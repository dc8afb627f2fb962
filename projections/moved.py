"""Records that moved in: the id each had on its platform, beside its key here."""

from collections.abc import Mapping
from typing import ClassVar

from projections.database import Connection, copy_rows, text
from projections.opening_events import IdsMapped
from projections.pages import Recorded


class MovedIds:
    """One row per id that was mapped."""

    NAME: ClassVar[str] = "moved"
    TABLES: ClassVar[Mapping[str, str]] = {"id": "position, number"}

    def __init__(self) -> None:
        self._rows: list[str] = []

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if not isinstance(event, IdsMapped):
            return
        for number, row in enumerate(event.ids, 1):
            self._rows.append(
                f"{recorded.position}\t{number}\t{text(event.platform)}\t{row.kind}"
                f"\t{text(row.old)}\t{text(row.new)}\t{event.plan}\t{recorded.recorded_at}"
            )

    def write(self, connection: Connection, schema: str) -> None:
        copy_rows(connection, "insert_moved_ids", schema, self._rows)
