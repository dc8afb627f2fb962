"""What the clock and people do about senders: gaps in their numbers, their totals, a new count."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from ledger.application.commands import By, provenance_of
from ledger.application.ledger import Ledger
from ledger.application.numbering import COUNTED_TOPICS, counted_topic
from ledger.application.permissions import SYSTEM, require_role
from ledger.application.sender_rows import Followed, Holes, Reset, SenderDay, TotalsLook
from ledger.application.work import Work
from ledger.roaming.control_totals import ControlTotals, ReceivedTotals
from ledger.roaming.sender import PATIENCE, SenderNumbering, numbering_key, runs_of
from ledger.values.identifiers import checked_party, record_key
from ledger.values.provenance import Provenance
from ledger.values.reasons import Reason, Refusal, Refused

MOST_ARRIVED = 10_000
"""How many late numbers of a sender are taken in one look; the others come with the next."""
MOST_GAPS = 1_000
"""So many open gaps of a sender on a topic say that it does not count them without gaps: no more
are looked for until some are filled or a person resets its numbers."""


def find_gaps(ledger: Ledger, now: datetime, *, limit: int) -> tuple[int, int]:
    """Raise numbers that are missing for longer than `PATIENCE`, and those that came after all.

    Returns how many gaps were found and how many runs of missing numbers came.
    """
    found = filled = 0
    after = ("", "")
    while True:
        with ledger.store.exclusively():
            followed = ledger.store.sender_to_look_at(after)
            if followed is None:
                return found, filled
            looked = _look_at_numbers(ledger, followed, now, limit)
        found, filled = found + looked.found, filled + looked.filled
        if looked.is_all:
            after = (followed.sender, followed.topic)


class _Looked(NamedTuple):
    found: int
    filled: int
    is_all: bool


def _look_at_numbers(ledger: Ledger, followed: Followed, now: datetime, limit: int) -> _Looked:
    key = numbering_key(followed.sender, followed.topic)
    stored = ledger.store.events_of([SenderNumbering.id_of(key)])

    def look(work: Work) -> _Looked:
        work.add_stored(stored)
        numbering = work.load(SenderNumbering, key)
        provenance = Provenance(SYSTEM, "system", now, now)
        arrived = ledger.store.arrived_in(followed, numbering.gaps, MOST_ARRIVED)
        numbering.fill(arrived, provenance=provenance)
        room = min(limit, MOST_GAPS - len(numbering.gaps))
        holes = (
            ledger.store.holes_of(followed, seen_before=now - PATIENCE, limit=room)
            if room > 0
            else Holes((), followed.followed_until)
        )
        numbering.find(holes.gaps, provenance=provenance)
        known = followed._replace(
            followed_until=holes.followed_until, has_gaps=bool(numbering.gaps)
        )
        if known != followed:
            work.writes.senders.followed.append(known)
        is_all = len(holes.gaps) < max(room, 1) and len(arrived) < MOST_ARRIVED
        return _Looked(len(holes.gaps), sum(1 for _ in runs_of(arrived)), is_all)

    return ledger.act([], look, recorded_at=now)


def compare_totals(ledger: Ledger, now: datetime, *, limit: int) -> tuple[int, int]:
    """Compare stated totals that are due; return how many were found to agree, and to differ."""
    raised: Counter[str] = Counter()
    while True:
        with ledger.store.exclusively():
            days = ledger.store.totals_to_look_at(now, limit)
            if not days:
                return raised["Matched"], raised["Differ"]
            _compare_page(ledger, days, now, raised)


def _compare_page(
    ledger: Ledger, days: Sequence[SenderDay], now: datetime, raised: Counter[str]
) -> None:
    keys = {day: totals_key(day) for day in days}
    stored = ledger.store.events_of([ControlTotals.id_of(key) for key in keys.values()])
    received = ledger.store.received_of(days)

    def compare(work: Work) -> None:
        work.add_stored(stored)
        for day, key in keys.items():
            look_at = work.load(ControlTotals, key).compare(
                received.get(day, ReceivedTotals()),
                now=now,
                provenance=Provenance(SYSTEM, "system", now, now),
            )
            work.writes.senders.totals.append(TotalsLook(day, look_at))
        raised.update(names_of_events(work))

    ledger.act([], compare, recorded_at=now)


def names_of_events(work: Work) -> Iterator[str]:
    """Yield the name of each event that a piece of work is about to record."""
    return (type(event).__name__ for row in work.changed for event in row.pending_events)


def totals_key(of: SenderDay) -> str:
    """Return the key of a sender's control totals.

    >>> from datetime import date
    >>> totals_key(SenderDay("NL*XYZ", "cdrs.v1", date(2026, 10, 5)))
    'NL*XYZ/cdrs.v1/2026-10-05'
    """
    return record_key(of.sender, f"{of.topic}/{of.day}")


def reset_sequence(
    ledger: Ledger,
    sender: str,
    topic: str,
    *,
    from_number: int = 1,
    is_restart: bool,
    reason: str,
    by: By,
) -> None:
    """Expect a sender's numbers on a topic from `from_number` on; what is below is awaited no more.

    `topic` may lack prefix and version. `is_restart`: the sender counts anew, and what had these
    numbers so far is forgotten; messages that were refused with SEQUENCE_ALTERED can then be fed
    again. Else numbers that are known stay known. Refuses: ROLE_MISSING, ACTOR_UNKNOWN,
    WRONG_IDENTIFIER, NOT_FOUND (the topic), REASON_MISSING, INVALID_DOCUMENT.
    """
    party, name = checked_party(sender), counted_topic(topic if "." in topic else f"{topic}.v1")
    if name not in COUNTED_TOPICS:
        raise Refused(Refusal(Reason.NOT_FOUND, "topic", ", ".join(COUNTED_TOPICS), topic))
    key = numbering_key(party, name)

    def reset(work: Work) -> None:
        require_role(work.view, by, "operations")
        work.add_stored(ledger.store.events_of([SenderNumbering.id_of(key)]))
        work.load(SenderNumbering, key).reset(
            from_number=from_number,
            is_restart=is_restart,
            reason=reason,
            provenance=provenance_of(by),
        )
        work.writes.senders.resets.append(Reset(party, name, from_number, is_restart))

    ledger.act([], reset, recorded_at=by.at)
