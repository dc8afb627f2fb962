"""Remote commands of eMSPs and what became of them, as the CPO's system tells it.

Source: OCPI 2.2.1 and 2.3.0, mod_commands: CommandType, CommandResponseType, CommandResultType. A
command that the CPO turned down at once has a response and no result; either is its `result`.
"""

from datetime import datetime

import msgspec
from eventsourcing.domain import event

from ledger.roaming.newest import NewestStands
from ledger.values.identifiers import checked_party, party_key
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Provenance

SUCCEEDED = "ACCEPTED"
"""The one result that says that the charger did what it was asked for."""


class CommandResultStatement(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What became of one remote command; `sent_by` is the eMSP, `NL*GRT`."""

    country_code: str
    party_id: str
    id: str
    command: str
    result: str
    sent_by: str
    requested_at: datetime
    last_updated: datetime
    answered_at: datetime | None = None
    location_id: str | None = None
    evse_uid: str | None = None
    connector_id: str | None = None
    session_id: str | None = None

    @property
    def speaker(self) -> str:
        """The CPO, in whose name the result is told. Refuses: WRONG_IDENTIFIER."""
        return party_key(self.country_code, self.party_id)

    @property
    def emsp(self) -> str:
        """The eMSP that sent the command. Refuses: WRONG_IDENTIFIER."""
        return checked_party(self.sent_by)


class RemoteCommand(NewestStands):
    """A remote command with its newest result; key `NL*XYZ/command-id`."""

    KIND = "remote_command"
    KEY_FIELD = "remote_command"

    statement: CommandResultStatement | None

    def begin(self) -> None:
        super().begin()
        self.statement = None

    def tell(
        self, statement: CommandResultStatement, *, content_sha256: str, provenance: Provenance
    ) -> Outcome:
        """Keep what became of the command; return the message's outcome, as `newest` has it."""
        return self._keep(
            statement,
            beside=self.statement,
            content_sha256=content_sha256,
            provenance=provenance,
            stands=self._record_result,
            is_held=self._record_conflict,
        )

    @event("Answered", topic="remote_command.answered.v1")
    def _record_result(
        self,
        remote_command: str,
        statement: CommandResultStatement,
        content_sha256: str,
        provenance: Provenance,
    ) -> None:
        self.statement, self.content_sha256 = statement, content_sha256

    @event("ConflictHeld", topic="remote_command.conflict_held.v1")
    def _record_conflict(
        self,
        remote_command: str,
        statement: CommandResultStatement,
        content_sha256: str,
        provenance: Provenance,
    ) -> None:
        self.conflicting = self.conflicting | {content_sha256}
