"""`payments.v1`: who collects told an event of a driver's payment."""

import msgspec

from ledger.application.control_commands import TellPayment
from ledger.roaming.payment_statements import PaymentStatement
from schemas import PaymentV1


def to_command(message: PaymentV1) -> TellPayment:
    """Return the command of a payment's event; every field keeps its name and its exact value.

    Amounts stay in the payment's currency, tax included.

    >>> from pathlib import Path
    >>> import schemas
    >>> example = Path(schemas.__file__).parent / "examples" / "payments.v1.json"
    >>> message = schemas.from_control_json("payment", example.read_bytes())
    >>> statement = to_command(message).statement
    >>> statement.speaker, statement.status, statement.amount, statement.cdr_id
    ('NL*PLT', 'CAPTURED', Decimal('6.66'), 'C-20261005-0017')
    """
    statement = msgspec.convert(message, type=PaymentStatement, from_attributes=True)
    return TellPayment(statement)
