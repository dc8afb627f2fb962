"""What is kept of one event of a payment: as it was told, and what was decided about it."""

from typing import Literal

import msgspec

from ledger.fx.convert import FxDecision
from ledger.roaming.legs import Booking
from ledger.roaming.payment_statements import PaymentStatement
from ledger.values.entries import Entry
from ledger.values.provenance import Provenance
from ledger.values.reasons import Refusal


class Told(msgspec.Struct, frozen=True, gc=False):
    """One event of a payment as its collector told it, and by which message."""

    statement: PaymentStatement
    content_sha256: str
    provenance: Provenance

    @property
    def visible_to(self) -> tuple[str, ...]:
        """The parties that may see it: whose charge is paid, who collects, who provides."""
        stated = self.statement
        return tuple(sorted({stated.cpo, stated.speaker, stated.psp}))


class PaymentDecision(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What was decided about an event that stands; nothing in here is computed again.

    `because` names what let it stand: its message, or the fact that it waited for. `fx` is the
    rate into the book's currency, where the payment is in another.
    """

    statement: PaymentStatement
    content_sha256: str
    booking: Booking
    visible_to: tuple[str, ...]
    entries: tuple[Entry, ...] = ()
    because: str = "message"
    moved_from: Literal["new", "held"] = "new"
    fx: FxDecision | None = None


class PaymentStep(msgspec.Struct, frozen=True, gc=False):
    """One event of a payment as it stands: accepted with a decision, held with refusals."""

    told: Told
    decision: PaymentDecision | None = None
    refusals: tuple[Refusal, ...] = ()
