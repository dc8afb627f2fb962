"""`PaymentV1`: what became of a driver's payment, on `payments.v1`.

The party that collects tells each event of a payment: authorised, captured, given back. The key is
the CPO's party, so that a payment stands in the partition of the charge it pays. A driver is named
by nothing but `authorization_reference`, which the ledger keeps as a ref; `reason` has no place
for a name or a card number.
"""

from decimal import Decimal
from typing import Final, Literal, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from schemas.control_parts import refuse_missing, refuse_not_applicable
from schemas.fields import (
    Ci36,
    Ci39,
    CountryCode,
    Currency,
    Id36,
    Instant,
    Number,
    Party,
    PartyId,
    Record,
    SequenceNumber,
    Text255,
)

PaymentStatus = Literal["AUTHORISED", "CAPTURED", "REFUNDED", "CHARGED_BACK", "FAILED", "CANCELLED"]
_ZERO: Final = Decimal(0)
_FEES: Final = (("card_fee", "CAPTURED"), ("chargeback_fee", "CHARGED_BACK"))
_REFERENCES: Final = ("cdr_id", "session_id", "authorization_reference")


class PaymentV1(Record):
    """The value of `payments.v1`; `country_code` and `party_id` are the CPO's.

    `id` is the payment's, unique for that CPO, and `sequence` counts its events from 1 in the order
    in which they happened at the `collector`. `amount` is this event's own, in `currency`, tax
    included: CANCELLED says how much of what was authorised is let go, FAILED what did not work.
    `provider` is the payment provider; `card_fee` is what it takes for a capture and
    `chargeback_fee` what it takes for a chargeback, both in `currency`.

    Refuses beyond its fields: NUMBER_OUT_OF_RANGE (an amount or a fee of nothing or less),
    MISSING_FIELD (no reference to what is paid), FIELD_NOT_APPLICABLE (a fee of another status).
    """

    country_code: CountryCode
    party_id: PartyId
    id: Id36
    sequence: SequenceNumber
    status: PaymentStatus
    collector: Party
    provider: Party
    amount: Number
    currency: Currency
    card_fee: Number | None = None
    chargeback_fee: Number | None = None
    cdr_id: Ci39 | None = None
    session_id: Ci36 | None = None
    authorization_reference: Ci36 | None = None
    reason: Text255 | None = None
    occurred_at: Instant
    last_updated: Instant

    @model_validator(mode="after")
    def _says_what_its_status_needs(self) -> Self:
        for name in ("amount", "card_fee", "chargeback_fee"):
            stated = getattr(self, name)
            if stated is not None and stated <= _ZERO:
                raise PydanticCustomError("number_out_of_range", "more than zero", {"path": name})
        for name, status in _FEES:
            if getattr(self, name) is not None and self.status != status:
                refuse_not_applicable(name, f"only {status} has it")
        if not any(getattr(self, name) for name in _REFERENCES):
            refuse_missing("cdr_id", "the CDR, the session or the authorization that is paid")
        return self
