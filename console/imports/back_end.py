"""The CPO's back end: a charge becomes the updates of an OCPI Session, and a CDR.

The CDR's totals are what the CPO's own tariff version gives, valid when the session started,
priced by the ledger's rule; so what the ledger computes again must agree to the last digit.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from hashlib import sha256
from typing import Final, NamedTuple

from console.imports.catalogue import Catalogue, Offer, Plug
from ledger.pricing.charge import ENERGY, FLAT, PARKING_TIME, TIME, Charge, ChargePeriod
from ledger.pricing.lines import Priced
from ledger.pricing.price import price
from ledger.values.money import ZERO
from ledger.values.reasons import Reason, Refusal, Refused
from schemas import CdrV1, SessionV1
from schemas.parts import AuthMethod, CdrDimension, CdrToken, ChargingPeriod, Clearwatt, Price

_WH_IN_KWH: Final = Decimal(1000)
_NINE_DIGITS: Final = Decimal("0.000000001")
CDR_AFTER: Final = timedelta(seconds=60)
CDR_SPREAD_S: Final = 240


@dataclass(frozen=True, slots=True)
class Charging:
    """What a charger and its meter know of a charge. Energy in Wh; instants in UTC."""

    session_id: str
    plug: Plug
    token: CdrToken
    started_at: datetime
    charging_ended_at: datetime
    ended_at: datetime
    energy_wh: Decimal
    meter_start_wh: Decimal
    peak_power_w: Decimal | None = None


class ChargeMessages(NamedTuple):
    """A session's updates, oldest first, and its CDR; `cdr_sent_at` is when the CPO sends it."""

    updates: tuple[SessionV1, ...]
    cdr: CdrV1
    cdr_sent_at: datetime


def hours(span: timedelta) -> Decimal:
    """Return a duration in hours, cut to the 9 digits a message carries.

    Cut, not rounded: a whole number of seconds must not come back as one second more.
    >>> hours(timedelta(minutes=40))
    Decimal('0.666666666')
    """
    seconds = Decimal(span // timedelta(seconds=1))
    return (seconds / 3600).quantize(_NINE_DIGITS, ROUND_DOWN)


def messages_of(charging: Charging, catalogue: Catalogue) -> ChargeMessages:
    """Return what the CPO publishes about a charge: an ACTIVE and a COMPLETED update, a CDR.

    Refuses: TARIFF_MISSING, and what `ledger.pricing.price` refuses (TARIFF_NOT_SUPPORTED).
    """
    plug = charging.plug
    offer = catalogue.offer_at(plug.party, plug.tariff_id, charging.started_at)
    if offer is None:
        raise Refused(Refusal(Reason.TARIFF_MISSING, f"{plug.party}/{plug.tariff_id}"))
    periods = _periods(charging)
    priced = price(_charge(charging), offer.statement)
    addition = _addition(charging, offer)
    updates = _updates(charging, offer, periods, priced, addition)
    cdr = _cdr(charging, offer, periods, priced, addition)
    return ChargeMessages(updates, cdr, cdr.last_updated)


def _charge(charging: Charging) -> Charge:
    """Return the quantities to price: charging, then parking where there is any."""
    tariff_id = charging.plug.tariff_id
    starts = [charging.started_at, charging.charging_ended_at]
    rows = [
        ChargePeriod(
            starts[0],
            starts[1],
            charging.energy_wh / _WH_IN_KWH,
            hours(charging.charging_ended_at - charging.started_at),
            ZERO,
            tariff_id,
        )
    ]
    if charging.ended_at > charging.charging_ended_at:
        parked = hours(charging.ended_at - charging.charging_ended_at)
        rows.append(ChargePeriod(starts[1], charging.ended_at, ZERO, ZERO, parked, tariff_id))
    return Charge(charging.started_at, charging.ended_at, charging.plug.time_zone, tuple(rows))


def _periods(charging: Charging) -> tuple[ChargingPeriod, ...]:
    """Return the same quantities as OCPI's charging periods, with the peak power in kW."""
    tariff_id = charging.plug.tariff_id
    charged, *parked = _charge(charging).periods
    dimensions = [
        CdrDimension(type="ENERGY", volume=charged.energy_kwh),
        CdrDimension(type="TIME", volume=charged.time_h),
    ]
    if charging.peak_power_w is not None:
        dimensions.append(CdrDimension(type="MAX_POWER", volume=charging.peak_power_w / 1000))
    rows = [
        ChargingPeriod(
            start_date_time=charged.started_at, dimensions=tuple(dimensions), tariff_id=tariff_id
        )
    ]
    rows.extend(
        ChargingPeriod(
            start_date_time=row.started_at,
            dimensions=(CdrDimension(type="PARKING_TIME", volume=row.parking_time_h),),
            tariff_id=tariff_id,
        )
        for row in parked
    )
    return tuple(rows)


def _addition(charging: Charging, offer: Offer) -> Clearwatt:
    label = offer.message.clearwatt.tariff_version if offer.message.clearwatt else None
    return Clearwatt(
        outcome="COMPLETED",
        meter_start_wh=charging.meter_start_wh,
        meter_stop_wh=charging.meter_start_wh + charging.energy_wh,
        metering_source="EVSE",
        authorized_at=charging.started_at,
        authorized_via=charging.token.type,
        tariff_version=label,
        channel="ROAMING",
    )


def _updates(
    charging: Charging,
    offer: Offer,
    periods: tuple[ChargingPeriod, ...],
    priced: Priced,
    addition: Clearwatt,
) -> tuple[SessionV1, ...]:
    plug = charging.plug
    country_code, _, party_id = plug.party.partition("*")
    active = SessionV1(
        country_code=country_code,
        party_id=party_id,
        id=charging.session_id,
        start_date_time=charging.started_at,
        kwh=ZERO,
        cdr_token=charging.token,
        auth_method=_auth_method(charging.token),
        location_id=plug.cdr_location.id,
        evse_uid=plug.cdr_location.evse_uid,
        connector_id=plug.cdr_location.connector_id,
        currency=offer.tariff.currency,
        status="ACTIVE",
        last_updated=charging.started_at,
        time_zone=plug.time_zone,
        ocpi_version=plug.ocpi_version,
    )
    completed = SessionV1(
        **{
            **dict(active),
            "end_date_time": charging.ended_at,
            "kwh": charging.energy_wh / _WH_IN_KWH,
            "charging_periods": periods,
            "total_cost": Price(before_taxes=priced.net),
            "status": "COMPLETED",
            # A session of no duration has two states at one instant; the later one is the newer.
            "last_updated": max(charging.ended_at, charging.started_at + timedelta(milliseconds=1)),
            "clearwatt": addition,
        }
    )
    return active, completed


def _cdr(
    charging: Charging,
    offer: Offer,
    periods: tuple[ChargingPeriod, ...],
    priced: Priced,
    addition: Clearwatt,
) -> CdrV1:
    plug = charging.plug
    country_code, _, party_id = plug.party.partition("*")
    has_parking = charging.ended_at > charging.charging_ended_at
    return CdrV1(
        country_code=country_code,
        party_id=party_id,
        id=cdr_id_of(charging.session_id),
        start_date_time=charging.started_at,
        end_date_time=charging.ended_at,
        session_id=charging.session_id,
        cdr_token=charging.token,
        auth_method=_auth_method(charging.token),
        cdr_location=plug.cdr_location,
        currency=offer.tariff.currency,
        tariffs=(offer.tariff,),
        charging_periods=periods,
        total_cost=Price(before_taxes=priced.net),
        total_fixed_cost=_cost_of(FLAT, priced),
        total_energy=charging.energy_wh / _WH_IN_KWH,
        total_energy_cost=_cost_of(ENERGY, priced),
        total_time=hours(charging.ended_at - charging.started_at),
        total_time_cost=_cost_of(TIME, priced),
        total_parking_time=priced.parking_time_h if has_parking else None,
        total_parking_cost=_cost_of(PARKING_TIME, priced),
        last_updated=charging.ended_at + _cdr_delay(charging.session_id),
        time_zone=plug.time_zone,
        ocpi_version=plug.ocpi_version,
        clearwatt=addition,
    )


def cdr_id_of(session_id: str) -> str:
    """Return the id of a session's CDR.

    >>> cdr_id_of("S-17")
    'C-S-17'
    """
    return f"C-{session_id}"


def _cdr_delay(session_id: str) -> timedelta:
    """Return how long after its end a session's CDR is made: a minute to five, by its id."""
    spread_s = int.from_bytes(sha256(session_id.encode()).digest()[:4]) % CDR_SPREAD_S
    return CDR_AFTER + timedelta(seconds=spread_s)


def _auth_method(token: CdrToken) -> AuthMethod:
    return "COMMAND" if token.type == "APP_USER" else "WHITELIST"


def _cost_of(dimension: str, priced: Priced) -> Price | None:
    """Return a dimension's part of the total at scale 4; None where the tariff prices none."""
    nets = [line.net for line in priced.lines if line.dimension == dimension]
    return Price(before_taxes=sum(nets, ZERO)) if nets else None
