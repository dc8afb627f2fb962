"""What the register says beside payments: until when a charge is paid, and who may collect."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from ledger.application.ledger import Ledger
from ledger.roaming.agreement import Agreement
from ledger.roaming.party import Party
from projections.queries.payment import PaymentRow

COLLECTING: Final = ("CPO", "EMSP", "PLATFORM", "PAYMENT_PROVIDER")
PROVIDING: Final = ("PAYMENT_PROVIDER",)
SENTENCES: Final = {
    "COLLECTOR_NOT_ACTIVE": "Who collected was no active party then.",
    "COLLECTOR_WITHOUT_ROLE": f"Who collects is {', '.join(COLLECTING[:-1])} or {COLLECTING[-1]}.",
    "PROVIDER_NOT_ACTIVE": "The payment provider was no active party then.",
    "PROVIDER_WITHOUT_ROLE": f"A payment provider has the role {PROVIDING[0]}.",
}
"""What is found about the parties of a payment, each with its sentence; it holds nothing."""


def due_by_pair(ledger: Ledger, now: datetime) -> dict[str, datetime]:
    """Return which charges on the spot, by their end, should be paid: per CPO and collector.

    The time for that is what the two agreed for the delivery of a CDR (`sla.delivery_h`).
    """
    found = {}
    for agreement in ledger.facts.each_of(Agreement):
        version = agreement.version_valid_at(now)
        if version is not None and version.terms.flow == "ad_hoc":
            found[agreement.key] = now - timedelta(hours=version.terms.sla.delivery_h)
    return found


def findings_about_parties(ledger: Ledger, row: PaymentRow) -> list[str]:
    """Return what is wrong with who collected and provided, when the payment began."""
    if row.payment is None:
        return []
    named = [("COLLECTOR", row.collector, COLLECTING), ("PROVIDER", row.provider or "", PROVIDING)]
    return [
        f"{part}_{finding}"
        for part, key, roles in named
        for finding in _found(ledger.facts.find(Party, key), roles, row.began_at)
    ]


def _found(party: Party | None, roles: tuple[str, ...], instant: datetime) -> Iterator[str]:
    if party is None or party.state_at(instant).state != "active":
        yield "NOT_ACTIVE"
    if party is not None and not set(roles).intersection(party.document.roles):
        yield "WITHOUT_ROLE"
