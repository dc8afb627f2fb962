"""What a launch asks of a CDR while it is decided: its scope first, the day's caps at the end."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import NamedTuple

from ledger.application.circumstances import Circumstances
from ledger.application.facts import View
from ledger.roaming.launch import Launch
from ledger.roaming.launch_plan import Caps
from ledger.roaming.launch_scope import (
    DayUse,
    cap_reached,
    caps_for,
    launch_day_fact,
    launch_fact,
    out_of_scope,
)
from ledger.roaming.legs import Leg
from ledger.roaming.statements import CdrStatement
from ledger.roaming.terms import LaunchTerms, Terms
from ledger.values.identifiers import pair_key
from ledger.values.reasons import Reason, Refusal, Refused


class Guard(NamedTuple):
    """What a pair's launch says of one CDR; `outside` are findings, releasable as others are."""

    pair: str
    outside: tuple[Refusal, ...]
    caps: tuple[Caps, LaunchTerms]
    is_cap_released: bool
    use_of: Callable[[str, date], DayUse] | None

    def of_the_day(self, service_on: date, sale: Leg) -> tuple[Refusal, ...]:
        """Return LAUNCH_CAP_REACHED where a person released it. Refuses it where nobody did."""
        if self.use_of is None:
            return ()
        found = cap_reached(
            self.pair,
            service_on,
            self.caps,
            self.use_of(self.pair, service_on),
            net=sale.net,
            currency=sale.currency,
        )
        if found is None:
            return ()
        if not self.is_cap_released:
            raise Refused(found)
        return (found,)


def guard_of(
    view: View,
    cdr: CdrStatement,
    terms: Terms,
    *,
    seller: str,
    buyer: str,
    site_groups: frozenset[str],
    around: Circumstances,
) -> Guard:
    """Return what the launch of a pair says of a CDR; nothing, where there is no launch."""
    pair = pair_key(seller, buyer)
    launch = view.find(Launch, pair)
    outside = out_of_scope(pair, launch, cdr, terms, site_groups)
    released = around.release.codes if around.release is not None else ()
    return Guard(
        pair,
        () if outside is None else (outside,),
        caps_for(launch, cdr, terms, site_groups),
        Reason.LAUNCH_CAP_REACHED.value in released,
        around.use_of,
    )


def facts_awaited(refusal: Refusal) -> Iterator[str]:
    """Yield the facts that may let a CDR through that a launch holds."""
    if refusal.reason is Reason.OUT_OF_LAUNCH_SCOPE:
        yield launch_fact(refusal.path)
    elif refusal.reason is Reason.LAUNCH_CAP_REACHED:
        pair, _, service_on = refusal.path.rpartition("/")
        yield launch_fact(pair)
        yield launch_day_fact(pair, date.fromisoformat(service_on))
