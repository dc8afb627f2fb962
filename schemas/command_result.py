"""`CommandResultV1`: what became of a remote command, on `command-results.v1`.

OCPI answers commands over HTTP only, first with a response, later with a result; the CPO's system
tells here how each ended. The key is the CPO's party. A later `last_updated` of the same `id`
supersedes. Source of names and values: OCPI 2.2.1 and 2.3.0, mod_commands.
"""

from datetime import datetime
from typing import Literal, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from schemas.control_parts import refuse_missing
from schemas.fields import Ci36, CountryCode, Id36, Instant, Party, PartyId, Record

CommandName = Literal[
    "START_SESSION", "STOP_SESSION", "RESERVE_NOW", "CANCEL_RESERVATION", "UNLOCK_CONNECTOR"
]
CommandOutcome = Literal[
    "ACCEPTED",
    "CANCELED_RESERVATION",
    "EVSE_OCCUPIED",
    "EVSE_INOPERATIVE",
    "FAILED",
    "NOT_SUPPORTED",
    "REJECTED",
    "TIMEOUT",
    "UNKNOWN_RESERVATION",
    "UNKNOWN_SESSION",
]


class CommandResultV1(Record):
    """The value of `command-results.v1`.

    `sent_by` is the eMSP. `location_id`, `evse_uid` and `connector_id` say which connector was
    meant, as far as the command or the session it stops says so. `answered_at` is when the charger
    answered; there is none after a TIMEOUT.

    Refuses beyond its fields: END_BEFORE_START (answered before it was requested), MISSING_FIELD
    (a connector without its EVSE, an EVSE without its location).
    """

    country_code: CountryCode
    party_id: PartyId
    id: Id36
    command: CommandName
    result: CommandOutcome
    sent_by: Party
    requested_at: Instant
    answered_at: Instant | None = None
    location_id: Ci36 | None = None
    evse_uid: Ci36 | None = None
    connector_id: Ci36 | None = None
    session_id: Ci36 | None = None
    last_updated: Instant

    @model_validator(mode="after")
    def _is_no_nonsense(self) -> Self:
        if _is_before(self.answered_at, self.requested_at):
            raise PydanticCustomError(
                "end_before_start", "it is before the request", {"path": "answered_at"}
            )
        if self.connector_id is not None and self.evse_uid is None:
            refuse_missing("evse_uid", "a connector is one of an EVSE")
        if self.evse_uid is not None and self.location_id is None:
            refuse_missing("location_id", "an EVSE stands at a location")
        return self


def _is_before(answered_at: datetime | None, requested_at: datetime) -> bool:
    return answered_at is not None and answered_at < requested_at
