"""Payments for tests: who collects and who provides, what is told, and what stands of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ledger.application.control_commands import TellPayment
from ledger.application.ledger import Ledger
from ledger.application.parties import register_entity, register_party
from ledger.roaming.entity_documents import EntityDocument
from ledger.roaming.party_documents import PartyDocument
from ledger.roaming.payment_statements import PaymentStatement, PaymentStatus
from ledger.settlement.payment import Payment
from ledger.values.entries import Entry
from tests.ledger_cast import BY_FINANCE, CPO, EMSP, Fact, registered
from tests.ledger_statements import october
from tests.ledger_world import World

PSP = "NL*PSP"
PAID_AT = october(10, 11)
KEY = f"{CPO}/pay-1"


def register_provider(ledger: Ledger) -> None:
    """Register the payment provider with its entity."""
    document = EntityDocument("PSP B.V.", "NL", "EUR", (registered("NL"),))
    register_entity(ledger, "psp-bv", document, by=BY_FINANCE)
    register_party(
        ledger, PSP, PartyDocument("PSP", ("PAYMENT_PROVIDER",), "psp-bv"), by=BY_FINANCE
    )


PROVIDER: Fact = register_provider


def told(
    sequence: int,
    status: PaymentStatus,
    amount: str = "6.05",
    *,
    id: str = "PAY-1",
    of: str = CPO,
    by: str = EMSP,
    provider: str = PSP,
    currency: str = "EUR",
    occurred_at: datetime | None = None,
    **more: Any,
) -> TellPayment:
    """Return what the eMSP, which collects, tells of a payment for the charge C1."""
    country, party_id = of.split("*")
    happened_at = occurred_at or PAID_AT + timedelta(minutes=sequence)
    stated: dict[str, Any] = {"cdr_id": "C1", "last_updated": happened_at} | more
    return TellPayment(
        PaymentStatement(
            country_code=country,
            party_id=party_id,
            id=id,
            sequence=sequence,
            status=status,
            collector=by,
            provider=provider,
            amount=Decimal(amount),
            currency=currency,
            occurred_at=happened_at,
            **stated,
        )
    )


def payment(world: World, key: str = KEY) -> Payment:
    """Return a payment as recorded."""
    found = Payment.blank(key)
    for stored in world.ledger.store.events_of([found.id]).get(found.id, ()):
        world.ledger.event_mapper.to_domain_event(stored).mutate(found)
    return found


def standing(world: World, key: str = KEY) -> dict[int, list[str]]:
    """Return every event of a payment by its sequence, with why it is held."""
    steps = payment(world, key).steps
    return {
        number: [refusal.reason.value for refusal in steps[number].refusals]
        for number in sorted(steps)
    }


def paid_entries(world: World) -> Iterator[Entry]:
    """Yield every entry that a payment booked, reversals too."""
    for event in world.events():
        if event.TOPIC.startswith("payment."):
            decision = getattr(event, "decision", None)
            yield from decision.entries if decision is not None else ()
            yield from getattr(event, "reversal", ())


def paid_balances(world: World) -> dict[tuple[str, str, str], str]:
    """Return what payments put on every account, debits positive, without what is zero."""
    sums: dict[tuple[str, str, str], Decimal] = {}
    for entry in paid_entries(world):
        for posting in entry.postings:
            signed = posting.amount if posting.side == "debit" else -posting.amount
            key = entry.book, posting.account, entry.currency
            sums[key] = sums.get(key, Decimal(0)) + signed
    return {key: str(total) for key, total in sums.items() if total}


def payment_topics(world: World) -> list[str]:
    """Return the topics of every event about a payment, in order."""
    return [event.TOPIC for event in world.events() if event.TOPIC.startswith("payment.")]
