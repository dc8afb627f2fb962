"""Remote commands: each result as it was told, the newest of a command stands."""

from collections.abc import Mapping
from typing import ClassVar

from projections.control_events import CommandAnswered
from projections.database import Connection, copy_rows, text
from projections.pages import Recorded


class RemoteCommands:
    """What became of remote commands, by CPO and eMSP."""

    NAME: ClassVar[str] = "remote_command"
    TABLES: ClassVar[Mapping[str, str]] = {"result": "position"}

    def __init__(self) -> None:
        self._rows: list[str] = []

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if not isinstance(event, CommandAnswered):
            return
        told = event.statement
        self._rows.append(
            "\t".join(
                (
                    f"{recorded.position}\t{text(event.remote_command)}",
                    text(event.remote_command.partition("/")[0]),
                    text(told.sent_by.upper()),
                    f"{told.command}\t{told.result}\t{told.requested_at}",
                    text(told.location_id),
                    text(told.evse_uid),
                    text(told.connector_id),
                    recorded.recorded_at,
                )
            )
        )

    def write(self, connection: Connection, schema: str) -> None:
        copy_rows(connection, "insert_command_results", schema, self._rows)
