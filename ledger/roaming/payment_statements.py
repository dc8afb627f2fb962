"""What the party that collects states about one event of a driver's payment.

Field names are those of the message. Amounts are in the statement's currency, tax included.
"""

from datetime import datetime
from decimal import Decimal
from typing import Literal, get_args

import msgspec

from ledger.values.identifiers import checked_party, party_key
from ledger.values.money import minor_unit
from ledger.values.reasons import Reason, Refusal, Refused

PaymentStatus = Literal["AUTHORISED", "CAPTURED", "REFUNDED", "CHARGED_BACK", "FAILED", "CANCELLED"]
PAYMENT_STATUSES: tuple[PaymentStatus, ...] = get_args(PaymentStatus)


class PaymentStatement(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One event of a payment; `sequence` is its place among them, as the collector counts.

    `authorization_reference` is a subject's ref once it is recorded.
    """

    country_code: str
    party_id: str
    id: str
    sequence: int
    status: PaymentStatus
    collector: str
    provider: str
    amount: Decimal
    currency: str
    occurred_at: datetime
    last_updated: datetime
    card_fee: Decimal | None = None
    chargeback_fee: Decimal | None = None
    cdr_id: str | None = None
    session_id: str | None = None
    authorization_reference: str | None = None
    reason: str | None = None

    @property
    def speaker(self) -> str:
        """The party that collects, in whose name this is told. Refuses: WRONG_IDENTIFIER."""
        return checked_party(self.collector)

    @property
    def cpo(self) -> str:
        """The party whose charge is paid. Refuses: WRONG_IDENTIFIER."""
        return party_key(self.country_code, self.party_id)

    @property
    def psp(self) -> str:
        """The payment provider. Refuses: WRONG_IDENTIFIER."""
        return checked_party(self.provider)


def refuse_what_cannot_be_paid(statement: PaymentStatement) -> None:
    """Refuse AMOUNT_SCALE for a part of a cent: money that changes hands has whole ones.

    Refuses: UNKNOWN_CURRENCY, WRONG_IDENTIFIER (the provider).
    """
    unit = minor_unit(statement.currency)
    _ = statement.psp
    for path in ("amount", "card_fee", "chargeback_fee"):
        stated: Decimal | None = getattr(statement, path)
        if stated is not None and stated % unit:
            expected = f"whole multiples of {unit} {statement.currency}"
            raise Refused(Refusal(Reason.AMOUNT_SCALE, path, expected, str(stated)))
