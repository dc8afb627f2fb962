"""`LocationV1`: an OCPI Location with its EVSEs and connectors, as published on `locations.v1`.

Voltage in V, amperage in A, `max_electric_power` in W, parking sizes in cm and kg, `time_limit`
in minutes. 2.1.1's `voltage`, `amperage` and `tariff_id` are lifted to today's names.
Source: OCPI 2.3.0, mod_locations.
"""

from typing import Annotated, Literal, Self

from annotated_types import Ge, Le
from pydantic import model_validator
from pydantic_core import PydanticCustomError

from schemas.fields import (
    Ci25,
    Ci36,
    Ci48,
    ClosingTime,
    Count,
    Country,
    CountryCode,
    Id36,
    Id39,
    Instant,
    Latitude,
    Longitude,
    Many,
    OpenEnum,
    PartyId,
    Quantity,
    Record,
    Some,
    Text4,
    Text10,
    Text12,
    Text16,
    Text45,
    Text50,
    Text64,
    Text100,
    Text255,
    TimeOfDay,
)
from schemas.parts import (
    ConnectorFormat,
    DisplayText,
    EnergyMix,
    GeoLocation,
    Message,
    PowerType,
)

EvseStatus = Literal[
    "AVAILABLE",
    "BLOCKED",
    "CHARGING",
    "INOPERATIVE",
    "OUTOFORDER",
    "PLANNED",
    "REMOVED",
    "RESERVED",
    "UNKNOWN",
]


class PublishToken(Record):
    """OCPI PublishTokenType: which tokens may see a location that is not published."""

    uid: Ci36 | None = None
    type: OpenEnum | None = None
    visual_number: Text64 | None = None
    issuer: Text64 | None = None
    group_id: Ci36 | None = None


class AdditionalGeoLocation(Record):
    latitude: Latitude
    longitude: Longitude
    name: DisplayText | None = None


class Image(Record):
    """Width and height in pixels."""

    url: Text255
    thumbnail: Text255 | None = None
    category: OpenEnum
    type: Text4
    width: Count | None = None
    height: Count | None = None


class BusinessDetails(Record):
    name: Text100
    website: Text255 | None = None
    logo: Image | None = None


class RegularHours(Record):
    """Local times; weekday 1 is Monday."""

    weekday: Annotated[int, Ge(1), Le(7)]
    period_begin: TimeOfDay
    period_end: ClosingTime


class ExceptionalPeriod(Record):
    period_begin: Instant
    period_end: Instant


class Hours(Record):
    twentyfourseven: bool
    regular_hours: Many[RegularHours] = ()
    exceptional_openings: Many[ExceptionalPeriod] = ()
    exceptional_closings: Many[ExceptionalPeriod] = ()


class StatusSchedule(Record):
    period_begin: Instant
    period_end: Instant | None = None
    status: EvseStatus


class Connector(Record):
    id: Id36
    standard: OpenEnum
    format: ConnectorFormat
    power_type: PowerType
    max_voltage: Count
    max_amperage: Count
    max_electric_power: Count | None = None
    tariff_ids: Many[Ci36] = ()
    terms_and_conditions: Text255 | None = None
    capabilities: Many[OpenEnum] = ()
    last_updated: Instant


class EvseParking(Record):
    parking_id: Id36
    evse_position: Literal["LEFT", "RIGHT", "CENTER"] | None = None


class Evse(Record):
    uid: Id39
    evse_id: Ci48 | None = None
    status: EvseStatus
    status_schedule: Many[StatusSchedule] = ()
    capabilities: Many[OpenEnum] = ()
    connectors: Some[Connector]
    floor_level: Text4 | None = None
    coordinates: GeoLocation | None = None
    physical_reference: Text16 | None = None
    directions: Many[DisplayText] = ()
    parking_restrictions: Many[OpenEnum] = ()
    parking: Many[EvseParking] = ()
    images: Many[Image] = ()
    accepted_service_providers: Many[Text50] = ()
    last_updated: Instant


class Parking(Record):
    """A parking place: sizes in cm, weight in kg, `time_limit` in minutes."""

    id: Id36
    physical_reference: Text12 | None = None
    vehicle_types: Some[OpenEnum]
    max_vehicle_weight: Quantity | None = None
    max_vehicle_height: Quantity | None = None
    max_vehicle_length: Quantity | None = None
    max_vehicle_width: Quantity | None = None
    parking_space_length: Quantity | None = None
    parking_space_width: Quantity | None = None
    dangerous_goods_allowed: bool | None = None
    direction: Literal["PARALLEL", "PERPENDICULAR", "ANGLE"] | None = None
    drive_through: bool | None = None
    restricted_to_type: bool
    reservation_required: bool
    time_limit: Quantity | None = None
    roofed: bool | None = None
    images: Many[Image] = ()
    lighting: bool | None = None
    refrigeration_outlet: bool | None = None
    standards: Many[Ci36] = ()
    apds_reference: Text255 | None = None


class LocationV1(Message):
    """The value of `locations.v1`.

    Refuses beyond its fields: MISSING_FIELD for `time_zone`, which only 2.1.1 may leave out.
    """

    country_code: CountryCode
    party_id: PartyId
    id: Id39
    publish: bool
    publish_allowed_to: Many[PublishToken] = ()
    name: Text255 | None = None
    address: Text255
    city: Text45
    postal_code: Text10 | None = None
    state: Text45 | None = None
    country: Country
    coordinates: GeoLocation
    related_locations: Many[AdditionalGeoLocation] = ()
    parking_type: OpenEnum | None = None
    evses: Many[Evse] = ()
    parking_places: Many[Parking] = ()
    directions: Many[DisplayText] = ()
    operator: BusinessDetails | None = None
    suboperator: BusinessDetails | None = None
    owner: BusinessDetails | None = None
    facilities: Many[OpenEnum] = ()
    time_zone: Text255 | None = None
    opening_times: Hours | None = None
    charging_when_closed: bool | None = None
    images: Many[Image] = ()
    energy_mix: EnergyMix | None = None
    help_phone: Ci25 | None = None
    last_updated: Instant

    @model_validator(mode="after")
    def _says_its_time_zone(self) -> Self:
        if self.time_zone is None and self.ocpi_version != "2.1.1":
            raise PydanticCustomError("missing", "Field required", {"path": "time_zone"})
        return self
