"""A partner's tariff: every version it published is kept."""

from datetime import datetime

from eventsourcing.domain import event

from ledger.pricing.tariff import TariffStatement, TariffVersion, version_valid_at
from ledger.values.aggregate import LedgerAggregate
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Provenance


class Tariff(LedgerAggregate):
    """A tariff with its versions; key `NL*XYZ/t1`."""

    KIND = "tariff"
    KEY_FIELD = "tariff"
    IS_SHARED_FACT = True

    versions: tuple[TariffVersion, ...]
    conflicting: frozenset[str]

    def begin(self) -> None:
        self.versions = ()
        self.conflicting = frozenset()

    def receive(
        self, statement: TariffStatement, *, content_sha256: str, provenance: Provenance
    ) -> Outcome:
        """Keep a published version; return the outcome of the message.

        A version known by content is a duplicate. Same `last_updated`, other content: the first
        recorded stands and this one is held with TARIFF_CONFLICT.
        """
        known = {version.content_sha256 for version in self.versions}
        if content_sha256 in known or content_sha256 in self.conflicting:
            return "duplicate"
        if any(row.statement.last_updated == statement.last_updated for row in self.versions):
            self._record_conflict(
                tariff=self.key,
                statement=statement,
                content_sha256=content_sha256,
                provenance=provenance,
            )
            return "held"
        version = TariffVersion(
            len(self.versions) + 1, content_sha256, provenance.received_at, statement
        )
        self._record_version(tariff=self.key, version=version, provenance=provenance)
        return "accepted"

    @event("VersionReceived", topic="tariff_version.received.v1")
    def _record_version(
        self,
        tariff: str,
        version: TariffVersion,
        provenance: Provenance,
    ) -> None:
        self.versions = (*self.versions, version)

    @event("ConflictHeld", topic="tariff_version.conflict_held.v1")
    def _record_conflict(
        self,
        tariff: str,
        statement: TariffStatement,
        content_sha256: str,
        provenance: Provenance,
    ) -> None:
        self.conflicting = self.conflicting | {content_sha256}

    def version_valid_at(self, instant: datetime) -> TariffVersion | None:
        """Return the version that prices a session started at `instant`."""
        return version_valid_at(self.versions, instant)
