"""Messages of the control topics as JSON.

These are contracts of Clearwatt's own and not OCPI's: there is one dialect, nothing is lifted, and
a field that the contract has not is refused. Numbers are exact and times are read as in
`ocpi_json`.
"""

from typing import cast

from pydantic import ValidationError

from schemas.conform import Conformer
from schemas.contracts import contract_of
from schemas.errors import SchemaError
from schemas.ocpi_json import parse_object
from schemas.topics import TOPIC_OF_KIND, ControlKind, ControlMessage


def from_control_json(kind: ControlKind, data: bytes) -> ControlMessage:
    """Return the message that one JSON object makes.

    Refuses: NOT_JSON, NOT_A_NUMBER, NUMBER_OUT_OF_RANGE, DECIMAL_TOO_LONG, UNKNOWN_FIELD,
    MISSING_FIELD and every other code of a field.

    >>> from_control_json("control-totals", b'{"day": "2026-10-05"}')
    Traceback (most recent call last):
    schemas.errors.SchemaError: MISSING_FIELD at country_code: A required field is ...
    """
    contract = contract_of(TOPIC_OF_KIND[kind])
    shaped = Conformer(contract.newest.parsed, is_closed=True).object(parse_object(data))
    try:
        return cast(ControlMessage, contract.model.model_validate(shaped))
    except ValidationError as error:
        raise SchemaError.from_validation(error) from error
