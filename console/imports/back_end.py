"""The CPO's back end: a charge becomes the updates of an OCPI Session, and a CDR.

Charging periods are cut wherever another price component becomes active, as OCPI asks of a CPO.
Their costs are what the CPO's own tariff version gives, valid when the session started, priced by
the ledger's rule; so what the ledger computes again must agree to the last digit.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Final, NamedTuple

from console.imports.catalogue import Catalogue, Offer
from console.imports.charged import Charging, charge_of, hours, periods_of
from console.imports.costs import Costs, costs_of
from ledger.pricing.charge import ENERGY
from ledger.pricing.cut_charge import cut_charge
from ledger.pricing.lines import Priced
from ledger.pricing.price import price
from ledger.pricing.terms import DEFAULT_TERMS, PricingTerms
from ledger.values.countries import alpha_2
from ledger.values.money import ZERO
from ledger.values.reasons import Reason, Refusal, Refused
from ledger.vat.rates import standard_rate
from schemas import CdrV1, SessionV1
from schemas.parts import AuthMethod, CdrToken, ChargingPeriod, Clearwatt, Displayed

CDR_AFTER: Final = timedelta(seconds=60)
CDR_SPREAD_S: Final = 240
GUEST: Final = "AD_HOC_USER"
"""The type of a token that stands for a payment at the charger."""
_ON_THE_SPOT: Final = PricingTerms(rounding_level="per_cdr")
_AUTH_METHODS: Final[dict[str, AuthMethod]] = {"APP_USER": "COMMAND", GUEST: "AUTH_REQUEST"}
_MILLISECOND: Final = timedelta(milliseconds=1)


class ChargeMessages(NamedTuple):
    """A session's updates, oldest first, and its CDR; `cdr_sent_at` is when the CPO sends it."""

    updates: tuple[SessionV1, ...]
    cdr: CdrV1
    cdr_sent_at: datetime


class _Billed(NamedTuple):
    """A charge at its tariff version, as both of its messages state it."""

    offer: Offer
    priced: Priced
    periods: tuple[ChargingPeriod, ...]
    costs: Costs


def messages_of(charging: Charging, catalogue: Catalogue) -> ChargeMessages:
    """Return what the CPO publishes about a charge: an ACTIVE and a COMPLETED update, a CDR.

    Refuses: TARIFF_MISSING, TARIFF_NOT_SUPPORTED (what is before tax cannot be told), and what
    `ledger.pricing.price` refuses.
    """
    plug = charging.plug
    offer = catalogue.offer_at(plug.party, plug.tariff_id, charging.started_at)
    if offer is None:
        raise Refused(Refusal(Reason.TARIFF_MISSING, f"{plug.party}/{plug.tariff_id}"))
    charge = cut_charge(charge_of(charging), offer.statement)
    priced = price(charge, offer.statement, _terms_of(charging.token))
    costs = costs_of(priced, plug.ocpi_version, _tax_percent(charging, priced))
    billed = _Billed(offer, priced, periods_of(charge, plug), costs)
    cdr = _cdr(charging, billed)
    return ChargeMessages(_updates(charging, billed), cdr, cdr.last_updated)


def _terms_of(token: CdrToken) -> PricingTerms:
    """Return how a driver is charged: who pays on the spot pays whole cents."""
    return _ON_THE_SPOT if token.type == GUEST else DEFAULT_TERMS


def _tax_percent(charging: Charging, priced: Priced) -> Decimal | None:
    """Return the rate at the charger, where the price includes tax and does not say which."""
    if priced.total_cost.before_taxes is not None:
        return None
    country = alpha_2(charging.plug.cdr_location.country)
    rate = standard_rate(country, charging.ended_at.date())
    return rate.percent if rate is not None else None


def _updates(charging: Charging, billed: _Billed) -> tuple[SessionV1, ...]:
    plug = charging.plug
    country_code, _, party_id = plug.party.partition("*")
    displayed = _displayed(charging, billed)
    active = SessionV1(
        country_code=country_code,
        party_id=party_id,
        id=charging.session_id,
        start_date_time=charging.started_at,
        kwh=ZERO,
        cdr_token=charging.token,
        auth_method=auth_method_of(charging.token),
        location_id=plug.cdr_location.id,
        evse_uid=plug.cdr_location.evse_uid,
        connector_id=plug.cdr_location.connector_id,
        currency=billed.offer.tariff.currency,
        status="ACTIVE",
        last_updated=charging.started_at,
        time_zone=plug.time_zone,
        ocpi_version=plug.ocpi_version,
        clearwatt=Clearwatt(authorized_at=charging.started_at, displayed=displayed),
    )
    completed = SessionV1(
        **{
            **dict(active),
            "end_date_time": charging.ended_at,
            "kwh": charging.energy_kwh,
            "charging_periods": billed.periods,
            "total_cost": billed.costs.total_cost,
            "status": "COMPLETED",
            # A session of no duration has two states at one instant; the later one is the newer.
            "last_updated": max(charging.ended_at, charging.started_at + _MILLISECOND),
            "clearwatt": _addition(charging, billed).model_copy(update={"displayed": displayed}),
        }
    )
    return active, completed


def _cdr(charging: Charging, billed: _Billed) -> CdrV1:
    plug = charging.plug
    country_code, _, party_id = plug.party.partition("*")
    parked = charging.ended_at - charging.charging_ended_at
    return CdrV1(
        country_code=country_code,
        party_id=party_id,
        id=cdr_id_of(charging.session_id),
        start_date_time=charging.started_at,
        end_date_time=charging.ended_at,
        session_id=charging.session_id,
        cdr_token=charging.token,
        auth_method=auth_method_of(charging.token),
        cdr_location=plug.cdr_location,
        currency=billed.offer.tariff.currency,
        tariffs=(billed.offer.tariff,),
        charging_periods=billed.periods,
        **billed.costs._asdict(),
        total_energy=charging.energy_kwh,
        total_time=hours(charging.ended_at - charging.started_at),
        total_parking_time=hours(parked) if parked else None,
        last_updated=charging.ended_at + _cdr_delay(charging.session_id),
        time_zone=plug.time_zone,
        ocpi_version=plug.ocpi_version,
        clearwatt=_addition(charging, billed),
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


def _addition(charging: Charging, billed: _Billed) -> Clearwatt:
    return Clearwatt(
        outcome="COMPLETED",
        meter_start_wh=charging.meter_start_wh,
        meter_stop_wh=charging.meter_start_wh + charging.energy_wh,
        metering_source="EVSE",
        authorized_at=charging.started_at,
        authorized_via=charging.token.type,
        tariff_version=billed.offer.label,
        channel="AD_HOC" if charging.token.type == GUEST else "ROAMING",
    )


def _displayed(charging: Charging, billed: _Billed) -> Displayed:
    """Return what the charger's display shows before the start: the price of the first kWh."""
    return Displayed(
        price=_first_price(billed.priced),
        version=billed.offer.label,
        by=charging.plug.party,
        at=charging.started_at,
    )


def _first_price(priced: Priced) -> Decimal:
    """Return the price per kWh when the charge begins, as the tariff states it; else the total."""
    for line in priced.lines:
        if line.dimension == ENERGY and line.kind == "consumption":
            return line.unit_price
    return priced.net


def auth_method_of(token: CdrToken) -> AuthMethod:
    """Return how a token's charge is authorised, in OCPI's word."""
    return _AUTH_METHODS.get(token.type, "WHITELIST")
