"""Documents of parties and entities side by side: a file and the record, or two versions."""

from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from console.imports.parties import read_parties
from console.parties.register import Register, register_of
from console.parties.shown import versions_of
from console.tariffs.differ import differences
from ledger.application.ledger import Ledger
from ledger.roaming.bank_accounts import normalised
from ledger.roaming.entity import LegalEntity
from ledger.roaming.entity_documents import EntityDocument
from ledger.roaming.party import Party
from ledger.roaming.party_documents import PartyDocument
from ledger.values.identifiers import checked_party
from ledger.values.reasons import Reason, Refusal, Refused

Document = PartyDocument | EntityDocument


class Difference(NamedTuple):
    """A field of a document, as it was and as it is."""

    record: str
    path: str
    before: str | None
    after: str | None


def compared(ledger: Ledger, before: str, after: str | None) -> list[Difference]:
    """Return in which fields documents differ.

    A file's documents are compared with what is recorded, bank accounts with those approved; a
    version `NL*XYZ#1` or `xyz-bv#1` with another one, by default the newest.
    Refuses: NOT_FOUND, WRONG_IDENTIFIER, and what is wrong in a file.
    """
    if Path(before).exists():
        return _of_file(register_of(ledger), Path(before))
    key = before.partition("#")[0]
    old = _version(ledger, before)
    new = _version(ledger, after if after is not None else key)
    return _differ(key, old, new)


def _of_file(register: Register, file: Path) -> list[Difference]:
    read = read_parties(file)
    if read.refusals:
        raise Refused(*read.refusals)
    found: list[Difference] = []
    for key, stated in read.documents.entities.items():
        entity = register.entities.get(key)
        recorded = _with_accounts(entity, stated) if entity else None
        found += _differ(key, recorded, _with_plain_numbers(stated))
    for key, document in read.documents.parties.items():
        party = register.parties.get(key)
        found += _differ(key, party.document if party else None, _as_recorded(party, document))
    return found


def _as_recorded(party: Party | None, document: PartyDocument) -> PartyDocument:
    """Return a document as it would be recorded: the day it joined its entity is known."""
    if party is None or document.entity_from is not None:
        return document
    return replace(document, entity_from=party.document.entity_from)


def _with_accounts(entity: LegalEntity, stated: EntityDocument) -> EntityDocument:
    """Return what is recorded, with the accounts in force where the file speaks of accounts."""
    accounts = entity.bank_accounts if stated.bank_accounts is not None else None
    return replace(entity.document, bank_accounts=accounts)


def _with_plain_numbers(stated: EntityDocument) -> EntityDocument:
    """Return a document with its account numbers as they are recorded, without spaces."""
    if stated.bank_accounts is None:
        return stated
    return replace(stated, bank_accounts=normalised(stated.bank_accounts))


def _version(ledger: Ledger, text: str) -> Document:
    """Return a recorded document, `NL*XYZ#2`; without a number the newest. Refuses: NOT_FOUND."""
    key, _, number = text.partition("#")
    record = Party.blank(checked_party(key)) if "*" in key else LegalEntity.blank(key)
    versions = versions_of(ledger, record)
    place = int(number) if number.isdigit() else len(versions)
    if (number and not number.isdigit()) or not 1 <= place <= len(versions):
        known = f"{key}#1 to #{len(versions)}" if versions else "a registered record"
        raise Refused(Refusal(Reason.NOT_FOUND, "version", known, text))
    return versions[place - 1]


def _differ(key: str, before: Document | None, after: Document) -> list[Difference]:
    if before is None:
        return [Difference(key, "", None, after.name)]
    return [Difference(key, *row) for row in differences(before, after)]
