"""What a CDR states beside what we compute: the fields that differ by more than the tolerance."""

from decimal import Decimal
from typing import Final

from console.pricing.cdr_reader import PATH, CdrRead
from console.pricing.findings import Notes
from console.pricing.result import Difference
from ledger.pricing.compare import HOUR_S, Compared, StatedTotals, compare
from ledger.pricing.lines import Priced
from ledger.values.money import EXACT

_SLACK: Final = Decimal("0.001")
"""What rounding explains of a sum, in kWh or hours a period."""


def note_sums(priced: Priced, cdr: CdrRead, notes: Notes) -> None:
    """Note where the periods do not add up to the totals, beyond what rounding explains."""
    slack = _SLACK * len(cdr.periods)
    total = cdr.total_energy_kwh
    if total is not None and abs(total - priced.energy_kwh) > slack:
        detail = f"{priced.energy_kwh} kWh in the periods, {total} in all"
        notes.add("CDR_ENERGY_DIFFERS", f"{PATH}.total_energy", detail)
    times_h, reserved_h = priced.time_h + priced.parking_time_h, priced.reservation_time_h
    total = cdr.total_time_h
    if not times_h and not reserved_h and cdr.ended_at > cdr.started_at:
        detail = f"no time in the periods, {cdr.ended_at - cdr.started_at} from start to end"
        notes.add("CDR_TIME_DIFFERS", f"{PATH}.charging_periods", detail)
    elif total is not None:
        missing = total - times_h
        if abs(missing) > slack and abs(missing - reserved_h) > slack:
            detail = f"{times_h + reserved_h} h in the periods, {total} in all"
            notes.add("CDR_TIME_DIFFERS", f"{PATH}.total_time", detail)


def differences_of(priced: Priced, cdr: CdrRead) -> tuple[Difference, ...]:
    """Return the differences, stated minus computed, as `ledger.pricing.compare` finds them.

    What a CDR does not state does not differ. Times are hours.
    """
    stated = StatedTotals(
        total_energy=cdr.total_energy_kwh,
        total_time=cdr.total_time_h,
        total_parking_time=cdr.total_parking_time_h,
        **cdr.costs,
    )
    return tuple(
        [
            Difference(row.field, row.stated, row.computed, row.difference, _tolerance(row))
            for row in compare(priced, stated)
            if not row.agrees
        ]
    )


def _tolerance(row: Compared) -> Decimal:
    """Return a tolerance in the unit of its field; the ledger has that of times in seconds."""
    allowed = row.tolerance.absolute
    return EXACT.divide(allowed, HOUR_S) if row.field.endswith("_time") else allowed
