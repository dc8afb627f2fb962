"""Our models as OCPI JSON, for showing: in the words of 2.3.0 or of 2.2.1.

2.1.1 has no words for most of what the shape holds; such an object is shown in the others'.
"""

from functools import reduce
from typing import Any, Final, Literal

import msgspec

from schemas.decimals import EXACT
from schemas.errors import SchemaError
from schemas.fields import Record
from schemas.location import LocationV1
from schemas.parts import Message, Price, PriceLimit
from schemas.tariff import Tariff
from schemas.topics import OcpiMessage

ShownVersion = Literal["2.2.1", "2.3.0"]

_JSON: Final = msgspec.json.Encoder(decimal_format="number")
_OURS: Final = frozenset(Message.model_fields)


def to_ocpi_json(message: OcpiMessage, ocpi_version: ShownVersion = "2.3.0") -> bytes:
    """Return the OCPI object as JSON: exact numbers, UTC times, empty fields left out.

    Between the versions a price is told in the other's words: 2.2.1's tax becomes one tax named
    VAT, 2.3.0's taxes are added up to `incl_vat`.
    Refuses: NOT_IN_THIS_VERSION, where a tariff's prices include tax and 2.2.1 is asked for.
    """
    ours = _OURS if isinstance(message, LocationV1) else _OURS | {"time_zone"}
    shown = _record(message, ocpi_version)
    return _JSON.encode({name: value for name, value in shown.items() if name not in ours})


def _record(record: Record, version: ShownVersion) -> dict[str, Any]:
    if isinstance(record, Price | PriceLimit):
        return _price(record) if version == "2.3.0" else _price_2_2_1(record)
    shown = {name: _value(value, version) for name, value in record if value not in (None, ())}
    if isinstance(record, Tariff) and version == "2.2.1" and record.tax_included == "YES":
        raise SchemaError("NOT_IN_THIS_VERSION", "tax_included", "2.2.1's are without tax")
    if version == "2.2.1":
        shown.pop("tax_included", None)
    return shown


def _value(value: Any, version: ShownVersion) -> Any:
    if isinstance(value, tuple):
        return [_value(item, version) for item in value]
    return _record(value, version) if isinstance(value, Record) else value


def _price(price: Price | PriceLimit) -> dict[str, Any]:
    shown: dict[str, Any] = {"before_taxes": price.before_taxes}
    if isinstance(price, PriceLimit):
        return shown if price.after_taxes is None else shown | {"after_taxes": price.after_taxes}
    if price.taxes:
        shown["taxes"] = [_record(tax, "2.3.0") for tax in price.taxes]
    elif price.after_taxes is not None:
        shown["taxes"] = [
            {"name": "VAT", "amount": EXACT.subtract(price.after_taxes, price.before_taxes)}
        ]
    return shown


def _price_2_2_1(price: Price | PriceLimit) -> dict[str, Any]:
    shown: dict[str, Any] = {"excl_vat": price.before_taxes}
    if price.after_taxes is not None:
        shown["incl_vat"] = price.after_taxes
    elif isinstance(price, Price) and price.taxes:
        amounts = (tax.amount for tax in price.taxes)
        shown["incl_vat"] = reduce(EXACT.add, amounts, price.before_taxes)
    return shown
