"""The commands of people about actors, rates and periods; other shared facts have their own module.

Each takes who asks and when; each is an event with actor and proof, and what waited for the fact
is due with it. Registering the same again changes nothing.
"""

from datetime import UTC, date, datetime, time, timedelta

from ledger.application.commands import By, provenance_of
from ledger.application.consequences import record_fact
from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.permissions import SYSTEM, require_role
from ledger.application.store import FactRecorded, Writes
from ledger.fx.convert import rates_key
from ledger.fx.history import ExchangeRates, ImportKind
from ledger.fx.rates import RateHistory
from ledger.roaming.actor import Actor
from ledger.roaming.agreement import Agreement
from ledger.roaming.terms import Calendar
from ledger.settlement.period import SettlementPeriod
from ledger.values.instants import NEVER, first_day, local_date, month_after, month_of
from ledger.values.reasons import Reason, Refusal, Refused


def register_actor(ledger: Ledger, name: str, roles: tuple[str, ...], *, by: By) -> None:
    """Register an actor. The first one registers itself and must be an admin."""

    def decide(view: View, writes: Writes) -> list[Actor]:  # noqa: ARG001
        actors = view.all_of(Actor)
        if actors:
            require_role(view, by, "admin")
        elif by.actor != name or "admin" not in roles:
            raise Refused(Refusal(Reason.ACTOR_UNKNOWN, "actor", "an admin first", by.actor))
        view.edit(Actor, name).register(roles=roles, provenance=provenance_of(by))
        return []

    ledger.command(decide, recorded_at=by.at)


def import_rates(
    ledger: Ledger,
    history: RateHistory,
    *,
    by: By,
    corrects: bool = False,
    dry_run: bool = False,
) -> ImportKind:
    """Import a source's exchange rates of one currency; return what that does to what is known.

    What waits for a rate is due with it; what was decided on a rate that an import corrects is
    decided again. `dry_run` checks everything and records nothing.
    Refuses: what `ExchangeRates.import_history` refuses, ROLE_MISSING.
    """
    kind: ImportKind = "unchanged"

    def change(view: View) -> list[FactRecorded]:
        nonlocal kind
        key = rates_key(history.currency, history.source)
        rates = view.edit(ExchangeRates, key)
        before = rates.history
        kind = rates.import_history(history, provenance=provenance_of(by), corrects=corrects)
        changes = history.changes_of(before) if before is not None else ()
        first = changes[0].published_on if changes else None
        return [FactRecorded(f"fx:{key}", NEVER if first is None else _affected_from(first))]

    record_fact(ledger, change, by, "finance", dry_run=dry_run)
    return kind


def _affected_from(corrected_on: date) -> datetime:
    """Return from which instant on services may have been converted at a corrected rate.

    By the rule of the cut-off day, a rate counts for the whole month before it; in every zone.
    """
    first = datetime.combine(first_day(month_of(corrected_on)), time(), UTC)
    return first - timedelta(days=1)


def advance_time(
    ledger: Ledger, now: datetime, *, group: str = "ALL", time_zone: str = "Europe/Amsterdam"
) -> list[str]:
    """Open every settlement period up to that of `now`; return what was opened.

    Besides `group`, the groups of every agreement's calendar have periods, in their own zones.
    The first one is that of the first `now`; from there on none is left out, however long the
    clock stood still. Its effects are events, so a replay needs no clock.
    """
    by = By(SYSTEM, "system", now)
    opened: list[str] = []

    def decide(view: View, writes: Writes) -> list[SettlementPeriod]:  # noqa: ARG001
        opened.clear()
        for name, zone in sorted({**_agreed_groups(view), group: time_zone}.items()):
            for month in _months_to_open(view, name, month_of(local_date(now, zone))):
                key = f"{name}/{month}"
                view.edit(SettlementPeriod, key).open(time_zone=zone, provenance=provenance_of(by))
                opened.append(key)
        return []

    ledger.command(decide, recorded_at=now)
    return opened


def _agreed_groups(view: View) -> dict[str, str]:
    """Return the calendars that agreements have beside the usual one: group and time zone."""
    calendars = {row.terms.calendar for each in view.all_of(Agreement) for row in each.versions}
    return {calendar.group: calendar.time_zone for calendar in calendars - {Calendar()}}


def _months_to_open(view: View, group: str, until: str) -> list[str]:
    """Return the months after the last one opened, up to `until`; only `until` at the start."""
    known = [row.month for row in view.periods.values() if row.key.startswith(f"{group}/")]
    month = month_after(max(known)) if known else until
    months = []
    while month <= until:
        months.append(month)
        month = month_after(month)
    return months
