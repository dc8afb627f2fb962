"""What people do about the month: at the review of what waits, and when disputes are decided."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any, Final

from console.demo.charge import Charge, Context, cdr_in, cdr_of, completed_of, key_of
from console.demo.contents import needs_second_person
from console.demo.desk import FINANCE, OPERATIONS, Deed, Desk, held_in, held_key, held_of
from console.demo.plan import ACCEPTED, Expectation
from console.demo.quarrels import (
    DECIDED,
    SPOKEN,
    dismiss_the_second,
    open_the_first,
    open_the_second,
    uphold_the_first,
)
from ledger.application.cases import assign_cases, comment_case
from ledger.application.control import (
    adjust_cdr,
    correct_cdrs,
    exclude_cdrs,
    recheck_cdrs,
    release_cdrs,
    request_resubmissions,
)
from ledger.roaming.release import PriceTaken

GOODWILL: Final = Decimal("1.00")
EXCLUDED: Final = "excluded"
_PROPOSED: Final = "cdr.action_proposed.v1"
_RELEASED: Final = replace(ACCEPTED, findings=("CDR_TOTAL_COST_DIFFERS",))


def _release(price: PriceTaken, reason: str) -> Callable[[Desk, Sequence[Charge]], None]:
    def release(desk: Desk, charges: Sequence[Charge]) -> None:
        for charge in charges:
            cdrs = [held_key(charge)]
            desk.twice(partial(release_cdrs, desk.ledger, cdrs, reason=reason, price=price))

    return release


def _correct_times(desk: Desk, charges: Sequence[Charge]) -> None:
    """Set the times back by the offset that the finding names."""
    for charge in charges:
        wrong = cdr_in(held_of(charge))
        offset = wrong.start_date_time - completed_of(charge).start_date_time
        after: dict[str, Any] = {
            "start_date_time": (wrong.start_date_time - offset).isoformat(),
            "end_date_time": (wrong.end_date_time - offset).isoformat(),
        }
        for number, period in enumerate(wrong.charging_periods):
            path = f"charging_periods[{number}].start_date_time"
            after[path] = (period.start_date_time - offset).isoformat()
        cdrs, reason = [key_of(wrong)], "Local time was sent as UTC."
        desk.twice(partial(correct_cdrs, desk.ledger, cdrs, after=after, reason=reason))


def _exclude(desk: Desk, charges: Sequence[Charge]) -> None:
    for charge in charges:
        reason = "The session is billed by its first CDR."
        desk.twice(partial(exclude_cdrs, desk.ledger, [held_key(charge)], reason=reason))


def _ask_again(desk: Desk, charges: Sequence[Charge]) -> None:
    cdrs = [held_key(charge) for charge in charges]
    reason = "Energy and periods differ: which of them is right?"
    request_resubmissions(desk.ledger, cdrs, reason=reason, by=desk.by(OPERATIONS))


def _look_again(desk: Desk, charges: Sequence[Charge]) -> None:
    recheck_cdrs(desk.ledger, [held_key(charge) for charge in charges], by=desk.by(OPERATIONS))


def _hand_over(desk: Desk, charges: Sequence[Charge]) -> None:
    cases = [f"cdr {held_key(charge)}" for charge in charges]
    assign_cases(desk.ledger, cases, to=FINANCE[0], by=desk.by(OPERATIONS))
    for case in cases:
        text = "The CPO looks for the tariff it priced this with."
        comment_case(desk.ledger, case, text=text, by=desk.by(FINANCE[0]))


def _give_back(desk: Desk, charges: Sequence[Charge]) -> None:
    for charge in charges:
        cdr, reason = key_of(cdr_of(charge)), "The charger's display was broken."
        give = partial(adjust_cdr, desk.ledger, cdr, amount=GOODWILL, reason=reason)
        desk.twice(give, first=FINANCE[0], second=FINANCE[1])


AT_REVIEW: Final[tuple[Deed, ...]] = (
    Deed(
        "total_too_high",
        "released at the computed price, by two people",
        _release("computed", "The tariff in force says so."),
        becomes=_RELEASED,
        events=("cdr.released.v1",),
        is_guarded=True,
    ),
    Deed(
        "total_too_low",
        "released at the stated price",
        _release("stated", "The CPO waives the rest."),
        becomes=_RELEASED,
        events=("cdr.released.v1",),
        is_guarded=True,
    ),
    Deed(
        "local_time",
        "corrected by the offset that the finding names",
        _correct_times,
        becomes=ACCEPTED,
        standing="adjusted",
        events=("cdr.corrected.v1",),
        is_guarded=True,
    ),
    Deed(
        "session_billed_twice",
        "the second CDR is excluded",
        _exclude,
        becomes=Expectation("held", EXCLUDED),
        events=("cdr.excluded.v1",),
        is_guarded=True,
    ),
    Deed(
        "wrong_energy",
        "rejected; the CPO sends it again and cites the reject",
        _ask_again,
        becomes=Expectation("superseded"),
        events=("cdr.rejected.v1", "cdr.resubmitted.v1"),
    ),
    Deed("session_lasts_longer", "checked again: nothing has changed", _look_again),
    Deed(
        "wrong_total",
        "assigned, and commented",
        _hand_over,
        events=2 * ("exception.assigned.v1", "exception.commented.v1"),
    ),
    Deed(
        "goodwill",
        "a part is given back",
        _give_back,
        standing="adjusted",
        events=("cdr.adjusted.v1",),
        is_guarded=True,
    ),
    Deed(
        "disputed_and_upheld",
        "disputed by the eMSP and answered by the CPO",
        open_the_first,
        events=SPOKEN,
    ),
    Deed(
        "disputed_and_dismissed",
        "disputed by the eMSP and answered by the CPO",
        open_the_second,
        events=SPOKEN,
    ),
)
AT_DECISION: Final[tuple[Deed, ...]] = (
    Deed(
        "disputed_and_upheld",
        "upheld: the CDR is credited",
        uphold_the_first,
        standing="credited",
        # What was billed is not any more, and no other CDR follows.
        events=(*DECIDED, "cdr.credited.v1", "session.unbilled.v1"),
    ),
    Deed(
        "disputed_and_dismissed",
        "dismissed: the money comes back",
        dismiss_the_second,
        events=DECIDED,
    ),
)
DEEDS: Final = (*AT_REVIEW, *AT_DECISION)


def events_of(deed: Deed, charges: Sequence[Charge], context: Context) -> list[str]:
    """Return what is recorded of a deed, by topic."""
    events = list(deed.events)
    if deed.is_guarded:
        acted_on = [held_in(charge) or charge.cdr for charge in charges]
        events += [
            _PROPOSED
            for message in acted_on
            if message is not None and needs_second_person(cdr_in(message), context)
        ]
    return events
