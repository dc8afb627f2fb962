"""Exceptions that are about no CDR: conflicts, messages, sessions, senders, totals, disputes."""

from collections.abc import Iterable

from ledger.roaming.sender import Gap, Numbers, without
from ledger.values.instants import BEGINNING
from projections.control_events import (
    CaseAssigned,
    CaseCommented,
    CommandConflictHeld,
    ExpiryAnnounced,
    ExpiryEvent,
    ExpiryWithdrawn,
    SenderEvent,
    SenderGapFilled,
    SenderGapFound,
    SenderReset,
    SessionStuck,
    SessionUnbilled,
    TotalsConflictHeld,
    TotalsDiffer,
    TotalsEvent,
)
from projections.database import Connection, copy_rows, text
from projections.dispute_events import (
    DisputeAnswered,
    DisputeClosed,
    DisputeEvent,
    DisputeExpired,
    DisputeHeld,
    DisputeReturned,
)
from projections.event_base import Event
from projections.event_parts import Refusal, Source
from projections.events import (
    IntakeConsumed,
    IntakeReplayed,
    LocationConflictHeld,
    PartyConflictHeld,
    PartyRegistered,
    SessionConflictHeld,
    TariffHeld,
    TariffStated,
)
from projections.exception_rows import About, Kind, Queue, Stake
from projections.history import Earlier
from projections.pages import Recorded
from projections.payment_events import (
    PaymentAccepted,
    PaymentConflictHeld,
    PaymentEvent,
    PaymentHeld,
    PaymentTakenBack,
    stood_before,
)

Conflict = SessionConflictHeld | TariffHeld | LocationConflictHeld | PartyConflictHeld

_NOT_APPROVED = "tariff_version.unapproved_held.v1"
_IN_FORCE = {
    "tariff_version.received.v1": "accepted",
    "tariff_version.published.v1": "published",
}
_MATCHED = "control_totals.matched.v1"


class CaseNotes:
    """Assignments and comments, as they were made."""

    def __init__(self) -> None:
        self._rows: list[str] = []

    def take(self, recorded: Recorded) -> bool:
        """Keep a note; False where the event is none."""
        event = recorded.event
        if not isinstance(event, CaseAssigned | CaseCommented):
            return False
        assignee = event.to if isinstance(event, CaseAssigned) else None
        said = event.text if isinstance(event, CaseCommented) else None
        self._rows.append(
            f"{recorded.position}\t{text(event.case)}\t{text(event.actor)}\t{text(assignee)}"
            f"\t{text(said)}\t{recorded.recorded_at}"
        )
        return True

    def write(self, connection: Connection, schema: str) -> None:
        copy_rows(connection, "insert_exception_notes", schema, self._rows)


def follow_control(queue: Queue, recorded: Recorded) -> None:
    """Open, change and resolve what an event says that is about no CDR."""
    event = recorded.event
    if isinstance(event, Conflict):
        _keep_conflict(queue, recorded, event)
    elif isinstance(event, PartyRegistered):
        # What was said twice at one time is said anew: which of both was right matters no more.
        queue.resolve_all(recorded, "party", event.party, "stated anew")
    elif isinstance(event, SessionStuck | SessionUnbilled):
        _warn_of_session(queue, recorded, event)
    elif isinstance(event, TariffStated):
        _resolve_a_held_version(queue, recorded, event)
    elif isinstance(event, IntakeConsumed):
        _keep_unreadable(queue, recorded, event)
    elif isinstance(event, IntakeReplayed):
        _replay(queue, recorded, event)
    elif isinstance(event, SenderEvent):
        _follow_numbers(queue, recorded, event)
    elif isinstance(event, TotalsEvent):
        _compare_totals(queue, recorded, event)
    elif isinstance(event, DisputeEvent):
        _follow_dispute(queue, recorded, event)
    elif isinstance(event, PaymentEvent):
        _follow_payment(queue, recorded, event)
    elif isinstance(event, ExpiryEvent):
        _follow_expiry(queue, recorded, event)
    elif isinstance(event, CommandConflictHeld):
        command = event.remote_command
        about = About("command", command, f"{command} {event.content_sha256}")
        refusal = Refusal("COMMAND_RESULT_CONFLICT", actual=event.content_sha256)
        queue.open(recorded, about, [refusal], source=event.source)


def awaited(session: str) -> About:
    """Return what is open while news of a session, or its CDR, are awaited."""
    return About("session", session, f"{session} awaited")


def _keep_conflict(
    queue: Queue,
    recorded: Recorded,
    event: Conflict,
) -> None:
    kind: Kind = "tariff" if isinstance(event, TariffHeld) else "location"
    if isinstance(event, SessionConflictHeld):
        kind = "session"
    elif isinstance(event, PartyConflictHeld):
        kind = "party"
    reason = f"{kind.upper()}_CONFLICT"
    if recorded.topic == _NOT_APPROVED:
        reason = "TARIFF_NOT_APPROVED"
    refusal = Refusal(reason, actual=event.content_sha256)
    about = About(kind, event.subject, f"{event.subject} {event.content_sha256}")
    queue.open(recorded, about, [refusal], source=event.source)


def _warn_of_session(
    queue: Queue, recorded: Recorded, event: SessionStuck | SessionUnbilled
) -> None:
    if isinstance(event, SessionStuck):
        refusal = Refusal(
            "SESSION_STUCK", "last_updated", f"news within {event.limit_h} h", event.since
        )
    else:
        refusal = Refusal(
            "SESSION_UNBILLED", "cdr", f"a CDR within {event.limit_h} h", f"{event.kwh} kWh"
        )
    queue.open(recorded, awaited(event.session), [refusal])


def _resolve_a_held_version(queue: Queue, recorded: Recorded, event: TariffStated) -> None:
    """A version that was held as not approved is in force with the same content now."""
    resolution = _IN_FORCE.get(recorded.topic)
    if resolution is not None:
        key = f"{event.tariff} {event.version.content_sha256}"
        queue.resolve(recorded, About("tariff", event.tariff, key), resolution)


def _keep_unreadable(queue: Queue, recorded: Recorded, event: IntakeConsumed) -> None:
    for number, mark in enumerate(event.unreadable, 1):
        message = Source(event.topic, event.partition, mark.offset, mark.sender)
        refusal = Refusal(mark.reason, mark.path, actual=mark.detail)
        place = f"{message.topic}[{message.partition}]@{message.offset}"
        about = About("message", place, place)
        queue.open(recorded, about, [refusal], source=message, number=number)


def _replay(queue: Queue, recorded: Recorded, event: IntakeReplayed) -> None:
    about = About("message", event.subject, event.subject)
    if event.outcome == "unreadable":
        queue.change(recorded, about, [Refusal(event.reason)])
    else:
        queue.resolve(recorded, about, event.outcome)


def _follow_numbers(queue: Queue, recorded: Recorded, event: SenderEvent) -> None:
    """A sender's missing numbers on a topic are one exception, however many there are."""
    before = _missing(row.event for row in recorded.earlier)
    missing = _missing([*(row.event for row in recorded.earlier), event])
    about = About("sender", event.subject, event.subject)
    numbers = ", ".join(str(Numbers(gap.first, gap.last)) for gap in missing)
    refusal = Refusal("SEQUENCE_GAP", "cw-sequence", "numbers without a gap", numbers)
    if missing and not before:
        queue.open(recorded, about, [refusal])
    elif missing:
        queue.change(recorded, about, [refusal])
    elif before:
        queue.resolve(recorded, about, "reset" if isinstance(event, SenderReset) else "filled")


def _missing(events: Iterable[Event]) -> list[Gap]:
    gaps: list[Gap] = []
    for event in events:
        if isinstance(event, SenderGapFound):
            gaps += [Gap(run.first, run.last, BEGINNING) for run in event.missing]
            continue
        came: list[Numbers] = []
        if isinstance(event, SenderGapFilled):
            came = [Numbers(run.first, run.last) for run in event.filled]
        elif isinstance(event, SenderReset):
            came = [Numbers(0, event.from_number - 1)]
            gaps = [] if event.is_restart else gaps
        gaps = [left for gap in gaps for left in without(gap, came)]
    return gaps


def _compare_totals(queue: Queue, recorded: Recorded, event: TotalsEvent) -> None:
    if isinstance(event, TotalsConflictHeld):
        about = About("totals", event.totals, f"{event.totals} {event.content_sha256}")
        refusal = Refusal("CONTROL_TOTALS_CONFLICT", actual=event.content_sha256)
        queue.open(recorded, about, [refusal], source=event.source)
        return
    about = About("totals", event.totals, event.totals)
    if isinstance(event, TotalsDiffer):
        refusals = [
            Refusal("CONTROL_TOTALS_DIFFER", row.figure, row.stated or "", row.received or "")
            for row in event.differences
        ]
        if _differed(recorded.earlier):
            queue.change(recorded, about, refusals)
        else:
            queue.open(recorded, about, refusals)
    elif recorded.topic == _MATCHED:
        queue.resolve(recorded, about, "matched")


def _differed(earlier: Iterable[Earlier]) -> bool:
    """True where totals differed and were not found to match since."""
    differed = False
    for row in earlier:
        if isinstance(row.event, TotalsDiffer):
            differed = True
        elif row.topic == _MATCHED:
            differed = False
    return differed


def _follow_expiry(queue: Queue, recorded: Recorded, event: ExpiryEvent) -> None:
    """What ends is one exception, due at its end, until it is renewed."""
    about = About("expiry", event.expiry, event.expiry)
    if isinstance(event, ExpiryWithdrawn):
        queue.resolve(recorded, about, event.because)
    elif isinstance(event, ExpiryAnnounced):
        refusal = Refusal("TAX_BASIS_EXPIRES", event.what, "renewed before it ends", event.ends_on)
        last = recorded.earlier[-1].event if recorded.earlier else None
        if isinstance(last, ExpiryAnnounced):
            queue.change(recorded, about, [refusal])
        else:
            queue.open(recorded, about, [refusal])


def _follow_dispute(queue: Queue, recorded: Recorded, event: DisputeEvent) -> None:
    if isinstance(event, DisputeHeld):
        about = About("dispute", event.dispute, f"{event.dispute} {event.sha256}")
        queue.open(recorded, about, [event.refusal], source=event.source)
    elif isinstance(event, DisputeExpired):
        about = About("dispute", event.dispute, f"{event.dispute} answer")
        refusal = Refusal("DISPUTE_NOT_ANSWERED", "answer", f"by {event.due_at}")
        claim = event.claim
        stake = Stake(claim.net, claim.currency, claim.buyer)
        queue.open(recorded, about, [refusal], stake=stake)
    elif event.moved_from == "held":
        queue.resolve_all(recorded, "dispute", event.dispute, "taken up")
    elif isinstance(event, DisputeAnswered | DisputeReturned | DisputeClosed):
        about = About("dispute", event.dispute, f"{event.dispute} answer")
        queue.resolve(recorded, about, recorded.topic.split(".")[1])


def _follow_payment(queue: Queue, recorded: Recorded, event: PaymentEvent) -> None:
    """Each event of a payment that is held is an exception of its own."""
    if isinstance(event, PaymentConflictHeld):
        about = About("payment", event.payment, f"{event.payment} {event.content_sha256}")
        refusal = Refusal("PAYMENT_CONFLICT", "sequence", actual=str(event.statement.sequence))
        queue.open(recorded, about, [refusal], source=event.source)
    elif isinstance(event, PaymentHeld):
        about = _event_of(event.payment, event.statement.sequence)
        if event.moved_from == "held":
            queue.change(recorded, about, event.refusals)
        else:
            queue.open(recorded, about, event.refusals, source=event.source)
    elif isinstance(event, PaymentTakenBack):
        about = _event_of(event.payment, event.statement.sequence)
        message = stood_before(event, recorded.earlier).message
        queue.open(recorded, about, event.refusals, source=message)
    elif isinstance(event, PaymentAccepted) and event.decision.moved_from == "held":
        about = _event_of(event.payment, event.statement.sequence)
        queue.resolve(recorded, about, "accepted")


def _event_of(payment: str, sequence: int) -> About:
    return About("payment", payment, f"{payment} event {sequence}")
