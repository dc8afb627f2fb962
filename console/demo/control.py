"""What control had to do in the month, and how every CDR of it had to stand, from the plan."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from console.demo.charge import key_of, parties_in
from console.demo.counted import Controlled
from console.demo.desk import held_in
from console.demo.faults import FAULTS
from console.demo.misprint import affected
from console.demo.month import CALENDAR_ZONE, MonthPlan
from console.demo.people import DEEDS, EXCLUDED, events_of
from console.demo.plan import Expectation, Planned
from console.demo.spent import spent
from ledger.values.instants import local_date, month_of
from projections.database import Connection
from projections.queries.approval import approval_batches
from projections.queries.audit import event_counts
from projections.queries.equation import equation
from projections.queries.finding import decision_counts
from projections.queries.period import cdr_list, standing_counts
from schemas import CdrV1

DISPUTED: Final = "disputed"
LATE: Final = "late"
STANDINGS: Final = ("valid", "adjusted", "credited", "excluded", "held", "refused")
TAKEN_OUT: Final = ("credited", "excluded")
MOST_BATCHES: Final = 10_000
_CONFLICT: Final = "CDR_CONFLICT"
_DECIDED_AGAIN: Final = "cdr.redecided.v1"
_MATCHED, _DIFFER = "control_totals.matched.v1", "control_totals.differ.v1"
CONTROLS: Final = {
    "session.stuck.v1": "sessions stuck: no news of them",
    "session.unbilled.v1": "sessions unbilled: energy and no CDR",
    "cdr.conflict_held.v1": "CDRs under an id in use, with other content",
    "cdr.released.v1": "CDRs released in spite of a finding",
    "cdr.corrected.v1": "CDRs corrected, both values kept",
    "cdr.excluded.v1": "CDRs excluded",
    "cdr.rejected.v1": "CDRs asked for again",
    "cdr.resubmitted.v1": "CDRs resubmitted, citing the reject",
    "cdr.credited.v1": "CDRs credited: all of their lines reversed",
    "cdr.credit_accepted.v1": "credit CDRs that did so",
    "cdr.adjusted.v1": "CDRs adjusted by a part given back",
    "cdr.action_proposed.v1": "actions that took a second person",
    "exception.assigned.v1": "exceptions assigned",
    "exception.commented.v1": "comments in case files",
    "dispute.opened.v1": "disputes opened",
    "dispute.answered.v1": "disputes answered",
    "dispute.decided.v1": "disputes decided",
    "dispute.closed.v1": "disputes closed",
    "sender.gap_found.v1": "gaps found in a sender's numbers",
    _DECIDED_AGAIN: "CDRs decided again at a corrected rate of exchange",
    _MATCHED: "control totals that agree",
    _DIFFER: "control totals that differ",
}
"""What is counted, by the topic of its event."""


def in_the_end(message: Planned) -> Expectation:
    """Return what must have become of a message when people have done what they do."""
    if message.expect.outcome == "held":
        for deed in DEEDS:
            if deed.fault == message.fault and deed.becomes is not None:
                found = (*deed.becomes.findings, *message.expect.findings)
                return replace(deed.becomes, findings=found)
    return message.expect


def planned_standings(plan: MonthPlan) -> dict[str, str]:
    """Return how the CDRs stand, by their key, that must not be valid in the end."""
    found: dict[str, str] = {}
    for fault in FAULTS:
        for charge in plan.cases.get(fault.name, ()):
            if fault.standing and charge.cdr and isinstance(charge.cdr.value, CdrV1):
                found[key_of(charge.cdr.value)] = fault.standing
    for deed in DEEDS:
        for charge in plan.cases.get(deed.fault, ()):
            message = held_in(charge) or charge.cdr
            if deed.standing and message and isinstance(message.value, CdrV1):
                found[key_of(message.value)] = deed.standing
    return found


def expected_standings(plan: MonthPlan) -> Counter[str]:
    """Count how the CDRs of the month must stand: booked in it, waiting, or taken out."""
    standings = planned_standings(plan)
    expected: Counter[str] = Counter()
    for row in plan.messages:
        cdr, expect = row.value, in_the_end(row)
        if not isinstance(cdr, CdrV1) or not _is_of(cdr, plan.month):
            continue
        if expect.code == EXCLUDED:
            expected[EXCLUDED] += 1
        elif expect.outcome == "held" and expect.code != _CONFLICT:
            expected["held"] += 1
        elif expect.outcome == "accepted" and not cdr.credit and not expect.is_late:
            expected[standings.get(key_of(cdr), "valid")] += 1
    expected[DISPUTED] = len(plan.cases.get("disputed_over_the_close", ()))
    expected[LATE] = sum(in_the_end(row).is_late for row in plan.messages)
    return expected


def _is_of(cdr: CdrV1, month: str) -> bool:
    return month_of(local_date(cdr.end_date_time, CALENDAR_ZONE)) == month


def expected_events(plan: MonthPlan) -> Counter[str]:
    """Count what control must have recorded, by topic."""
    expected: Counter[str] = Counter()
    for fault in FAULTS:
        expected.update(fault.events * len(plan.cases.get(fault.name, ())))
    for deed in DEEDS:
        if charges := plan.cases.get(deed.fault):
            expected.update(events_of(deed, charges, plan.context))
    expected[_DECIDED_AGAIN] = len(affected(plan, planned_standings(plan)))
    totals = sum(row.kind == "control-totals" for row in plan.messages)
    expected[_DIFFER] = len(plan.cases.get("lost_update", ()))
    expected[_MATCHED] = totals - expected[_DIFFER]
    return expected


def standings(connection: Connection, plan: MonthPlan) -> list[Controlled]:
    """Compare how the CDRs of the month stand, and how many are disputed, or came late."""
    expected, seen = expected_standings(plan), _standings_seen(connection, plan)
    return [Controlled(name, expected[name], seen[name]) for name in (*STANDINGS, DISPUTED, LATE)]


def _standings_seen(connection: Connection, plan: MonthPlan) -> Counter[str]:
    seen: Counter[str] = Counter()
    for row in standing_counts(connection, f"ALL/{plan.month}"):
        seen[row.standing] += row.cdrs
        seen[DISPUTED] += row.disputed
    seen[LATE] = sum(1 for _ in _late(connection))
    return seen


def _late(connection: Connection) -> Iterator[str]:
    for row in cdr_list(connection, late=True):
        if row.standing == "valid":
            yield row.cdr


def controlled(connection: Connection, plan: MonthPlan) -> list[Controlled]:
    """Compare what control recorded with what it had to record."""
    expected, seen = expected_events(plan), event_counts(connection)
    twice = sum(row.expect.outcome == "duplicate" for row in plan.messages)
    seen_twice = sum(row.duplicate for row in equation(connection).senders)
    basis = decision_counts(connection)
    unnamed = len(plan.cases.get("session_not_named", ()))
    return [
        Controlled("messages that came twice: duplicates", twice, seen_twice),
        Controlled("CDRs matched to a session they do not name", unnamed, basis.matched_by_score),
        Controlled("CDRs with meter data whose signature holds", _signed(plan), basis.verified),
        *spent(connection, plan),
        Controlled(
            "CDRs approved: nobody objected in time", _unopposed(plan), _approved(connection)
        ),
        *(
            Controlled(what, expected[topic], seen.get(topic, 0))
            for topic, what in CONTROLS.items()
        ),
    ]


def _unopposed(plan: MonthPlan) -> int:
    """Count how often a CDR's objection window ends before the close.

    What is decided again may be objected to again.
    """
    again, reviewed_at = affected(plan, planned_standings(plan)), plan.context.reviewed_at
    count = 0
    for row in plan.before_close:
        cdr = row.value
        if isinstance(cdr, CdrV1) and in_the_end(row).outcome == "accepted":
            agreed = plan.context.world.agreement_at(*parties_in(cdr), cdr.start_date_time)
            days = timedelta(days=agreed.terms.windows.objection_days if agreed else 0)
            count += bool(days) and row.sent_at + days <= plan.closes_at
            count += bool(days) and key_of(cdr) in again and row.sent_at + days <= reviewed_at
    return count


def _approved(connection: Connection) -> int:
    batches = approval_batches(connection, limit=MOST_BATCHES)
    return sum(row.cdr_count for row in batches if row.approved_by == "window")


def _signed(plan: MonthPlan) -> int:
    """Count the CDRs that are accepted and stay so, and that a meter signed."""
    standings = planned_standings(plan)
    return sum(
        isinstance(row.value, CdrV1)
        and row.value.signed_data is not None
        and not row.value.credit
        and in_the_end(row).outcome == "accepted"
        and standings.get(key_of(row.value)) not in TAKEN_OUT
        for row in plan.messages
    )
