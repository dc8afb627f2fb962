"""OCPI tariffs and locations of the other platform, under our ids.

They are published to the topics, as the CPO would: so they are checked, recorded and told apart
from what comes later exactly as every other version, and history has one way in.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from console.imports.opening.ids import Ids
from console.imports.opening.manifest import OcpiFile
from ledger.values.reasons import Reason, Refusal
from schemas import Kind, LocationV1, SchemaError, TariffVersionV1, read_file
from schemas.location import Connector


class Outgoing(NamedTuple):
    """A message to publish, and where its object stands."""

    kind: Kind
    message: TariffVersionV1 | LocationV1
    place: str

    @property
    def party(self) -> str:
        """The CPO that the message speaks for."""
        return f"{self.message.country_code}*{self.message.party_id}".upper()


def messages_of(folder: Path, file: OcpiFile, kind: Kind, ids: Ids) -> Iterator[Outgoing | Refusal]:
    """Yield a file's objects as messages, or why one cannot be read.

    Refusals carry the contract's own code where it is one of the ledger's, else WRONG_FORMAT.
    """
    party = ids.of("party", file.party) if file.party else None
    records = read_file(
        folder / file.file,
        kind,
        ocpi_version=file.ocpi_version,
        party=party,
        time_zone=file.time_zone,
    )
    for number, record in enumerate(records, 1):
        place = f"{file.file} object {number}"
        if isinstance(record, SchemaError):
            yield _refusal(place, record)
            continue
        called = file.party or f"{record.country_code}*{record.party_id}".upper()
        if isinstance(record, TariffVersionV1):
            changed: Any = {"id": ids.local("tariff", called, record.id)}
        elif isinstance(record, LocationV1):
            changed = _location(record, called, ids)
        else:
            continue
        country_code, party_id = ids.of("party", called).split("*")
        changed |= {"country_code": country_code, "party_id": party_id}
        yield Outgoing(kind, record.model_copy(update=changed), place)


def _location(location: LocationV1, party: str, ids: Ids) -> dict[str, Any]:
    """Return what changes of a location: its id, those of its EVSEs, and of their tariffs."""
    evses = tuple(
        evse.model_copy(
            update={
                "uid": ids.local("evse", party, location.id, evse.uid),
                "connectors": tuple(_connector(row, party, ids) for row in evse.connectors),
            }
        )
        for evse in location.evses
    )
    return {"id": ids.local("location", party, location.id), "evses": evses}


def _connector(connector: Connector, party: str, ids: Ids) -> Connector:
    names = tuple(ids.local("tariff", party, name) for name in connector.tariff_ids)
    return connector.model_copy(update={"tariff_ids": names})


def _refusal(place: str, error: SchemaError) -> Refusal:
    known = error.code in Reason.__members__
    code = Reason[error.code] if known else Reason.WRONG_FORMAT
    return Refusal(code, place, actual=str(error).partition(": ")[2])
