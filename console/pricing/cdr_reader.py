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
from console.pricing.repeated import names_in, note_repeated
from console.pricing.scalars import FIRST_YEAR
from console.pricing.tariff_reader import alpha_2_of
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


_READ: Final = (
    "id",
    "country_code",
    "ocpi_version",
    "start_date_time",
    "end_date_time",
    "stop_date_time",
    "time_zone",
    "currency",
    *COSTS,
    "total_energy",
    "total_time",
    "total_parking_time",
    "credit",
    "credit_reference_id",
)
"""What is read as it comes; locations, tariffs and periods are read from their text."""


class _Place(msgspec.Struct):
    country: Any = None
    time_zone: Any = None


_DECODER: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_VALUE_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_PLACE_DECODER: Final = msgspec.json.Decoder(_Place | None)
_NULL: Final = b"null"
_REQUIRED: Final = ("total_energy", "total_time")


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


def read_cdr(
    data: bytes, notes: Notes, *, ocpi_version: str | None = None, tariff: bytes = b""
) -> CdrRead:
    """Read a CDR from its JSON text; `tariff` is that of a tariff given beside it.

    Refuses (`DocumentRefused`): NOT_JSON, MISSING_FIELD, WRONG_TYPE, WRONG_FORMAT, EMPTY_LIST,
    END_BEFORE_START, NEGATIVE_QUANTITY, NOT_A_NUMBER, NUMBER_OUT_OF_RANGE, UNKNOWN_OCPI_VERSION.
    """
    raw = scalars.decode(_DECODER, data, PATH)
    texts = {name: bytes(text) for name, text in raw.items()}
    if names_in(data) != len(texts) + names_in(b"".join(texts.values())):
        note_repeated(data, PATH, notes, at_the_top=True)
    value = _values(texts)
    tariffs = texts.get("tariffs", _NULL)
    version = (
        ocpi_version
        or stated(value.get("ocpi_version"), f"{PATH}.ocpi_version", notes)
        or of_cdr(map(value.get, COSTS), _names_with_values(texts), tariff or tariffs)
    )
    _note_owner(value.get("country_code"), notes)
    started_at, ended_at = _span(value, notes)
    periods = read_periods(
        texts.get("charging_periods", _NULL),
        f"{PATH}.charging_periods",
        notes,
        may_feed_in=version != "2.1.1",
    )
    started_at, ended_at = _within(periods, started_at, ended_at, notes)
    costs = _costs(value, notes)
    currency, zone = value.get("currency"), value.get("time_zone")
    cdr_location = texts.get("cdr_location", _NULL)
    location = texts.get("location", _NULL) if cdr_location == _NULL else cdr_location
    return CdrRead(
        id="" if value.get("id") is None else str(value["id"]),
        version=version,
        started_at=started_at,
        ended_at=ended_at,
        currency=None if currency is None else scalars.code(currency, f"{PATH}.currency", notes),
        time_zone=zone if type(zone) is str else None,
        location=location,
        periods=periods,
        tariffs=tariffs,
        costs=costs,
        total_energy_kwh=_total(value, "total_energy", notes),
        total_time_h=_total(value, "total_time", notes),
        total_parking_time_h=_total(value, "total_parking_time", notes),
        is_credit=_is_credit(value, costs, notes),
    )


def _values(texts: dict[str, bytes]) -> dict[str, Any]:
    """Return the fields that are read as they come: all in one call, or singly for the path."""
    found = [texts.get(name, _NULL) for name in _READ]
    try:
        values = _VALUE_DECODER.decode(b"[" + b",".join(found) + b"]")
    except (msgspec.DecodeError, ArithmeticError, ValueError, RecursionError):
        values = [
            scalars.decode(_VALUE_DECODER, text, f"{PATH}.{name}")
            for name, text in zip(_READ, found, strict=True)
        ]
    return dict(zip(_READ, values, strict=True))


def _names_with_values(texts: dict[str, bytes]) -> list[str]:
    return [name for name, text in texts.items() if text != _NULL]


def _is_credit(value: dict[str, Any], costs: dict[str, Price], notes: Notes) -> bool:
    """Tell whether a CDR credits another; one that only half says so is told by its total's sign.

    Source: OCPI 2.3.0, mod_cdrs, Credit CDRs: both fields are set, and total_cost is negative.
    """
    flag, reference = value.get("credit"), value.get("credit_reference_id")
    if (flag is True) == (reference is not None):
        return flag is True
    total = costs.get("total_cost")
    is_negative = total is not None and total.before_taxes < 0
    detail = "negative" if is_negative else "not negative"
    notes.add("CREDIT_HALF_STATED", f"{PATH}.credit", f"total_cost is {detail}")
    return flag is True or is_negative


def _note_owner(country_code: Any, notes: Notes) -> None:
    if type(country_code) is str and (len(country_code) != 2 or not country_code.isupper()):
        path = f"{PATH}.country_code"
        try:
            alpha_2_of(scalars.code(country_code, path, notes), path, notes)
        except DocumentRefused as refused:
            notes.leave_out(refused)


def _span(value: dict[str, Any], notes: Notes) -> tuple[datetime, datetime]:
    """Return the session's start and end; 2.1.1 calls the end `stop_date_time`."""
    started_at = scalars.moment(value.get("start_date_time"), f"{PATH}.start_date_time", notes)
    name = "end_date_time" if value.get("end_date_time") is not None else "stop_date_time"
    end = value.get(name)
    if end is None:
        raise DocumentRefused("MISSING_FIELD", f"{PATH}.end_date_time")
    ended_at = scalars.moment(end, f"{PATH}.{name}", notes)
    if ended_at < started_at and ended_at.year != FIRST_YEAR:
        raise DocumentRefused("END_BEFORE_START", f"{PATH}.{name}", end)
    return started_at, ended_at


def _within(
    periods: list[PeriodRead], started_at: datetime, ended_at: datetime, notes: Notes
) -> tuple[datetime, datetime]:
    """Return the session's span, and note periods that lie outside.

    Source: OCPI 2.3.0, mod_cdrs, CDR, last NOTE: what is not known is written as 1970; the
    periods' own times stand in.
    """
    first, last = periods[0], periods[-1]
    if started_at.year == FIRST_YEAR < first.started_at.year:
        notes.add("SPAN_NOT_KNOWN", f"{PATH}.start_date_time", started_at.isoformat())
        started_at = first.started_at
    if ended_at.year == FIRST_YEAR < last.started_at.year:
        notes.add("SPAN_NOT_KNOWN", f"{PATH}.end_date_time", ended_at.isoformat())
        ended_at = max(started_at, last.started_at)
    if first.started_at < started_at:
        place = f"{PATH}.charging_periods[{first.index}].start_date_time"
        notes.add("PERIOD_BEFORE_START", place, first.started_at.isoformat())
    for period in reversed(periods):
        if period.started_at <= ended_at:
            break
        place = f"{PATH}.charging_periods[{period.index}].start_date_time"
        notes.add("PERIOD_BEYOND_END", place, period.started_at.isoformat())
    return started_at, ended_at


def place_of(cdr: CdrRead) -> tuple[str | None, str | None]:
    """Return the country and the time zone of the CDR's location, where it states them as text."""
    try:
        place = scalars.decode(_PLACE_DECODER, cdr.location, f"{PATH}.cdr_location") or _Place()
    except DocumentRefused:
        # Not an object: then it says nothing of where it is, and what needs it says so.
        return None, None
    country, zone = place.country, place.time_zone
    return country if type(country) is str else None, zone if type(zone) is str else None


def _total(value: dict[str, Any], name: str, notes: Notes) -> Decimal | None:
    """Return a total; one that cannot be read is not compared, and nothing else depends on it."""
    path = f"{PATH}.{name}"
    if value.get(name) is None:
        if name in _REQUIRED:
            notes.add("TOTAL_MISSING", path)
        return None
    try:
        return scalars.number(value[name], path, notes)
    except DocumentRefused as refused:
        notes.leave_out(refused)
        return None


def _costs(value: dict[str, Any], notes: Notes) -> dict[str, Price]:
    found = {}
    for name in COSTS:
        cost = value.get(name)
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
