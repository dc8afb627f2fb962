"""Records that several OCPI objects share, and what Clearwatt adds to every message.

`Price` is the one price shape of all versions. OCPI 2.3.0 states `before_taxes` and `taxes`;
2.2.1's `excl_vat` and `incl_vat` become `before_taxes` and `after_taxes`; 2.1.1's bare number is
`before_taxes`. An amount carries no currency of its own: it is in its object's `currency`.
"""

from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Literal, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from schemas.fields import (
    Ci32,
    Ci36,
    CountryCode,
    Id36,
    Instant,
    Integer,
    Language,
    Latitude,
    Longitude,
    Many,
    Number,
    OpenEnum,
    PartyId,
    Quantity,
    Record,
    Sha256,
    Some,
    Text64,
    Text255,
    Text512,
    Text5000,
)

OcpiVersion = Literal["2.1.1", "2.2.1", "2.3.0"]
AuthMethod = Literal["AUTH_REQUEST", "COMMAND", "WHITELIST"]
PowerType = Literal["AC_1_PHASE", "AC_2_PHASE", "AC_2_PHASE_SPLIT", "AC_3_PHASE", "DC"]
ConnectorFormat = Literal["SOCKET", "CABLE"]
# FLAT is a dimension of 2.1.1 only
DimensionType = Literal[
    "CURRENT",
    "ENERGY",
    "ENERGY_EXPORT",
    "ENERGY_IMPORT",
    "FLAT",
    "MAX_CURRENT",
    "MIN_CURRENT",
    "MAX_POWER",
    "MIN_POWER",
    "PARKING_TIME",
    "POWER",
    "RESERVATION_TIME",
    "STATE_OF_CHARGE",
    "TIME",
]
# A current or a power is negative while it flows back into the grid. OCPI would let ENERGY be so
# too; the energy fed back is ENERGY_EXPORT, and a negative ENERGY is refused.
SIGNED_DIMENSIONS = frozenset({"CURRENT", "MIN_CURRENT", "MIN_POWER", "POWER"})
_ZERO = Decimal(0)


class Tax(Record):
    """OCPI 2.3.0 TaxAmount. `percentage` in percent, `amount` in the object's currency."""

    name: Text255
    account_number: Text255 | None = None
    percentage: Number | None = None
    amount: Number


class Price(Record):
    """A cost in the object's currency; `after_taxes` only where the partner states it."""

    before_taxes: Number
    after_taxes: Number | None = None
    taxes: Many[Tax] = ()


class PriceLimit(Record):
    """The least or most a charge costs under a tariff, in the tariff's currency."""

    before_taxes: Number
    after_taxes: Number | None = None


class DisplayText(Record):
    language: Language
    text: Text512


class GeoLocation(Record):
    """Decimal degrees (WGS 84), as text; nothing is computed from them."""

    latitude: Latitude
    longitude: Longitude


class CdrToken(Record):
    """Whose token started the charge: `country_code` and `party_id` are the eMSP's."""

    country_code: CountryCode
    party_id: PartyId
    uid: Id36
    type: OpenEnum
    contract_id: Ci36


class CdrDimension(Record):
    """`volume` in kWh, hours, A, kW or percent, as `type` says."""

    type: DimensionType
    volume: Number


class ChargingPeriod(Record):
    """Lasts until the next begins, the last one until the session's end."""

    start_date_time: Instant
    dimensions: Some[CdrDimension]
    tariff_id: Ci36 | None = None


class SignedValue(Record):
    nature: Ci32
    plain_data: Text5000
    signed_data: Text5000


class SignedData(Record):
    encoding_method: Ci36
    encoding_method_version: Integer | None = None
    public_key: Text512 | None = None
    signed_values: Some[SignedValue]
    url: Text512 | None = None


class EnergySource(Record):
    """`percentage` of the mix, 0 to 100."""

    source: Literal[
        "NUCLEAR",
        "GENERAL_FOSSIL",
        "COAL",
        "GAS",
        "GENERAL_GREEN",
        "SOLAR",
        "WIND",
        "WATER",
    ]
    percentage: Quantity


class EnvironmentalImpact(Record):
    """`amount` in g/kWh."""

    category: OpenEnum
    amount: Quantity


class EnergyMix(Record):
    is_green_energy: bool
    energy_sources: Many[EnergySource] = ()
    environ_impact: Many[EnvironmentalImpact] = ()
    supplier_name: Text64 | None = None
    energy_product_name: Text64 | None = None


class Original(Record):
    """The bytes a partner sent, untouched, with their SHA-256 in lower-case hexadecimal.

    Refuses: HASH_DIFFERS, when the bytes are not the ones that were hashed.
    """

    bytes: bytes
    sha256: Sha256

    @model_validator(mode="after")
    def _hash_is_of_these_bytes(self) -> Self:
        if sha256(self.bytes).hexdigest() != self.sha256:
            raise PydanticCustomError("hash_differs", "the hash is not that of the bytes")
        return self


class Displayed(Record):
    """The price the driver was shown: `price` per kWh or in all, as `version` of it says.

    `by` is the party or system that showed it (`NL*XYZ`), `at` when.
    """

    price: Number
    version: Text64 | None = None
    by: Text64 | None = None
    at: Instant | None = None


class Clearwatt(Record):
    """What OCPI has no field for. Meter readings in Wh; texts are the sender's own words.

    `reject_id` is the reject of `rejects.v1` that a CDR sent again answers. `token_group` is the
    group of the driver's token and `membership` the programme it belongs to, both as agreements
    name them, never a member's own number.
    """

    outcome: Text64 | None = None
    stop_reason: Text64 | None = None
    error_code: Text64 | None = None
    meter_start_wh: Number | None = None
    meter_stop_wh: Number | None = None
    metering_source: Text64 | None = None
    authorized_at: Instant | None = None
    authorized_via: Text64 | None = None
    tariff_version: Text64 | None = None
    displayed: Displayed | None = None
    channel: Text64 | None = None
    firmware_version: Text64 | None = None
    reject_id: Ci36 | None = None
    token_group: Text64 | None = None
    membership: Text64 | None = None


class Message(Record):
    """What every incoming value carries beside the object: dialect, original, additions."""

    ocpi_version: OcpiVersion
    original: Original | None = None
    clearwatt: Clearwatt | None = None


def refuse_negative_volumes(periods: tuple[ChargingPeriod, ...]) -> None:
    """Refuse NEGATIVE_QUANTITY for a volume below zero, where its dimension has no direction."""
    for number, period in enumerate(periods):
        for place, dimension in enumerate(period.dimensions):
            if dimension.volume < _ZERO and dimension.type not in SIGNED_DIMENSIONS:
                raise PydanticCustomError(
                    "negative_quantity",
                    "{type} is negative",
                    {
                        "type": dimension.type,
                        "path": f"charging_periods.{number}.dimensions.{place}.volume",
                    },
                )


def refuse_end_before_start(start: datetime, end: datetime | None) -> None:
    """Refuse END_BEFORE_START; an end that is the start is a charge of no duration."""
    if end is not None and end < start:
        raise PydanticCustomError(
            "end_before_start", "it ends before it starts", {"path": "end_date_time"}
        )
