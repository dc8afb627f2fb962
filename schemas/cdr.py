"""`CdrV1`: an OCPI CDR, as published on `cdrs.v1`.

Costs in `currency`, energy in kWh, durations in hours, all exact. A credit CDR has a negative
`total_cost` while energy and partial costs stay positive: every total takes its sign from
`credit`. Whether totals add up is the ledger's to judge. Source: OCPI 2.3.0, mod_cdrs.
"""

from typing import Self

from pydantic import model_validator

from schemas.fields import (
    Ci36,
    Ci39,
    Ci48,
    Country,
    CountryCode,
    Currency,
    Id36,
    Id39,
    Instant,
    Many,
    OpenEnum,
    PartyId,
    Quantity,
    Record,
    Some,
    Text10,
    Text20,
    Text45,
    Text64,
    Text255,
)
from schemas.parts import (
    AuthMethod,
    CdrToken,
    ChargingPeriod,
    ConnectorFormat,
    GeoLocation,
    Message,
    PowerType,
    Price,
    SignedData,
    refuse_end_before_start,
    refuse_negative_volumes,
)
from schemas.tariff import Tariff


class CdrLocation(Record):
    """Where it happened; `#NA` stands where a reservation never reached an EVSE."""

    id: Id39
    name: Text255 | None = None
    address: Text45
    city: Text45
    postal_code: Text10 | None = None
    state: Text20 | None = None
    country: Country
    coordinates: GeoLocation
    evse_uid: Id39
    evse_id: Ci48
    connector_id: Id36
    connector_standard: OpenEnum
    connector_format: ConnectorFormat
    connector_power_type: PowerType


class Cdr(Record):
    """An OCPI CDR, field by field."""

    country_code: CountryCode
    party_id: PartyId
    id: Id39
    start_date_time: Instant
    end_date_time: Instant
    session_id: Ci36 | None = None
    cdr_token: CdrToken
    auth_method: AuthMethod
    authorization_reference: Ci36 | None = None
    cdr_location: CdrLocation
    meter_id: Text255 | None = None
    currency: Currency
    tariffs: Many[Tariff] = ()
    charging_periods: Some[ChargingPeriod]
    signed_data: SignedData | None = None
    total_cost: Price
    total_fixed_cost: Price | None = None
    total_energy: Quantity
    total_energy_cost: Price | None = None
    total_time: Quantity
    total_time_cost: Price | None = None
    total_parking_time: Quantity | None = None
    total_parking_cost: Price | None = None
    total_reservation_cost: Price | None = None
    remark: Text255 | None = None
    invoice_reference_id: Ci39 | None = None
    credit: bool | None = None
    credit_reference_id: Ci39 | None = None
    home_charging_compensation: bool | None = None
    last_updated: Instant


class CdrV1(Cdr, Message):
    """The value of `cdrs.v1`; `time_zone` is the location's, from IANA's list.

    Refuses beyond its fields: END_BEFORE_START, NEGATIVE_QUANTITY.
    """

    time_zone: Text64 | None = None

    @model_validator(mode="after")
    def _is_no_nonsense(self) -> Self:
        refuse_end_before_start(self.start_date_time, self.end_date_time)
        refuse_negative_volumes(self.charging_periods)
        return self
