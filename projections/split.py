"""The split: what each clause gives to whom, one row per step of a waterfall and per fee.

Reversals are rows of their own with the amount negated, as in `vat`. An adjustment gives back a
part of the sale and leaves the shares as they are. The true-up of a period adds a row per clause.
`sale` has what the clauses of a CDR are about: its main sale, energy, country and location.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from projections.amounts import negated
from projections.cdr_events import CdrAccepted, CdrCredited, CdrExcluded, CdrRedecided
from projections.database import Connection, copy_rows, text, text_array
from projections.event_parts import Booking, CdrStatement, Decision, Leg, Step, location_of
from projections.pages import Recorded
from projections.period_events import PeriodTruedUp

MAIN = 0
"""The leg that is split, and that fees are charged on: the sale itself."""

_FEE = "fee"
_NO_STEP = "\t".join([r"\N"] * 5)


class Splits:
    """Every split step and fee; `exact` is the fraction before rounding, `amount` has scale 4."""

    NAME: ClassVar[str] = "split"
    TABLES: ClassVar[Mapping[str, str]] = {"sale": "position, number", "step": "position, number"}

    def __init__(self) -> None:
        self._sales: list[str] = []
        self._steps: list[str] = []
        self._position = self._number = self._sale = 0

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, CdrAccepted):
            decided = event.decision, event.decision.booking, event.statement
            self._add(recorded, event.cdr, *decided)
        elif isinstance(event, CdrRedecided):
            self._take_back(recorded, event.cdr, event.reversal_booking)
            statement = recorded.history().statement
            if event.decision is not None and statement is not None:
                decided = event.decision, event.decision.booking, statement
                self._add(recorded, event.cdr, *decided)
        elif isinstance(event, CdrCredited | CdrExcluded) and event.reversal_booking is not None:
            self._take_back(recorded, event.cdr, event.reversal_booking)
        elif isinstance(event, PeriodTruedUp):
            self._true_up(recorded, event)

    def write(self, connection: Connection, schema: str) -> None:
        copy_rows(connection, "insert_split_sales", schema, self._sales)
        copy_rows(connection, "insert_split_steps", schema, self._steps)

    def _take_back(self, recorded: Recorded, cdr: str, booking: Booking) -> None:
        before = recorded.history()
        if before.decided is not None and before.statement is not None:
            position, decision, _ = before.decided
            self._add(recorded, cdr, decision, booking, before.statement, position)

    def _add(
        self,
        recorded: Recorded,
        cdr: str,
        decision: Decision,
        booking: Booking,
        statement: CdrStatement,
        reverses_position: int | None = None,
    ) -> None:
        """Add a sale with its steps and fees, or take them back."""
        self._begin(recorded)
        self._sale += 1
        origin = r"\N" if reverses_position is None else str(reverses_position)
        tail = f"{text(booking.posted_period)}\t{recorded.recorded_at}"
        main = decision.legs[MAIN]
        energy_kwh = main.priced.billed_energy_kwh if main.priced is not None else "0"
        self._sales.append(
            f"{recorded.position}\t{self._sale}\t{text(cdr)}\t{origin}\t{main.seller}\t{main.buyer}"
            f"\t{text(main.agreement_version)}\t{main.currency}\t{main.net}\t{main.gross}"
            f"\t{energy_kwh}\t{statement.cdr_location.country}\t{tail}\t{text_array(main.visible_to)}"
            f"\t{text(location_of(cdr, statement))}"
        )
        head = f"{self._sale}\t{text(cdr)}"
        for place, row, seen in _clauses_of(decision, is_reversal=reverses_position is not None):
            self._add_step(recorded, f"{head}\t{place}\t{origin}\t{row}\t{tail}\t{seen}")

    def _true_up(self, recorded: Recorded, event: PeriodTruedUp) -> None:
        self._begin(recorded)
        for index, adjustment in enumerate(event.adjustments):
            leg = adjustment.leg
            head = f"\\N\t\\N\ttrue_up\t{index}\t1\t\\N\t{_of_leg(leg, leg.net)}"
            tail = f"{text(event.booking.posted_period)}\t{recorded.recorded_at}"
            self._add_step(recorded, f"{head}\t{tail}\t{text_array(leg.visible_to)}")

    def _begin(self, recorded: Recorded) -> None:
        if self._position != recorded.position:
            self._position, self._number, self._sale = recorded.position, 0, 0

    def _add_step(self, recorded: Recorded, row: str) -> None:
        self._number += 1
        self._steps.append(f"{recorded.position}\t{self._number}\t{row}")


def _clauses_of(decision: Decision, *, is_reversal: bool) -> Iterator[tuple[str, str, str]]:
    """Yield each step and fee: its kind and place, its row, and who may see it."""
    main = decision.legs[MAIN]
    for place, step in enumerate(main.split, 1):
        amount = negated(step.amount) if is_reversal else step.amount
        seen = text_array(tuple(dict.fromkeys((step.payee, main.seller))))
        yield f"step\t{MAIN}\t{place}", _of_step(step, main, amount), seen
    for index, leg in enumerate(decision.legs):
        if leg.kind == _FEE:
            amount = negated(leg.net) if is_reversal else leg.net
            yield f"{_FEE}\t{index}\t1", _of_leg(leg, amount), text_array(leg.visible_to)


def _of_step(step: Step, sale: Leg, amount: str) -> str:
    return (
        f"{step.payee}\t{sale.seller}\t{text(step.name)}\t{text(step.clause)}"
        f"\t{text(step.agreement_version)}\t{step.basis_kind}\t{step.basis}\t{step.rate}"
        f"\t{text(step.fixed)}\t{text(step.bound)}\t{step.exact}\t{amount}"
        f"\t{'t' if step.remaining else 'f'}\t{sale.currency}"
    )


def _of_leg(leg: Leg, amount: str) -> str:
    name = leg.clause.partition(" ")[2]
    return (
        f"{leg.seller}\t{leg.buyer}\t{text(name)}\t{text(leg.clause)}"
        f"\t{text(leg.agreement_version)}\t{_NO_STEP}\t{leg.net_exact}\t{amount}"
        f"\tf\t{leg.currency}"
    )
