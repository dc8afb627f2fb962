"""The mapping: what the records of the other platform are called here.

    parties:    {OLD-17: NL*XYZ}
    agreements: {V-2019-33: NL*XYZ>DE*EMP}
    locations:  {OLD-17/4711: NL*XYZ/LOC1}
    evses:      {OLD-17/4711/2: NL*XYZ/LOC1/E2}
    tariffs:    {OLD-17/55: NL*XYZ/T1}

What stands under a party is named below it, in its own words on either side.
"""

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from console.imports.documents import converted, loaded
from ledger.roaming.move_in import MovedId, MovedKind
from ledger.values.identifiers import checked_party
from ledger.values.reasons import Reason, Refusal, Refused


class Mapped(msgspec.Struct, frozen=True):
    """The mapping file: old id -> our key, by kind."""

    parties: dict[str, str] = {}
    agreements: dict[str, str] = {}
    locations: dict[str, str] = {}
    evses: dict[str, str] = {}
    tariffs: dict[str, str] = {}


_KINDS: Final[dict[MovedKind, str]] = {
    "party": "parties",
    "agreement": "agreements",
    "location": "locations",
    "evse": "evses",
    "tariff": "tariffs",
}
_DEPTH: Final[dict[MovedKind, int]] = {"party": 1, "location": 2, "evse": 3, "tariff": 2}
"""How many parts a key of each kind has, with `/` between them."""


class Ids(NamedTuple):
    """Old ids and our keys, by kind; what is not mapped keeps its id."""

    by_kind: Mapping[MovedKind, Mapping[str, str]]

    def of(self, kind: MovedKind, old: str) -> str:
        """Return our key of a record.

        >>> Ids({"party": {"OLD-17": "NL*XYZ"}}).of("party", "OLD-17")
        'NL*XYZ'
        """
        return self.by_kind.get(kind, {}).get(old, old)

    def local(self, kind: MovedKind, party: str, *path: str) -> str:
        """Return the last part of our key of a record below a party, by the party's old id."""
        new = self.by_kind.get(kind, {}).get("/".join((party, *path)))
        return path[-1] if new is None else new.rpartition("/")[2]

    def local_among(self, kind: MovedKind, parties: Collection[str], id: str) -> tuple[str, ...]:
        """Return what a record below any of these parties may be called here."""
        olds = (f"{party}/{id}" for party in parties)
        known = self.by_kind.get(kind, {})
        return tuple(sorted({known[old].rpartition("/")[2] for old in olds if old in known}))

    @property
    def moved(self) -> tuple[MovedId, ...]:
        """Every mapped id, as it is kept."""
        return tuple(
            MovedId(kind, old, new)
            for kind, rows in self.by_kind.items()
            for old, new in sorted(rows.items())
        )


def read_ids(path: Path | None) -> tuple[Ids, list[Refusal]]:
    """Return the mapping of a file, and everything that is wrong with it.

    Codes: WRONG_IDENTIFIER, NAMED_TWICE (two old ids of one record), INVALID_DOCUMENT (a record
    under another party than its own), and those of `documents.converted`.
    """
    if path is None:
        return Ids({}), []
    mapped, refusals = converted(loaded(path), Mapped, path.name)
    if mapped is None:
        return Ids({}), refusals
    ids = Ids({kind: getattr(mapped, name) for kind, name in _KINDS.items()})
    return ids, [*_errors_of(ids, path.name)]


def _errors_of(ids: Ids, file: str) -> Iterator[Refusal]:
    for kind, rows in ids.by_kind.items():
        taken: set[str] = set()
        for old, new in rows.items():
            place = f"{file} {_KINDS[kind]}.{old}"
            yield from _errors_of_key(ids, kind, old, new, place)
            if new.lower() in taken:
                yield Refusal(Reason.NAMED_TWICE, place, "one old id for each record", new)
            taken.add(new.lower())


def _errors_of_key(ids: Ids, kind: MovedKind, old: str, new: str, place: str) -> Iterator[Refusal]:
    if kind == "agreement":
        parties = new.split(">")
        if len(parties) != 2 or not all(map(_is_party, parties)):
            yield Refusal(Reason.WRONG_IDENTIFIER, place, "NL*XYZ>DE*EMP", new)
        return
    parts = new.split("/")
    if len(parts) != _DEPTH[kind] or not all(parts) or not _is_party(parts[0]):
        yield Refusal(
            Reason.WRONG_IDENTIFIER, place, "/".join(("NL*XYZ", "LOC1", "E1")[: _DEPTH[kind]]), new
        )
    elif kind != "party" and ids.of("party", old.partition("/")[0]) != parts[0]:
        wanted = ids.of("party", old.partition("/")[0])
        yield Refusal(Reason.INVALID_DOCUMENT, place, f"a record of {wanted}", new)


def _is_party(text: str) -> bool:
    try:
        return checked_party(text) == text
    except Refused:
        return False
