"""`TariffVersionV1`: one state of an OCPI Tariff, as published on `tariff-versions.v1`.

`Tariff` is the bare object, which a CDR repeats inside itself. Prices are in `currency`, per kWh
(ENERGY), per hour (TIME, PARKING_TIME) or once (FLAT); `step_size` is in Wh or seconds. Whether
prices include tax is `tax_included`: 2.2.1 and 2.1.1 have only prices without (`NO`); 2.3.0
requires it, yet its own example of a CDR leaves it out, so that a reader must expect None and
must not guess.
Source: OCPI 2.3.0, mod_tariffs.
"""

from typing import Literal

from schemas.fields import (
    Count,
    CountryCode,
    Currency,
    Id36,
    Instant,
    LocalDate,
    Many,
    Number,
    PartyId,
    Quantity,
    Record,
    Some,
    Text255,
    TimeOfDay,
)
from schemas.parts import DisplayText, EnergyMix, Message, PriceLimit

DayOfWeek = Literal["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]


class PriceComponent(Record):
    """`price` per unit of `type`; `vat` in percent; `step_size` in Wh or seconds."""

    type: Literal["ENERGY", "FLAT", "PARKING_TIME", "TIME"]
    price: Number
    vat: Quantity | None = None
    step_size: Count


class TariffRestrictions(Record):
    """When an element applies: local times and dates, kWh, A, kW, seconds, weekdays."""

    start_time: TimeOfDay | None = None
    end_time: TimeOfDay | None = None
    start_date: LocalDate | None = None
    end_date: LocalDate | None = None
    min_kwh: Quantity | None = None
    max_kwh: Quantity | None = None
    min_current: Number | None = None
    max_current: Number | None = None
    min_power: Number | None = None
    max_power: Number | None = None
    min_duration: Count | None = None
    max_duration: Count | None = None
    day_of_week: Many[DayOfWeek] = ()
    reservation: Literal["RESERVATION", "RESERVATION_EXPIRES"] | None = None


class TariffElement(Record):
    price_components: Some[PriceComponent]
    restrictions: TariffRestrictions | None = None


class Tariff(Record):
    """An OCPI Tariff; `start_date_time` and `end_date_time` bound its validity."""

    country_code: CountryCode
    party_id: PartyId
    id: Id36
    currency: Currency
    type: (
        Literal["AD_HOC_PAYMENT", "PROFILE_CHEAP", "PROFILE_FAST", "PROFILE_GREEN", "REGULAR"]
        | None
    ) = None
    tariff_alt_text: Many[DisplayText] = ()
    tariff_alt_url: Text255 | None = None
    min_price: PriceLimit | None = None
    max_price: PriceLimit | None = None
    elements: Some[TariffElement]
    tax_included: Literal["YES", "NO", "N/A"] | None = None
    start_date_time: Instant | None = None
    end_date_time: Instant | None = None
    energy_mix: EnergyMix | None = None
    last_updated: Instant


class TariffVersionV1(Tariff, Message):
    """The value of `tariff-versions.v1`."""
