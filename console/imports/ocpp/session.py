"""A transaction as the updates of an OCPI Session: what the CPO would have told while it went on.

Source: OCPI 2.3.0, mod_sessions.
"""

from datetime import timedelta
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from console.drafting.register import Register
from console.imports.ocpp.mapping import OcppMapping, OcppPlug, OcppToken
from console.imports.ocpp.meter import Metered
from console.imports.ocpp.periods import periods_of
from console.imports.ocpp.problems import Unusable
from console.imports.ocpp.transaction import Transaction
from ledger.values.money import ZERO
from schemas import SessionV1
from schemas.parts import CdrToken, Clearwatt

_WH_IN_KWH: Final = 1000
_MILLISECOND: Final = timedelta(milliseconds=1)


class Known(NamedTuple):
    """What the mapping knows of a transaction: its plug, its token, its session's id."""

    plug: OcppPlug
    token: OcppToken
    session_id: str


def known_of(transaction: Transaction, mapping: OcppMapping) -> Known:
    """Return what the mapping says. Raises: Unusable UNKNOWN_PLUG, NO_TOKEN, UNKNOWN_TOKEN."""
    plug = mapping.plug(transaction.charge_point, transaction.place)
    if plug is None:
        place = f"{transaction.charge_point}/{transaction.place}"
        raise Unusable("UNKNOWN_PLUG", "evse" if "/" in transaction.place else "connectorId", place)
    if transaction.id_token is None:
        raise Unusable("NO_TOKEN", "idToken")
    token = mapping.token(transaction.id_token)
    if token is None:
        raise Unusable("UNKNOWN_TOKEN", "idToken", transaction.id_token)
    return Known(plug, token, _session_id(transaction, mapping))


def updates_of(
    transaction: Transaction, meter: Metered, mapping: OcppMapping, register: Register
) -> tuple[SessionV1, ...]:
    """Return a session's updates, oldest first: ACTIVE with its start, then how it stands.

    That is COMPLETED where the transaction ended, INVALID where its token was refused, and ACTIVE
    again, with the energy of the last sample, where it goes on. Raises: Unusable UNKNOWN_PLUG,
    NO_TOKEN, UNKNOWN_TOKEN, INVALID_FIELD.
    """
    known = known_of(transaction, mapping)
    first = _fields(transaction, meter, known, mapping, register)
    active = _session(first)
    ended_at = transaction.ended_at
    if ended_at is None and meter.points[-1].at <= transaction.started_at:
        return (active,)
    status = "ACTIVE" if ended_at is None else "COMPLETED"
    # A session of no duration has two states at one instant; the later one is the newer.
    told_at = max(ended_at or meter.points[-1].at, transaction.started_at + _MILLISECOND)
    tariff_id = known.plug.tariff if mapping.ocpi_version != "2.1.1" else None
    latest = _session(
        {
            **first,
            "end_date_time": ended_at,
            "kwh": meter.energy_wh / _WH_IN_KWH,
            "charging_periods": periods_of(transaction, meter, mapping, tariff_id),
            "status": "INVALID" if transaction.is_refused else status,
            "last_updated": told_at,
            "clearwatt": _addition(transaction, meter, known),
        }
    )
    return active, latest


def _fields(
    transaction: Transaction,
    meter: Metered,
    known: Known,
    mapping: OcppMapping,
    register: Register,
) -> dict[str, Any]:
    """Return what a session says from its start on."""
    plug, token = known.plug, known.token
    country_code, _, party_id = plug.party.partition("*")
    place = register.place(
        plug.party, plug.location, plug.evse, plug.connector, transaction.started_at
    )
    return {
        "country_code": country_code,
        "party_id": party_id,
        "id": known.session_id,
        "start_date_time": transaction.started_at,
        "kwh": ZERO,
        "cdr_token": _token(transaction, token),
        "auth_method": "COMMAND" if transaction.is_remote else token.auth_method,
        "location_id": plug.location,
        "evse_uid": plug.evse,
        "connector_id": plug.connector,
        "meter_id": plug.meter_id,
        "currency": mapping.currency,
        "status": "ACTIVE",
        "last_updated": transaction.started_at,
        "time_zone": plug.time_zone or (place.time_zone if place else None) or None,
        "ocpi_version": mapping.ocpi_version,
        "clearwatt": Clearwatt(
            meter_start_wh=meter.points[0].wh,
            authorized_at=transaction.authorized_at,
            authorized_via=token.type,
            channel="ROAMING",
            firmware_version=transaction.firmware_version,
        ),
    }


def _addition(transaction: Transaction, meter: Metered, known: Known) -> Clearwatt:
    has_ended = transaction.ended_at is not None
    return Clearwatt(
        outcome="COMPLETED" if has_ended and not transaction.is_refused else None,
        stop_reason=transaction.stop_reason,
        meter_start_wh=meter.points[0].wh,
        meter_stop_wh=meter.points[-1].wh if has_ended else None,
        metering_source="EVSE",
        authorized_at=transaction.authorized_at,
        authorized_via=known.token.type,
        channel="ROAMING",
        firmware_version=transaction.firmware_version,
    )


def _token(transaction: Transaction, token: OcppToken) -> CdrToken:
    country_code, _, party_id = token.party.partition("*")
    return CdrToken(
        country_code=country_code,
        party_id=party_id,
        uid=token.uid or str(transaction.id_token),
        type=token.type,
        contract_id=token.contract,
    )


def _session_id(transaction: Transaction, mapping: OcppMapping) -> str:
    """Return the session's id: 2.0.1's ids are unique by themselves, 1.6's in a charge point."""
    template = mapping.session_id
    if template is None:
        is_unique = transaction.meter_start_wh is None
        template = "{transaction}" if is_unique else "{charge_point}-{transaction}"
    return template.format(charge_point=transaction.charge_point, transaction=transaction.id)


def _session(fields: dict[str, Any]) -> SessionV1:
    try:
        return SessionV1(**fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Unusable("INVALID_FIELD", place, first["msg"]) from error
