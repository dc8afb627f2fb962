"""Documents of parties and legal entities from files.

    entities:
      nl-polder:
        name: Polder Laden B.V.
        country: NL
        currency: EUR
        bank_accounts:
          - {id: main, iban: NL68FICT0000000013, holder: Polder Laden B.V., currency: EUR,
             valid_from: 2026-01-01}
    parties:
      NL*PLD: {name: Polder Laden, roles: [CPO], entity: nl-polder}

The two headings may be left out: a key with an asterisk is a party's. What a document may hold,
`ledger.roaming.entity_documents` and `ledger.roaming.party` say.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from console.imports.documents import converted, files_in, loaded
from ledger.application.parties import Documents
from ledger.roaming.entity_documents import EntityDocument
from ledger.roaming.party_documents import PartyDocument
from ledger.values.reasons import Reason, Refusal

SECTIONS: Final = ("entities", "parties")


class Read(NamedTuple):
    """The documents that can be read, what is wrong in the others, and the keys of those."""

    documents: Documents
    refusals: tuple[Refusal, ...]
    unreadable: frozenset[str]

    def with_found(self, refusals: tuple[Refusal, ...]) -> tuple[Refusal, ...]:
        """Return everything that is wrong: what cannot be read is not unknown besides."""
        return (
            *self.refusals,
            *(
                row
                for row in refusals
                if row.reason is not Reason.ENTITY_UNKNOWN or row.actual not in self.unreadable
            ),
        )


def read_parties(path: Path) -> Read:
    """Read a file, or all files of a folder together.

    Refuses: NOT_FOUND for an empty folder, and what `documents.loaded` refuses.
    """
    return parties_in((file.name, loaded(file)) for file in files_in(path))


def parties_in(contents: Iterable[tuple[str, Any]]) -> Read:
    """Read the documents that contents of files hold, each with its file's name."""
    entities: dict[str, EntityDocument] = {}
    parties: dict[str, PartyDocument] = {}
    refusals: list[Refusal] = []
    unreadable: set[str] = set()
    for name, content in contents:
        if not isinstance(content, Mapping):
            refusals.append(Refusal(Reason.WRONG_TYPE, name, "entities and parties"))
            continue
        for section, key, raw in _documents_in(content):
            place = f"{section}.{key}"
            if key in entities or key in parties or key in unreadable:
                refusals.append(Refusal(Reason.NAMED_TWICE, place, actual=name))
            elif section == "entities":
                entity, wrong = converted(raw, EntityDocument, place)
                entities |= {key: entity} if entity is not None else {}
                refusals += wrong
                unreadable |= {key} if wrong else set()
            else:
                party, wrong = converted(raw, PartyDocument, place)
                parties |= {key: party} if party is not None else {}
                refusals += wrong
                unreadable |= {key} if wrong else set()
    return Read(Documents(entities, parties), tuple(refusals), frozenset(unreadable))


def _documents_in(content: Mapping[Any, Any]) -> list[tuple[str, str, Any]]:
    """Return each document with the section that it belongs to and its key.

    >>> _documents_in({"NL*PLD": {"name": "Polder"}, "nl-polder": {}})
    [('parties', 'NL*PLD', {'name': 'Polder'}), ('entities', 'nl-polder', {})]
    """
    if not set(content) <= set(SECTIONS):
        return [
            ("parties" if "*" in str(key) else "entities", str(key), raw)
            for key, raw in content.items()
        ]
    rows = []
    for section in SECTIONS:
        documents = content.get(section) or {}
        if isinstance(documents, Mapping):
            rows += [(section, str(key), raw) for key, raw in documents.items()]
        else:
            rows.append((section, "", documents))
    return rows
