"""`cdrs.v1`: a CPO sent a CDR to be settled."""

import msgspec

from consumers.originals import original_of
from consumers.repeated import translated
from ledger.application.commands import AcceptCdr
from ledger.pricing.tariff import TariffStatement
from ledger.roaming.statements import CdrLocation, CdrStatement
from schemas import CdrV1


def to_command(message: CdrV1) -> AcceptCdr:
    """Return the command of a CDR; every field keeps OCPI's name and its exact value.

    Energy stays in kWh, times in hours, amounts in the CDR's currency; meter readings in Wh.

    >>> from pathlib import Path
    >>> import schemas
    >>> example = Path(schemas.__file__).parent / "examples" / "cdrs.v1.json"
    >>> statement = to_command(schemas.from_ocpi_json("cdr", example.read_bytes())).statement
    >>> statement.id, statement.total_energy, statement.clearwatt.meter_stop_wh
    ('C-20261005-0017', Decimal('15.342'), Decimal('4135347'))
    """
    fields = {
        **message.__dict__,
        "cdr_location": translated(message.cdr_location, CdrLocation),
        "tariffs": tuple(translated(row, TariffStatement) for row in message.tariffs),
    }
    statement = msgspec.convert(fields, type=CdrStatement, from_attributes=True)
    return AcceptCdr(statement, original_of(message))
