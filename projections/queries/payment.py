"""Payments as people ask for them: what was captured beside what the driver owes.

Whether both agree is a finding of this view and of no event: the ledger books what it is told.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from ledger.values.reasons import Refusal
from projections.database import Connection, rows

UNMATCHED: Final = ("PAYMENT_WITHOUT_CDR", "PAYMENT_MISSING")
DIFFERING: Final = ("PAYMENT_DIFFERS",)
FINDINGS: Final[Mapping[str, str]] = {
    "PAYMENT_WITHOUT_CDR": "Money was captured, and no accepted CDR is what it pays.",
    "PAYMENT_MISSING": "A charge is paid on the spot, and nothing was captured in time.",
    "PAYMENT_DIFFERS": "What was captured is not what the driver owes.",
}
"""What this view finds, each with its sentence."""


class PaymentRow(NamedTuple):
    """A payment in one currency beside the CDR it pays; amounts with tax.

    `status` is that of its last event that stands, `held` counts those that do not. `by` says how
    the CDR was found: by its name, the session or the authorization reference. `gross` is what the
    driver owes for the CDR and `difference` what all its payments are beyond that. A charge on the
    spot for which nothing was captured has no payment: PAYMENT_MISSING.
    """

    payment: str | None
    status: str | None
    held: int
    collector: str
    provider: str | None
    currency: str
    authorised: Decimal | None
    captured: Decimal
    returned: Decimal
    cdr: str | None
    by: str | None
    gross: Decimal | None
    difference: Decimal
    finding: str | None
    began_at: datetime
    changed_at: datetime


class PaymentStep(NamedTuple):
    """One event of a payment: what was told, and whether it stands."""

    position: int
    sequence: int
    status: str
    state: str
    currency: str
    amount: Decimal
    card_fee: Decimal | None
    chargeback_fee: Decimal | None
    cdr: str | None
    session: str | None
    reference: str | None
    said: str | None
    occurred_at: datetime
    posted_on: date | None
    refusals_json: str | None
    because: str
    actor: str | None
    recorded_at: datetime

    @property
    def refusals(self) -> list[Refusal]:
        """Why it is held."""
        return msgspec.json.decode(self.refusals_json or "[]", type=list[Refusal])


def payments(
    connection: Connection,
    *,
    due_since: datetime,
    due_by_pair: Mapping[str, datetime] | None = None,
    payment: str | None = None,
    cdr: str | None = None,
    party: str | None = None,
    findings: Sequence[str] | None = None,
    as_of: date | None = None,
    known_at: datetime | None = None,
    limit: int | None = None,
) -> list[PaymentRow]:
    """Return payments and charges that lack one, in the order in which they began.

    A charge on the spot that ended by `due_since` should have been paid; `due_by_pair` has other
    instants for some, by CPO and collector (`NL*XYZ>DE*EMP`).
    """
    return rows(
        connection,
        "payment_list",
        PaymentRow,
        due_since=due_since,
        due_by_pair=msgspec.json.encode(due_by_pair or {}).decode(),
        payment=payment,
        cdr=cdr,
        party=party,
        findings=None if findings is None else list(findings),
        as_of=as_of,
        known_at=known_at,
        limit=limit,
    )


def payment_steps(
    connection: Connection, payment: str, *, known_at: datetime | None = None
) -> list[PaymentStep]:
    """Return every event of a payment, in the order of the log."""
    return rows(connection, "payment_steps", PaymentStep, payment=payment, known_at=known_at)
