"""Which tariff prices each period of a CDR, and in which time zone it is read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from console.pricing.cdr_reader import PATH, CdrRead, place_of
from console.pricing.findings import DocumentRefused, Notes
from console.pricing.periods_reader import PeriodRead
from console.pricing.tariff_reader import TariffRead
from ledger.pricing.tariff import TariffStatement
from ledger.values.countries import alpha_2
from ledger.values.instants import zone_of
from ledger.values.reasons import Refused

# fmt: off
_ZONES: Final = {
    "AD": "Europe/Andorra", "AL": "Europe/Tirane", "AT": "Europe/Vienna", "BA": "Europe/Sarajevo",
    "BE": "Europe/Brussels", "BG": "Europe/Sofia", "CH": "Europe/Zurich", "CY": "Asia/Nicosia",
    "CZ": "Europe/Prague", "DE": "Europe/Berlin", "DK": "Europe/Copenhagen",
    "EE": "Europe/Tallinn", "ES": "Europe/Madrid", "FI": "Europe/Helsinki", "FR": "Europe/Paris",
    "GB": "Europe/London", "GR": "Europe/Athens", "HR": "Europe/Zagreb", "HU": "Europe/Budapest",
    "IE": "Europe/Dublin", "IS": "Atlantic/Reykjavik", "IT": "Europe/Rome", "LI": "Europe/Vaduz",
    "LT": "Europe/Vilnius", "LU": "Europe/Luxembourg", "LV": "Europe/Riga", "MC": "Europe/Monaco",
    "MD": "Europe/Chisinau", "ME": "Europe/Podgorica", "MK": "Europe/Skopje",
    "MT": "Europe/Malta", "NL": "Europe/Amsterdam", "NO": "Europe/Oslo", "PL": "Europe/Warsaw",
    "PT": "Europe/Lisbon", "RO": "Europe/Bucharest", "RS": "Europe/Belgrade",
    "SE": "Europe/Stockholm", "SI": "Europe/Ljubljana", "SK": "Europe/Bratislava",
    "SM": "Europe/San_Marino", "TR": "Europe/Istanbul", "UA": "Europe/Kyiv",
}
# fmt: on
"""The zone of a country's mainland. Source: IANA time zone database, zone1970.tab."""


def choose_tariffs(
    cdr: CdrRead, tariffs: Sequence[TariffRead], notes: Notes
) -> dict[str | None, TariffRead]:
    """Return the tariff of each id that periods name; of None where no period names one.

    `tariffs` are those given, or the CDR's own. Source: OCPI 2.2.1, mod_cdrs, ChargingPeriod: a
    period names its tariff by id, and ids compare without regard to case; 2.1.1 has no such field,
    so there the tariff valid at the session's start is taken.
    Refuses: TARIFF_MISSING, CURRENCY_DIFFERS.
    """
    if not tariffs:
        raise DocumentRefused("TARIFF_MISSING", f"{PATH}.tariffs")
    firsts: dict[str | None, PeriodRead] = {}
    for period in cdr.periods:
        firsts.setdefault(period.tariff_id, period)
    if len(firsts) > 1:
        # Where others name theirs, one that names none has none; the engine says so.
        firsts.pop(None, None)
    chosen = {
        named: _tariff_of(period, tariffs, cdr.started_at, notes)
        for named, period in firsts.items()
    }
    for tariff in {used.path: used for used in chosen.values()}.values():
        _check(tariff, cdr, notes)
    return chosen


def _tariff_of(
    period: PeriodRead, tariffs: Sequence[TariffRead], started_at: datetime, notes: Notes
) -> TariffRead:
    path = f"{PATH}.charging_periods[{period.index}].tariff_id"
    named = period.tariff_id
    candidates = tariffs
    if named is not None:
        key = named.lower()
        candidates = [tariff for tariff in tariffs if tariff.statement.id.lower() == key]
    if not candidates:
        if len(tariffs) > 1:
            raise DocumentRefused("TARIFF_MISSING", path, named)
        notes.add("TARIFF_ID_DIFFERS", path, f"{named}, not {tariffs[0].statement.id}")
        return tariffs[0]
    if len(candidates) == 1:
        if named is not None and named != candidates[0].statement.id:
            notes.add("LOWER_CASE", path, named)
        return candidates[0]
    valid = [tariff for tariff in candidates if _is_valid(tariff.statement, started_at)]
    best = max(valid or candidates, key=lambda tariff: _valid_from(tariff.statement))
    notes.add("TARIFF_BY_VALIDITY", path, f"{best.path} of {len(candidates)}")
    return best


def _valid_from(tariff: TariffStatement) -> datetime:
    return tariff.start_date_time or tariff.last_updated


def _is_valid(tariff: TariffStatement, instant: datetime) -> bool:
    end = tariff.end_date_time
    return _valid_from(tariff) <= instant and (end is None or instant < end)


def _check(tariff: TariffRead, cdr: CdrRead, notes: Notes) -> None:
    """Note what was read of a tariff that is used, and whether it was valid."""
    statement = tariff.statement
    notes.found.extend(tariff.warnings)
    if cdr.currency is None:
        notes.add("CURRENCY_TAKEN", f"{PATH}.currency", statement.currency)
    elif cdr.currency != statement.currency:
        detail = f"{statement.currency}, but the CDR is in {cdr.currency}"
        raise DocumentRefused("CURRENCY_DIFFERS", f"{tariff.path}.currency", detail)
    start, end = statement.start_date_time, statement.end_date_time
    if start is not None and cdr.started_at < start:
        notes.add("TARIFF_NOT_VALID", f"{tariff.path}.start_date_time", start.isoformat())
    if end is not None and cdr.started_at >= end:
        notes.add("TARIFF_NOT_VALID", f"{tariff.path}.end_date_time", end.isoformat())


def choose_time_zone(given: object, cdr: CdrRead, notes: Notes, *, is_local: bool) -> str:
    """Return the IANA zone: the one given, the CDR's own, its location's, or its country's.

    Where no tariff asks for local time (`is_local` false) every zone prices alike, and UTC is
    taken if none is stated. Refuses: TIME_ZONE_UNKNOWN, WRONG_TYPE.
    """
    if given is not None:
        return _checked(given, "$.time_zone")
    if cdr.time_zone is not None:
        return _checked(cdr.time_zone, f"{PATH}.time_zone")
    if not is_local:
        return "UTC"
    country, zone = place_of(cdr)
    if zone is not None:
        return _checked(zone, f"{PATH}.location.time_zone")
    return assumed_zone(country, f"{PATH}.cdr_location.country", notes)


def assumed_zone(country: str | None, path: str, notes: Notes) -> str:
    """Return the zone of a country's mainland, with a warning. Refuses: TIME_ZONE_UNKNOWN.

    >>> assumed_zone("NLD", "$.cdr.cdr_location.country", Notes())
    'Europe/Amsterdam'
    """
    try:
        zone = _ZONES.get(alpha_2(country or ""))
    except Refused:
        zone = None
    if zone is None:
        raise DocumentRefused("TIME_ZONE_UNKNOWN", "$.time_zone", country or "no country")
    notes.add("TIME_ZONE_ASSUMED", path, zone)
    return zone


def _checked(zone: object, path: str) -> str:
    if not isinstance(zone, str):
        raise DocumentRefused("WRONG_TYPE", path, zone)
    try:
        return zone_of(zone).key
    except Refused as error:
        raise DocumentRefused("TIME_ZONE_UNKNOWN", path, zone) from error
