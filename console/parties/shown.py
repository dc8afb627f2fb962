"""One party with all that belongs to it: documents, state, completeness, proposals, history."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from console.parties.register import Register
from ledger.application.ledger import Ledger
from ledger.roaming.bank_accounts import AccountsProposal, BankAccount
from ledger.roaming.entity import LegalEntity
from ledger.roaming.entity_documents import EntityDocument
from ledger.roaming.onboarding import Missing, expired_registrations, missing_of
from ledger.roaming.party import Party
from ledger.roaming.party_documents import PartyDocument
from ledger.roaming.party_spans import Membership, StateSpan
from ledger.values.aggregate import LedgerAggregate
from ledger.values.reasons import Refusal


class PartyShown(NamedTuple):
    """A party as of an instant: `entity` is the one it belongs to then."""

    party: str
    state: StateSpan
    document: PartyDocument
    states: tuple[StateSpan, ...]
    memberships: tuple[Membership, ...]
    entity: str | None
    entity_document: EntityDocument | None
    bank_accounts: tuple[BankAccount, ...]
    proposal: AccountsProposal | None
    missing: tuple[Missing, ...]
    expired: tuple[Refusal, ...]
    versions: int
    entity_versions: int


class Step(NamedTuple):
    """Something recorded: of what, its number where it states a document, who and when."""

    record: str
    event: str
    number: int | None
    actor: str
    occurred_at: datetime
    recorded_at: datetime
    says: str


def shown(register: Register, key: str, instant: datetime) -> PartyShown:
    """Return a party as of an instant. Refuses: NOT_FOUND."""
    party = register.party(key)
    entity = register.entity_of(party, instant)
    on = instant.date()
    return PartyShown(
        party=party.key,
        state=party.state_at(instant),
        document=party.document,
        states=party.states,
        memberships=party.memberships,
        entity=entity.key if entity else None,
        entity_document=entity.document if entity else None,
        bank_accounts=entity.bank_accounts if entity else (),
        proposal=entity.proposal if entity else None,
        missing=missing_of(party.document, entity, on=on) if entity else (),
        expired=expired_registrations(entity, on=on) if entity else (),
        versions=party.versions,
        entity_versions=entity.versions if entity else 0,
    )


def history_of(ledger: Ledger, party: Party, known_at: datetime | None = None) -> list[Step]:
    """Return what was recorded of a party and its entities, in the order it was recorded."""
    records: list[LedgerAggregate] = [party, *map(LegalEntity.blank, party.entities)]
    steps = [step for row in records for step in _steps_of(ledger, row)]
    known = (row for row in steps if known_at is None or row.recorded_at <= known_at)
    return sorted(known, key=lambda row: row.recorded_at)


def versions_of(ledger: Ledger, record: LedgerAggregate) -> list[PartyDocument | EntityDocument]:
    """Return the documents that were recorded of a party or an entity, oldest first."""
    return [row.document for row in _events_of(ledger, record) if hasattr(row, "document")]


def _steps_of(ledger: Ledger, record: LedgerAggregate) -> Iterator[Step]:
    numbers = iter(range(1, len(versions_of(ledger, record)) + 1))
    for event in _events_of(ledger, record):
        states_a_document = hasattr(event, "document")
        yield Step(
            record.key,
            event.TOPIC,
            next(numbers) if states_a_document else None,
            event.provenance.actor,
            event.provenance.occurred_at,
            event.timestamp,
            " ".join(_said_by(event)),
        )


def _events_of(ledger: Ledger, record: LedgerAggregate) -> Iterable[Any]:
    stored = ledger.store.events_of([record.id]).get(record.id, ())
    return [ledger.event_mapper.to_domain_event(row) for row in stored]


def _said_by(event: Any) -> Iterator[str]:
    """Yield what an event says beyond its name and a whole document."""
    if hasattr(event, "valid_from"):
        yield f"from {event.valid_from.isoformat().replace('+00:00', 'Z')}"
    if hasattr(event, "accounts"):
        yield ", ".join(row.iban for row in event.accounts) or "no accounts"
    if getattr(event, "reason", ""):
        yield event.reason
    if getattr(event, "is_correction", False):
        yield "a correction"
