"""A large register recorded in bulk, by the aggregates and the recorder that record any other."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Final

from console.bench.register_world import (
    AGREED_ON,
    RegisterSize,
    agreements_of,
    entity_document,
    entity_key,
    location_statement,
    party_document,
    party_of,
    site_document,
)
from ledger.application.hashing import hash_of
from ledger.application.ledger import Ledger
from ledger.application.store import Writes
from ledger.roaming.agreement import Agreement
from ledger.roaming.entity import LegalEntity
from ledger.roaming.location import Location
from ledger.roaming.party import Party
from ledger.roaming.site import Site
from ledger.values.aggregate import LedgerAggregate, recording_at
from ledger.values.identifiers import pair_key, record_key
from ledger.values.provenance import Provenance, Source

BATCH: Final = 2_000


def record_register(ledger: Ledger, size: RegisterSize, *, at: datetime) -> int:
    """Record a register at an instant; return how many facts it has."""
    facts = facts_of(size, at)
    count = 0
    with recording_at(at):
        while batch := list(islice(facts, BATCH)):
            ids = {fact.id for fact in batch}
            writes = Writes(at, raises_counter=True, shared_fact_ids=ids)
            ledger.save(*batch, writes=writes)
            count += len(batch)
    return count


def facts_of(size: RegisterSize, at: datetime) -> Iterator[LedgerAggregate]:
    """Yield parties with their entities, agreements, locations and sites, each with its events."""
    by_person = Provenance("fiona", "asserted", AGREED_ON, at)
    for number in range(size.parties):
        entity = LegalEntity.blank(entity_key(number))
        entity.register(entity_document(number), provenance=by_person)
        yield entity
        party = Party.blank(party_of(number))
        party.register(party_document(size, number), provenance=by_person)
        yield party
    yield from _agreements(size, by_person)
    for number in range(size.locations):
        location = _location(size, number, at)
        yield location
        yield _site(size, number, location, by_person)


def _agreements(size: RegisterSize, by_person: Provenance) -> Iterator[Agreement]:
    for row in agreements_of(size):
        agreement = Agreement.blank(pair_key(row.seller, row.buyer))
        for valid_from, terms in row.versions:
            agreement.agree(
                terms,
                valid_from=valid_from,
                valid_until=None,
                author="finn",
                approver=by_person.actor,
                provenance=by_person,
            )
        yield agreement


def _location(size: RegisterSize, number: int, at: datetime) -> Location:
    statement = location_statement(size, number)
    party = f"{statement.country_code}*{statement.party_id}"
    location = Location.blank(record_key(party, statement.id))
    message = Source("clearwatt.locations.v1", number % 12, number, party, f"m-{number}", number)
    location.receive(
        statement,
        content_sha256=hash_of(statement),
        provenance=Provenance(party, "message", statement.last_updated, at, message),
    )
    return location


def _site(size: RegisterSize, number: int, location: Location, by_person: Provenance) -> Site:
    document = site_document(size, number, location.versions[-1].statement)
    site = Site.blank(location.key)
    site.register(document, valid_from=AGREED_ON, provenance=by_person)
    return site
