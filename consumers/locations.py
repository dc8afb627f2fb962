"""`locations.v1`: a CPO published a location with its EVSEs and connectors."""

import msgspec

from consumers.originals import original_of
from ledger.application.commands import RecordLocation
from ledger.roaming.places import LocationStatement
from schemas import LocationV1

_NO_ZONE = {"time_zone": ""}


def to_command(message: LocationV1) -> RecordLocation:
    """Return the command of a location; every field keeps OCPI's name and its exact value.

    A 2.1.1 location may have no `time_zone`: it becomes empty, never a guess. Left behind is
    `publish_allowed_to` alone: it names drivers' tokens, and the ledger has no use for them.

    >>> from pathlib import Path
    >>> import schemas
    >>> example = Path(schemas.__file__).parent / "examples" / "locations.v1.json"
    >>> to_command(schemas.from_ocpi_json("location", example.read_bytes())).statement.time_zone
    'Europe/Amsterdam'
    """
    original = original_of(message)
    if message.time_zone is None:
        message = message.model_copy(update=_NO_ZONE)
    statement = msgspec.convert(message, type=LocationStatement, from_attributes=True)
    return RecordLocation(statement, original)
