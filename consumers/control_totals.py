"""`control-totals.v1`: a sender told what it sent on a topic in a day."""

import msgspec

from ledger.application.control_commands import StateControlTotals
from ledger.roaming.control_statements import ControlTotalsStatement
from schemas import ControlTotalsV1


def to_command(message: ControlTotalsV1) -> StateControlTotals:
    """Return the command of a day's totals; every field keeps its name and its exact value.

    Energy stays in kWh, amounts before taxes in their own currency; `day` is a day in UTC.

    >>> from pathlib import Path
    >>> import schemas
    >>> example = Path(schemas.__file__).parent / "examples" / "control-totals.v1.json"
    >>> message = schemas.from_control_json("control-totals", example.read_bytes())
    >>> statement = to_command(message).statement
    >>> statement.speaker, statement.id, statement.messages, statement.energy_kwh
    ('NL*XYZ', 'cdrs.v1/2026-10-05', 214, Decimal('3283.188'))
    """
    statement = msgspec.convert(message, type=ControlTotalsStatement, from_attributes=True)
    return StateControlTotals(statement)
