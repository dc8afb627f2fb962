"""`SessionV1`: the current state of an OCPI Session, as published on `sessions.v1`.

`kwh` in kWh, `total_cost` in `currency`. A later `last_updated` supersedes an earlier one.
Source: OCPI 2.3.0, mod_sessions.
"""

from typing import Literal, Self

from pydantic import model_validator

from schemas.fields import (
    Ci36,
    CountryCode,
    Currency,
    Id36,
    Id39,
    Instant,
    Many,
    PartyId,
    Quantity,
    Text64,
    Text255,
)
from schemas.parts import (
    AuthMethod,
    CdrToken,
    ChargingPeriod,
    Message,
    Price,
    refuse_end_before_start,
    refuse_negative_volumes,
)


class SessionV1(Message):
    """The value of `sessions.v1`; `time_zone` is the location's, from IANA's list.

    Refuses beyond its fields: END_BEFORE_START, NEGATIVE_QUANTITY.
    """

    country_code: CountryCode
    party_id: PartyId
    id: Id36
    start_date_time: Instant
    end_date_time: Instant | None = None
    kwh: Quantity
    cdr_token: CdrToken
    auth_method: AuthMethod
    authorization_reference: Ci36 | None = None
    location_id: Id39
    evse_uid: Id39
    connector_id: Id36
    meter_id: Text255 | None = None
    currency: Currency
    charging_periods: Many[ChargingPeriod] = ()
    total_cost: Price | None = None
    status: Literal["ACTIVE", "COMPLETED", "INVALID", "PENDING", "RESERVATION"]
    last_updated: Instant
    time_zone: Text64 | None = None

    @model_validator(mode="after")
    def _is_no_nonsense(self) -> Self:
        refuse_end_before_start(self.start_date_time, self.end_date_time)
        refuse_negative_volumes(self.charging_periods)
        return self
