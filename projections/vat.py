"""VAT: one row per leg and decision, as the ledger decided it.

A redecided CDR adds rows that take the earlier ones back, `net` and `vat` negated, naming the
row they reverse; a sum over rows is what stands.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from projections.amounts import negated
from projections.database import Connection, copy_rows, text, text_array
from projections.event_parts import Booking, Decision, Leg
from projections.events import CdrAccepted, CdrRedecided
from projections.pages import Recorded


class VatDecisions:
    """The VAT decision of every leg; amounts at scale 4 in the leg's currency."""

    NAME: ClassVar[str] = "vat"
    TABLES: ClassVar[Mapping[str, str]] = {"decision": "position, number"}

    def __init__(self) -> None:
        self._rows: list[str] = []

    def take(self, recorded: Recorded) -> None:
        event = recorded.event
        if isinstance(event, CdrAccepted):
            self._rows += _rows(recorded, event.cdr, event.decision, event.decision.booking, 1)
        elif isinstance(event, CdrRedecided) and recorded.reversed is not None:
            before = recorded.reversed.decision
            origin = recorded.reversed.position
            self._rows += _rows(recorded, event.cdr, before, event.reversal_booking, 1, origin)
            if event.decision is not None:
                first = 1 + len(before.legs)
                booking = event.decision.booking
                self._rows += _rows(recorded, event.cdr, event.decision, booking, first)

    def write(self, connection: Connection, schema: str) -> None:
        copy_rows(connection, "insert_vat_decisions", schema, self._rows)


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
        f"{text(booking.posted_period)}\t{booking.accounting_month}\t{recorded.recorded_at}"
        f"\t{text_array(decision.visible_to)}"
    )
    for index, leg in enumerate(decision.legs):
        yield (
            f"{recorded.position}\t{first + index}\t{text(cdr)}\t{index}"
            f"\t{origin}\t{_decided(leg, reverses_position)}\t{tail}"
        )


def _decided(leg: Leg, reverses_position: int | None) -> str:
    vat = leg.vat
    net, tax = leg.net, vat.vat
    if reverses_position is not None:
        net, tax = negated(net), negated(tax)
    return (
        f"{leg.kind}\t{leg.seller}\t{leg.buyer}\t{vat.rule}\t{vat.place}\t{vat.category}"
        f"\t{vat.percent}\t{net}\t{tax}\t{leg.currency}\t{vat.tax_point}"
        f"\t{'t' if vat.buyer_accounts else 'f'}\t{vat.exemption}\t{text(vat.why)}"
        f"\t{text(vat.rate_source)}\t{text(vat.data_version)}"
    )
