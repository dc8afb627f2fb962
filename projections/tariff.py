"""Tariff versions: what each of them says, and who brought it where it is.

`version` has a row whenever somebody states a version: a message, a draft, a draft made anew, a
publication. `step` has a row for everything that happened to a version. Both only grow, so that
what was known at an instant is what had been recorded by then.
"""

from collections.abc import Mapping
from typing import ClassVar

from projections.database import Connection, copy_rows, text, text_array
from projections.events import TariffMoved, TariffStated
from projections.pages import Recorded

STATES = {
    "tariff_version.received.v1": "received",
    "tariff_version.acknowledged.v1": "acknowledged",
    "tariff_version.drafted.v1": "draft",
    "tariff_version.submitted.v1": "submitted",
    "tariff_version.approved.v1": "approved",
    "tariff_version.published.v1": "published",
    "tariff_version.withdrawn.v1": "withdrawn",
}
"""The state that an event leaves a version in; a version that is held has none."""


class Tariffs:
    """Versions of tariffs and the steps of their lives."""

    NAME: ClassVar[str] = "tariff"
    TABLES: ClassVar[Mapping[str, str]] = {"version": "position", "step": "position"}

    def __init__(self) -> None:
        self._versions: list[str] = []
        self._steps: list[str] = []

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, TariffStated):
            self._state(recorded, event)
            self._step(recorded, event, event.version.number)
        elif isinstance(event, TariffMoved):
            self._step(recorded, event, event.number, event.reason, event.withdrawn_from)

    def write(self, connection: Connection, schema: str) -> None:
        copy_rows(connection, "insert_tariff_versions", schema, self._versions)
        copy_rows(connection, "insert_tariff_steps", schema, self._steps)

    def _state(self, recorded: Recorded, event: TariffStated) -> None:
        version, statement = event.version, event.version.statement
        self._versions.append(
            "\t".join(
                (
                    str(recorded.position),
                    text(event.tariff),
                    str(version.number),
                    "message" if STATES[recorded.topic] == "received" else "own",
                    version.content_sha256,
                    version.received_at,
                    statement.start_date_time or statement.last_updated,
                    text(statement.end_date_time),
                    statement.last_updated,
                    statement.currency,
                    text(statement.type),
                    recorded.recorded_at,
                    text_array((event.tariff.partition("/")[0],)),
                )
            )
        )

    def _step(
        self,
        recorded: Recorded,
        event: TariffStated | TariffMoved,
        number: int,
        reason: str = "",
        withdrawn_from: str | None = None,
    ) -> None:
        provenance = event.provenance
        self._steps.append(
            "\t".join(
                (
                    str(recorded.position),
                    text(event.tariff),
                    str(number),
                    STATES[recorded.topic],
                    text(provenance.actor if provenance else None),
                    text(reason or None),
                    text(withdrawn_from),
                    text(provenance.occurred_at if provenance else None),
                    recorded.recorded_at,
                    text_array((event.tariff.partition("/")[0],)),
                )
            )
        )
