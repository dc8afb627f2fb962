"""OCPI's versions and the one shape: which version an object follows, and lifting it.

The shape is 2.3.0's. Lifting only moves and renames, with what the older version says by its own
definition: its prices are without tax (`tax_included` NO); 2.1.1 names no party (the sender knows
whose objects they are), gives the token by contract id alone (`auth_id`, from whose first letters,
an eMA ID, the eMSP is read), and embeds whole locations.
"""

import re
from collections.abc import Callable
from typing import Any

from schemas.errors import SchemaError
from schemas.topics import Kind

Object = dict[str, Any]

_COSTS = (
    "total_cost",
    "total_fixed_cost",
    "total_energy_cost",
    "total_time_cost",
    "total_parking_cost",
    "total_reservation_cost",
)
# eMA ID: country, provider, nine characters, perhaps a check digit, with or without separators
_EMA_ID = re.compile(r"([A-Za-z]{2})[-*]?([A-Za-z0-9]{3})[-*]?[A-Za-z0-9]{9}([-*]?[A-Za-z0-9])?")
_NOT_AVAILABLE = "#NA"  # OCPI, transport_and_format: a required text that cannot be given
_ONLY_IN_2_3_0 = frozenset(
    {"parking_places", "help_phone", "parking", "accepted_service_providers"}
)


def recognise(kind: Kind, value: Object) -> str:
    """Return the version whose fields an object has. Refuses: UNKNOWN_OCPI_VERSION.

    An object that 2.2.1 and 2.3.0 would write alike is taken as 2.2.1.
    >>> recognise("cdr", {"country_code": "NL", "total_cost": {"excl_vat": 1}})
    '2.2.1'
    """
    if "country_code" not in value:
        marks = {"cdr": "auth_id", "session": "auth_id", "tariff": "elements", "location": "type"}
        if marks[kind] in value:
            return "2.1.1"
        raise SchemaError("UNKNOWN_OCPI_VERSION")
    if kind == "location":
        parts = (value, *_objects(value.get("evses")))
        return "2.3.0" if any(_ONLY_IN_2_3_0 & part.keys() for part in parts) else "2.2.1"
    if kind == "tariff":
        return "2.3.0" if "tax_included" in value else "2.2.1"
    cost = value.get("total_cost")
    if isinstance(cost, dict) and "before_taxes" in cost:
        return "2.3.0"
    if (cost is None and kind == "session") or (isinstance(cost, dict) and "excl_vat" in cost):
        return "2.2.1"
    raise SchemaError("UNKNOWN_OCPI_VERSION", "total_cost")


def lift(kind: Kind, value: Object, version: str, *, party: str | None) -> Object:
    """Return an object of any version in the one shape; the argument is left alone.

    `party` (`NL*XYZ`) is the CPO of a 2.1.1 object. Refuses: MISSING_FIELD.
    """
    if version == "2.3.0":
        return value
    if version == "2.2.1":
        return _LIFT_2_2_1[kind](value)
    country_code, _, party_id = (party or "").partition("*")
    if not party_id:
        raise SchemaError("MISSING_FIELD", "party_id", "2.1.1 names no party: state it")
    owner = {"country_code": country_code, "party_id": party_id}
    return _LIFT_2_1_1[kind](value, owner)


def _objects(value: object) -> list[Object]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _renamed(value: Object, names: dict[str, str]) -> Object:
    return {names.get(name, name): item for name, item in value.items()}


def _each(value: Object, name: str, change: Callable[[Object], Object]) -> Object:
    """Return the object with every object of one of its lists changed."""
    items = value.get(name)
    if not isinstance(items, list):
        return value
    changed = [change(item) if isinstance(item, dict) else item for item in items]
    return {**value, name: changed}


def _price(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return _renamed(value, {"excl_vat": "before_taxes", "incl_vat": "after_taxes"})


def _prices(value: Object, names: tuple[str, ...]) -> Object:
    return {**value, **{name: _price(value[name]) for name in names if name in value}}


def _tariff_2_2_1(value: Object) -> Object:
    return _prices({"tax_included": "NO", **value}, ("min_price", "max_price"))


def _priced_2_2_1(value: Object) -> Object:
    return _each(_prices(value, _COSTS), "tariffs", _tariff_2_2_1)


def _unchanged(value: Object) -> Object:
    return value


def _tariff_2_1_1(value: Object, owner: Object) -> Object:
    return {**_with_mix_2_1_1(value), **owner, "tax_included": "NO"}


def _with_mix_2_1_1(value: Object) -> Object:
    mix = value.get("energy_mix")
    if not isinstance(mix, dict):
        return value
    return {**value, "energy_mix": _each(mix, "environ_impact", _impact_2_1_1)}


def _impact_2_1_1(value: Object) -> Object:
    return _renamed(value, {"source": "category"})


def _token_2_1_1(value: Object) -> Object:
    contract_id = value.get("auth_id")
    ema_id = _EMA_ID.fullmatch(contract_id) if isinstance(contract_id, str) else None
    if ema_id is None:
        raise SchemaError("MISSING_FIELD", "cdr_token.party_id", "auth_id is no eMA ID")
    return {
        "country_code": ema_id[1],
        "party_id": ema_id[2],
        "uid": contract_id,
        "type": "OTHER",
        "contract_id": contract_id,
    }


def _place_2_1_1(value: Object) -> tuple[Object, Object, Object]:
    """Return the location with its one EVSE and connector; 2.1.1 says it has just the relevant."""
    location = value.get("location")
    evses = _objects(location.get("evses")) if isinstance(location, dict) else []
    connectors = _objects(evses[0].get("connectors")) if len(evses) == 1 else []
    if not isinstance(location, dict) or len(connectors) != 1:
        raise SchemaError("MISSING_FIELD", "location.evses.0.connectors.0", "one of each")
    return location, evses[0], connectors[0]


def _cost_2_1_1(value: Object) -> Object:
    cost = value.get("total_cost")
    return value if cost is None else {**value, "total_cost": {"before_taxes": cost}}


def _cdr_2_1_1(value: Object, owner: Object) -> Object:
    location, evse, connector = _place_2_1_1(value)
    place = {
        **location,
        "evse_uid": evse.get("uid"),
        "evse_id": evse.get("evse_id") or _NOT_AVAILABLE,
        "connector_id": connector.get("id"),
        "connector_standard": connector.get("standard"),
        "connector_format": connector.get("format"),
        "connector_power_type": connector.get("power_type"),
    }
    lifted = _each(_cost_2_1_1(value), "tariffs", lambda tariff: _tariff_2_1_1(tariff, owner))
    lifted = _renamed(lifted, {"stop_date_time": "end_date_time"})
    zone = {"time_zone": location["time_zone"]} if "time_zone" in location else {}
    return {**zone, **lifted, **owner, "cdr_token": _token_2_1_1(value), "cdr_location": place}


def _session_2_1_1(value: Object, owner: Object) -> Object:
    location, evse, connector = _place_2_1_1(value)
    names = {"start_datetime": "start_date_time", "end_datetime": "end_date_time"}
    ids = {
        "location_id": location.get("id"),
        "evse_uid": evse.get("uid"),
        "connector_id": connector.get("id"),
    }
    zone = {"time_zone": location["time_zone"]} if "time_zone" in location else {}
    lifted = _renamed(_cost_2_1_1(value), names)
    return {**zone, **lifted, **owner, **ids, "cdr_token": _token_2_1_1(value)}


def _connector_2_1_1(value: Object) -> Object:
    lifted = _renamed(value, {"voltage": "max_voltage", "amperage": "max_amperage"})
    tariff_id = value.get("tariff_id")
    return lifted if tariff_id is None else {**lifted, "tariff_ids": [tariff_id]}


def _evse_2_1_1(value: Object) -> Object:
    return _each(value, "connectors", _connector_2_1_1)


def _location_2_1_1(value: Object, owner: Object) -> Object:
    lifted = _each(_with_mix_2_1_1(value), "evses", _evse_2_1_1)
    hours = value.get("opening_times")
    if isinstance(hours, dict):
        lifted = {**lifted, "opening_times": {"twentyfourseven": False, **hours}}
    # 2.1.1 knows neither unpublished locations nor a parking type for these two
    kind = None if value.get("type") in {"OTHER", "UNKNOWN"} else value.get("type")
    return {**lifted, **owner, "publish": True, "parking_type": kind}


_LIFT_2_2_1: dict[Kind, Callable[[Object], Object]] = {
    "tariff": _tariff_2_2_1,
    "session": _priced_2_2_1,
    "cdr": _priced_2_2_1,
    "location": _unchanged,
}
_LIFT_2_1_1: dict[Kind, Callable[[Object, Object], Object]] = {
    "tariff": _tariff_2_1_1,
    "session": _session_2_1_1,
    "cdr": _cdr_2_1_1,
    "location": _location_2_1_1,
}
