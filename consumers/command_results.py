"""`command-results.v1`: a CPO told what became of a remote command."""

import msgspec

from ledger.application.control_commands import TellCommandResult
from ledger.roaming.remote_commands import CommandResultStatement
from schemas import CommandResultV1


def to_command(message: CommandResultV1) -> TellCommandResult:
    """Return the command of a result; every field keeps its name and its exact value.

    >>> from pathlib import Path
    >>> import schemas
    >>> example = Path(schemas.__file__).parent / "examples" / "command-results.v1.json"
    >>> message = schemas.from_control_json("command-result", example.read_bytes())
    >>> statement = to_command(message).statement
    >>> statement.speaker, statement.emsp, statement.command, statement.result
    ('NL*XYZ', 'DE*ABC', 'START_SESSION', 'ACCEPTED')
    """
    statement = msgspec.convert(message, type=CommandResultStatement, from_attributes=True)
    return TellCommandResult(statement)
