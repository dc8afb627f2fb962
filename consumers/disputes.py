"""`dispute-commands.v1`: a party opened, answered, withdrew or accepted a dispute."""

import msgspec

from ledger.application.control_commands import DisputeCommand
from ledger.roaming.control_statements import DisputeStatement
from schemas import DisputeCommandV1


def to_command(message: DisputeCommandV1) -> DisputeCommand:
    """Return the command of what was said; every field keeps its name and its exact value.

    The disputed amount stays before taxes, in its own currency.

    >>> from pathlib import Path
    >>> import schemas
    >>> example = Path(schemas.__file__).parent / "examples" / "dispute-commands.v1.json"
    >>> message = schemas.from_control_json("dispute-command", example.read_bytes())
    >>> statement = to_command(message).statement
    >>> statement.speaker, statement.action, [cdr.key for cdr in statement.cdrs]
    ('DE*ABC', 'OPEN', ['NL*XYZ/c-20261005-0017'])
    """
    statement = msgspec.convert(message, type=DisputeStatement, from_attributes=True)
    return DisputeCommand(statement)
