"""Control totals: what a sender says it sent in a day, compared with what was received.

Totals change nothing that was recorded. Where they differ, a message was lost, or one side
counts otherwise: people find out.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec
from eventsourcing.domain import event

from ledger.roaming.control_statements import ControlTotalsStatement, StatedAmount
from ledger.roaming.newest import NewestStands
from ledger.roaming.sender import PATIENCE
from ledger.values.money import ZERO
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Provenance

COMPARED_FOR: Final = timedelta(days=3)
"""How long after a sender's statement what arrives late is still compared with it."""


class ReceivedTotals(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What was received of a sender on a topic in a UTC day, each message once.

    Energy in kWh; amounts before taxes, by currency in order.
    """

    messages: int = 0
    energy_kwh: Decimal = ZERO
    first_sequence: int | None = None
    last_sequence: int | None = None
    amounts: tuple[StatedAmount, ...] = ()


class Difference(msgspec.Struct, frozen=True, gc=False):
    """A figure on which both sides differ: `messages`, `energy_kwh`, `amounts.EUR` and so on."""

    figure: str
    stated: Decimal | None
    received: Decimal | None


def differences_between(
    stated: ControlTotalsStatement, received: ReceivedTotals
) -> tuple[Difference, ...]:
    """Return where the totals differ; what the sender left unsaid is not compared.

    >>> from datetime import UTC, date
    >>> at = datetime(2026, 10, 6, tzinfo=UTC)
    >>> stated = ControlTotalsStatement("NL", "XYZ", "cdrs.v1", date(2026, 10, 5), 3, at)
    >>> differences_between(stated, ReceivedTotals(messages=3, energy_kwh=Decimal(40)))
    ()
    >>> differences_between(stated, ReceivedTotals(messages=2))
    (Difference(figure='messages', stated=Decimal('3'), received=Decimal('2')),)
    """
    return tuple(
        Difference(figure, told, found)
        for figure, told, found in _figures(stated, received)
        if told != found
    )


def _figures(
    stated: ControlTotalsStatement, received: ReceivedTotals
) -> Iterator[tuple[str, Decimal | None, Decimal | None]]:
    yield "messages", Decimal(stated.messages), Decimal(received.messages)
    for figure, told, found in (
        ("first_sequence", stated.first_sequence, received.first_sequence),
        ("last_sequence", stated.last_sequence, received.last_sequence),
    ):
        if told is not None:
            yield figure, Decimal(told), None if found is None else Decimal(found)
    if stated.energy_kwh is not None:
        yield "energy_kwh", stated.energy_kwh, received.energy_kwh
    if stated.amounts:
        told_by = {row.currency: row.before_taxes for row in stated.amounts}
        found_by = {row.currency: row.before_taxes for row in received.amounts}
        for currency in sorted({*told_by, *found_by}):
            yield f"amounts.{currency}", told_by.get(currency, ZERO), found_by.get(currency, ZERO)


class ControlTotals(NewestStands):
    """A sender's totals of a topic and a day; key `NL*XYZ/cdrs.v1/2026-10-05`.

    `differences` are those recorded last: None before the first comparison, none where all agrees.
    """

    KIND = "control_totals"
    KEY_FIELD = "totals"

    statement: ControlTotalsStatement | None
    received_at: datetime | None
    differences: tuple[Difference, ...] | None

    def begin(self) -> None:
        super().begin()
        self.statement = None
        self.received_at = None
        self.differences = None

    @property
    def compared_until(self) -> datetime | None:
        """When the totals are looked at for the last time."""
        return None if self.received_at is None else self.received_at + COMPARED_FOR

    def state(
        self, statement: ControlTotalsStatement, *, content_sha256: str, provenance: Provenance
    ) -> Outcome:
        """Keep what the sender says; return the message's outcome, as `newest` has it."""
        return self._keep(
            statement,
            beside=self.statement,
            content_sha256=content_sha256,
            provenance=provenance,
            stands=self._record_statement,
            is_held=self._record_conflict,
        )

    def compare(
        self, received: ReceivedTotals, *, now: datetime, provenance: Provenance
    ) -> datetime | None:
        """Compare with what was received; return when to look again, None where never.

        That all agrees is recorded at once; a difference after `PATIENCE`, since the messages may
        be under way; neither twice in a row. A message that arrives brings the next look forward.
        """
        until = self.compared_until
        if self.statement is None or self.received_at is None or until is None:
            return None
        found = differences_between(self.statement, received)
        if not found and self.differences != ():
            self._record_match(
                totals=self.key,
                stated=self.statement,
                received=received,
                provenance=provenance,
            )
        elif found and now < self.received_at + PATIENCE:
            return self.received_at + PATIENCE
        elif found and found != self.differences:
            self._record_difference(
                totals=self.key,
                stated=self.statement,
                received=received,
                differences=found,
                provenance=provenance,
            )
        return until if now < until else None

    @event("Stated", topic="control_totals.stated.v1")
    def _record_statement(
        self,
        totals: str,
        statement: ControlTotalsStatement,
        content_sha256: str,
        provenance: Provenance,
    ) -> None:
        self.statement, self.content_sha256 = statement, content_sha256
        self.received_at = provenance.received_at
        self.differences = None

    @event("ConflictHeld", topic="control_totals.conflict_held.v1")
    def _record_conflict(
        self,
        totals: str,
        statement: ControlTotalsStatement,
        content_sha256: str,
        provenance: Provenance,
    ) -> None:
        self.conflicting = self.conflicting | {content_sha256}

    @event("Matched", topic="control_totals.matched.v1")
    def _record_match(
        self,
        totals: str,
        stated: ControlTotalsStatement,
        received: ReceivedTotals,
        provenance: Provenance,
    ) -> None:
        self.differences = ()

    @event("Differ", topic="control_totals.differ.v1")
    def _record_difference(
        self,
        totals: str,
        stated: ControlTotalsStatement,
        received: ReceivedTotals,
        differences: tuple[Difference, ...],
        provenance: Provenance,
    ) -> None:
        self.differences = differences
