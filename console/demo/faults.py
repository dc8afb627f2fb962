"""What goes wrong in the demo's month, on purpose, and what must become of it.

A fault is a pure function: it takes the messages of one sound charge and returns them with the
fault. Each charge suffers at most one. `malformed` holds the faults nobody can read, `FINDINGS`
those that hold nothing up.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final, NamedTuple

from console.demo.plan import Expectation, Planned
from console.errors import ServiceError
from schemas import CdrV1, SessionV1
from schemas.parts import Price

_HOUR: Final = timedelta(hours=1)
_SHOWN_TOO_LOW_BY: Final = Decimal("0.20")


class Charge(NamedTuple):
    """The messages of a charge: its session's updates, its CDR, and what a fault adds."""

    updates: tuple[Planned, ...]
    cdr: Planned
    extras: tuple[Planned, ...] = ()

    @property
    def messages(self) -> tuple[Planned, ...]:
        """All of them, in no particular order."""
        return (*self.updates, self.cdr, *self.extras)


@dataclass(frozen=True, slots=True)
class Context:
    """When the month is closed."""

    closes_at: datetime


class Fault(NamedTuple):
    """A kind of fault: its name, what happens, how many charges suffer it."""

    name: str
    sentence: str
    times: int
    apply: Callable[[Charge, Context], Charge]


def cdr_of(charge: Charge) -> CdrV1:
    """Return the charge's CDR as a model."""
    if not isinstance(charge.cdr.value, CdrV1):
        raise TypeError("a fault is put on a sound charge")
    return charge.cdr.value


def completed_of(charge: Charge) -> SessionV1:
    """Return the session's last update as a model."""
    value = charge.updates[-1].value
    if not isinstance(value, SessionV1):
        raise TypeError("a fault is put on a sound charge")
    return value


def _again(message: Planned, after: timedelta) -> Planned:
    return replace(message, sent_at=message.sent_at + after, expect=Expectation("duplicate"))


def duplicate_cdr(charge: Charge, _: Context) -> Charge:
    return charge._replace(extras=(_again(charge.cdr, _HOUR),))


def duplicate_session(charge: Charge, _: Context) -> Charge:
    return charge._replace(extras=(_again(charge.updates[-1], _HOUR),))


def conflict(charge: Charge, _: Context) -> Charge:
    cdr = cdr_of(charge)
    other = cdr.model_copy(update={"remark": "Corrected", "last_updated": cdr.last_updated + _HOUR})
    held = Expectation("held", "CDR_CONFLICT")
    extra = replace(charge.cdr, value=other, sent_at=charge.cdr.sent_at + _HOUR, expect=held)
    return charge._replace(extras=(extra,))


def late_cdr(charge: Charge, context: Context) -> Charge:
    late = replace(
        charge.cdr,
        sent_at=context.closes_at + timedelta(days=3),
        expect=replace(charge.cdr.expect, is_late=True),
    )
    return charge._replace(cdr=late)


def cdr_without_session(charge: Charge, _: Context) -> Charge:
    held = Expectation("held", "SESSION_MISSING")
    return Charge((), replace(charge.cdr, expect=held))


def cdr_without_tariff(charge: Charge, _: Context) -> Charge:
    cdr = cdr_of(charge)
    periods = tuple(
        period.model_copy(update={"tariff_id": "NEVER-PUBLISHED"})
        for period in cdr.charging_periods
    )
    other = cdr.model_copy(update={"charging_periods": periods, "tariffs": ()})
    held = Expectation("held", "TARIFF_MISSING")
    return charge._replace(cdr=replace(charge.cdr, value=other, expect=held))


def wrong_total(charge: Charge, _: Context) -> Charge:
    cdr = cdr_of(charge)
    total = Price(before_taxes=cdr.total_cost.before_taxes + Decimal("1.00"))
    other = cdr.model_copy(update={"total_cost": total})
    held = Expectation("held", "CDR_TOTAL_COST_DIFFERS")
    return charge._replace(cdr=replace(charge.cdr, value=other, expect=held))


def wrong_energy(charge: Charge, _: Context) -> Charge:
    cdr = cdr_of(charge)
    other = cdr.model_copy(update={"total_energy": cdr.total_energy + Decimal("0.5")})
    held = Expectation("held", "CDR_ENERGY_DIFFERS")
    return charge._replace(cdr=replace(charge.cdr, value=other, expect=held))


def cdr_before_session(charge: Charge, _: Context) -> Charge:
    *before, last = charge.updates
    waited = replace(last, sent_at=charge.cdr.sent_at + 2 * _HOUR)
    return charge._replace(updates=(*before, waited))


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


def other_price_shown(charge: Charge, _: Context) -> Charge:
    expect = charge.cdr.expect
    found = replace(expect, findings=("DISPLAYED_PRICE_DIFFERS", *expect.findings))
    return charge._replace(
        updates=tuple(map(_with_a_lower_price_shown, charge.updates)),
        cdr=replace(charge.cdr, expect=found),
    )


def _with_a_lower_price_shown(message: Planned) -> Planned:
    session = message.value
    if not isinstance(session, SessionV1) or not (own := session.clearwatt) or not own.displayed:
        raise TypeError("a sound session says which price was shown")
    lower = {"price": own.displayed.price - _SHOWN_TOO_LOW_BY}
    shown = own.model_copy(update={"displayed": own.displayed.model_copy(update=lower)})
    return replace(message, value=session.model_copy(update={"clearwatt": shown}))


FAULTS: Final[tuple[Fault, ...]] = (
    Fault("duplicate_cdr", "a CDR is sent twice", 3, duplicate_cdr),
    Fault("duplicate_session", "a session's last update is sent twice", 2, duplicate_session),
    Fault("conflict", "a CDR is sent again with other content", 1, conflict),
    Fault("late_cdr", "a CDR arrives after its month was closed", 1, late_cdr),
    Fault("cdr_without_session", "a session's messages never arrive", 1, cdr_without_session),
    Fault("cdr_without_tariff", "a CDR names a tariff nobody published", 1, cdr_without_tariff),
    Fault("wrong_total", "a CDR's total is 1.00 too high", 2, wrong_total),
    Fault("wrong_energy", "a CDR's energy is not that of its periods", 1, wrong_energy),
    Fault("cdr_before_session", "a CDR arrives before its session's end", 2, cdr_before_session),
    Fault("superseded_update", "an older update arrives after a newer one", 2, superseded_update),
)
FINDINGS: Final[tuple[Fault, ...]] = (
    Fault("other_price_shown", "a display showed 0.20 less than is billed", 3, other_price_shown),
)


def with_faults(
    charges: Sequence[Charge],
    faults: Sequence[Fault],
    *,
    eligible: Sequence[int],
    context: Context,
    draw: Random,
) -> list[Charge]:
    """Return the charges with every fault on some of the `eligible` ones, drawn by `draw`.

    Refuses: ServiceError TOO_FEW_SESSIONS, where there are fewer eligible charges than faults.
    """
    names = [fault for fault in faults for _ in range(fault.times)]
    if len(eligible) < len(names):
        raise ServiceError(
            "TOO_FEW_SESSIONS",
            f"The faults need {len(names)} sound sessions in the month; there are {len(eligible)}.",
        )
    chosen = draw.sample(list(eligible), len(names))
    result = list(charges)
    for index, fault in zip(chosen, names, strict=True):
        result[index] = _marked(charges[index], fault, context)
    return result


def _marked(charge: Charge, fault: Fault, context: Context) -> Charge:
    """Apply a fault and name it on every message that it changed or added."""
    sound = {id(message) for message in charge.messages}
    applied = fault.apply(charge, context)

    def mark(message: Planned) -> Planned:
        return message if id(message) in sound else replace(message, fault=fault.name)

    updates = tuple(mark(message) for message in applied.updates)
    cdr = mark(applied.cdr)
    return Charge(updates, cdr, tuple(mark(message) for message in applied.extras))
