"""The whole import: a file and its mapping become messages and a report of every row."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from console.imports.back_end import ChargeMessages, messages_of
from console.imports.catalogue import Catalogue, Plug
from console.imports.charged import Charging
from console.imports.drivers import Drivers
from console.imports.mapping import Mapping
from console.imports.table import Row, RowProblem, read_table
from console.imports.wall_clock import Shift
from ledger.values.instants import local_date, month_of
from ledger.values.money import ZERO
from ledger.values.reasons import Refused
from schemas import LocationV1, TariffVersionV1


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """A published row: its line in the file, the charge, and its messages."""

    number: int
    charging: Charging
    messages: ChargeMessages


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import publishes, by start, and what it does not, with the reason of each row.

    `locations` and `tariffs` are the catalogue's, to be published first.
    """

    rows: tuple[ImportedRow, ...]
    problems: tuple[RowProblem, ...]
    shift: Shift | None
    locations: tuple[LocationV1, ...]
    tariffs: tuple[TariffVersionV1, ...]

    @property
    def fullest_month(self) -> str | None:
        """The month in which most sessions end, in their chargers' zones; of several the first."""
        counts: dict[str, int] = defaultdict(int)
        for row in self.rows:
            counts[_month(row.charging)] += 1
        return min(counts, key=lambda month: (-counts[month], month), default=None)


def import_sessions(
    path: Path, mapping: Mapping, *, catalogue: Catalogue | None = None
) -> Imported:
    """Read a table and make its messages. `catalogue` replaces the files the mapping names.

    Every row is in `rows` or in `problems`. A plug's meter starts at zero and counts its charges
    in their order.
    Refuses: MappingRefused (columns, plugs, currency). Raises: OSError.
    """
    known = catalogue or Catalogue.from_files(mapping)
    plugs = known.plugs_of(mapping)
    table = read_table(path, mapping)
    drivers = Drivers(mapping.drivers)
    meters: dict[str, Decimal] = defaultdict(lambda: ZERO)
    rows: list[ImportedRow] = []
    problems = list(table.problems)
    for row in sorted(table.rows, key=lambda row: (row.started_at, row.number)):
        charging = _charging(row, plugs[row.plug], drivers, meters[row.plug])
        meters[row.plug] += row.energy_wh
        try:
            rows.append(ImportedRow(row.number, charging, messages_of(charging, known)))
        except Refused as refused:
            problems.append(RowProblem(row.number, refused.reason.value, mapping.columns.plug))
    return Imported(
        tuple(rows), tuple(sorted(problems)), table.shift, known.locations, known.tariffs
    )


def _charging(row: Row, plug: Plug, drivers: Drivers, meter_start_wh: Decimal) -> Charging:
    return Charging(
        session_id=row.session_id,
        plug=plug,
        token=drivers.token_for(row.session_id),
        started_at=row.started_at,
        charging_ended_at=row.charging_ended_at,
        ended_at=row.ended_at,
        energy_wh=row.energy_wh,
        meter_start_wh=meter_start_wh,
        peak_power_w=row.peak_power_w,
    )


def _month(charging: Charging) -> str:
    return month_of(local_date(charging.ended_at, charging.plug.time_zone))
