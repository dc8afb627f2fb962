"""A tariff of any OCPI version, as a partner sends it, becomes our statement of it.

Places are kept: an element or a component that cannot price anything stays where it stands, empty,
so that the indices in a priced result are those of the partner's document.
"""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from console.pricing import scalars
from console.pricing.findings import DocumentRefused, Finding, Notes
from console.pricing.versions import of_tariff
from ledger.pricing.tariff import (
    DisplayText,
    PriceComponent,
    PriceLimit,
    TariffElement,
    TariffRestrictions,
    TariffStatement,
)
from ledger.values.instants import BEGINNING

COMPONENT_TYPES: Final = frozenset({"ENERGY", "TIME", "PARKING_TIME", "FLAT"})
DAYS: Final = frozenset(
    {"MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"}
)
RESERVATIONS: Final = frozenset({"RESERVATION", "RESERVATION_EXPIRES"})
TAX_INCLUDED: Final = frozenset({"YES", "NO", "N/A"})
_NUMBERS: Final = (
    "min_kwh",
    "max_kwh",
    "min_current",
    "max_current",
    "min_power",
    "max_power",
)
_PARSED: Final = {
    **dict.fromkeys(("start_time", "end_time"), scalars.clock_time),
    **dict.fromkeys(("start_date", "end_date"), scalars.local_day),
    **dict.fromkeys(_NUMBERS, scalars.optional_number),
    **dict.fromkeys(("min_duration", "max_duration"), scalars.seconds),
}

_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_LIST_DECODER: Final = msgspec.json.Decoder(list[msgspec.Raw] | None)


_LOCAL: Final = ("start_time", "end_time", "start_date", "end_date", "day_of_week")


class TariffRead(NamedTuple):
    """A tariff, and what was noted when it was read.

    `path` is where the document has it; `is_local` where a restriction asks for local time.
    """

    statement: TariffStatement
    warnings: tuple[Finding, ...]
    path: str
    is_local: bool


@lru_cache(maxsize=4096)
def read_tariff(
    data: bytes, path: str, ocpi_version: str | None, currency: str | None = None
) -> TariffRead:
    """Read one tariff from its JSON text; the same text is read once.

    `currency` is taken where the tariff states none. Refuses (`DocumentRefused`): NOT_JSON,
    MISSING_FIELD, WRONG_TYPE, WRONG_FORMAT, UNKNOWN_VALUE, NOT_A_NUMBER, NUMBER_OUT_OF_RANGE.
    """
    notes = Notes()
    value = scalars.decode(_DECODER, data, path)
    if type(value) is not dict:
        raise DocumentRefused("WRONG_TYPE", path, scalars.kind_of(value))
    version = ocpi_version or of_tariff(value)
    statement = _statement(value, version, currency, path, notes)
    is_local = any(
        getattr(element.restrictions, name)
        for element in statement.elements
        if element.restrictions is not None
        for name in _LOCAL
    )
    return TariffRead(statement, tuple(notes.found), path, is_local)


@lru_cache(maxsize=4096)
def read_tariffs(
    data: bytes, path: str, ocpi_version: str, currency: str | None
) -> tuple[TariffRead, ...]:
    """Read a list of tariffs, as a CDR embeds it; refuses as `read_tariff` does.

    A null entry is left out, with a warning on the first tariff that is there.
    """
    listed = scalars.decode(_LIST_DECODER, data, path)
    read: list[TariffRead] = []
    nulls = []
    for index, raw in enumerate(listed or ()):
        place = f"{path}[{index}]"
        text = bytes(raw)
        if text == b"null":
            nulls.append(Finding("NULL_ENTRY", place))
        else:
            read.append(read_tariff(text, place, ocpi_version, currency))
    if read and nulls:
        read[0] = read[0]._replace(warnings=(*nulls, *read[0].warnings))
    return tuple(read)


def _statement(
    value: dict[str, Any], version: str, currency: str | None, path: str, notes: Notes
) -> TariffStatement:
    if value.get("currency") is None and currency is not None:
        notes.add("CURRENCY_TAKEN", f"{path}.currency", currency)
        value = {**value, "currency": currency}
    tax_included = value.get("tax_included")
    return TariffStatement(
        country_code=_owner(value, "country_code", path, notes),
        party_id=_owner(value, "party_id", path, notes),
        id=scalars.text(value.get("id"), f"{path}.id"),
        currency=scalars.code(value.get("currency"), f"{path}.currency", notes),
        elements=_elements(value.get("elements"), f"{path}.elements", notes),
        last_updated=_last_updated(value.get("last_updated"), f"{path}.last_updated", notes),
        type=None if value.get("type") is None else str(value["type"]).upper(),
        tariff_alt_text=_texts(value.get("tariff_alt_text")),
        tariff_alt_url=value.get("tariff_alt_url") and str(value["tariff_alt_url"]),
        min_price=_limit(value.get("min_price"), f"{path}.min_price", notes),
        max_price=_limit(value.get("max_price"), f"{path}.max_price", notes),
        # Before 2.3.0 every price is without tax, by definition.
        tax_included="NO"
        if tax_included is None
        else scalars.one_of(tax_included, TAX_INCLUDED, f"{path}.tax_included", notes),
        start_date_time=scalars.optional_instant(
            value.get("start_date_time"), f"{path}.start_date_time", notes
        ),
        end_date_time=scalars.optional_instant(
            value.get("end_date_time"), f"{path}.end_date_time", notes
        ),
        ocpi_version=version,
    )


def _owner(value: dict[str, Any], name: str, path: str, notes: Notes) -> str:
    """Return a part of the party's key, empty where 2.1.1 has none."""
    found = value.get(name)
    if found is None:
        return ""
    try:
        written = scalars.code(found, f"{path}.{name}", notes)
    except DocumentRefused as refused:
        notes.leave_out(refused)
        return ""
    return alpha_2_of(written, f"{path}.{name}", notes) if name == "country_code" else written


def _last_updated(value: Any, path: str, notes: Notes) -> datetime:
    """Return when the tariff was updated; where it does not say, it always was as it is."""
    try:
        return scalars.optional_instant(value, path, notes) or BEGINNING
    except DocumentRefused as refused:
        notes.leave_out(refused)
        return BEGINNING


def alpha_2_of(written: str, path: str, notes: Notes) -> str:
    """Return a party's country code as OCPI wants it, two letters; NLD is read as NL."""
    from ledger.values.countries import alpha_2
    from ledger.values.reasons import Refused

    if len(written) == 2:
        return written
    try:
        short = alpha_2(written)
    except Refused:
        # The party is only named in the result: it changes no price.
        notes.add("WRONG_FORMAT", path, written)
        return written
    notes.add("COUNTRY_CODE_ALPHA_3", path, written)
    return short


def _elements(value: Any, path: str, notes: Notes) -> tuple[TariffElement, ...]:
    if value is None:
        raise DocumentRefused("MISSING_FIELD", path)
    if type(value) is not list:
        raise DocumentRefused("WRONG_TYPE", path, scalars.kind_of(value))
    if not any(value):
        raise DocumentRefused("EMPTY_LIST", path)
    return tuple(_element(item, f"{path}[{index}]", notes) for index, item in enumerate(value))


def _element(value: Any, path: str, notes: Notes) -> TariffElement:
    if value is None:
        notes.add("NULL_ENTRY", path)
        return TariffElement(())
    if type(value) is not dict:
        raise DocumentRefused("WRONG_TYPE", path, scalars.kind_of(value))
    place = f"{path}.price_components"
    components = value.get("price_components")
    if not components:
        notes.add("EMPTY_LIST", place)
    rows = scalars.entries(components, place, notes)
    return TariffElement(
        tuple(_component(row, place, notes) for place, row in rows),
        _restrictions(value.get("restrictions"), f"{path}.restrictions", notes),
    )


def _component(value: dict[str, Any], path: str, notes: Notes) -> PriceComponent:
    kind = scalars.code(value.get("type"), f"{path}.type", notes)
    if kind not in COMPONENT_TYPES:
        notes.add("UNKNOWN_COMPONENT", f"{path}.type", kind)
    step = scalars.seconds(value.get("step_size"), f"{path}.step_size", notes)
    if step is None:
        notes.add("STEP_SIZE_MISSING", f"{path}.step_size")
        step = 1
    return PriceComponent(
        type=kind,
        price=scalars.number(value.get("price"), f"{path}.price", notes),
        step_size=step,
        vat=scalars.optional_number(value.get("vat"), f"{path}.vat", notes),
    )


def _restrictions(value: Any, path: str, notes: Notes) -> TariffRestrictions | None:
    if value is None:
        return None
    if type(value) is not dict:
        raise DocumentRefused("WRONG_TYPE", path, scalars.kind_of(value))
    parts: dict[str, Any] = {}
    for name, part in value.items():
        place = f"{path}.{name}"
        if part is None:
            continue
        if name in _PARSED:
            parts[name] = _PARSED[name](part, place, notes)
        elif name == "day_of_week":
            parts[name] = _days(part, place, notes)
        elif name == "reservation":
            parts[name] = scalars.one_of(part, RESERVATIONS, place, notes)
        else:
            notes.add("UNKNOWN_FIELD", place)
    return TariffRestrictions(**parts)


def _days(value: Any, path: str, notes: Notes) -> tuple[str, ...]:
    if type(value) is not list:
        raise DocumentRefused("WRONG_TYPE", path, scalars.kind_of(value))
    return tuple(
        scalars.one_of(day, DAYS, f"{path}[{index}]", notes)
        for index, day in enumerate(value)
        if day is not None
    )


def _limit(value: Any, path: str, notes: Notes) -> PriceLimit | None:
    """Return a least or greatest price: 2.2.1's excl_vat and incl_vat, 2.3.0's before and after."""
    if value is None:
        return None
    if type(value) is not dict:
        return PriceLimit(scalars.number(value, path, notes))
    names = ("before_taxes", "after_taxes") if "before_taxes" in value else ("excl_vat", "incl_vat")
    before, after = (value.get(name) for name in names)
    return PriceLimit(
        scalars.number(before, f"{path}.{names[0]}", notes),
        scalars.optional_number(after, f"{path}.{names[1]}", notes),
    )


def _texts(value: Any) -> tuple[DisplayText, ...]:
    """Return the texts; they price nothing, so one that cannot be read is no reason to stop."""
    if type(value) is not list:
        return ()
    return tuple(
        DisplayText(str(item.get("language", "")), item["text"])
        for item in value
        if type(item) is dict and type(item.get("text")) is str
    )
