"""What a dispute is about and what becomes of its money, as its events record it.

Amounts have scale 4 and stand in the currency of the sale: `net` before tax, `gross` with it.
"""

from datetime import datetime
from decimal import Decimal
from typing import Literal, get_args

import msgspec

from ledger.roaming.control_statements import CdrReference, DisputeStatement, Evidence
from ledger.roaming.legs import Booking
from ledger.values.entries import Entry
from ledger.values.provenance import Provenance

DisputeReason = Literal[
    "PRICE",
    "ENERGY",
    "DURATION",
    "DUPLICATE",
    "NOT_MY_TOKEN",
    "SESSION_UNKNOWN",
    "PARKING",
    "TAX",
    "OTHER",
]
REASONS: tuple[DisputeReason, ...] = get_args(DisputeReason)
DisputeState = Literal[
    "new", "opened", "answered", "upheld", "partly_upheld", "dismissed", "closed"
]
Decided = Literal["upheld", "partly_upheld", "dismissed"]
Outcome = Literal["upheld", "partly_upheld", "dismissed", "withdrawn", "settled"]
"""How a dispute ended; `settled`: nothing is left of what it was about."""
Ended = Literal["credited", "excluded", "held"]
"""What ended a disputed CDR while it was disputed."""


class Claim(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What is disputed, by whom and why: every event of the dispute says it again.

    `dispute_id` and `cdrs` are in the spelling of the parties. `is_whole`: no amount was named.
    """

    dispute_id: str
    seller: str
    buyer: str
    opened_by: str
    reason_code: DisputeReason
    cdrs: tuple[CdrReference, ...]
    currency: str
    net: Decimal
    gross: Decimal
    is_whole: bool = False

    @property
    def against(self) -> str:
        """The other party of the sales."""
        return self.seller if self.opened_by == self.buyer else self.buyer

    @property
    def parties(self) -> tuple[str, ...]:
        """The two parties: nobody else may see the dispute."""
        return tuple(sorted({self.seller, self.buyer}))


class DisputedPart(msgspec.Struct, frozen=True, gc=False):
    """What is disputed of one CDR, with the entries that moved it out of clearing.

    `first_entry` is the place of the first one among all entries of the opening, from 1.
    """

    cdr: str
    clause: str
    agreement_version: str
    net: Decimal
    gross: Decimal
    first_entry: int
    entries: tuple[Entry, ...]
    booking: Booking

    @property
    def vat(self) -> Decimal:
        """The tax in it."""
        return self.gross - self.net


class ReturnedPart(msgspec.Struct, frozen=True, gc=False):
    """What of one CDR comes back into clearing: the exact reversal of what was moved.

    `first_entry` is that of the part: the place, in the opening, of the first entry taken back.
    """

    cdr: str
    clause: str
    agreement_version: str
    gross: Decimal
    first_entry: int
    reversal: tuple[Entry, ...]
    booking: Booking


class GrantedPart(msgspec.Struct, frozen=True, gc=False):
    """What of one CDR is given back because the dispute was upheld."""

    cdr: str
    net: Decimal
    gross: Decimal


class Said(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What a party or a person said: `by` is the party, None where finance decides.

    A message's command is known by its speaker's `command_id` and the hash of what it says.
    """

    by: str | None = None
    text: str | None = None
    evidence: tuple[Evidence, ...] = ()
    command_id: str | None = None
    sha256: str | None = None


class HeldWord(msgspec.Struct, frozen=True, gc=False):
    """A message that came before what it speaks of, and waits for it."""

    statement: DisputeStatement
    sha256: str
    provenance: Provenance


class Deadlines(msgspec.Struct, frozen=True, gc=False):
    """Until when the other party answers, and until when it is decided."""

    answer_due_at: datetime
    decision_due_at: datetime
