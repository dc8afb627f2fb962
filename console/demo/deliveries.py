"""Faults of delivery: twice, late, out of order, without each other, lost, misnumbered."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from console.demo.charge import (
    DELIVERED_LATE,
    Charge,
    Context,
    Fault,
    cdr_in,
    cdr_of,
    completed_of,
    finding,
    key_of,
    sent_cdr,
)
from console.demo.plan import Expectation, Planned

_HOUR: Final = timedelta(hours=1)
_LATE_BY: Final = timedelta(hours=30)
_AFTER_CLOSE: Final = timedelta(days=3)
DUPLICATE: Final = Expectation("duplicate")


def _again(message: Planned, after: timedelta) -> Planned:
    return replace(message, sent_at=message.sent_at + after, expect=DUPLICATE)


def duplicate_cdr(charge: Charge, _: Context) -> Charge:
    return charge._replace(extras=(_again(sent_cdr(charge), _HOUR),))


def duplicate_session(charge: Charge, _: Context) -> Charge:
    return charge._replace(extras=(_again(charge.updates[-1], _HOUR),))


def identical_repeat(charge: Charge, _: Context) -> Charge:
    label = key_of(cdr_of(charge))
    first = replace(sent_cdr(charge), label=label)
    again = replace(_again(sent_cdr(charge), _HOUR), repeats=label)
    return charge._replace(cdr=first, extras=(again,))


def altered_repeat(charge: Charge, _: Context) -> Charge:
    cdr = cdr_of(charge)
    first = replace(sent_cdr(charge), label=key_of(cdr))
    altered = replace(
        _again(sent_cdr(charge), _HOUR),
        value=cdr.model_copy(update={"remark": "Altered"}),
        repeats=first.label,
        expect=Expectation("unreadable", "SEQUENCE_ALTERED"),
    )
    return charge._replace(cdr=first, extras=(altered,))


def lost_update(charge: Charge, _: Context) -> Charge:
    first, *others = charge.updates
    return charge._replace(updates=(replace(first, is_lost=True), *others))


def conflict(charge: Charge, _: Context) -> Charge:
    cdr, sent = cdr_of(charge), sent_cdr(charge)
    other = cdr.model_copy(update={"remark": "Corrected", "last_updated": cdr.last_updated + _HOUR})
    held = Expectation("held", "CDR_CONFLICT")
    extra = replace(sent, value=other, sent_at=sent.sent_at + _HOUR, expect=held)
    return charge._replace(extras=(extra,))


def delivered_late(charge: Charge, _: Context) -> Charge:
    sent = sent_cdr(charge)
    late = replace(sent, sent_at=sent.sent_at + _LATE_BY, expect=finding(charge, DELIVERED_LATE))
    return charge._replace(cdr=late)


def late_cdr(charge: Charge, context: Context) -> Charge:
    late = replace(
        sent_cdr(charge),
        sent_at=context.closes_at + _AFTER_CLOSE,
        expect=replace(finding(charge, DELIVERED_LATE), is_late=True),
    )
    return charge._replace(cdr=late)


def cdr_without_session(charge: Charge, _: Context) -> Charge:
    held = Expectation("held", "SESSION_MISSING")
    return Charge((), replace(sent_cdr(charge), expect=held))


def session_never_ends(charge: Charge, _: Context) -> Charge:
    return Charge(charge.updates[:1], None)


def session_without_cdr(charge: Charge, _: Context) -> Charge:
    return Charge(charge.updates, None)


def cdr_before_session(charge: Charge, _: Context) -> Charge:
    *before, last = charge.updates
    waited = replace(last, sent_at=sent_cdr(charge).sent_at + 2 * _HOUR)
    return charge._replace(updates=(*before, waited))


def session_not_named(charge: Charge, _: Context) -> Charge:
    """The session is found by its token, its charger, its times and its energy."""
    sent = sent_cdr(charge)
    unnamed = cdr_in(sent).model_copy(update={"session_id": None})
    return charge._replace(cdr=replace(sent, value=unnamed))


def superseded_update(charge: Charge, _: Context) -> Charge:
    completed = completed_of(charge)
    midway = completed.start_date_time + (completed.last_updated - completed.start_date_time) / 2
    older = completed.model_copy(
        update={
            "status": "ACTIVE",
            "end_date_time": None,
            "kwh": (completed.kwh / 2).quantize(Decimal("0.001")),
            "total_cost": None,
            "charging_periods": (),
            "clearwatt": None,
            "last_updated": midway,
        }
    )
    last = charge.updates[-1]
    superseded = Expectation("superseded")
    extra = replace(last, value=older, sent_at=last.sent_at + _HOUR, expect=superseded)
    return charge._replace(extras=(extra,))


_UNBILLED: Final = ("session.unbilled.v1",)
DELIVERIES: Final[tuple[Fault, ...]] = (
    Fault("duplicate_cdr", "a CDR is sent twice", 3, duplicate_cdr),
    Fault("duplicate_session", "a session's last update is sent twice", 2, duplicate_session),
    Fault("identical_repeat", "a CDR is sent again under its number", 1, identical_repeat),
    Fault("altered_repeat", "another CDR is sent under a number in use", 1, altered_repeat),
    Fault(
        "lost_update",
        "a session's first update gets lost on its way",
        1,
        lost_update,
        events=("sender.gap_found.v1",),
    ),
    Fault(
        "conflict",
        "a CDR is sent again with other content",
        1,
        conflict,
        events=("cdr.conflict_held.v1",),
    ),
    Fault("delivered_late", "a CDR arrives 30 hours late", 2, delivered_late),
    Fault("late_cdr", "a CDR arrives after its month was closed", 1, late_cdr, events=_UNBILLED),
    Fault("cdr_without_session", "a session's messages never arrive", 1, cdr_without_session),
    Fault(
        "session_never_ends",
        "nothing is heard of a session any more",
        2,
        session_never_ends,
        events=("session.stuck.v1",),
    ),
    Fault(
        "session_without_cdr",
        "a session's CDR never arrives",
        2,
        session_without_cdr,
        events=_UNBILLED,
    ),
    Fault("cdr_before_session", "a CDR arrives before its session's end", 2, cdr_before_session),
    Fault("session_not_named", "a CDR does not name its session", 2, session_not_named),
    Fault("superseded_update", "an older update arrives after a newer one", 2, superseded_update),
)
