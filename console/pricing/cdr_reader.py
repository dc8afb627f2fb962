"""A CDR of any OCPI version, as a partner sends it: what pricing and comparing need of it.

Fields beyond those are skipped unread, so that what is wrong with a token or an address is no
reason not to price. Times are UTC; totals are kWh, hours and the CDR's currency.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import msgspec

from console.pricing import scalars
from console.pricing.findings import DocumentRefused, Notes
from console.pricing.periods_reader import PeriodRead, read_periods
from console.pricing.versions import of_cdr, stated
from ledger.pricing.tariff import Price

PATH: Final = "$.cdr"
COSTS: Final = (
    "total_cost",
    "total_energy_cost",
    "total_time_cost",
    "total_parking_cost",
    "total_fixed_cost",
    "total_reservation_cost",
)


class _CdrJson(msgspec.Struct):
    """The fields that are read, as they come."""

    id: Any = None
    country_code: Any = None
    ocpi_version: Any = None
    start_date_time: Any = None
    end_date_time: Any = None
    stop_date_time: Any = None
    time_zone: Any = None
    location: msgspec.Raw = msgspec.Raw(b"null")
    cdr_location: msgspec.Raw = msgspec.Raw(b"null")
    currency: Any = None
    tariffs: msgspec.Raw = msgspec.Raw(b"null")
    charging_periods: Any = None
    total_cost: Any = None
    total_energy_cost: Any = None
    total_time_cost: Any = None
    total_parking_cost: Any = None
    total_fixed_cost: Any = None
    total_reservation_cost: Any = None
    total_energy: Any = None
    total_time: Any = None
    total_parking_time: Any = None
    credit: Any = None
    credit_reference_id: Any = None
    home_charging_compensation: Any = None


class _Place(msgspec.Struct):
    country: Any = None
    time_zone: Any = None


_DECODER: Final = msgspec.json.Decoder(_CdrJson, float_hook=Decimal)
_PLACE_DECODER: Final = msgspec.json.Decoder(_Place | None)
_NULL: Final = b"null"


class CdrRead(msgspec.Struct, frozen=True, gc=False):
    """What a CDR says: the charge, where it was, and the totals it states.

    `tariffs` and `location` are the JSON text of those fields: tariffs are read once for many
    CDRs, and a location only where its time zone is asked for.
    """

    id: str
    version: str
    started_at: datetime
    ended_at: datetime
    currency: str | None
    time_zone: str | None
    location: bytes
    periods: list[PeriodRead]
    tariffs: bytes
    costs: dict[str, Price]
    total_energy_kwh: Decimal | None
    total_time_h: Decimal | None
    total_parking_time_h: Decimal | None
    is_credit: bool


def read_cdr(data: bytes, notes: Notes, *, ocpi_version: str | None = None) -> CdrRead:
    """Read a CDR from its JSON text.

    Refuses (`DocumentRefused`): NOT_JSON, MISSING_FIELD, WRONG_TYPE, WRONG_FORMAT, EMPTY_LIST,
    END_BEFORE_START, NEGATIVE_QUANTITY, NOT_A_NUMBER, NUMBER_OUT_OF_RANGE, UNKNOWN_OCPI_VERSION.
    """
    value = scalars.decode(_DECODER, data, PATH)
    version = (
        ocpi_version
        or stated(value.ocpi_version, f"{PATH}.ocpi_version", notes)
        or of_cdr(
            value.total_cost,
            has_location=bytes(value.location) != _NULL,
            has_stop=value.stop_date_time is not None,
            has_owner=value.country_code is not None,
        )
    )
    _note_owner(value.country_code, notes)
    started_at, ended_at = _span(value, notes)
    periods = read_periods(value.charging_periods, f"{PATH}.charging_periods", notes)
    _note_outside(periods, started_at, ended_at, notes)
    location = bytes(value.cdr_location)
    return CdrRead(
        id="" if value.id is None else str(value.id),
        version=version,
        started_at=started_at,
        ended_at=ended_at,
        currency=None
        if value.currency is None
        else scalars.code(value.currency, f"{PATH}.currency", notes),
        time_zone=value.time_zone if type(value.time_zone) is str else None,
        location=bytes(value.location) if location == _NULL else location,
        periods=periods,
        tariffs=bytes(value.tariffs),
        costs=_costs(value, notes),
        total_energy_kwh=_total(value, "total_energy", notes),
        total_time_h=_total(value, "total_time", notes),
        total_parking_time_h=_total(value, "total_parking_time", notes),
        is_credit=value.credit is True,
    )


def _note_owner(country_code: Any, notes: Notes) -> None:
    if type(country_code) is str and (len(country_code) != 2 or not country_code.isupper()):
        from console.pricing.tariff_reader import alpha_2_of

        path = f"{PATH}.country_code"
        try:
            alpha_2_of(scalars.code(country_code, path, notes), path, notes)
        except DocumentRefused as refused:
            notes.leave_out(refused)


def _span(value: _CdrJson, notes: Notes) -> tuple[datetime, datetime]:
    """Return the session's start and end; 2.1.1 calls the end `stop_date_time`."""
    started_at = scalars.instant(value.start_date_time, f"{PATH}.start_date_time", notes)
    name = "end_date_time" if value.end_date_time is not None else "stop_date_time"
    end = getattr(value, name)
    if end is None:
        raise DocumentRefused("MISSING_FIELD", f"{PATH}.end_date_time")
    ended_at = scalars.instant(end, f"{PATH}.{name}", notes)
    if ended_at < started_at:
        raise DocumentRefused("END_BEFORE_START", f"{PATH}.{name}", end)
    return started_at, ended_at


def _note_outside(
    periods: list[PeriodRead], started_at: datetime, ended_at: datetime, notes: Notes
) -> None:
    if periods[0].started_at < started_at:
        place = f"{PATH}.charging_periods[{periods[0].index}].start_date_time"
        notes.add("PERIOD_BEFORE_START", place, periods[0].started_at.isoformat())
    for period in reversed(periods):
        if period.started_at <= ended_at:
            break
        place = f"{PATH}.charging_periods[{period.index}].start_date_time"
        notes.add("PERIOD_BEYOND_END", place, period.started_at.isoformat())


def place_of(cdr: CdrRead) -> tuple[str | None, str | None]:
    """Return the country and the time zone of the CDR's location, where it states them as text."""
    try:
        place = scalars.decode(_PLACE_DECODER, cdr.location, f"{PATH}.cdr_location") or _Place()
    except DocumentRefused:
        # Not an object: then it says nothing of where it is, and what needs it says so.
        return None, None
    country, zone = place.country, place.time_zone
    return country if type(country) is str else None, zone if type(zone) is str else None


def _total(value: _CdrJson, name: str, notes: Notes) -> Decimal | None:
    """Return a total; one that cannot be read is not compared, and nothing else depends on it."""
    path = f"{PATH}.{name}"
    try:
        return scalars.optional_number(getattr(value, name), path, notes)
    except DocumentRefused as refused:
        notes.leave_out(refused)
        return None


def _costs(value: _CdrJson, notes: Notes) -> dict[str, Price]:
    found = {}
    for name in COSTS:
        cost = getattr(value, name)
        if cost is not None:
            try:
                found[name] = _cost(cost, f"{PATH}.{name}", notes)
            except DocumentRefused as refused:
                notes.leave_out(refused)
    if "total_cost" not in found:
        notes.add("TOTAL_COST_MISSING", f"{PATH}.total_cost")
    return found


def _cost(cost: Any, path: str, notes: Notes) -> Price:
    """Return a cost of any version: 2.1.1's number, 2.2.1's excl_vat, 2.3.0's before_taxes.

    2.3.0 states the taxes, not the sum; after taxes is before plus all of them.
    """
    if type(cost) is not dict:
        return Price(scalars.number(cost, path, notes))
    if "before_taxes" not in cost:
        before = scalars.number(cost.get("excl_vat"), f"{path}.excl_vat", notes)
        after = cost.get("incl_vat")
        return Price(before, scalars.optional_number(after, f"{path}.incl_vat", notes))
    before = scalars.number(cost["before_taxes"], f"{path}.before_taxes", notes)
    after = scalars.optional_number(cost.get("after_taxes"), f"{path}.after_taxes", notes)
    taxes = scalars.entries(cost.get("taxes"), f"{path}.taxes", notes)
    if after is None and taxes:
        after = before
        for place, tax in taxes:
            after += scalars.number(tax.get("amount"), f"{place}.amount", notes)
    return Price(before, after)
