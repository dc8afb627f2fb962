"""The commands of people about parties and legal entities.

Documents are registered whole, all of a file in one transaction. Bank accounts are proposed by
whoever registers them and approved by somebody else. With `dry_run` a command checks everything
and records nothing. `party_states` has the commands that let a party trade and stop.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from datetime import date, datetime
from typing import NamedTuple

import msgspec

from ledger.application.commands import By, provenance_of
from ledger.application.consequences import record_fact, sales_of_entities, sales_of_parties
from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.party_states import REGISTRARS, refuse_to_touch_decisions
from ledger.application.store import FactRecorded
from ledger.roaming.bank_accounts import BankAccount
from ledger.roaming.entity import LegalEntity
from ledger.roaming.entity_documents import EntityDocument
from ledger.roaming.party import Party
from ledger.roaming.party_documents import PartyDocument
from ledger.roaming.party_spans import PartyState, first_difference
from ledger.values.identifiers import checked_party
from ledger.values.instants import BEGINNING
from ledger.values.reasons import Reason, Refusal, Refused


class Documents(NamedTuple):
    """What is to be registered: entities and parties by their keys."""

    entities: Mapping[str, EntityDocument]
    parties: Mapping[str, PartyDocument]


def register_entity(ledger: Ledger, key: str, document: EntityDocument, *, by: By) -> None:
    """Register a legal entity, the owner of a book. Refuses as `register_documents` does."""
    register_documents(ledger, Documents({key: document}, {}), by=by)


def register_party(
    ledger: Ledger,
    party: str,
    document: PartyDocument,
    *,
    begins_as: PartyState = "active",
    is_correction: bool = False,
    by: By,
) -> None:
    """Register a party; a new one trades at once, or has to be onboarded first.

    Refuses as `register_documents` does.
    """
    documents = Documents({}, {checked_party(party): document})
    register_documents(ledger, documents, begins_as=begins_as, is_correction=is_correction, by=by)


def register_documents(
    ledger: Ledger,
    documents: Documents,
    *,
    begins_as: PartyState = "onboarding",
    is_correction: bool = False,
    by: By,
    dry_run: bool = False,
) -> tuple[str, ...]:
    """Register all documents or none; return the keys of those that say something new.

    For operations and finance. Refuses everything that is wrong with any of them at once, with
    its path (`entities.xyz-bv.bank_accounts[0].iban`): what `LegalEntity.refusals_of` and
    `Party.refusals_of` find, ENTITY_UNKNOWN, and DECISIONS_AFFECTED where a party would have
    belonged to another entity when a CDR was decided, and this is no correction.
    """
    changed: list[str] = []

    def change(view: View) -> list[FactRecorded]:
        changed.clear()
        refusals = tuple(_refusals_of(view, documents, by.at.date()))
        if refusals:
            raise Refused(*refusals)
        facts = _register_entities(view, documents.entities, by)
        for key, document in documents.parties.items():
            party = view.edit(Party, key)
            was, moved_from = party.versions, _moved_from(party, document)
            if moved_from is not None and not is_correction:
                refuse_to_touch_decisions(ledger.store, view, key, moved_from, "entity_from")
            party.register(
                document,
                begins_as=begins_as,
                is_correction=is_correction,
                provenance=provenance_of(by),
            )
            if party.versions != was:
                facts.append(FactRecorded(f"party:{key}", BEGINNING))
            if moved_from is not None:
                facts.extend(sales_of_parties(view, frozenset({key}), moved_from))
        changed.extend(row.key for row in view.edited)
        return facts

    # A decision must not be recorded between the look at the decisions and what is recorded here.
    moves = any(document.entity_from is not None for document in documents.parties.values())
    with ledger.store.exclusively() if moves and not dry_run else nullcontext():
        record_fact(ledger, change, by, *REGISTRARS, dry_run=dry_run)
    return tuple(changed)


def _register_entities(
    view: View, documents: Mapping[str, EntityDocument], by: By
) -> list[FactRecorded]:
    """Register entities; return what is due where one says something new."""
    said_anew: set[str] = set()
    for key, document in documents.items():
        entity = view.edit(LegalEntity, key)
        was = entity.versions
        entity.register(document, provenance=provenance_of(by))
        if entity.versions != was:
            said_anew.add(key)
    facts = [FactRecorded(f"entity:{key}", BEGINNING) for key in sorted(said_anew)]
    return [*facts, *sales_of_entities(view, said_anew, BEGINNING)]


def _refusals_of(view: View, documents: Documents, on: date) -> Iterator[Refusal]:
    """Yield what is wrong with any document on a day, by its path in the file."""
    for key, entity_document in documents.entities.items():
        entity = view.find(LegalEntity, key) or LegalEntity.blank(key)
        yield from _under(f"entities.{key}", entity.refusals_of(entity_document, on=on))
        if not key.strip() or key != key.strip().lower():
            yield Refusal(Reason.WRONG_IDENTIFIER, f"entities.{key}", "xyz-bv", key)
    for key, document in documents.parties.items():
        party = view.find(Party, key) or Party.blank(key)
        yield from _under(f"parties.{key}", party.refusals_of(document))
        known = document.entity in documents.entities
        if not known and view.find(LegalEntity, document.entity) is None:
            path = f"parties.{key}.entity"
            yield Refusal(Reason.ENTITY_UNKNOWN, path, actual=document.entity)


def _under(path: str, refusals: Iterable[Refusal]) -> Iterator[Refusal]:
    for row in refusals:
        yield msgspec.structs.replace(row, path=f"{path}.{row.path}")


def _moved_from(party: Party, document: PartyDocument) -> datetime | None:
    """Return the first instant at which a registered party would belong to another entity."""
    if not party.versions:
        return None
    return first_difference(party.memberships, party.memberships_with(document))


def propose_accounts(
    ledger: Ledger,
    accounts: Mapping[str, tuple[BankAccount, ...]],
    *,
    by: By,
    dry_run: bool = False,
) -> tuple[str, ...]:
    """Propose the bank accounts of entities; return those of which others were in force.

    For operations and finance. Refuses: NOT_FOUND, and everything `errors_of_accounts` finds.
    """
    changed: list[str] = []

    def change(view: View) -> list[FactRecorded]:
        changed.clear()
        refusals: list[Refusal] = []
        for key, stated in accounts.items():
            entity = view.find(LegalEntity, key)
            if entity is None:
                refusals.append(Refusal(Reason.NOT_FOUND, f"entities.{key}", "an entity", key))
                continue
            document = msgspec.structs.replace(entity.document, bank_accounts=stated)
            found = entity.refusals_of(document, on=by.at.date())
            refusals.extend(_under(f"entities.{key}", found))
        if refusals:
            raise Refused(*refusals)
        for key, stated in accounts.items():
            view.edit(LegalEntity, key).propose_accounts(stated, provenance=provenance_of(by))
        changed.extend(row.key for row in view.edited)
        return []

    record_fact(ledger, change, by, *REGISTRARS, dry_run=dry_run)
    return tuple(changed)


def approve_accounts(
    ledger: Ledger, entity: str, *, number: int | None = None, by: By, dry_run: bool = False
) -> None:
    """Put an entity's proposed bank accounts in force; for finance.

    Refuses: NOT_FOUND, SECOND_PERSON_REQUIRED.
    """

    def change(view: View) -> list[FactRecorded]:
        _entity(view, entity).approve_accounts(number=number, provenance=provenance_of(by))
        return []

    record_fact(ledger, change, by, "finance", dry_run=dry_run)


def reject_accounts(
    ledger: Ledger,
    entity: str,
    *,
    reason: str,
    number: int | None = None,
    by: By,
    dry_run: bool = False,
) -> None:
    """Drop an entity's proposed bank accounts; for finance. Refuses: NOT_FOUND, REASON_MISSING."""

    def change(view: View) -> list[FactRecorded]:
        provenance = provenance_of(by)
        _entity(view, entity).reject_accounts(reason=reason, number=number, provenance=provenance)
        return []

    record_fact(ledger, change, by, "finance", dry_run=dry_run)


def _entity(view: View, key: str) -> LegalEntity:
    if view.find(LegalEntity, key) is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "entity", "a registered entity", key))
    return view.edit(LegalEntity, key)
