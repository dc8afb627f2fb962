"""The register of documents on disk: what an import's mapping names. It knows no agreements."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from console.drafting.register import Place, TariffInForce, place_of, tariff_in_force
from console.imports.catalogue import Catalogue
from console.imports.mapping import MappingRefused
from ledger.roaming.places import LocationStatement
from ledger.values.identifiers import party_key, record_key
from schemas import Kind, LocationV1, SchemaError, TariffVersionV1, read_file

M = TypeVar("M", LocationV1, TariffVersionV1)


def read_catalogue(locations: Iterable[Path], tariffs: Iterable[Path]) -> Catalogue:
    """Read OCPI JSON files, one object each or JSON Lines.

    Refuses: MappingRefused, every error of every file.
    """
    errors: list[tuple[str, str]] = []
    places = [row for path in locations for row in _read(path, LocationV1, "location", errors)]
    versions = [row for path in tariffs for row in _read(path, TariffVersionV1, "tariff", errors)]
    if errors:
        raise MappingRefused(errors)
    return Catalogue(places, versions)


def _read(path: Path, model: type[M], kind: Kind, errors: list[tuple[str, str]]) -> Iterator[M]:
    try:
        for message in read_file(path, kind):
            if isinstance(message, model):
                yield message
            elif isinstance(message, SchemaError):
                errors.append((path.name, str(message)))
    except OSError as error:
        errors.append((path.name, f"cannot be read: {error.strerror}"))


class FileRegister:
    """Answers from a catalogue's locations and tariff versions; the newest location counts."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._locations: dict[str, LocationStatement] = {}
        for row in sorted(catalogue.locations, key=lambda row: row.last_updated):
            key = record_key(party_key(row.country_code, row.party_id), row.id)
            self._locations[key] = msgspec.convert(row, LocationStatement, from_attributes=True)

    def place(
        self, party: str, location_id: str, evse_uid: str, connector_id: str, at: datetime
    ) -> Place | None:
        del at
        location = self._locations.get(record_key(party, location_id))
        return place_of(location, evse_uid, connector_id) if location else None

    def tariff(self, party: str, tariff_id: str, at: datetime) -> TariffInForce | None:
        offer = self._catalogue.offer_at(party, tariff_id, at)
        return tariff_in_force(offer.statement) if offer else None

    def wholesale(self, seller: str, buyer: str, at: datetime) -> str | None:
        del seller, buyer, at
        return None
