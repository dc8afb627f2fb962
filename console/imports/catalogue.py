"""What a CPO has published: its plugs, and its tariff versions with their validity."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import msgspec

from console.imports.mapping import Mapping, MappingRefused, PlugMapping
from ledger.pricing.tariff import TariffStatement, TariffVersion, version_valid_at
from schemas import Kind, LocationV1, SchemaError, TariffVersionV1, read_file
from schemas.cdr import CdrLocation
from schemas.location import Connector, Evse
from schemas.parts import OcpiVersion
from schemas.tariff import Tariff

_AD_HOC: Final = "AD_HOC_PAYMENT"
M = TypeVar("M", LocationV1, TariffVersionV1)


@dataclass(frozen=True, slots=True)
class Plug:
    """A connector as its CDRs describe it. `party` is the CPO, `time_zone` the location's."""

    party: str
    cdr_location: CdrLocation
    tariff_id: str
    time_zone: str
    ocpi_version: OcpiVersion


class Offer(NamedTuple):
    """A tariff version: as published, as a CDR repeats it, and as the ledger prices it."""

    message: TariffVersionV1
    tariff: Tariff
    statement: TariffStatement

    @property
    def label(self) -> str | None:
        """The CPO's own name of the version."""
        return self.message.clearwatt.tariff_version if self.message.clearwatt else None


class Catalogue:
    """Locations and tariff versions of one or more CPOs; a location's newest version counts."""

    def __init__(self, locations: Iterable[LocationV1], tariffs: Iterable[TariffVersionV1]) -> None:
        self.locations = tuple(locations)
        self.tariffs = tuple(tariffs)
        self._locations = {
            (_party(row), row.id.lower()): row
            for row in sorted(self.locations, key=lambda row: row.last_updated)
        }
        self._versions: dict[tuple[str, str], list[TariffVersion]] = {}
        self._offers: dict[str, Offer] = {}
        for message in self.tariffs:
            offer = _offer(message)
            content = sha256(msgspec.json.encode(offer.statement)).hexdigest()
            versions = self._versions.setdefault((_party(message), message.id.lower()), [])
            number = len(versions) + 1
            versions.append(TariffVersion(number, content, message.last_updated, offer.statement))
            self._offers[content] = offer

    @classmethod
    def from_files(cls, mapping: Mapping) -> "Catalogue":
        """Read the OCPI JSON files that a mapping names. Refuses: MappingRefused, every error."""
        errors: list[tuple[str, str]] = []
        locations: list[LocationV1] = []
        tariffs: list[TariffVersionV1] = []
        for path in mapping.locations:
            locations.extend(_read(path, LocationV1, "location", errors))
        for path in mapping.tariffs:
            tariffs.extend(_read(path, TariffVersionV1, "tariff", errors))
        if errors:
            raise MappingRefused(errors)
        return cls(locations, tariffs)

    def plug(
        self, party: str, location_id: str, evse_uid: str, connector_id: str, tariff_id: str
    ) -> Plug | None:
        """Return a plug by its OCPI ids, None where the locations have none like it."""
        found = self._connector(party, location_id, evse_uid, connector_id)
        return _plug(party, *found, tariff_id) if found else None

    def plugs_at(self, party: str, location_id: str) -> tuple[Plug, ...]:
        """Return a location's plugs, each with the first tariff that its connector names.

        Raises: KeyError for a location that is not in the catalogue.
        """
        location = self._locations[party, location_id.lower()]
        return tuple(
            _plug(party, location, evse, connector, connector.tariff_ids[0])
            for evse in location.evses
            for connector in evse.connectors
            if connector.tariff_ids
        )

    def offer_at(self, party: str, tariff_id: str, instant: datetime) -> Offer | None:
        """Return the tariff version valid at an instant, by the rule that the ledger uses."""
        versions = self._versions.get((party, tariff_id.lower()), [])
        version = version_valid_at(versions, instant)
        return self._offers[version.content_sha256] if version else None

    def public_offer_at(self, party: str, place: CdrLocation, instant: datetime) -> Offer | None:
        """Return what a driver without a contract pays at a connector, where it names that.

        It is the connector's tariff for ad hoc payment, else one without a type (OCPI 2.2.1,
        mod_tariffs, Tariff.type: «When omitted, this tariff is valid for all sessions»).
        """
        found = self._connector(party, place.id, place.evse_uid, place.connector_id)
        named = found[2].tariff_ids if found else ()
        offers = [self.offer_at(party, tariff_id, instant) for tariff_id in named]
        for kind in (_AD_HOC, None):
            for offer in offers:
                if offer is not None and offer.statement.type == kind:
                    return offer
        return None

    def _connector(
        self, party: str, location_id: str, evse_uid: str, connector_id: str
    ) -> tuple[LocationV1, Evse, Connector] | None:
        location = self._locations.get((party, location_id.lower()))
        for evse in location.evses if location else ():
            for connector in evse.connectors:
                if (evse.uid, connector.id) == (evse_uid, connector_id) and location:
                    return location, evse, connector
        return None

    def plugs_of(self, mapping: Mapping) -> dict[str, Plug]:
        """Return the mapping's plugs by name. Refuses: MappingRefused, every error at once."""
        found: dict[str, Plug] = {}
        errors: list[tuple[str, str]] = []
        for name, row in mapping.plugs.items():
            errors.extend(self._errors_of_tariff(f"plugs.{name}.tariff", row, mapping.currency))
            plug = self.plug(row.party, row.location, row.evse, row.connector, row.tariff)
            if plug is None:
                place = f"{row.party}/{row.location}/{row.evse}/{row.connector}"
                errors.append((f"plugs.{name}", f"the locations have no connector {place}"))
            else:
                found[name] = plug
        if errors:
            raise MappingRefused(errors)
        return found

    def _errors_of_tariff(
        self, path: str, row: PlugMapping, currency: str
    ) -> Iterable[tuple[str, str]]:
        versions = self._versions.get((row.party, row.tariff.lower()), [])
        if not versions:
            yield path, f"the tariffs have no {row.party}/{row.tariff}"
        for version in versions:
            if version.statement.currency != currency:
                yield path, f"its currency is {version.statement.currency}, not {currency}"


def _plug(
    party: str, location: LocationV1, evse: Evse, connector: Connector, tariff_id: str
) -> Plug:
    place = CdrLocation(
        id=location.id,
        name=location.name,
        address=location.address,
        city=location.city,
        postal_code=location.postal_code,
        state=location.state,
        country=location.country,
        coordinates=location.coordinates,
        evse_uid=evse.uid,
        # OCPI requires the id in a CDR and has #NA for what cannot be given.
        evse_id=evse.evse_id or "#NA",
        connector_id=connector.id,
        connector_standard=connector.standard,
        connector_format=connector.format,
        connector_power_type=connector.power_type,
    )
    return Plug(party, place, tariff_id, location.time_zone or "UTC", location.ocpi_version)


def _party(row: LocationV1 | TariffVersionV1) -> str:
    return f"{row.country_code}*{row.party_id}".upper()


def _offer(message: TariffVersionV1) -> Offer:
    own = {name: getattr(message, name) for name in Tariff.model_fields}
    statement = msgspec.convert(message, TariffStatement, from_attributes=True)
    return Offer(message, Tariff(**own), statement)


def _read(path: Path, model: type[M], kind: Kind, errors: list[tuple[str, str]]) -> Iterator[M]:
    """Yield the messages of a file; what cannot be read is added to `errors`."""
    try:
        for message in read_file(path, kind):
            if isinstance(message, model):
                yield message
            elif isinstance(message, SchemaError):
                errors.append((path.name, str(message)))
    except OSError as error:
        errors.append((path.name, f"cannot be read: {error.strerror}"))
