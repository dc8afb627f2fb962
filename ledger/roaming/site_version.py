"""What a site's events hold: versions of its document, suspensions, and what waits for approval."""

from datetime import datetime
from functools import cached_property

import msgspec

from ledger.roaming.meters import MeterRecord, meter_of
from ledger.roaming.remaps import Remap
from ledger.roaming.site_documents import SiteDocument
from ledger.values.provenance import Provenance


class SiteVersion(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """One version of a site's document, half-open validity, and who is responsible for it."""

    number: int
    valid_from: datetime
    valid_until: datetime | None
    document: SiteDocument
    author: str
    stated_at: datetime
    approver: str | None = None

    def covers(self, instant: datetime) -> bool:
        """True within the half-open validity."""
        return self.valid_from <= instant and (
            self.valid_until is None or instant < self.valid_until
        )

    def says_the_same_as(self, other: "SiteVersion") -> bool:
        """True where nothing but the people and the time of recording differ."""
        mine = self.valid_from, self.valid_until, self.document
        return mine == (other.valid_from, other.valid_until, other.document)

    def meter(self, evse_uid: str, connector_id: str, instant: datetime) -> MeterRecord | None:
        """Return the meter of a connector at an instant, None where none is registered."""
        return meter_of(self._meters.get(evse_uid.lower(), ()), connector_id, instant)

    @cached_property
    def groups(self) -> frozenset[str]:
        """The site groups that it belongs to."""
        return frozenset(self.document.groups)

    @cached_property
    def _meters(self) -> dict[str, tuple[MeterRecord, ...]]:
        found: dict[str, tuple[MeterRecord, ...]] = {}
        for row in self.document.meters:
            uid = row.evse_uid.lower()
            found[uid] = (*found.get(uid, ()), row)
        return found


class Suspension(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A span in which nothing may be charged at a site, half-open, and why."""

    valid_from: datetime
    reason: str
    valid_until: datetime | None = None

    def covers(self, instant: datetime) -> bool:
        """True within the half-open span."""
        return self.valid_from <= instant and (
            self.valid_until is None or instant < self.valid_until
        )


class Proposal(msgspec.Struct, frozen=True):
    """What waits for a second person: a version or a remap, and who proposed it."""

    provenance: Provenance
    version: SiteVersion | None = None
    remap: Remap | None = None
