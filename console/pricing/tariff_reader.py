"""A tariff of any OCPI version, as a partner sends it, becomes our statement of it."""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from console.pricing import scalars
from console.pricing.elements_reader import read_elements
from console.pricing.findings import DocumentRefused, Finding, Notes
from console.pricing.repeated import names_in, note_repeated
from console.pricing.versions import of_tariff
from ledger.pricing.tariff import (
    DisplayText,
    EnergyMix,
    EnergySource,
    EnvironmentalImpact,
    PriceLimit,
    TariffStatement,
)
from ledger.values.countries import alpha_2
from ledger.values.instants import BEGINNING
from ledger.values.reasons import Refused

TAX_INCLUDED: Final = frozenset({"YES", "NO", "N/A"})
TARIFF_TYPES: Final = frozenset(
    {"AD_HOC_PAYMENT", "PROFILE_CHEAP", "PROFILE_FAST", "PROFILE_GREEN", "REGULAR"}
)
_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_encode: Final = msgspec.json.Encoder().encode
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
    if names_in(data) != names_in(_encode(value)):
        note_repeated(data, path, notes)
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
    return TariffStatement(
        country_code=_owner(value, "country_code", path, notes),
        party_id=_owner(value, "party_id", path, notes),
        id=scalars.text(value.get("id"), f"{path}.id"),
        currency=scalars.code(value.get("currency"), f"{path}.currency", notes),
        elements=read_elements(value.get("elements"), f"{path}.elements", notes),
        last_updated=_last_updated(value.get("last_updated"), f"{path}.last_updated", notes),
        type=_type(value.get("type"), f"{path}.type", notes),
        tariff_alt_text=_texts(value.get("tariff_alt_text")),
        tariff_alt_url=value.get("tariff_alt_url") and str(value["tariff_alt_url"]),
        min_price=_limit(value.get("min_price"), f"{path}.min_price", notes),
        max_price=_limit(value.get("max_price"), f"{path}.max_price", notes),
        tax_included=_tax_included(value.get("tax_included"), version, path, notes),
        start_date_time=scalars.optional_instant(
            value.get("start_date_time"), f"{path}.start_date_time", notes
        ),
        end_date_time=scalars.optional_instant(
            value.get("end_date_time"), f"{path}.end_date_time", notes
        ),
        energy_mix=_energy_mix(value.get("energy_mix"), f"{path}.energy_mix", notes),
        ocpi_version=version,
    )


def _type(value: Any, path: str, notes: Notes) -> str | None:
    """Return the kind of the tariff; it says for whom it is, not what it costs."""
    if value is None:
        return None
    try:
        return scalars.one_of(value, TARIFF_TYPES, path, notes)
    except DocumentRefused as refused:
        notes.leave_out(refused)
        return str(value).upper()


def _tax_included(value: Any, version: str, path: str, notes: Notes) -> str:
    """Return whether prices include tax; before 2.3.0 they never do, by definition."""
    place = f"{path}.tax_included"
    if value is None:
        if version == "2.3.0":
            notes.add("TAX_INCLUDED_MISSING", place)
        return "NO"
    if type(value) is bool:
        notes.add("WRONG_FORMAT", place, value)
        return "YES" if value else "NO"
    return scalars.one_of(value, TAX_INCLUDED, place, notes)


def _energy_mix(value: Any, path: str, notes: Notes) -> EnergyMix | None:
    """Return the energy mix; it prices nothing, so what cannot be read is left out."""
    if value is None:
        return None
    try:
        if type(value) is not dict:
            raise DocumentRefused("WRONG_TYPE", path, scalars.kind_of(value))
        sources, impacts = f"{path}.energy_sources", f"{path}.environ_impact"
        return EnergyMix(
            is_green_energy=value.get("is_green_energy") is True,
            energy_sources=tuple(
                EnergySource(
                    scalars.code(row.get("source"), f"{place}.source", notes),
                    scalars.number(row.get("percentage"), f"{place}.percentage", notes),
                )
                for place, row in scalars.entries(value.get("energy_sources"), sources, notes)
            ),
            environ_impact=tuple(
                EnvironmentalImpact(
                    # 2.1.1 calls the category `source`.
                    scalars.code(
                        row.get("category", row.get("source")), f"{place}.category", notes
                    ),
                    scalars.number(row.get("amount"), f"{place}.amount", notes),
                )
                for place, row in scalars.entries(value.get("environ_impact"), impacts, notes)
            ),
            supplier_name=scalars.optional_text(value.get("supplier_name")),
            energy_product_name=scalars.optional_text(value.get("energy_product_name")),
        )
    except DocumentRefused as refused:
        notes.leave_out(refused)
        return None


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
