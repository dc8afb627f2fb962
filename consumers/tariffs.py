"""`tariff-versions.v1`: a CPO published a version of a tariff."""

import msgspec

from consumers.originals import original_of
from ledger.application.commands import ReceiveTariff
from ledger.pricing.tariff import TariffStatement
from schemas import TariffVersionV1


def to_command(message: TariffVersionV1) -> ReceiveTariff:
    """Return the command of a tariff version; every field keeps OCPI's name and its exact value.

    Prices stay per kWh, per hour or once, in the tariff's currency; `step_size` in Wh or seconds.

    >>> from pathlib import Path
    >>> import schemas
    >>> example = Path(schemas.__file__).parent / "examples" / "tariff-versions.v1.json"
    >>> to_command(schemas.from_ocpi_json("tariff", example.read_bytes())).statement.currency
    'EUR'
    """
    statement = msgspec.convert(message, type=TariffStatement, from_attributes=True)
    return ReceiveTariff(statement, original_of(message))
