"""Results of remote commands as a CPO's messages tell them."""

from ledger.application.control_commands import TellCommandResult
from ledger.application.hashing import hash_of
from ledger.application.loaded import Loaded
from ledger.roaming.remote_commands import RemoteCommand
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Provenance


def on_command_result(
    work: Loaded, command: TellCommandResult, key: str, provenance: Provenance
) -> Outcome:
    """Keep what became of a remote command; a launch counts what succeeded."""
    statement = command.statement
    return work.load(RemoteCommand, key).tell(
        statement, content_sha256=hash_of(statement), provenance=provenance
    )
