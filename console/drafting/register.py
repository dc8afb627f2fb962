"""What a draft asks of others: where a connector stands, what a tariff said, what was agreed."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from ledger.pricing.tariff import TariffStatement
from ledger.roaming.places import Connector, Evse, LocationStatement
from schemas.cdr import CdrLocation
from schemas.tariff import Tariff

_KEPT: Final = (datetime, Decimal)


class Place(NamedTuple):
    """A connector as a CDR describes it, with the ids of its tariffs.

    `time_zone` is the location's, from IANA's list; "" where it states none.
    """

    cdr_location: CdrLocation
    time_zone: str
    tariff_ids: tuple[str, ...]


class TariffInForce(NamedTuple):
    """A tariff version as a CDR embeds it, and as the ledger prices it."""

    tariff: Tariff
    statement: TariffStatement

    @property
    def label(self) -> str | None:
        """The CPO's own name of the version."""
        return self.statement.clearwatt.tariff_version if self.statement.clearwatt else None


class Register(Protocol):
    """Facts of CPOs and agreements at an instant. Parties are written `NL*XYZ`."""

    def place(
        self, party: str, location_id: str, evse_uid: str, connector_id: str, at: datetime
    ) -> Place | None:
        """Return a connector, None where the register does not know it."""

    def tariff(self, party: str, tariff_id: str, at: datetime) -> TariffInForce | None:
        """Return the tariff's version valid at an instant, None where there is none."""

    def wholesale(self, seller: str, buyer: str, at: datetime) -> str | None:
        """Return the tariff that the parties' agreement names for what names none itself."""


def place_of(location: LocationStatement, evse_uid: str, connector_id: str) -> Place | None:
    """Return one of a location's connectors; ids compare without case, as OCPI's CiStrings do."""
    for evse in location.evses:
        for connector in evse.connectors:
            if (evse.uid.lower(), connector.id.lower()) == (evse_uid.lower(), connector_id.lower()):
                return _place(location, evse, connector)
    return None


def _place(location: LocationStatement, evse: Evse, connector: Connector) -> Place:
    document = plain(location)
    own: dict[str, Any] = {
        name: document[name] for name in CdrLocation.model_fields if name in document
    }
    cdr_location = CdrLocation(
        **{
            **own,
            "evse_uid": evse.uid,
            # OCPI requires the id in a CDR and has #NA for what cannot be given.
            "evse_id": evse.evse_id or "#NA",
            "connector_id": connector.id,
            "connector_standard": connector.standard,
            "connector_format": connector.format,
            "connector_power_type": connector.power_type,
        }
    )
    return Place(cdr_location, location.time_zone, connector.tariff_ids)


def tariff_in_force(statement: TariffStatement) -> TariffInForce:
    """Return a recorded version with the bare OCPI object that a CDR repeats."""
    document = plain(statement)
    own = {name: document[name] for name in Tariff.model_fields if name in document}
    return TariffInForce(Tariff(**own), statement)


def plain(statement: msgspec.Struct) -> Mapping[str, Any]:
    """Return a statement's fields by name; instants and decimals stay what they are."""
    found: dict[str, Any] = msgspec.to_builtins(statement, builtin_types=_KEPT)
    return found
