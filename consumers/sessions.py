"""`sessions.v1`: a CPO told the state of a session."""

import msgspec

from consumers.originals import original_of
from ledger.application.commands import UpdateSession
from ledger.roaming.statements import SessionStatement
from schemas import SessionV1


def to_command(message: SessionV1) -> UpdateSession:
    """Return the command of a session's state; every field keeps OCPI's name and its exact value.

    `kwh` stays in kWh, `total_cost` in the session's currency.

    >>> from pathlib import Path
    >>> import schemas
    >>> example = Path(schemas.__file__).parent / "examples" / "sessions.v1.json"
    >>> to_command(schemas.from_ocpi_json("session", example.read_bytes())).statement.status
    'COMPLETED'
    """
    statement = msgspec.convert(message.__dict__, type=SessionStatement, from_attributes=True)
    return UpdateSession(statement, original_of(message))
