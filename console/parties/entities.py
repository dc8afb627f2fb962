"""Legal entities as people look at them: who belongs to one, its accounts, what is proposed."""

from typing import NamedTuple

from console.parties.register import Register
from ledger.roaming.bank_accounts import AccountsProposal, BankAccount
from ledger.roaming.entity_documents import EntityDocument


class EntityRow(NamedTuple):
    """An entity in a list; `parties` are all that belong to it, belonged or will."""

    entity: str
    name: str
    country: str
    currency: str
    parties: tuple[str, ...]
    versions: int
    proposed_accounts: bool


class EntityShown(NamedTuple):
    """An entity: its newest document, the accounts in force, and those that wait."""

    entity: str
    document: EntityDocument
    bank_accounts: tuple[BankAccount, ...]
    proposal: AccountsProposal | None
    parties: tuple[str, ...]
    versions: int


def entity_rows(register: Register, *, country: str | None = None) -> list[EntityRow]:
    """Return the entities that the filter leaves, by key."""
    return [
        EntityRow(
            key,
            row.document.name,
            row.document.country,
            row.document.currency,
            _parties_of(register, key),
            row.versions,
            row.proposal is not None,
        )
        for key, row in sorted(register.entities.items())
        if country is None or country.upper() == row.document.country
    ]


def entity_shown(register: Register, text: str) -> EntityShown:
    """Return an entity by its key, or a party's last one. Refuses: NOT_FOUND."""
    row = register.entity(text)
    parties = _parties_of(register, row.key)
    return EntityShown(
        row.key, row.document, row.bank_accounts, row.proposal, parties, row.versions
    )


def _parties_of(register: Register, entity: str) -> tuple[str, ...]:
    parties = register.parties.items()
    return tuple(sorted(key for key, party in parties if entity in party.entities))
