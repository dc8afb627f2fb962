"""Remote commands of the partners that go live: an app starts its charge by one, and ends it.

Some drivers that began with a card end by the app, too.
"""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from typing import Final

from console.demo.charge import Charge, cdr_of, pair_of
from console.demo.plan import Planned, planned
from console.demo.world import World
from ledger.values.identifiers import pair_key
from schemas import CdrV1, CommandResultV1
from schemas.command_result import CommandName

_ENDED_BY_APP: Final = 3
_ASKED_BEFORE: Final = timedelta(seconds=4)
_ANSWERED_AFTER: Final = timedelta(seconds=2)


def with_commands(charge: Charge, world: World) -> Charge:
    """Return the charge with the results of its commands, where its pair is in a launch."""
    if charge.cdr is None or pair_key(*pair_of(charge)) not in world.launches:
        return charge
    results = tuple(_result(charge, name) for name in _commands_of(cdr_of(charge)))
    return charge._replace(extras=(*charge.extras, *results))


def _commands_of(cdr: CdrV1) -> Iterator[CommandName]:
    if cdr.auth_method == "COMMAND":
        yield "START_SESSION"
        yield "STOP_SESSION"
    elif sha256(f"stop/{cdr.id}".encode()).digest()[0] % _ENDED_BY_APP == 0:
        yield "STOP_SESSION"


def _result(charge: Charge, command: CommandName) -> Planned:
    cdr, message = cdr_of(charge), charge.updates[0]
    at = cdr.start_date_time if command == "START_SESSION" else cdr.end_date_time
    answered_at = at - _ASKED_BEFORE + _ANSWERED_AFTER
    result = CommandResultV1(
        country_code=cdr.country_code,
        party_id=cdr.party_id,
        id=f"{command.partition('_')[0]}-{cdr.session_id}",
        command=command,
        result="ACCEPTED",
        sent_by=pair_of(charge)[1],
        requested_at=at - _ASKED_BEFORE,
        answered_at=answered_at,
        location_id=cdr.cdr_location.id,
        evse_uid=cdr.cdr_location.evse_uid,
        connector_id=cdr.cdr_location.connector_id,
        session_id=cdr.session_id,
        last_updated=answered_at,
    )
    return planned("command-result", result, sender=message.sender, sent_at=answered_at)
