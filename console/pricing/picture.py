"""A simulated session as a picture: what it costs over time, in a terminal or as SVG.

The bands are charging periods, as high as what an hour of them costs; the line is the cost so far.
"""

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import Final, NamedTuple

from console.pricing.result import Line, Period, Result
from console.pricing.simulate import Simulated
from ledger.values.instants import zone_of

_WIDTH: Final = 720
_HEIGHT: Final = 320
_LEFT: Final = 60
_TOP: Final = 40
_BOTTOM: Final = 260
_RIGHT: Final = 690
_COLOURS: Final = {
    "ENERGY": "#2f6db5",
    "TIME": "#d08a1d",
    "PARKING_TIME": "#9a4f9e",
    "FLAT": "#5b8c5a",
}
_BAR: Final = 40
_ZERO: Final = Decimal(0)


class Band(NamedTuple):
    """A charging period to draw: seconds from the session's start, and its cost by dimension."""

    begin_s: int
    end_s: int
    label: str
    costs: tuple[tuple[str, Decimal], ...]

    @property
    def cost(self) -> Decimal:
        """What the period costs, before taxes where the tariff has them apart."""
        return sum((cost for _, cost in self.costs), _ZERO)


def bands_of(simulated: Simulated) -> tuple[Band, ...]:
    """Return the periods as bands, labelled with the local time at which they begin."""
    session = simulated.session
    zone = zone_of(session.zone)
    bands = []
    rows = {period.index: period for period in simulated.result.periods}
    for index, period in enumerate(simulated.periods):
        begin, end = (
            int((edge - session.started_at).total_seconds())
            for edge in (period.started_at, period.ended_at)
        )
        label = period.started_at.astimezone(zone).strftime("%H:%M")
        row = rows.get(index)
        bands.append(Band(begin, end, label, () if row is None else _costs(row)))
    return tuple(bands)


def _costs(period: Period) -> tuple[tuple[str, Decimal], ...]:
    sums: dict[str, Decimal] = {}
    for line in period.lines:
        sums[line.dimension] = sums.get(line.dimension, _ZERO) + _paid(line)
    return tuple(sums.items())


def _paid(line: Line) -> Decimal:
    """Return a line's cost before taxes, or after them where only that is known."""
    before, after = line.cost.before_taxes, line.cost.after_taxes
    return before if before is not None else after or _ZERO


def text_of(simulated: Simulated) -> str:
    """Return the session as bars, one line a period: the longer the bar, the more it costs."""
    bands = bands_of(simulated)
    most = max((band.cost for band in bands), default=Decimal(0))
    lines = []
    for band in bands:
        filled = int(band.cost / most * _BAR) if most > 0 else 0
        kinds = ", ".join(f"{kind} {cost:.2f}" for kind, cost in band.costs)
        minutes = (band.end_s - band.begin_s) // 60
        lines.append(f"{band.label} {minutes:>5} min {'█' * filled:<{_BAR}} {kinds}".rstrip())
    return "\n".join(lines)


def svg_of(simulated: Simulated) -> str:
    """Return the session as an SVG document of its own, readable without colours by its labels."""
    bands = [band for band in bands_of(simulated) if band.end_s > band.begin_s]
    result = simulated.result
    whole_s = max((band.end_s for band in bands), default=1)
    rates = [band.cost * 3600 / (band.end_s - band.begin_s) for band in bands]
    highest = max([*rates, Decimal("0.01")])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="22" font-size="14">{escape(_title(simulated))}</text>',
    ]
    for band in bands:
        parts.extend(_band(band, whole_s, highest))
    parts.append(_line(bands, whole_s, result))
    parts.extend(_axes(bands, whole_s, highest, result))
    return "\n".join([*parts, "</svg>", ""])


def _title(simulated: Simulated) -> str:
    result, session = simulated.result, simulated.session
    cost = result.total_cost
    amounts = (cost.before_taxes, cost.after_taxes) if cost is not None else (None, None)
    tails = ("before taxes", "after taxes")
    named = [f"{amount} {tail}" for amount, tail in zip(amounts, tails, strict=True) if amount]
    minutes = session.minutes + session.parking_minutes
    total = ", ".join(named) or "0"
    return f"{result.tariff_id}: {session.kwh} kWh, {minutes} min: {result.currency} {total}"


def _x(seconds: int, whole_s: int) -> str:
    return f"{_LEFT + Decimal(_RIGHT - _LEFT) * seconds / whole_s:.1f}"


def _band(band: Band, whole_s: int, highest: Decimal) -> list[str]:
    """Return a band's stacked rectangles, one a dimension, each with a title to hover over."""
    x = _x(band.begin_s, whole_s)
    width = Decimal(_x(band.end_s, whole_s)) - Decimal(x)
    parts = []
    top = Decimal(_BOTTOM)
    for kind, cost in band.costs:
        rate = cost * 3600 / (band.end_s - band.begin_s)
        height = max(Decimal(0), rate / highest * (_BOTTOM - _TOP))
        top -= height
        parts.append(
            f'<rect x="{x}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"'
            f' fill="{_COLOURS.get(kind, "#888")}" fill-opacity="0.75" stroke="white">'
            f"<title>{escape(kind)} {cost:.4f}, {rate:.4f} an hour</title></rect>"
        )
    return parts


def _line(bands: Sequence[Band], whole_s: int, result: Result) -> str:
    """Return the cost so far: a fixed price at once, the steps' rounding and limits at the end."""
    fixed = sum((_paid(line) for line in result.session_lines if line.dimension == "FLAT"), _ZERO)
    later = sum((_paid(line) for line in result.session_lines if line.dimension != "FLAT"), _ZERO)
    reached = [fixed]
    for band in bands:
        reached.append(reached[-1] + band.cost)
    reached.append(reached[-1] + later)
    seconds = [0, *(band.end_s for band in bands), whole_s]
    highest = max(*reached, Decimal("0.01"))
    points = " ".join(
        f"{_x(second, whole_s)},{_BOTTOM - cost / highest * (_BOTTOM - _TOP):.1f}"
        for second, cost in zip(seconds, reached, strict=True)
    )
    return f'<polyline points="{points}" fill="none" stroke="#222" stroke-width="2"/>'


def _axes(bands: Sequence[Band], whole_s: int, highest: Decimal, result: Result) -> list[str]:
    parts = [
        f'<path d="M{_LEFT} {_TOP}V{_BOTTOM}H{_RIGHT}" fill="none" stroke="#444"/>',
        f'<text x="4" y="{_TOP + 4}">{highest:.2f}</text>',
        f'<text x="4" y="{_TOP + 20}">{escape(str(result.currency))}/h</text>',
    ]
    parts += [
        f'<text x="{_x(band.begin_s, whole_s)}" y="{_BOTTOM + 16}">{band.label}</text>'
        for band in bands
    ]
    kinds = dict.fromkeys(kind for band in bands for kind, _ in band.costs)
    for place, kind in enumerate(kinds):
        x = _LEFT + 130 * place
        colour = _COLOURS.get(kind, "#888")
        parts.append(f'<rect x="{x}" y="292" width="12" height="12" fill="{colour}"/>')
        parts.append(f'<text x="{x + 18}" y="303">{escape(kind)}</text>')
    return parts
