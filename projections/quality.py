"""The quality of what partners send: a row for whatever changes the measures of a CDR.

Each event about a CDR adds the difference between its measures after and before it. So sums over
rows are what stands, and sums over what was recorded by an instant are what stood then. The
exceptions that were raised, and how long they took, are the exception queue's own.
"""

from collections.abc import Iterable, Mapping
from typing import ClassVar, NamedTuple

from ledger.values.reasons import Reason
from projections.cdr_events import CdrAccepted, CdrConflictHeld, CdrEvent
from projections.database import Connection, copy_rows, text
from projections.event_parts import CdrStatement, Decision
from projections.history import Earlier, History, history_of
from projections.pages import Recorded

UNMATCHED_CODES = frozenset({Reason.SESSION_MISSING})
LATE_CODES = frozenset({Reason.DELIVERED_LATE, Reason.CDR_TOO_OLD})
PRICE_CODES = frozenset(
    {
        Reason.CDR_TOTAL_COST_DIFFERS,
        Reason.CDR_COST_PART_DIFFERS,
        Reason.DISPLAYED_PRICE_DIFFERS,
        Reason.CURRENCY_DIFFERS,
    }
)
_DIFFERENT = frozenset(
    {code for code in Reason if code.endswith("_DIFFERS") and code.startswith(("CDR_", "SESSION_"))}
    | {Reason.ENERGY_SOURCES_DIFFER, Reason.ENERGY_NOT_THAT_OF_TRUTH, Reason.PARKING_TIME_DIFFERS}
    | PRICE_CODES
)


class Measures(NamedTuple):
    """What counts about a CDR: 1 or 0 each; `waits`: held or refused."""

    cdrs: int = 0
    unmatched: int = 0
    late: int = 0
    price: int = 0
    different: int = 0
    waits: int = 0


_SOUND = Measures(cdrs=1)


class Quality:
    """What each event changed of the measures, by who, where and when it charged."""

    NAME: ClassVar[str] = "quality"
    TABLES: ClassVar[Mapping[str, str]] = {"change": "position, number"}

    def __init__(self) -> None:
        self._rows: list[str] = []

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if not isinstance(event, CdrEvent) or isinstance(event, CdrConflictHeld):
            return
        if isinstance(event, CdrAccepted) and recorded.version == 1:
            self._add(recorded, event.cdr, 2, event.statement, _decided(event.decision), 1)
            return
        before = recorded.before or History()
        now = Earlier(recorded.position, recorded.topic, event)
        after = history_of([*recorded.earlier, now])
        was, now_is = _measures(before), _measures(after)
        if was == now_is and _place(before.statement) == _place(after.statement):
            return
        # A correction may move a CDR to another place: it leaves the one and comes to the other.
        self._add(recorded, event.cdr, 1, before.statement, was, -1)
        self._add(recorded, event.cdr, 2, after.statement, now_is, 1)

    def write(self, connection: Connection, schema: str) -> None:
        copy_rows(connection, "insert_quality_changes", schema, self._rows)

    def _add(
        self,
        recorded: Recorded,
        cdr: str,
        number: int,
        statement: CdrStatement | None,
        measures: Measures,
        sign: int,
    ) -> None:
        if statement is None or not any(measures):
            return
        place = "\t".join(_place(statement))
        counted = "\t".join(str(sign * count) for count in measures)
        held = statement.total_cost.before_taxes if measures.waits else "0"
        money = f"-{held}" if sign < 0 else held
        self._rows.append(
            f"{recorded.position}\t{number}\t{cdr.partition('/')[0]}"
            f"\t{place}\t{counted}\t{money.replace('--', '')}"
            f"\t{recorded.recorded_at}"
        )


def _place(statement: CdrStatement | None) -> tuple[str, ...]:
    """Return buyer, location, charger, its software, the day of the end in UTC, and currency."""
    if statement is None:
        return ()
    place, extension = statement.cdr_location, statement.clearwatt
    return (
        text(statement.buyer),
        text(place.id),
        text(place.evse_id),
        text(extension.firmware_version if extension else None),
        statement.end_date_time[:10],
        statement.currency,
    )


def _measures(history: History) -> Measures:
    """Return what counts about a CDR; one that a person excluded does not count, nor a credit."""
    statement = history.statement
    if statement is None or statement.credit or history.state in ("new", "excluded"):
        return Measures()
    if history.decided is not None and history.state in ("accepted", "credited"):
        return _decided(history.decided.decision)
    return _found({refusal.reason for refusal in history.refusals}, waits=1)


def _decided(decision: Decision) -> Measures:
    """Return what counts about a decision: what it notes, and what a person let go."""
    if decision.session is not None and not decision.warnings and decision.release is None:
        return _SOUND
    codes = {refusal.reason for refusal in decision.warnings}
    codes |= set(decision.release.codes if decision.release else ())
    return _found(codes - UNMATCHED_CODES)._replace(unmatched=int(decision.session is None))


def _found(codes: set[str], *, waits: int = 0) -> Measures:
    return Measures(
        cdrs=1,
        unmatched=_any(codes, UNMATCHED_CODES),
        late=_any(codes, LATE_CODES),
        price=_any(codes, PRICE_CODES),
        different=_any(codes, _DIFFERENT),
        waits=waits,
    )


def _any(codes: Iterable[str], wanted: frozenset[Reason]) -> int:
    return int(not wanted.isdisjoint(codes))
