"""Faults of content: a CDR that states what is not so, or not what its session states."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from console.demo.cases import PAIR
from console.demo.charge import (
    DELIVERED_LATE,
    Charge,
    Context,
    Fault,
    another_cdr,
    cdr_of,
    completed_of,
    finding,
    key_of,
    pair_of,
    sent_cdr,
    with_cdr,
)
from console.demo.meter import IMPOSTOR, signed_by
from console.demo.plan import Expectation, Planned
from console.imports.drivers import token_of
from ledger.values.instants import zone_of
from schemas import CdrV1, SessionV1
from schemas.parts import ChargingPeriod, Price

_SHOWN_TOO_LOW_BY: Final = Decimal("0.20")
_OFF_BY: Final = Decimal("1.00")
_ENERGY_OFF_BY: Final = Decimal("0.5")
_METER_OFF_BY_WH: Final = Decimal(500)
_POINT_LOST: Final = Decimal(100)
_SESSION_LASTS_LONGER_BY: Final = timedelta(minutes=20)
_A_LITTLE_BEFORE: Final = timedelta(milliseconds=500)
_ANSWERED_AFTER: Final = timedelta(hours=3)
_HOUR: Final = timedelta(hours=1)
_STRANGER: Final = 99_000_001
_OTHER_EMSPS: Final = ("NL-GRT", "DE-FST")


def cdr_without_tariff(charge: Charge, _: Context) -> Charge:
    unknown = {"tariff_id": "NEVER-PUBLISHED"}
    periods = tuple(period.model_copy(update=unknown) for period in cdr_of(charge).charging_periods)
    held = Expectation("held", "TARIFF_MISSING")
    return with_cdr(charge, held, charging_periods=periods, tariffs=())


def another_total(by: Decimal) -> Callable[[Charge, Context], Charge]:
    def apply(charge: Charge, _: Context) -> Charge:
        total = Price(before_taxes=cdr_of(charge).total_cost.before_taxes + by)
        return with_cdr(charge, Expectation("held", "CDR_TOTAL_COST_DIFFERS"), total_cost=total)

    return apply


def wrong_energy(charge: Charge, context: Context) -> Charge:
    """The total is not that of the periods; asked for it again, the CPO sends the sound CDR."""
    cdr, sent = cdr_of(charge), sent_cdr(charge)
    again = replace(
        sent,
        value=cdr.model_copy(update={"last_updated": context.reviewed_at + _ANSWERED_AFTER}),
        sent_at=context.reviewed_at + _ANSWERED_AFTER,
        expect=finding(charge, DELIVERED_LATE),
        answers=key_of(cdr),
    )
    held = Expectation("held", "CDR_ENERGY_DIFFERS")
    wrong = with_cdr(charge, held, total_energy=cdr.total_energy + _ENERGY_OFF_BY)
    return wrong._replace(extras=(again,))


def impossible_energy(charge: Charge, _: Context) -> Charge:
    cdr = cdr_of(charge)
    periods = tuple(_with_more_energy(period) for period in cdr.charging_periods)
    held = Expectation("held", "ENERGY_IMPOSSIBLE")
    energy = cdr.total_energy * _POINT_LOST
    return with_cdr(charge, held, total_energy=energy, charging_periods=periods)


def _with_more_energy(period: ChargingPeriod) -> ChargingPeriod:
    dimensions = tuple(
        row.model_copy(update={"volume": row.volume * _POINT_LOST}) if row.type == "ENERGY" else row
        for row in period.dimensions
    )
    return period.model_copy(update={"dimensions": dimensions})


def meter_differs(charge: Charge, _: Context) -> Charge:
    own = cdr_of(charge).clearwatt
    if own is None or own.meter_stop_wh is None:
        raise TypeError("a sound CDR says what the meter showed")
    more = own.model_copy(update={"meter_stop_wh": own.meter_stop_wh + _METER_OFF_BY_WH})
    return with_cdr(charge, finding(charge, "ENERGY_SOURCES_DIFFER"), clearwatt=more)


def local_time(charge: Charge, _: Context) -> Charge:
    """The back end writes local time and calls it UTC."""
    cdr = cdr_of(charge)
    offset = cdr.start_date_time.astimezone(zone_of(cdr.time_zone or "UTC")).utcoffset()
    held = Expectation("held", "LOCAL_TIME_AS_UTC")
    return with_cdr(charge, held, **times_moved(cdr, offset or timedelta(0)))


def times_moved(cdr: CdrV1, by: timedelta) -> dict[str, Any]:
    """Return the CDR's times, all moved by a span."""
    return {
        "start_date_time": cdr.start_date_time + by,
        "end_date_time": cdr.end_date_time + by,
        "charging_periods": tuple(
            period.model_copy(update={"start_date_time": period.start_date_time + by})
            for period in cdr.charging_periods
        ),
    }


def session_lasts_longer(charge: Charge, _: Context) -> Charge:
    completed, last = completed_of(charge), charge.updates[-1]
    ended_at: datetime = cdr_of(charge).end_date_time + _SESSION_LASTS_LONGER_BY
    longer = completed.model_copy(update={"end_date_time": ended_at, "last_updated": ended_at})
    update = replace(last, value=longer, sent_at=last.sent_at + _SESSION_LASTS_LONGER_BY)
    held = Expectation("held", "SESSION_TIMES_DIFFER")
    return with_cdr(charge._replace(updates=(*charge.updates[:-1], update)), held)


def token_of_another(charge: Charge, _: Context) -> Charge:
    token = cdr_of(charge).cdr_token
    own = f"{token.country_code}-{token.party_id}"
    other = next(name for name in _OTHER_EMSPS if name != own)
    contract_id = token.contract_id.replace(own, other)
    held = Expectation("held", "TOKEN_NOT_OF_EMSP")
    changed = token.model_copy(update={"contract_id": contract_id})
    return with_cdr(charge, held, cdr_token=changed)


def session_billed_twice(charge: Charge, _: Context) -> Charge:
    held = Expectation("held", "CDR_FOR_SAME_SESSION")
    return charge._replace(extras=(another_cdr(charge, "-B", _HOUR, held),))


def connector_overlap(charge: Charge, _: Context) -> Charge:
    """Another driver seems to charge at the same plug at the same time."""
    cdr, buyer = cdr_of(charge), pair_of(charge)[1]
    other = {"cdr_token": token_of(buyer, _STRANGER), "authorization_reference": None}
    session_id = f"{cdr.session_id}-O"
    held = Expectation("held", "CONNECTOR_OVERLAP")
    fields = {"session_id": session_id, "auth_method": "WHITELIST", **other}
    extra = another_cdr(charge, "-O", _HOUR, held, **fields, **times_moved(cdr, -_A_LITTLE_BEFORE))
    updates = tuple(
        _moved_update(row, {"id": session_id, "auth_method": "WHITELIST", **other})
        for row in charge.updates
    )
    return charge._replace(extras=(*updates, extra))


def _moved_update(message: Planned, fields: dict[str, Any]) -> Planned:
    session = message.value
    if not isinstance(session, SessionV1):
        raise TypeError("a session's updates are sessions")
    ended_at = session.end_date_time
    moved = {
        "start_date_time": session.start_date_time - _A_LITTLE_BEFORE,
        "end_date_time": ended_at - _A_LITTLE_BEFORE if ended_at else None,
        "last_updated": session.last_updated - _A_LITTLE_BEFORE,
    }
    return replace(message, value=session.model_copy(update={**fields, **moved}))


def false_signature(charge: Charge, _: Context) -> Charge:
    """Somebody else signed, in the meter's name."""
    held = Expectation("held", "SIGNED_DATA_FALSE")
    return with_cdr(charge, held, signed_data=signed_by(IMPOSTOR, cdr_of(charge)))


def other_price_shown(charge: Charge, _: Context) -> Charge:
    return charge._replace(
        updates=tuple(map(_with_a_lower_price_shown, charge.updates)),
        cdr=replace(sent_cdr(charge), expect=finding(charge, "DISPLAYED_PRICE_DIFFERS")),
    )


def _with_a_lower_price_shown(message: Planned) -> Planned:
    session = message.value
    if not isinstance(session, SessionV1) or not (own := session.clearwatt) or not own.displayed:
        raise TypeError("a sound session says which price was shown")
    lower = {"price": own.displayed.price - _SHOWN_TOO_LOW_BY}
    shown = own.model_copy(update={"displayed": own.displayed.model_copy(update=lower)})
    return replace(message, value=session.model_copy(update={"clearwatt": shown}))


def needs_second_person(cdr: CdrV1, context: Context) -> bool:
    """True where the agreement wants two people for what is done about a CDR, as it states it."""
    token = cdr.cdr_token
    agreement = context.world.agreement_at(
        f"{cdr.country_code}*{cdr.party_id}",
        f"{token.country_code}*{token.party_id}",
        cdr.start_date_time,
    )
    limit = agreement.terms.four_eyes_amount if agreement else None
    return limit is not None and abs(cdr.total_cost.before_taxes) > limit


def _is_large(charge: Charge, context: Context) -> bool:
    return needs_second_person(cdr_of(charge), context)


def _may_cost_less(charge: Charge, _: Context) -> bool:
    """True where it costs enough, and no comparison with another price can turn."""
    is_enough = cdr_of(charge).total_cost.before_taxes > 2 * _OFF_BY
    return is_enough and not sent_cdr(charge).expect.findings


CONTENTS: Final[tuple[Fault, ...]] = (
    Fault(
        "total_too_high",
        "a large CDR's total is 1.00 too high",
        1,
        another_total(_OFF_BY),
        fits=_is_large,
    ),
    Fault(
        "total_too_low",
        "a CDR's total is 1.00 too low",
        1,
        another_total(-_OFF_BY),
        fits=_may_cost_less,
    ),
    Fault(
        "wrong_total",
        "a CDR's total is 1.00 too high",
        2,
        another_total(_OFF_BY),
        pair=PAIR,
        fails=("exceptions_open", "exception_drill", "price_difference_percent"),
    ),
    Fault("cdr_without_tariff", "a CDR names a tariff nobody published", 1, cdr_without_tariff),
    Fault("wrong_energy", "a CDR's energy is not that of its periods", 1, wrong_energy),
    Fault("impossible_energy", "a CDR's energy lacks the decimal point", 1, impossible_energy),
    Fault("meter_differs", "a meter shows 0.5 kWh more than the CDR", 2, meter_differs),
    Fault("local_time", "local time is sent as UTC", 1, local_time),
    Fault("session_lasts_longer", "a session ends after its CDR", 1, session_lasts_longer),
    Fault("token_of_another", "a token's contract is another eMSP's", 1, token_of_another),
    Fault("session_billed_twice", "a session has two CDRs", 1, session_billed_twice),
    Fault("connector_overlap", "two cars charge at one plug at once", 1, connector_overlap),
    Fault("false_signature", "signed meter data is not the meter's", 1, false_signature),
    Fault(
        "other_price_shown",
        "a display showed 0.20 less than is billed",
        3,
        other_price_shown,
        pair=PAIR,
        fails=("price_difference_percent",),
    ),
)
