"""A chart in a terminal: plain Unicode that also reads well in a log or a mail."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from console.pictures import words
from console.pictures.axes import ticks_of, times_of
from console.pictures.chart import Chart, bands_of, energy_at, runs_of

_WIDE: Final = 64
_HIGH: Final = 8
_EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
_ACTIVITIES: Final = {"charging": " ", "parking": "P", "reservation": "R"}
_LEGEND: Final = {"P": "P parked", "R": "R reserved"}


def text_of(chart: Chart) -> str:
    """Return the chart as text: the curve, the price band under each column, and their sums."""
    edges = _edges(chart)
    heights = [_height(chart, *edge) for edge in edges]
    ticks = ticks_of(max(heights))
    unit = "kW" if chart.measure == "power" else "kWh so far"
    lines = [f"{unit}, {words.span(chart.began_at, chart.ended_at, chart.time_zone)}"]
    margin = max(len(words.plain(tick, decimals=0)) for tick in ticks)
    for row in reversed(range(_HIGH)):
        # The scale is named at its top, half-way and at the bottom.
        named = {_HIGH - 1: ticks[-1], _HIGH // 2 - 1: ticks[-1] / 2}.get(row)
        label = "" if named is None else words.plain(named, decimals=0)
        axis = "┤" if label else "│"
        curve = "".join(_block(height * _HIGH * 8 / ticks[-1], row) for height in heights)
        lines.append(f"{label:>{max(margin, 4)}} {axis}{curve}".rstrip())
    left = " " * (max(margin, 4) + 1)
    lines.append(f"{'0':>{max(margin, 4)}} └{_time_axis(chart)}")
    lines.append(f"{left} {_time_labels(chart)}".rstrip())
    lines.append(f"{left} {_letters(chart, edges)}")
    activities = _activities(chart, edges)
    if activities.strip():
        meaning = ", ".join(said for sign, said in _LEGEND.items() if sign in activities)
        lines.append(f"{left} {activities}  {meaning}")
    return "\n".join([*lines, *_legend(chart)])


def _edges(chart: Chart) -> list[tuple[datetime, datetime]]:
    whole = max(chart.ended_at - chart.began_at, timedelta(seconds=1))
    marks = [chart.began_at + whole * place / _WIDE for place in range(_WIDE + 1)]
    return list(pairwise(marks))


def _height(chart: Chart, begin: datetime, end: datetime) -> Decimal:
    """Return what a column shows: the greatest power in it, or the energy reached at its end."""
    if chart.measure == "energy":
        return energy_at(chart, end)
    return max(
        (
            row.power_kw
            for row in chart.stretches
            if row.power_kw is not None and row.began_at < end and row.ended_at > begin
        ),
        default=Decimal(0),
    )


def _block(eighths: Decimal, row: int) -> str:
    """Return the part of a bar that lies in a row, both counted from the bottom.

    >>> _block(Decimal(12), 0), _block(Decimal(12), 1), _block(Decimal(12), 2)
    ('█', '▄', ' ')
    """
    return _EIGHTHS[min(max(round(eighths) - row * 8, 0), 8)]


def _column(chart: Chart, instant: datetime) -> int:
    whole = max(chart.ended_at - chart.began_at, timedelta(seconds=1))
    return min(int((instant - chart.began_at) / whole * _WIDE), _WIDE - 1)


def _time_axis(chart: Chart) -> str:
    marks = {_column(chart, at) for at, _ in _ticks(chart)}
    return "".join("┬" if place in marks else "─" for place in range(_WIDE))


def _time_labels(chart: Chart) -> str:
    line = ""
    for instant, label in _ticks(chart):
        place = _column(chart, instant)
        if not line or place > len(line):
            line = f"{line:<{place}}{label}"
    return line


def _ticks(chart: Chart) -> tuple[tuple[datetime, str], ...]:
    return times_of(chart.began_at, chart.ended_at, chart.time_zone)


def _letters(chart: Chart, edges: list[tuple[datetime, datetime]]) -> str:
    runs = runs_of(chart)
    return "".join(
        next((run.letter for run in runs if _middle(edge) < run.ended_at), runs[-1].letter)
        for edge in edges
    )


def _activities(chart: Chart, edges: list[tuple[datetime, datetime]]) -> str:
    rows = chart.stretches
    return "".join(
        next((_ACTIVITIES[row.activity] for row in rows if _middle(edge) < row.ended_at), " ")
        for edge in edges
    )


def _middle(edge: tuple[datetime, datetime]) -> datetime:
    return edge[0] + (edge[1] - edge[0]) / 2


def _legend(chart: Chart) -> list[str]:
    """Return a line a price band, then what belongs to the whole session, then the total."""
    decimals = chart.decimals
    rows = [
        (
            f"{band.letter}  {band.label}",
            words.duration(band.lasts_s),
            f"{words.plain(band.energy_kwh, decimals=0)} kWh" if band.energy_kwh else "",
            words.plain(band.cost, decimals=decimals),
        )
        for band in bands_of(chart)
    ]
    rows += [
        (f"+  {row.label}", "", "", words.plain(row.cost, decimals=decimals))
        for row in chart.session_costs
    ]
    total = words.plain(chart.cost, decimals=decimals)
    rows.append((f"=  {chart.currency} {chart.basis}", "", "", total))
    wide = [max(len(row[place]) for row in rows) for place in range(4)]
    return [
        f"{first:<{wide[0]}}  {lasted:>{wide[1]}}  {energy:>{wide[2]}}  {cost:>{wide[3]}}"
        for first, lasted, energy, cost in rows
    ]
