"""Locations as partners state them, in OCPI's own names, all fields kept.

Source: OCPI 2.2.1 and 2.3.0, mod_locations. Power in W, voltage in V, amperage in A.
"""

from datetime import datetime
from decimal import Decimal

import msgspec

from ledger.pricing.tariff import DisplayText, EnergyMix, Extension
from ledger.roaming.statements import GeoLocation


class StatusSchedule(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A planned status of an EVSE."""

    period_begin: datetime
    status: str
    period_end: datetime | None = None


class Image(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A picture's address."""

    url: str
    category: str
    type: str
    thumbnail: str | None = None
    width: int | None = None
    height: int | None = None


class BusinessDetails(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A company as OCPI describes it."""

    name: str
    website: str | None = None
    logo: Image | None = None


class Connector(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A connector; power in W, voltage in V, amperage in A."""

    id: str
    standard: str
    format: str
    power_type: str
    max_voltage: int
    max_amperage: int
    last_updated: datetime
    max_electric_power: int | None = None
    tariff_ids: tuple[str, ...] = ()
    terms_and_conditions: str | None = None
    capabilities: tuple[str, ...] = ()


class EvseParking(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Which parking place an EVSE serves (2.3.0)."""

    parking_id: str
    evse_position: str | None = None


class Evse(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An EVSE with its connectors."""

    uid: str
    status: str
    connectors: tuple[Connector, ...]
    last_updated: datetime
    evse_id: str | None = None
    status_schedule: tuple[StatusSchedule, ...] = ()
    capabilities: tuple[str, ...] = ()
    floor_level: str | None = None
    coordinates: GeoLocation | None = None
    physical_reference: str | None = None
    directions: tuple[DisplayText, ...] = ()
    parking_restrictions: tuple[str, ...] = ()
    parking: tuple[EvseParking, ...] = ()
    images: tuple[Image, ...] = ()
    accepted_service_providers: tuple[str, ...] = ()


class Parking(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A parking place (2.3.0): sizes in cm, weight in kg, `time_limit` in minutes."""

    id: str
    vehicle_types: tuple[str, ...]
    restricted_to_type: bool
    reservation_required: bool
    physical_reference: str | None = None
    max_vehicle_weight: Decimal | None = None
    max_vehicle_height: Decimal | None = None
    max_vehicle_length: Decimal | None = None
    max_vehicle_width: Decimal | None = None
    parking_space_length: Decimal | None = None
    parking_space_width: Decimal | None = None
    dangerous_goods_allowed: bool | None = None
    direction: str | None = None
    drive_through: bool | None = None
    time_limit: Decimal | None = None
    roofed: bool | None = None
    images: tuple[Image, ...] = ()
    lighting: bool | None = None
    refrigeration_outlet: bool | None = None
    standards: tuple[str, ...] = ()
    apds_reference: str | None = None


class AdditionalGeoLocation(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Another place that belongs to a location, such as its entrance."""

    latitude: str
    longitude: str
    name: DisplayText | None = None


class RegularHours(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Opening hours of a weekday in local time; weekday 1 is Monday."""

    weekday: int
    period_begin: str
    period_end: str


class ExceptionalPeriod(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A span in which a location is open or closed beyond its regular hours."""

    period_begin: datetime
    period_end: datetime


class Hours(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """When a location is open."""

    twentyfourseven: bool
    regular_hours: tuple[RegularHours, ...] = ()
    exceptional_openings: tuple[ExceptionalPeriod, ...] = ()
    exceptional_closings: tuple[ExceptionalPeriod, ...] = ()


class LocationStatement(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An OCPI Location.

    `time_zone` is empty where a 2.1.1 partner left it out. Of OCPI's fields only
    `publish_allowed_to` is not recorded: it names drivers' tokens, and no rule needs it.
    """

    country_code: str
    party_id: str
    id: str
    address: str
    city: str
    country: str
    coordinates: GeoLocation
    last_updated: datetime
    time_zone: str = ""
    publish: bool = True
    name: str | None = None
    postal_code: str | None = None
    state: str | None = None
    related_locations: tuple[AdditionalGeoLocation, ...] = ()
    parking_type: str | None = None
    evses: tuple[Evse, ...] = ()
    parking_places: tuple[Parking, ...] = ()
    directions: tuple[DisplayText, ...] = ()
    operator: BusinessDetails | None = None
    suboperator: BusinessDetails | None = None
    owner: BusinessDetails | None = None
    facilities: tuple[str, ...] = ()
    opening_times: Hours | None = None
    charging_when_closed: bool | None = None
    images: tuple[Image, ...] = ()
    energy_mix: EnergyMix | None = None
    help_phone: str | None = None
    ocpi_version: str = "2.2.1"
    clearwatt: Extension | None = None
