"""Remaps: a location or one of its EVSEs goes on under another identity from an instant on.

History keeps the old identity: what was charged before the instant belongs to the old one, what
was charged from then on to the new one, and each finds the other. A remap tells that two names
are one thing; it moves nothing that was recorded.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple, Protocol

import msgspec

from ledger.values.instants import BEGINNING, NEVER


class Identity(NamedTuple):
    """A location by its key, `NL*XYZ/loc1`, or one of its EVSEs; uids compare without case."""

    location: str
    evse_uid: str = ""

    @property
    def party(self) -> str:
        """The CPO under whose name it goes."""
        return self.location.partition("/")[0]

    def __str__(self) -> str:
        """Write it as people name it.

        >>> str(Identity("NL*XYZ/loc1")), str(Identity("NL*XYZ/loc1", "E1"))
        ('NL*XYZ/loc1', 'NL*XYZ/loc1/e1')
        """
        return f"{self.location}/{self.evse_uid.lower()}" if self.evse_uid else self.location


class Remap(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """From `valid_from` on the old identity is the new one; without EVSEs the whole location.

    `known_since`: when it was recorded. What was received earlier under the new identity, of a
    time before the remap, was right when it was received, and stays.
    """

    old_location: str
    new_location: str
    valid_from: datetime
    known_since: datetime
    reason: str
    old_evse_uid: str | None = None
    new_evse_uid: str | None = None

    @property
    def old(self) -> Identity:
        """What it was."""
        return Identity(self.old_location, self.old_evse_uid or "")

    @property
    def new(self) -> Identity:
        """What it is from the instant on."""
        return Identity(self.new_location, self.new_evse_uid or "")

    @property
    def changes_operator(self) -> bool:
        """True where another CPO takes over: that takes two people."""
        return self.old.party != self.new.party

    def says_the_same_as(self, other: "Remap") -> bool:
        """True where only reason and time of recording differ."""
        mine, others = (f"{row.old}>{row.new}" for row in (self, other))
        return mine == others and self.valid_from == other.valid_from


class Remapped(Protocol):
    """What a site knows of its remaps; with "" for the EVSE, those of the whole location."""

    def departure_of(self, evse_uid: str, *, after: datetime) -> Remap | None:
        """Return the first remap by which an EVSE went on under another identity."""

    def arrival_of(self, evse_uid: str, *, before: datetime) -> Remap | None:
        """Return the last remap by which an EVSE came by this identity."""


class FindSite(Protocol):
    """Where the sites are asked for by the key of their location."""

    def __call__(self, key: str, /) -> Remapped | None:
        """Return a site's remaps, None where the register does not know the site."""


def later(
    find: FindSite, identity: Identity, *, after: datetime = BEGINNING
) -> Iterator[tuple[Remap, Identity]]:
    """Yield how an identity went on, in the order of time: each remap and what came of it."""
    while (site := find(identity.location)) is not None:
        remap = site.departure_of(identity.evse_uid, after=after)
        if remap is None:
            return
        after = remap.valid_from
        identity = Identity(remap.new_location, remap.new_evse_uid or identity.evse_uid)
        yield remap, identity


def earlier(
    find: FindSite, identity: Identity, *, before: datetime = NEVER
) -> Iterator[tuple[Remap, Identity]]:
    """Yield where an identity comes from, the newest remap first: each, and what was before."""
    while (site := find(identity.location)) is not None:
        remap = site.arrival_of(identity.evse_uid, before=before)
        if remap is None:
            return
        before = remap.valid_from
        identity = Identity(remap.old_location, remap.old_evse_uid or identity.evse_uid)
        yield remap, identity


class Moved(NamedTuple):
    """The other identity that a charge should have named, and the remap that says so."""

    other: Identity
    remap: Remap


def moved(
    find: FindSite, identity: Identity, instant: datetime, *, received_at: datetime
) -> Moved | None:
    """Return which other identity an EVSE had at an instant; None where it had this one."""
    found: Moved | None = None
    for remap, after in later(find, identity):
        if instant < remap.valid_from:
            break
        found = Moved(after, found.remap if found else remap)
    if found is not None:
        return found
    for remap, before in earlier(find, identity):
        if instant >= remap.valid_from or received_at < remap.known_since:
            break
        found = Moved(before, found.remap if found else remap)
    return found
