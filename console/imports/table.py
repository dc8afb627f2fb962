"""Rows of a table become charges, or problems with the row's number and a code."""

import csv
from collections.abc import Mapping as Map
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from console.imports.mapping import Mapping, MappingRefused
from console.imports.wall_clock import ClockProblem, Shift, instant_of, shift_to_month

PROBLEMS: Final[Map[str, str]] = MappingProxyType(
    {
        "ROW_INCOMPLETE": "The row has not the header's fields, or one that is needed is empty.",
        "NOT_A_NUMBER": "The field is not a finite decimal number.",
        "NOT_A_TIME": "The field is not a time as time.format writes it.",
        "AMBIGUOUS_TIME": "The local time comes twice; time.ambiguous refuses it.",
        "NONEXISTENT_TIME": "The local time does not exist; time.nonexistent refuses it.",
        "END_BEFORE_START": "The charge ends before it starts.",
        "NEGATIVE_QUANTITY": "An energy, a power or a stay is below zero.",
        "UNKNOWN_PLUG": "The mapping does not say what this plug is.",
        "DUPLICATE_SESSION": "A row before has the same session id.",
        "TEXT_TOO_LONG": "The session id is longer than 36 characters, or not printable ASCII.",
        "TARIFF_MISSING": "No version of the plug's tariff is valid when the session starts.",
        "TARIFF_NOT_SUPPORTED": "The tariff version uses something that cannot be priced yet.",
    }
)
_SECONDS: Final = {"seconds": Decimal(1), "minutes": Decimal(60), "hours": Decimal(3600)}
_LONGEST_ID: Final = 36


@dataclass(frozen=True, slots=True)
class Row:
    """A charge as the table tells it. `number` counts lines of the file, the header is 1.

    Energy in Wh, rounded half up to the mapping's resolution; instants in UTC.
    """

    number: int
    session_id: str
    plug: str
    started_at: datetime
    charging_ended_at: datetime
    ended_at: datetime
    energy_wh: Decimal
    peak_power_w: Decimal | None


class RowProblem(NamedTuple):
    """A row that is not published: its line in the file, a code of `PROBLEMS`, the column."""

    number: int
    code: str
    column: str = ""

    def __str__(self) -> str:
        place = f", column {self.column}" if self.column else ""
        return f"row {self.number}{place}: {self.code}: {PROBLEMS[self.code]}"


class Table(NamedTuple):
    """What a file holds: every row is in exactly one of the two."""

    rows: list[Row]
    problems: list[RowProblem]
    shift: Shift | None


class _Bad(ValueError):
    def __init__(self, code: str, column: str = "") -> None:
        super().__init__(code)
        self.code, self.column = code, column


def read_table(path: Path, mapping: Mapping) -> Table:
    """Read a file: UTF-8, its first line the header.

    Refuses: MappingRefused for every column that the header does not have, and for a file that is
    no such table. Raises: OSError, when the file cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, delimiter=mapping.delimiter)
            header = next(lines, [])
            _refuse_missing_columns(header, mapping)
            # A blank line holds no row; csv yields an empty list for it.
            records = [(lines.line_num, fields) for fields in lines if fields]
    except (UnicodeDecodeError, csv.Error) as error:
        raise MappingRefused([("", f"{path.name} is no table in UTF-8: {error}")]) from error
    reader = _RowReader(header, mapping)
    rows: list[Row] = []
    problems: list[RowProblem] = []
    for number, fields in records:
        try:
            rows.append(reader.row(number, fields))
        except _Bad as bad:
            problems.append(RowProblem(number, bad.code, bad.column))
    if mapping.shift_to is None or not rows:
        return Table(rows, problems, None)
    return _shifted(rows, problems, mapping, mapping.shift_to)


def _refuse_missing_columns(header: list[str], mapping: Mapping) -> None:
    named = mapping.columns.model_dump(exclude_none=True)
    missing = [
        (f"columns.{field}", f"the file has no column «{column}»")
        for field, column in named.items()
        if column not in header
    ]
    if missing:
        raise MappingRefused(missing)


class _RowReader:
    """Reads one row after the other; knows which session ids it has seen."""

    def __init__(self, header: list[str], mapping: Mapping) -> None:
        self._mapping = mapping
        self._zone = ZoneInfo(mapping.time.zone)
        self._header = header
        self._seen: set[str] = set()
        self._wh = Decimal(1000) if mapping.units.energy == "kWh" else Decimal(1)
        self._w = Decimal(1000) if mapping.units.power == "kW" else Decimal(1)

    def row(self, number: int, fields: list[str]) -> Row:
        """Return the charge of a row. Raises: _Bad with the first thing wrong with it."""
        if len(fields) != len(self._header):
            raise _Bad("ROW_INCOMPLETE")
        cells = dict(zip(self._header, fields, strict=True))
        columns = self._mapping.columns
        session_id = self._text(cells, columns.session_id)
        if len(session_id) > _LONGEST_ID or not (session_id.isascii() and session_id.isprintable()):
            raise _Bad("TEXT_TOO_LONG", columns.session_id)
        if session_id.lower() in self._seen:
            raise _Bad("DUPLICATE_SESSION", columns.session_id)
        plug = self._text(cells, columns.plug)
        if plug not in self._mapping.plugs:
            raise _Bad("UNKNOWN_PLUG", columns.plug)
        energy_wh = self._number(cells, columns.energy) * self._wh
        peak_power_w = None
        if columns.peak_power is not None and cells[columns.peak_power].strip():
            # A peak power of nothing says nothing.
            peak_power_w = self._number(cells, columns.peak_power) * self._w or None
        started_at = self._instant(cells, columns.started_at)
        ended_at = self._end(cells, started_at)
        charging_ended_at = self._charging_end(cells, started_at, ended_at, energy_wh, peak_power_w)
        self._seen.add(session_id.lower())
        return Row(
            number,
            session_id,
            plug,
            started_at,
            charging_ended_at,
            ended_at,
            energy_wh.quantize(self._mapping.energy_resolution_wh, ROUND_HALF_UP),
            peak_power_w,
        )

    def _text(self, cells: dict[str, str], column: str) -> str:
        text = cells[column].strip()
        if not text:
            raise _Bad("ROW_INCOMPLETE", column)
        return text

    def _number(self, cells: dict[str, str], column: str) -> Decimal:
        try:
            number = Decimal(self._text(cells, column))
        except InvalidOperation:
            raise _Bad("NOT_A_NUMBER", column) from None
        # Beyond a terawatt it is no charge, and 1e999999 could not even be rounded.
        if not number.is_finite() or number.adjusted() > 12:
            raise _Bad("NOT_A_NUMBER", column)
        if number < 0:
            raise _Bad("NEGATIVE_QUANTITY", column)
        return number

    def _instant(self, cells: dict[str, str], column: str) -> datetime:
        text, time = self._text(cells, column), self._mapping.time
        try:
            if time.format == "iso":
                read = datetime.fromisoformat(text)
            else:
                read = datetime.strptime(text, time.format)  # noqa: DTZ007 - the zone follows
        except ValueError:
            raise _Bad("NOT_A_TIME", column) from None
        if read.tzinfo is not None:
            return read.astimezone(UTC)
        try:
            return instant_of(
                read, self._zone, ambiguous=time.ambiguous, nonexistent=time.nonexistent
            )
        except ClockProblem as problem:
            raise _Bad(problem.code, column) from None

    def _end(self, cells: dict[str, str], started_at: datetime) -> datetime:
        columns = self._mapping.columns
        if columns.stay is not None:
            stay_s = self._number(cells, columns.stay) * _SECONDS[self._mapping.units.stay]
            return started_at + timedelta(seconds=int(stay_s.to_integral_value(ROUND_HALF_UP)))
        column = columns.ended_at or ""
        ended_at = self._instant(cells, column)
        if ended_at < started_at:
            raise _Bad("END_BEFORE_START", column)
        return ended_at

    def _charging_end(
        self,
        cells: dict[str, str],
        started_at: datetime,
        ended_at: datetime,
        energy_wh: Decimal,
        peak_power_w: Decimal | None,
    ) -> datetime:
        parking, column = self._mapping.parking, self._mapping.columns.charging_ended_at
        if parking.rule == "column" and column is not None and cells[column].strip():
            stopped_at = self._instant(cells, column)
            if not started_at <= stopped_at <= ended_at:
                raise _Bad("END_BEFORE_START", column)
            return stopped_at
        if parking.mean_power_share is None or peak_power_w is None:
            return ended_at
        assumed = assumed_charging_end(
            started_at, energy_wh, peak_power_w, parking.mean_power_share
        )
        return min(assumed, ended_at)


def assumed_charging_end(
    started_at: datetime, energy_wh: Decimal, peak_power_w: Decimal, mean_power_share: Decimal
) -> datetime:
    """Return when a car that charges at a share of its peak power has its energy, by the minute.

    >>> start = datetime(2026, 10, 1, 8, tzinfo=UTC)
    >>> assumed_charging_end(start, Decimal(10000), Decimal(60000), Decimal("0.5")).minute
    20
    """
    minutes = energy_wh * 60 / (peak_power_w * mean_power_share)
    return started_at + timedelta(minutes=int(minutes.to_integral_value(ROUND_CEILING)))


def _shifted(
    rows: list[Row], problems: list[RowProblem], mapping: Mapping, target_month: str
) -> Table:
    """Move every charge's arrival on the wall clock by the same days; the stays are kept."""
    zone = ZoneInfo(mapping.time.zone)
    arrivals = [row.started_at.astimezone(zone) for row in rows]
    shift = shift_to_month((at.date() for at in arrivals), target_month, mapping.shift_from)
    moved: list[Row] = []
    for row, arrival in zip(rows, arrivals, strict=True):
        local = arrival.replace(tzinfo=None, fold=0) + timedelta(days=shift.days)
        try:
            started_at = instant_of(
                local,
                zone,
                ambiguous=mapping.time.ambiguous,
                nonexistent=mapping.time.nonexistent,
            )
        except ClockProblem as problem:
            problems.append(RowProblem(row.number, problem.code, mapping.columns.started_at))
            continue
        by = started_at - row.started_at
        moved.append(
            replace(
                row,
                started_at=started_at,
                charging_ended_at=row.charging_ended_at + by,
                ended_at=row.ended_at + by,
            )
        )
    return Table(moved, sorted(problems), shift)
