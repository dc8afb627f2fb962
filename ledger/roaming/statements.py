"""Sessions and CDRs as partners state them, in OCPI's own names, all fields kept.

Source: OCPI 2.2.1 and 2.3.0, mod_sessions, mod_cdrs. Energies are kWh, times are
hours. Where a field identifies a person (token uid, contract id, authorization reference, signed
data), a recorded statement holds the subject's `ref` in its place.
"""

from datetime import datetime
from decimal import Decimal

import msgspec

from ledger.pricing.tariff import Extension, Price, TariffStatement
from ledger.values.identifiers import party_key


class Token(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The token a driver used; `uid` and `contract_id` hold subject refs once recorded.

    `issuer` is the party that the contract id begins with, `DE*EMP`, read before the ref took its
    place; None where it has not the shape of a contract id.
    """

    country_code: str
    party_id: str
    uid: str
    type: str
    contract_id: str
    issuer: str | None = None


class Dimension(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A quantity of one kind inside a charging period."""

    type: str
    volume: Decimal


class ChargingPeriod(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A part of a session with constant circumstances."""

    start_date_time: datetime
    dimensions: tuple[Dimension, ...]
    tariff_id: str | None = None


class GeoLocation(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Coordinates as decimal text."""

    latitude: str
    longitude: str


class CdrLocation(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Where the charge happened, frozen into the CDR."""

    id: str
    address: str
    city: str
    country: str
    coordinates: GeoLocation
    evse_uid: str
    evse_id: str
    connector_id: str
    connector_standard: str
    connector_format: str
    connector_power_type: str
    name: str | None = None
    postal_code: str | None = None
    state: str | None = None


class SignedValue(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One signed meter value; both texts hold subject refs once recorded."""

    nature: str
    plain_data: str
    signed_data: str


class SignedData(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Signed meter data."""

    encoding_method: str
    signed_values: tuple[SignedValue, ...]
    encoding_method_version: int | None = None
    public_key: str | None = None
    url: str | None = None


class SessionStatement(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An OCPI Session."""

    country_code: str
    party_id: str
    id: str
    ocpi_version: str
    start_date_time: datetime
    kwh: Decimal
    cdr_token: Token
    auth_method: str
    location_id: str
    evse_uid: str
    connector_id: str
    currency: str
    status: str
    last_updated: datetime
    end_date_time: datetime | None = None
    authorization_reference: str | None = None
    meter_id: str | None = None
    charging_periods: tuple[ChargingPeriod, ...] = ()
    total_cost: Price | None = None
    time_zone: str | None = None
    clearwatt: Extension | None = None


class CdrStatement(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """An OCPI CDR."""

    country_code: str
    party_id: str
    id: str
    ocpi_version: str
    start_date_time: datetime
    end_date_time: datetime
    cdr_token: Token
    auth_method: str
    cdr_location: CdrLocation
    currency: str
    charging_periods: tuple[ChargingPeriod, ...]
    total_cost: Price
    total_energy: Decimal
    total_time: Decimal
    last_updated: datetime
    session_id: str | None = None
    authorization_reference: str | None = None
    meter_id: str | None = None
    tariffs: tuple[TariffStatement, ...] = ()
    signed_data: SignedData | None = None
    total_fixed_cost: Price | None = None
    total_energy_cost: Price | None = None
    total_time_cost: Price | None = None
    total_parking_time: Decimal | None = None
    total_parking_cost: Price | None = None
    total_reservation_cost: Price | None = None
    remark: str | None = None
    invoice_reference_id: str | None = None
    credit: bool | None = None
    credit_reference_id: str | None = None
    home_charging_compensation: bool | None = None
    time_zone: str | None = None
    clearwatt: Extension | None = None


def parties_of(statement: SessionStatement | CdrStatement) -> tuple[str, str]:
    """Return seller and buyer: the CPO that states it, and the eMSP that issued the token."""
    token = statement.cdr_token
    return (
        party_key(statement.country_code, statement.party_id),
        party_key(token.country_code, token.party_id),
    )
