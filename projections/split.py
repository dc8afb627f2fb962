"""The split: who gets which part of a sale, one row per step of the waterfall.

Reversals are rows of their own with the amount negated, as in `vat`. An adjustment gives back a
part of the sale and leaves the shares as they are.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from projections.amounts import negated
from projections.cdr_events import CdrAccepted, CdrCredited, CdrExcluded, CdrRedecided
from projections.database import Connection, copy_rows, text, text_array
from projections.event_parts import Booking, Decision
from projections.pages import Recorded


class Splits:
    """Every split step; `exact` is the fraction before rounding, `amount` has scale 4."""

    NAME: ClassVar[str] = "split"
    TABLES: ClassVar[Mapping[str, str]] = {"step": "position, number"}

    def __init__(self) -> None:
        self._rows: list[str] = []

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, CdrAccepted):
            self._rows += _rows(recorded, event.cdr, event.decision, event.decision.booking, 1)
        elif isinstance(event, CdrRedecided):
            back = [*_taken_back(recorded, event.cdr, event.reversal_booking)]
            self._rows += back
            if event.decision is not None:
                booking = event.decision.booking
                self._rows += _rows(recorded, event.cdr, event.decision, booking, 1 + len(back))
        elif isinstance(event, CdrCredited | CdrExcluded) and event.reversal_booking is not None:
            self._rows += _taken_back(recorded, event.cdr, event.reversal_booking)

    def write(self, connection: Connection, schema: str) -> None:
        copy_rows(connection, "insert_split_steps", schema, self._rows)


def _taken_back(recorded: Recorded, cdr: str, booking: Booking) -> Iterator[str]:
    decided = recorded.history().decided
    if decided is not None:
        yield from _rows(recorded, cdr, decided.decision, booking, 1, decided.position)


def _rows(
    recorded: Recorded,
    cdr: str,
    decision: Decision,
    booking: Booking,
    first: int,
    reverses_position: int | None = None,
) -> Iterator[str]:
    origin = r"\N" if reverses_position is None else str(reverses_position)
    tail = (
        f"{text(booking.posted_period)}\t{recorded.recorded_at}\t{text_array(decision.visible_to)}"
    )
    number = first
    for index, leg in enumerate(decision.legs):
        for place, step in enumerate(leg.split, 1):
            amount = step.amount if reverses_position is None else negated(step.amount)
            yield (
                f"{recorded.position}\t{number}\t{text(cdr)}\t{index}\t{place}\t{origin}"
                f"\t{step.payee}\t{step.basis}\t{step.rate}\t{step.exact}\t{amount}"
                f"\t{'t' if step.remaining else 'f'}\t{leg.currency}\t{tail}"
            )
            number += 1
