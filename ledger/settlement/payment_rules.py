"""Which events of a payment stand: its story retold in the collector's order, over what is known.

The order of arrival decides nothing: whatever arrives, the same events lead to the same answer.
What cannot stand yet is held, and stands as soon as what it needs is there; what stood on less
than is known now is taken back.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from ledger.roaming.payment_statements import PaymentStatement
from ledger.values.money import EXACT, ZERO
from ledger.values.reasons import Reason, Refusal

Verdicts = dict[int, tuple[Refusal, ...]]
"""By sequence: why an event is held; () where it stands."""


class _Sums:
    """What a payment amounts to so far, in its one currency."""

    def __init__(self) -> None:
        self.currency: str | None = None
        self.authorised: Decimal | None = None
        self.captured = ZERO
        self.returned = ZERO

    def refusal_of(self, event: PaymentStatement) -> Refusal | None:
        """Return what speaks against the next event."""
        if self.currency not in (None, event.currency):
            return Refusal(
                Reason.PAYMENT_CURRENCY_DIFFERS, "currency", str(self.currency), event.currency
            )
        amount, currency = event.amount, event.currency
        if event.status == "CAPTURED" and self.authorised is not None:
            captured = EXACT.add(self.captured, amount)
            if captured > self.authorised:
                expected = f"at most {self.authorised} {currency} in all"
                return Refusal(Reason.PAYMENT_EXCEEDS_AUTHORISED, "amount", expected, str(captured))
        if event.status in ("REFUNDED", "CHARGED_BACK"):
            returned = EXACT.add(self.returned, amount)
            if returned > self.captured:
                expected = f"at most {self.captured} {currency} in all"
                return Refusal(Reason.PAYMENT_EXCEEDS_CAPTURED, "amount", expected, str(returned))
        return None

    def add(self, event: PaymentStatement) -> None:
        """Let an event stand."""
        self.currency = event.currency
        if event.status == "AUTHORISED":
            self.authorised = EXACT.add(self.authorised or ZERO, event.amount)
        elif event.status == "CANCELLED" and self.authorised is not None:
            self.authorised = EXACT.subtract(self.authorised, event.amount)
        elif event.status == "CAPTURED":
            self.captured = EXACT.add(self.captured, event.amount)
        elif event.status in ("REFUNDED", "CHARGED_BACK"):
            self.returned = EXACT.add(self.returned, event.amount)


def verdicts_on(
    events: Iterable[PaymentStatement], unready: Mapping[int, tuple[Refusal, ...]]
) -> Verdicts:
    """Return which events stand, by their sequence, and why the others are held.

    `unready` are events that wait for a fact. Captures go up to what was authorised before them
    and not cancelled, where an authorisation is known at all; what is refunded and charged back
    goes up to what was captured before it. An event that is held counts for nothing.

    Holds with: PAYMENT_CURRENCY_DIFFERS, PAYMENT_EXCEEDS_AUTHORISED, PAYMENT_EXCEEDS_CAPTURED.
    """
    sums, verdicts = _Sums(), Verdicts()
    for event in sorted(events, key=lambda row: row.sequence):
        waits_for = unready.get(event.sequence, ())
        refusal = sums.refusal_of(event)
        verdicts[event.sequence] = waits_for if refusal is None else (*waits_for, refusal)
        if not verdicts[event.sequence]:
            sums.add(event)
    return verdicts
