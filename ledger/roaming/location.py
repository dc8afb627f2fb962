"""Locations: where chargers stand, in the versions the CPO published."""

from datetime import datetime
from functools import cached_property

import msgspec
from eventsourcing.domain import event

from ledger.roaming.places import Connector, LocationStatement
from ledger.values.aggregate import LedgerAggregate
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Provenance


class LocationVersion(msgspec.Struct, frozen=True, dict=True):
    """One recorded version of a location."""

    number: int
    content_sha256: str
    statement: LocationStatement

    def connector(self, evse_uid: str, connector_id: str) -> Connector | None:
        """Return a connector by its ids, which compare case-insensitively; None where unknown."""
        return self._connectors.get((evse_uid.lower(), connector_id.lower()))

    @cached_property
    def _connectors(self) -> dict[tuple[str, str], Connector]:
        """A location may have hundreds of connectors, and each of its CDRs asks for one."""
        return {
            (evse.uid.lower(), connector.id.lower()): connector
            for evse in reversed(self.statement.evses)
            for connector in reversed(evse.connectors)
        }


class Location(LedgerAggregate):
    """A location with its versions; key `NL*XYZ/loc1`."""

    KIND = "location"
    KEY_FIELD = "location"
    IS_SHARED_FACT = True
    KEPT = "packed"

    versions: tuple[LocationVersion, ...]
    conflicting: frozenset[str]
    _newest_first: tuple[LocationVersion, ...]

    def begin(self) -> None:
        self.versions, self._newest_first = (), ()
        self.conflicting = frozenset()

    def receive(
        self, statement: LocationStatement, *, content_sha256: str, provenance: Provenance
    ) -> Outcome:
        """Keep a published version; return the message's outcome, as `Tariff.receive` does."""
        known = {version.content_sha256 for version in self.versions}
        if content_sha256 in known or content_sha256 in self.conflicting:
            return "duplicate"
        if any(row.statement.last_updated == statement.last_updated for row in self.versions):
            self._record_conflict(
                location=self.key,
                statement=statement,
                content_sha256=content_sha256,
                provenance=provenance,
            )
            return "held"
        self._record_version(
            location=self.key,
            version=LocationVersion(len(self.versions) + 1, content_sha256, statement),
            provenance=provenance,
        )
        return "accepted"

    @event("Recorded", topic="location.recorded.v1")
    def _record_version(
        self,
        location: str,
        version: LocationVersion,
        provenance: Provenance,
    ) -> None:
        self.versions = (*self.versions, version)
        self._newest_first = tuple(sorted(self.versions, key=_updated_at, reverse=True))

    @event("ConflictHeld", topic="location.conflict_held.v1")
    def _record_conflict(
        self,
        location: str,
        statement: LocationStatement,
        content_sha256: str,
        provenance: Provenance,
    ) -> None:
        self.conflicting = self.conflicting | {content_sha256}

    def version_valid_at(self, instant: datetime) -> LocationVersion | None:
        """Return the version in force: the newest updated by then, else the oldest there is."""
        for version in self._newest_first:
            if version.statement.last_updated <= instant:
                return version
        return self._newest_first[-1] if self._newest_first else None


def _updated_at(version: LocationVersion) -> datetime:
    return version.statement.last_updated
