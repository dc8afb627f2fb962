"""The types of OCPI fields, each checked in pydantic's Rust core: a field costs no Python call.

Lengths are OCPI's, the widest of its three versions. Times are aware, with offset zero.
Amounts and quantities are finite `Decimal`s of at most 29 digits before the point. That at most 9
stand behind it is checked where a number enters (JSON) or leaves (Avro's `decimal(38,9)`), and
refused there with DECIMAL_TOO_LONG, never rounded: a digit count costs ten times all other checks.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, Strict
from pydantic_core import CoreSchema, core_schema

DECIMAL_PRECISION = 38
DECIMAL_SCALE = 9
# Written out and negated by copying: arithmetic would round to the ambient context's 28 digits.
LARGEST_NUMBER = Decimal("9" * (DECIMAL_PRECISION - DECIMAL_SCALE) + "." + "9" * DECIMAL_SCALE)
SMALLEST_NUMBER = LARGEST_NUMBER.copy_negate()


class Record(BaseModel):
    """What every record is: frozen, of exactly its types, without any field we do not know."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False
    )


class _OffsetZero:
    """A `datetime` with offset zero; pydantic offers this check only in its core schema."""

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.datetime_schema(tz_constraint=0)


Item = TypeVar("Item")
# Avro and JSON give lists; a frozen record holds tuples.
Many = Annotated[tuple[Item, ...], Strict(False)]
Some = Annotated[tuple[Item, ...], Strict(False), MinLen(1)]

Instant = Annotated[datetime, _OffsetZero()]
Number = Annotated[Decimal, Ge(SMALLEST_NUMBER), Le(LARGEST_NUMBER)]
Quantity = Annotated[Decimal, Ge(Decimal(0)), Le(LARGEST_NUMBER)]
Count = Annotated[int, Ge(0), Le(2**31 - 1)]
Integer = Annotated[int, Ge(-(2**31)), Le(2**31 - 1)]
Position = Annotated[int, Ge(0), Le(2**63 - 1)]
# of `cw-sequence`: a sender counts from 1, in at most 18 digits
SequenceNumber = Annotated[int, Ge(1), Le(10**18 - 1)]

# OCPI: a CiString is printable ASCII, a string is printable UTF-8. Of the latter only control
# characters are refused that no line of text needs; PostgreSQL could not store a NUL.
_CI = Field(pattern=r"^[\x20-\x7e]*$")
_TEXT = Field(pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")

CountryCode = Annotated[str, Field(pattern=r"^[A-Za-z]{2}$")]
PartyId = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{3}$")]
# a party in one text, where it is not the object's own: NL*XYZ
Party = Annotated[str, Field(pattern=r"^[A-Za-z]{2}\*[A-Za-z0-9]{3}$")]
# alpha-3 by every version of OCPI, alpha-2 in the examples of 2.1.1 and in practice
Country = Annotated[str, Field(pattern=r"^[A-Z]{2,3}$")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2}$")]
TimeOfDay = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
# 24:00 is not OCPI's, yet partners close a day with it
ClosingTime = Annotated[str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
LocalDate = Annotated[
    str, Field(pattern=r"^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")
]
Latitude = Annotated[str, Field(pattern=r"^-?[0-9]{1,2}(\.[0-9]{1,7})?$")]
Longitude = Annotated[str, Field(pattern=r"^-?[0-9]{1,3}(\.[0-9]{1,7})?$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Uuid = Annotated[
    str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
]

Ci25 = Annotated[str, MaxLen(25), _CI]
Ci32 = Annotated[str, MaxLen(32), _CI]
Ci36 = Annotated[str, MaxLen(36), _CI]
Ci39 = Annotated[str, MaxLen(39), _CI]
Ci48 = Annotated[str, MaxLen(48), _CI]
Id36 = Annotated[str, MinLen(1), MaxLen(36), _CI]
Id39 = Annotated[str, MinLen(1), MaxLen(39), _CI]
# an OpenEnum: OCPI names the usual values and lets partners use their own
OpenEnum = Annotated[str, MinLen(1), MaxLen(255), _CI]

Text4 = Annotated[str, MaxLen(4), _TEXT]
Text10 = Annotated[str, MaxLen(10), _TEXT]
Text12 = Annotated[str, MaxLen(12), _TEXT]
Text16 = Annotated[str, MaxLen(16), _TEXT]
Text20 = Annotated[str, MaxLen(20), _TEXT]
Text45 = Annotated[str, MaxLen(45), _TEXT]
Text50 = Annotated[str, MaxLen(50), _TEXT]
Text64 = Annotated[str, MaxLen(64), _TEXT]
Text100 = Annotated[str, MaxLen(100), _TEXT]
Text255 = Annotated[str, MaxLen(255), _TEXT]
Name255 = Annotated[str, MinLen(1), MaxLen(255), _TEXT]
Text512 = Annotated[str, MaxLen(512), _TEXT]
Text5000 = Annotated[str, MaxLen(5000), _TEXT]
