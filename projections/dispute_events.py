"""What the read models read of the events of disputes: see `ledger.settlement.claim`."""

from typing import ClassVar

import msgspec

from projections.event_base import Event
from projections.event_parts import Booking, Entry, Refusal


class CdrReference(msgspec.Struct, gc=False):
    """A CDR in its sender's spelling."""

    country_code: str
    party_id: str
    id: str


class Claim(msgspec.Struct, gc=False):
    """Whose sales are disputed by whom, why, and how much of them; amounts at scale 4."""

    dispute_id: str
    seller: str
    buyer: str
    opened_by: str
    reason_code: str
    cdrs: list[CdrReference]
    currency: str
    net: str
    gross: str

    @property
    def against(self) -> str:
        """The party that has to answer."""
        return self.seller if self.opened_by == self.buyer else self.buyer


class DisputedPart(msgspec.Struct, gc=False):
    """What is disputed of one CDR, with the entries that moved it out of clearing."""

    cdr: str
    clause: str
    agreement_version: str
    net: str
    gross: str
    first_entry: int
    entries: list[Entry]
    booking: Booking


class ReturnedPart(msgspec.Struct, gc=False):
    """What of one CDR came back into clearing; `first_entry` is that of the opening."""

    cdr: str
    clause: str
    agreement_version: str
    gross: str
    first_entry: int
    reversal: list[Entry]
    booking: Booking


class GrantedPart(msgspec.Struct, gc=False):
    """What of one CDR is given back."""

    cdr: str
    net: str
    gross: str


class Said(msgspec.Struct, gc=False):
    """What was said: the party, None where finance decides, and its words."""

    by: str | None = None
    text: str | None = None


class Deadlines(msgspec.Struct, gc=False):
    """Until when a dispute is answered and decided."""

    answer_due_at: str
    decision_due_at: str


class Word(msgspec.Struct, gc=False):
    """A party's word that waits for what it speaks of."""

    dispute_id: str
    action: str
    by: str
    text: str | None = None


class DisputeEvent(Event, kw_only=True, gc=False):
    """An event about a dispute; `moved_from` is held where its message waited."""

    SUBJECT: ClassVar[str] = "dispute"
    dispute: str
    visible_to: tuple[str, ...] = ()
    moved_from: str = "new"


class DisputeHeld(DisputeEvent, kw_only=True, gc=False):
    """dispute.held.v1"""

    statement: Word
    sha256: str
    refusal: Refusal


class DisputeRefused(DisputeEvent, kw_only=True, gc=False):
    """dispute.refused.v1: a message that waited, and cannot be followed."""

    refusals: list[Refusal]


class DisputeMoved(DisputeEvent, kw_only=True, gc=False):
    """An event that says what is disputed."""

    claim: Claim
    said: Said | None = None


class DisputeOpened(DisputeMoved, kw_only=True, gc=False):
    """dispute.opened.v1"""

    parts: list[DisputedPart]
    deadlines: Deadlines


class DisputeAnswered(DisputeMoved, kw_only=True, gc=False):
    """dispute.answered.v1"""

    decision_due_at: str


class DisputeReturned(DisputeMoved, kw_only=True, gc=False):
    """dispute.decided.v1, .withdrawn.v1 and .settled.v1: the money comes back into clearing.

    A decision has `outcome` and `granted`; a settlement `state` and the `because` that ended it.
    """

    returned: list[ReturnedPart]
    granted: tuple[GrantedPart, ...] = ()
    outcome: str | None = None
    state: str | None = None
    because: str | None = None


class DisputeExpired(DisputeMoved, kw_only=True, gc=False):
    """dispute.expired.v1: nobody answered in time."""

    due_at: str
    decision_due_at: str
    escalated_to: str


class DisputeClosed(DisputeMoved, kw_only=True, gc=False):
    """dispute.closed.v1"""

    outcome: str


class Contested(Event, kw_only=True, gc=False):
    """contested_cdr.contested.v1 and .given_back.v1"""

    SUBJECT: ClassVar[str] = "cdr"
    cdr: str


DISPUTE_TYPES: dict[str, type[Event]] = {
    "dispute.held.v1": DisputeHeld,
    "dispute.refused.v1": DisputeRefused,
    "dispute.opened.v1": DisputeOpened,
    "dispute.answered.v1": DisputeAnswered,
    "dispute.decided.v1": DisputeReturned,
    "dispute.withdrawn.v1": DisputeReturned,
    "dispute.settled.v1": DisputeReturned,
    "dispute.expired.v1": DisputeExpired,
    "dispute.closed.v1": DisputeClosed,
    "contested_cdr.contested.v1": Contested,
    "contested_cdr.given_back.v1": Contested,
}
