"""Credit CDRs: one followed by a corrected CDR, a second one, one of nothing, one after the close.

Source: OCPI 2.3.0, mod_cdrs, Credit CDRs: an id of its own, `credit`, `credit_reference_id`, and
only `total_cost` is negative.
"""

from datetime import timedelta
from typing import Final

from console.demo.charge import (
    DELIVERED_LATE,
    Charge,
    Context,
    Fault,
    another_cdr,
    cdr_of,
    finding,
    sent_cdr,
    with_cdr,
)
from console.demo.plan import ACCEPTED, Expectation, Planned
from schemas.parts import Price

_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)
_OTHER_ADDRESS: Final = "Unknown"


def credit_cdr(
    charge: Charge, suffix: str, after: timedelta, expect: Expectation, of: str
) -> Planned:
    """Return the credit of a CDR: its amount taken back, its energy as it was."""
    total = Price(before_taxes=-cdr_of(charge).total_cost.before_taxes)
    fields = {"credit": True, "credit_reference_id": of, "total_cost": total}
    return another_cdr(charge, suffix, after, expect, **fields)


def credited_and_replaced(charge: Charge, _: Context) -> Charge:
    """The CPO had the wrong address in its CDR: it credits it and sends the right one."""
    cdr = cdr_of(charge)
    wrong = cdr.cdr_location.model_copy(update={"address": _OTHER_ADDRESS})
    credit = credit_cdr(charge, "-K", _DAY, ACCEPTED, cdr.id)
    late = finding(charge, DELIVERED_LATE)
    right = another_cdr(charge, "-R", _DAY + _MINUTE, late)
    first = with_cdr(charge, sent_cdr(charge).expect, cdr_location=wrong)
    return first._replace(extras=(credit, right))


def credited_twice(charge: Charge, context: Context) -> Charge:
    replaced = credited_and_replaced(charge, context)
    held = Expectation("held", "CREDIT_SECOND")
    second = credit_cdr(charge, "-K2", 2 * _DAY, held, cdr_of(charge).id)
    return replaced._replace(extras=(*replaced.extras, second))


def credit_of_nothing(charge: Charge, _: Context) -> Charge:
    held = Expectation("held", "CREDIT_ORIGINAL_MISSING")
    of = f"{cdr_of(charge).id}-NEVER-SENT"
    return charge._replace(extras=(credit_cdr(charge, "-K", _DAY, held, of),))


def credited_after_close(charge: Charge, context: Context) -> Charge:
    after = context.closes_at + 2 * _DAY - sent_cdr(charge).sent_at
    credit = credit_cdr(charge, "-K", after, ACCEPTED, cdr_of(charge).id)
    return charge._replace(extras=(credit,))


_CREDITED: Final = ("cdr.credited.v1", "cdr.credit_accepted.v1")
CREDITS: Final[tuple[Fault, ...]] = (
    Fault(
        "credited_and_replaced",
        "a CDR is credited, and sent anew with another id",
        1,
        credited_and_replaced,
        events=_CREDITED,
        standing="credited",
    ),
    Fault(
        "credited_twice",
        "a CDR is credited a second time",
        1,
        credited_twice,
        events=_CREDITED,
        standing="credited",
    ),
    Fault("credit_of_nothing", "a credit is of a CDR that was never sent", 1, credit_of_nothing),
    Fault(
        "credited_after_close",
        "a CDR is credited after its month was closed",
        1,
        credited_after_close,
        # What was billed is not any more, and no other CDR follows.
        events=(*_CREDITED, "session.unbilled.v1"),
        standing="credited",
    ),
)
