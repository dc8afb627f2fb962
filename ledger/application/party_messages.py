"""What a party says of itself in a message, and how far it is taken over.

A message proposes and never decides. Only who vouches for others introduces a new party: the
clearing house, a hub or a platform that is active here. Roles are the message's while the party
is onboarded, and people's once it trades; its entity changes by people alone; bank accounts wait
for a person's approval. Everything is checked before anything is recorded.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from ledger.application.consequences import sales_of_entities
from ledger.application.control_commands import StateParty
from ledger.application.facts import View
from ledger.application.hashing import hash_of
from ledger.application.loaded import Loaded
from ledger.application.store import FactRecorded
from ledger.roaming.entity import LegalEntity
from ledger.roaming.entity_documents import EntityDocument
from ledger.roaming.newest import outcome_beside
from ledger.roaming.party import Party, Stated
from ledger.roaming.party_documents import PartyDocument
from ledger.roaming.party_statements import EntityStatement, PartyStatement
from ledger.values.instants import BEGINNING
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused

INTRODUCERS: Final = frozenset({"CLEARING_HOUSE", "HUB", "PLATFORM"})
"""Roles whose holders may introduce a party that is not registered yet."""


def refuse_who_may_not_state(view: View, party: str, sender: str, at: datetime) -> None:
    """Refuse a sender that may not say what a party is: SENDER_NOT_ENTITLED.

    Of a registered party that may who speaks for it; of a new one, who is active here in one of
    the roles of `INTRODUCERS`.
    """
    known = view.find(Party, party)
    if known is not None:
        if known.may_be_spoken_for_by(sender):
            return
    else:
        vouching = view.find(Party, sender)
        if (
            vouching is not None
            and vouching.state_at(at).state == "active"
            and INTRODUCERS.intersection(vouching.document.roles)
        ):
            return
    raise Refused(Refusal(Reason.SENDER_NOT_ENTITLED, "cw-sender", f"for {party}", sender))


def on_party(work: Loaded, command: StateParty, _: str, provenance: Provenance) -> Outcome:
    """Take over what a party says of itself and its entity; return the message's outcome.

    Which statement stands is as `ledger.roaming.newest` has it. Refuses what is wrong with the
    documents, and WRONG_PARTY for an entity that is not the party's own, ALREADY_EXISTS for
    another one, WRONG_STATE for other roles.
    """
    statement, content_sha256 = command.statement, hash_of(command.statement)
    key = statement.speaker
    # Edited is only what will be recorded: a blank party must not be found by who comes next.
    party = work.view.find(Party, key) or Party.blank(key)
    stated = party.stated
    outcome = outcome_beside(
        stated.content_sha256 if stated is not None else None,
        stated.last_updated if stated is not None else None,
        party.conflicting,
        content_sha256=content_sha256,
        last_updated=statement.last_updated,
    )
    if outcome == "held":
        party = work.view.edit(Party, key)
        party.hold_conflict(statement, content_sha256=content_sha256, provenance=provenance)
        _share(work, party)
    if outcome != "accepted":
        return outcome
    document = _document_of(party, statement)
    refusals = tuple(_refusals_of(work.view, party, document, statement.entity, provenance))
    if refusals:
        raise Refused(*refusals)
    if statement.entity is not None:
        _take_over(work, statement.entity, provenance)
    party = work.view.edit(Party, key)
    party.register(
        document,
        begins_as="onboarding",
        stated=Stated(statement.last_updated, content_sha256),
        provenance=provenance,
    )
    _share(work, party)
    work.writes.facts.append(FactRecorded(f"party:{key}", BEGINNING))
    return "accepted"


def _document_of(party: Party, statement: PartyStatement) -> PartyDocument:
    """Return the party's document as it would be: what messages do not say stays as it is."""
    entity = statement.entity.id if statement.entity is not None else ""
    known = party.document if party.versions else PartyDocument(statement.name, (), entity)
    return replace(
        known,
        name=statement.name,
        roles=statement.roles,
        entity=entity or known.entity,
        entity_from=None,
        demand_kind=statement.demand_kind,
        senders=statement.senders,
        contacts=statement.contacts,
    )


def _refusals_of(
    view: View,
    party: Party,
    document: PartyDocument,
    stated: EntityStatement | None,
    provenance: Provenance,
) -> Iterator[Refusal]:
    yield from party.refusals_of(document)
    if party.versions:
        if party.state != "onboarding" and set(document.roles) != set(party.document.roles):
            yield Refusal(Reason.WRONG_STATE, "roles", "people change them", party.state)
    elif stated is None:
        yield Refusal(Reason.MISSING_FIELD, "entity", "a new party names its entity")
    if stated is None:
        return
    entity = view.find(LegalEntity, stated.id)
    if entity is not None and not _may_speak_of(view, party, stated.id, provenance.actor):
        yield Refusal(Reason.WRONG_PARTY, "entity.id", "the party's own", stated.id)
    known = entity or LegalEntity.blank(stated.id)
    for row in known.refusals_of(_as_stated(known, stated), on=provenance.received_at.date()):
        yield replace(row, path=f"entity.{row.path}")


def _may_speak_of(view: View, party: Party, entity: str, sender: str) -> bool:
    """True where an entity that is known is the party's own, or the clearing house says so."""
    if party.versions:
        return party.memberships[-1].entity == entity
    vouching = view.find(Party, sender)
    return vouching is not None and "CLEARING_HOUSE" in vouching.document.roles


def _as_stated(entity: LegalEntity, stated: EntityStatement) -> EntityDocument:
    """Return an entity's document as a message states it; no establishment leaves all as known."""
    if entity.versions and not stated.establishments:
        return replace(stated.document, establishments=entity.document.establishments)
    return stated.document


def _take_over(work: Loaded, stated: EntityStatement, provenance: Provenance) -> None:
    entity = work.view.edit(LegalEntity, stated.id)
    was = entity.versions
    entity.register(_as_stated(entity, stated), provenance=provenance)
    _share(work, entity)
    if entity.versions != was:
        work.writes.facts.append(FactRecorded(f"entity:{entity.key}", BEGINNING))
        work.writes.facts.extend(sales_of_entities(work.view, {entity.key}, BEGINNING))


def _share(work: Loaded, fact: Party | LegalEntity) -> None:
    """Let all who follow the shared facts see what was recorded."""
    if fact.pending_events:
        work.writes.raises_counter = True
        work.writes.shared_fact_ids.add(fact.id)
