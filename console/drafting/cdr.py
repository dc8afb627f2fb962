"""A completed session becomes the CDR that its CPO would have made.

Charging periods are cut wherever another price component becomes active, as OCPI asks of a CPO
(OCPI 2.3.0, mod_cdrs, ChargingPeriod), and priced by the ledger's own rule: what the ledger
computes when the CDR arrives agrees to the last digit.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

import msgspec

from console.drafting.periods import periods_of
from console.drafting.register import Place, Register, TariffInForce
from console.drafting.tariffs import tariffs_of
from console.imports.back_end import cdr_id_of
from console.imports.charged import hours
from console.imports.costs import costs_of
from ledger.pricing.compare import Tolerances
from ledger.pricing.cut_charge import cut_charge
from ledger.pricing.price import price
from ledger.roaming.charged import charge_of
from ledger.roaming.statements import CdrStatement
from ledger.values.identifiers import party_key, record_key
from ledger.values.instants import zone_of
from ledger.values.money import ZERO
from ledger.values.reasons import Reason, Refusal, Refused
from schemas import CdrV1, SessionV1
from schemas.parts import CdrDimension, ChargingPeriod, Clearwatt, Price, SignedData

REMARK: Final = "Drafted from the session."
_NOTHING: Final = Price(before_taxes=ZERO)


def draft_cdr(
    session: SessionV1, register: Register, *, signed_data: SignedData | None = None
) -> CdrV1:
    """Return the CDR of a completed session, `C-` and the session's id, in its dialect of OCPI.

    Periods are the session's; where it states none, one from start to end with all of its energy
    and nothing said of parking. `last_updated` is the session's, so that a draft made twice is
    one message. Refuses: SESSION_NOT_COMPLETED, SESSION_WITHOUT_END, LOCATION_MISSING,
    TIME_ZONE_UNKNOWN, CDR_ENERGY_DIFFERS (periods against `kwh`), what `tariffs_of` and
    `costs_of` refuse, and what `ledger.pricing` refuses.
    """
    place = _place_of(session, register)
    tariffs = tariffs_of(session, place, register)
    bare = _unpriced(session, place, tariffs, signed_data)
    statements = [row.statement for row in tariffs]
    zone = zone_of(session.time_zone or place.time_zone).key
    stated = msgspec.convert(bare, CdrStatement, from_attributes=True)
    charge = cut_charge(charge_of(stated, zone), statements)
    priced = price(charge, statements)
    known = bare.ocpi_version != "2.1.1"
    sole_tariff_id = statements[0].id if known and len(statements) == 1 else None
    parked = timedelta(seconds=priced.parking_time_s)
    return _rebuilt(
        bare,
        **costs_of(priced, bare.ocpi_version)._asdict(),
        total_reservation_cost=_reservation(priced.total_reservation_cost) if known else None,
        charging_periods=periods_of(charge, bare.charging_periods, sole_tariff_id),
        total_parking_time=hours(parked) if parked else None,
        time_zone=zone,
    )


def _place_of(session: SessionV1, register: Register) -> Place:
    """Return where a session took place, after looking whether it can be billed at all."""
    if session.status != "COMPLETED":
        raise Refused(Refusal(Reason.SESSION_NOT_COMPLETED, "status", "COMPLETED", session.status))
    if session.end_date_time is None:
        raise Refused(Refusal(Reason.SESSION_WITHOUT_END, "end_date_time"))
    party = party_key(session.country_code, session.party_id)
    place = register.place(
        party,
        session.location_id,
        session.evse_uid,
        session.connector_id,
        session.start_date_time,
    )
    if place is None:
        wanted = f"{session.location_id}/{session.evse_uid}/{session.connector_id}"
        raise Refused(Refusal(Reason.LOCATION_MISSING, record_key(party, wanted)))
    return place


def _unpriced(
    session: SessionV1,
    place: Place,
    tariffs: Sequence[TariffInForce],
    signed_data: SignedData | None,
) -> CdrV1:
    """Return the CDR as far as the session and the register tell it; it costs nothing yet."""
    if session.end_date_time is None:
        raise Refused(Refusal(Reason.SESSION_WITHOUT_END, "end_date_time"))
    lasted_h = hours(session.end_date_time - session.start_date_time)
    return CdrV1(
        country_code=session.country_code,
        party_id=session.party_id,
        id=cdr_id_of(session.id),
        start_date_time=session.start_date_time,
        end_date_time=session.end_date_time,
        session_id=session.id,
        cdr_token=session.cdr_token,
        auth_method=session.auth_method,
        authorization_reference=session.authorization_reference,
        cdr_location=place.cdr_location,
        meter_id=session.meter_id,
        currency=session.currency,
        tariffs=tuple(row.tariff for row in tariffs),
        charging_periods=_periods(session, lasted_h),
        signed_data=signed_data,
        total_cost=_NOTHING,
        total_energy=session.kwh,
        total_time=lasted_h,
        remark=REMARK,
        last_updated=session.last_updated,
        time_zone=session.time_zone,
        ocpi_version=session.ocpi_version,
        clearwatt=_addition(session.clearwatt, tariffs),
    )


def _periods(session: SessionV1, lasted_h: Decimal) -> tuple[ChargingPeriod, ...]:
    if not session.charging_periods:
        whole = (
            CdrDimension(type="ENERGY", volume=session.kwh),
            CdrDimension(type="TIME", volume=lasted_h),
        )
        return (ChargingPeriod(start_date_time=session.start_date_time, dimensions=whole),)
    energy = sum(
        (
            dimension.volume
            for period in session.charging_periods
            for dimension in period.dimensions
            if dimension.type == "ENERGY"
        ),
        ZERO,
    )
    if not Tolerances().energy.allows(session.kwh, energy):
        raise Refused(
            Refusal(
                Reason.CDR_ENERGY_DIFFERS, "charging_periods", f"{session.kwh} kWh", f"{energy} kWh"
            )
        )
    return session.charging_periods


def _addition(stated: Clearwatt | None, tariffs: Sequence[TariffInForce]) -> Clearwatt:
    """Return what the session adds to OCPI, with the outcome and the version it is priced by."""
    found = stated or Clearwatt()
    label = tariffs[0].label if len(tariffs) == 1 else None
    return found.model_copy(
        update={
            "outcome": found.outcome or "COMPLETED",
            "tariff_version": found.tariff_version or label,
        }
    )


def _reservation(cost: Any) -> Price | None:
    if cost is None or cost.before_taxes is None:
        return None
    return Price(before_taxes=cost.before_taxes, after_taxes=cost.after_taxes)


def _rebuilt(cdr: CdrV1, **changes: Any) -> CdrV1:
    """Return a CDR with other fields, checked again as every message is."""
    return CdrV1(**{**dict(cdr), **changes})
