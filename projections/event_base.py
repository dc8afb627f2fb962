"""What every event carries, and what the events about a CDR carry."""

from typing import ClassVar

import msgspec

from projections.event_parts import Provenance, Source


class Event(msgspec.Struct, gc=False):
    """What every event carries; `SUBJECT` names the field with the object's key."""

    SUBJECT: ClassVar[str] = ""
    provenance: Provenance | None = None

    @property
    def subject(self) -> str:
        """The object's key; empty where this version of Clearwatt does not know the event."""
        return getattr(self, self.SUBJECT) if self.SUBJECT else ""

    @property
    def source(self) -> Source | None:
        """The message that caused it."""
        return self.provenance.source if self.provenance else None

    @property
    def actor(self) -> str | None:
        """Who caused it."""
        return self.provenance.actor if self.provenance else None
