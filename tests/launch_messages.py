"""What partners send about a launch: results of remote commands, and their own list of CDRs."""

import csv
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from schemas import CdrV1, CommandResultV1, SessionV1
from schemas.command_result import CommandName, CommandOutcome

_COLUMNS = ("id", "session_id", "start_date_time", "end_date_time", "currency", "total_energy",
            "total_cost.before_taxes")  # fmt: skip
_ANSWERED_AFTER = timedelta(seconds=4)


def command_result_of(
    session: SessionV1, command: CommandName, result: CommandOutcome = "ACCEPTED"
) -> CommandResultV1:
    """Return what became of a session's remote start, or of its remote stop at its end."""
    token = session.cdr_token
    ended_at = session.end_date_time or session.last_updated
    requested_at = ended_at if command == "STOP_SESSION" else session.start_date_time
    answered_at = requested_at + _ANSWERED_AFTER
    return CommandResultV1(
        country_code=session.country_code,
        party_id=session.party_id,
        id=f"{session.id[:30]}-{command[:5]}",
        command=command,
        result=result,
        sent_by=f"{token.country_code}*{token.party_id}",
        requested_at=requested_at,
        answered_at=None if result == "TIMEOUT" else answered_at,
        location_id=session.location_id,
        evse_uid=session.evse_uid,
        connector_id=session.connector_id,
        session_id=session.id,
        last_updated=answered_at,
    )


def write_partner_file(path: Path, cdrs: Iterable[CdrV1]) -> None:
    """Write CDRs as a partner lists them for reconciliation: CSV with OCPI's names as headings."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for cdr in cdrs:
            writer.writerow(
                (
                    cdr.id,
                    cdr.session_id or "",
                    cdr.start_date_time.isoformat(),
                    cdr.end_date_time.isoformat(),
                    cdr.currency,
                    cdr.total_energy,
                    cdr.total_cost.before_taxes,
                )
            )
