"""The register of parties as it was known at an instant."""

from datetime import datetime
from typing import NamedTuple

from ledger.application.known import facts_known
from ledger.application.ledger import Ledger
from ledger.roaming.entity import LegalEntity
from ledger.roaming.onboarding import missing_of
from ledger.roaming.party import Party
from ledger.values.identifiers import checked_party
from ledger.values.reasons import Reason, Refusal, Refused


class Register(NamedTuple):
    """Every party and legal entity, by key."""

    parties: dict[str, Party]
    entities: dict[str, LegalEntity]

    def party(self, text: str) -> Party:
        """Return a party by its key as people may write it. Refuses: NOT_FOUND."""
        key = checked_party(text)
        if key not in self.parties:
            raise Refused(Refusal(Reason.NOT_FOUND, "party", "a registered party", text))
        return self.parties[key]

    def entity(self, text: str) -> LegalEntity:
        """Return an entity by its key, or the last one of a party. Refuses: NOT_FOUND."""
        key = self.party(text).memberships[-1].entity if "*" in text else text
        if key not in self.entities:
            raise Refused(Refusal(Reason.NOT_FOUND, "entity", "a registered entity", text))
        return self.entities[key]

    def entity_of(self, party: Party, instant: datetime) -> LegalEntity | None:
        """Return the entity that a party belongs to at an instant."""
        return self.entities.get(party.entity_at(instant) or "")


def register_of(ledger: Ledger, known_at: datetime | None = None) -> Register:
    """Return who is registered, or was as far as was recorded by an instant."""
    facts = facts_known(ledger, Party, LegalEntity, known_at=known_at)
    return Register(
        {row.key: row for row in facts.each_of(Party)},
        {row.key: row for row in facts.each_of(LegalEntity)},
    )


class PartyRow(NamedTuple):
    """A party in a list: its state and its entity as of an instant, and how much is missing."""

    party: str
    name: str
    roles: tuple[str, ...]
    state: str
    since: datetime
    entity: str | None
    country: str | None
    missing: int
    proposed_accounts: bool


def party_rows(
    register: Register,
    *,
    instant: datetime,
    role: str | None = None,
    state: str | None = None,
    country: str | None = None,
) -> list[PartyRow]:
    """Return the parties that filters leave, by key; `country` is that of their entity."""
    rows = []
    for key in sorted(register.parties):
        party = register.parties[key]
        row = _row(party, register.entity_of(party, instant), instant)
        if (
            (role is None or role.upper() in row.roles)
            and state in (None, row.state)
            and (country is None or country.upper() == row.country)
        ):
            rows.append(row)
    return rows


def _row(party: Party, entity: LegalEntity | None, instant: datetime) -> PartyRow:
    span = party.state_at(instant)
    missing = missing_of(party.document, entity, on=instant.date()) if entity else ()
    return PartyRow(
        party.key,
        party.document.name,
        party.document.roles,
        span.state,
        span.valid_from,
        entity.key if entity else None,
        entity.document.country if entity else None,
        len(missing),
        bool(entity and entity.proposal),
    )
