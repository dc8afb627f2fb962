"""Whether a launch lets a charge through: its scope, and the caps of its day.

A charge is in scope where *any* phase that was in force since it began has it in scope. So a wider
phase lets go what a narrower one held; what began under a wider phase stays in scope when a launch
is rolled back or paused; and the answer does not depend on when the CDR arrives.

The caps are the one exception, and a lawful one: which CDRs of a day still fit under a cap depends
on the order in which they arrive. A CDR that does not fit waits for a wider phase (the fact
`launch:PAIR`) or for a place that another one gives back (`launch_day:PAIR/DATE`).
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from ledger.roaming.launch import Launch
from ledger.roaming.launch_plan import Caps, Scope
from ledger.roaming.launch_records import Entry
from ledger.roaming.situation import Situation, situation_of
from ledger.roaming.statements import CdrStatement
from ledger.roaming.terms import LaunchTerms, Terms
from ledger.values.money import EXACT, ZERO
from ledger.values.reasons import Reason, Refusal


class DayUse(NamedTuple):
    """What other accepted CDRs of a pair take of a day: how many, and their net by currency."""

    cdrs: int = 0
    net: Mapping[str, Decimal] = {}


def launch_fact(pair: str) -> str:
    """Return the fact that a launch's phases and caps are recorded as."""
    return f"launch:{pair}"


def launch_day_fact(pair: str, day: date) -> str:
    """Return the fact that a place under a day's cap became free.

    >>> launch_day_fact("NL*XYZ>DE*EMP", date(2026, 10, 5))
    'launch_day:NL*XYZ>DE*EMP/2026-10-05'
    """
    return f"launch_day:{pair}/{day}"


def out_of_scope(
    pair: str,
    launch: Launch | None,
    cdr: CdrStatement,
    terms: Terms,
    site_groups: frozenset[str] = frozenset(),
) -> Refusal | None:
    """Return OUT_OF_LAUNCH_SCOPE at the pair, or None where the charge is let through."""
    if launch is None:
        if not terms.launch.required:
            return None
        return Refusal(Reason.OUT_OF_LAUNCH_SCOPE, pair, "a launch", "none was opened")
    if _admitting(launch, cdr, terms, site_groups) is not None or _precedes(launch, cdr, terms):
        return None
    entry, place = launch.entry, cdr.cdr_location
    expected = "nothing" if entry.scope is None else f"the scope of phase {entry.phase}"
    tariffs = ", ".join(tariffs_named(cdr, terms))
    actual = f"location {place.id}, token {cdr.cdr_token.type}, tariff {tariffs or 'not named'}"
    return Refusal(Reason.OUT_OF_LAUNCH_SCOPE, pair, f"{expected} ({launch.state})", actual)


def caps_for(
    launch: Launch | None,
    cdr: CdrStatement,
    terms: Terms,
    site_groups: frozenset[str] = frozenset(),
) -> tuple[Caps, LaunchTerms]:
    """Return the caps a charge falls under: of the phase that lets it through, and agreed."""
    entry = _admitting(launch, cdr, terms, site_groups) if launch is not None else None
    return (entry.caps if entry is not None else Caps()), terms.launch


def cap_reached(
    pair: str,
    day: date,
    caps: tuple[Caps, LaunchTerms],
    use: DayUse,
    *,
    net: Decimal,
    currency: str,
) -> Refusal | None:
    """Return LAUNCH_CAP_REACHED where a sale of `net` does not fit beside what was accepted."""
    planned, agreed = caps
    path = f"{pair}/{day}"
    for most in (planned.cdrs_per_day, agreed.cdrs_per_day):
        if most is not None and use.cdrs >= most:
            return Refusal(
                Reason.LAUNCH_CAP_REACHED, path, f"at most {most} CDRs", f"{use.cdrs} accepted"
            )
    if planned.currency is not None and planned.currency != currency:
        return Refusal(
            Reason.LAUNCH_CAP_REACHED, path, f"a sale in {planned.currency}", f"one in {currency}"
        )
    total = EXACT.add(use.net.get(currency, ZERO), net)
    for limit in (planned.money_per_day, agreed.money_per_day):
        if limit is not None and total > limit:
            return Refusal(
                Reason.LAUNCH_CAP_REACHED,
                path,
                f"at most {limit} {currency}",
                f"{total} {currency} with this one",
            )
    return None


def is_counted(launch: Launch | None, terms: LaunchTerms) -> bool:
    """True where a pair's accepted CDRs are counted by day: while it launches, or caps agreed."""
    if launch is not None and launch.state != "completed":
        return True
    return terms.cdrs_per_day is not None or terms.money_per_day is not None


def tariffs_named(cdr: CdrStatement, terms: Terms) -> tuple[str, ...]:
    """Return the tariffs that a CDR is to be priced by: of its periods, its own, the agreed one."""
    named = [period.tariff_id for period in cdr.charging_periods if period.tariff_id]
    if not named and cdr.tariffs:
        named = [cdr.tariffs[0].id]
    if not named and terms.tariffs.wholesale:
        named = [terms.tariffs.wholesale]
    return tuple(dict.fromkeys(named))


def _admitting(
    launch: Launch, cdr: CdrStatement, terms: Terms, site_groups: frozenset[str]
) -> Entry | None:
    """Return the last entry in force since the charge began that has it in scope."""
    situation = situation_of(cdr, site_groups)
    ends: datetime | None = None
    for entry in reversed(launch.entries):
        if ends is not None and ends <= cdr.start_date_time:
            return None
        if entry.scope is not None and _has(entry.scope, cdr, situation, terms):
            return entry
        ends = entry.since
    return None


def _precedes(launch: Launch, cdr: CdrStatement, terms: Terms) -> bool:
    """True where the charge began before there was a launch, and none was required."""
    return not terms.launch.required and cdr.start_date_time < launch.entries[0].since


def _has(scope: Scope, cdr: CdrStatement, situation: Situation, terms: Terms) -> bool:
    types = {name.upper() for name in scope.token_types}
    if types and cdr.cdr_token.type.upper() not in types:
        return False
    tariffs = {name.lower() for name in scope.tariffs}
    named = tariffs_named(cdr, terms)
    if tariffs and (not named or any(name.lower() not in tariffs for name in named)):
        return False
    return situation.concerns(scope.audience)
