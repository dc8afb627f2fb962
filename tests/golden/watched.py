"""What time and numbers reveal, as the golden history has it."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from msgspec.structs import replace

from ledger.roaming.control_statements import ControlTotalsStatement, StatedAmount
from ledger.roaming.control_totals import ControlTotals, ReceivedTotals
from ledger.roaming.sender import Gap, SenderNumbering
from ledger.roaming.session import Session
from ledger.roaming.terms import Terms
from ledger.values.aggregate import LedgerAggregate
from ledger.values.provenance import Provenance
from tests.ledger_cast import CPO
from tests.ledger_statements import october, session


def watched(
    message: Provenance, person: Provenance, clock: Provenance
) -> Iterator[LedgerAggregate]:
    """Yield a session that is stuck and then unbilled, a sender's numbers, its totals."""
    told = Session.blank(f"{CPO}/w1")
    for number, status in enumerate(("ACTIVE", "COMPLETED")):
        told.update(
            session("W1", status=status, updated=october(10, 11 + number)).statement,
            content_sha256=str(number) * 64,
            provenance=message,
        )
        told.look(october(20), Terms(), has_cdr=False, provenance=clock)
    yield told
    numbers = SenderNumbering.blank(f"{CPO}/cdrs.v1")
    numbers.find([Gap(17, 19, october(10)), Gap(23, 23, october(11))], provenance=clock)
    numbers.fill([17, 18, 23], provenance=clock)
    numbers.reset(from_number=20, is_restart=False, reason="19 was never sent", provenance=person)
    yield numbers
    yield from _totals(message, clock)


def _totals(message: Provenance, clock: Provenance) -> Iterator[LedgerAggregate]:
    totals = ControlTotals.blank(f"{CPO}/cdrs.v1/2026-10-10")
    euro = (StatedAmount("EUR", Decimal("107.35")),)
    stated = ControlTotalsStatement(
        *CPO.split("*"), "cdrs.v1", date(2026, 10, 10), 23, october(11), 1, 23, Decimal(214), euro
    )
    for number, count in enumerate((23, 24)):
        totals.state(
            replace(stated, messages=count), content_sha256=str(number) * 64, provenance=message
        )
    now = message.received_at + timedelta(hours=1)
    for received in (
        ReceivedTotals(22, Decimal("210.5"), 1, 23, ()),
        ReceivedTotals(23, Decimal(214), 1, 23, euro),
    ):
        totals.compare(received, now=now, provenance=clock)
    yield totals
