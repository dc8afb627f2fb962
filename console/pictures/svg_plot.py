"""The plot of the picture: price bands, power over time, and under it what each period cost."""

from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from console.pictures import words
from console.pictures.axes import ticks_of, times_of
from console.pictures.chart import Chart, Run, Stretch, energy_so_far, runs_of
from console.pictures.markup import FAINT, INK, RULE, content, number, tag, text, width_of

LEFT: Final = 72
RIGHT: Final = 928
STRIP: Final = 100
TOP: Final = 146
BASE: Final = 346
COST_TOP: Final = 436
COST_BASE: Final = 496
LINE: Final = "#0b3c6f"
BAR: Final = "#3e5c76"
TINTS: Final = (
    "#cfe3f7",
    "#fde2b8",
    "#cdebd3",
    "#e6d7f0",
    "#f9f0ab",
    "#f9d3cf",
    "#cdeef0",
    "#e3e7d3",
    "#f6d6e8",
    "#d9d9f3",
    "#eadfd2",
    "#e4e7eb",
)
"""Light enough for dark text on them; a letter names each band for those who see no difference."""


def tint_of(letter: str) -> str:
    """Return a price band's colour."""
    return TINTS[(ord(letter) - ord("A")) % len(TINTS)]


class Plot(NamedTuple):
    """A chart with its scales. `greatest` is the top of the vertical axis."""

    chart: Chart
    greatest: Decimal

    def x(self, instant: datetime) -> Decimal:
        """Return where an instant lies."""
        began, ended = self.chart.began_at, self.chart.ended_at
        if ended <= began:
            return Decimal(LEFT)
        share = Decimal((instant - began).total_seconds()) / Decimal(
            (ended - began).total_seconds()
        )
        return LEFT + (RIGHT - LEFT) * share

    def y(self, value: Decimal) -> Decimal:
        """Return where a power, or an energy so far, lies."""
        return BASE - (BASE - TOP) * value / self.greatest


def plot_of(chart: Chart) -> list[str]:
    """Return everything that has a place on the axis of time."""
    ticks = ticks_of(_greatest(chart))
    plot = Plot(chart, ticks[-1])
    runs = runs_of(chart)
    return [
        *(_band(plot, run) for run in runs),
        *_values(plot, ticks),
        *_curve(plot),
        *(_name(plot, run) for run in runs),
        *_times(plot),
        *_costs(plot),
    ]


def states_more_power(chart: Chart) -> bool:
    """True where a stated greatest power lies visibly above the average."""
    return chart.measure == "power" and any(
        row.most_kw is not None and row.power_kw is not None and row.most_kw > row.power_kw * _MORE
        for row in chart.stretches
    )


_MORE: Final = Decimal("1.01")


def _greatest(chart: Chart) -> Decimal:
    if chart.measure == "energy":
        return chart.energy_kwh
    powers = [row.power_kw or Decimal(0) for row in chart.stretches]
    if states_more_power(chart):
        powers += [row.most_kw or Decimal(0) for row in chart.stretches]
    return max(powers)


def _band(plot: Plot, run: Run) -> str:
    """Return a price band, hatched where the car parks, with its prices to hover over."""
    x, end = plot.x(run.began_at), plot.x(run.ended_at)
    place = {"x": x, "y": STRIP, "width": end - x, "height": BASE - STRIP}
    rectangles = [tag("rect", **place, fill=tint_of(run.letter))]
    if run.activity != "charging":
        hatched = {**place, "y": TOP, "height": BASE - TOP}
        rectangles.append(tag("rect", **hatched, fill=f"url(#clearwatt-{run.activity})"))
    until = words.clock(run.ended_at, plot.chart.time_zone)
    said = f"{words.clock(run.began_at, plot.chart.time_zone)} to {until}: {run.label}"
    return tag("g", tag("title", content(said)), *rectangles)


def _name(plot: Plot, run: Run) -> str:
    """Return a band's letter, and as much of its prices as there is room for."""
    x, room = plot.x(run.began_at), plot.x(run.ended_at) - plot.x(run.began_at)
    if room < 16:
        return ""
    y = STRIP + 18
    parts = [text(x + 7, y, run.letter, font_weight="bold")]
    lasted = words.duration(sum(stretch.lasts_s for stretch in run.stretches))
    energy = f"{words.plain(run.energy_kwh, decimals=0)} kWh"
    happened = f"{energy} in {lasted}" if run.energy_kwh else f"{run.activity} {lasted}"
    for said in ((run.label, happened), (energy,) if run.energy_kwh else (run.activity,)):
        if max(width_of(line, 12) for line in said) + 28 <= room:
            parts += [text(x + 23, y + 16 * row, line, size=12) for row, line in enumerate(said)]
            break
    return tag("g", *parts)


def _values(plot: Plot, ticks: tuple[Decimal, ...]) -> list[str]:
    unit = "kW" if plot.chart.measure == "power" else "kWh"
    parts = [text(LEFT - 10, TOP - 18, unit, size=12, fill=FAINT, text_anchor="end")]
    for tick in ticks:
        y = plot.y(tick)
        named = words.plain(tick, decimals=0)
        parts.append(
            tag("path", d=f"M{LEFT} {number(y)}H{RIGHT}", stroke=INK, stroke_opacity="0.14")
        )
        parts.append(text(LEFT - 10, y + 4, named, size=12, fill=FAINT, text_anchor="end"))
    return parts


def _curve(plot: Plot) -> list[str]:
    """Return the average power as an area, which is the energy, and its stated greatest."""
    chart = plot.chart
    if chart.measure == "energy":
        points = [f"{number(plot.x(at))} {number(plot.y(kwh))}" for at, kwh in energy_so_far(chart)]
        line = f"M{' L'.join(points)}"
    else:
        line = "M" + " L".join(_steps(plot, [row.power_kw for row in chart.stretches]))
    area = f"{line} L{RIGHT} {BASE} L{LEFT} {BASE} Z"
    parts = [
        tag("path", d=area, fill=LINE, fill_opacity="0.13"),
        tag("path", d=line, fill="none", stroke=LINE, stroke_width="2.5", stroke_linejoin="round"),
    ]
    if states_more_power(chart):
        most = "M" + " L".join(_steps(plot, [row.most_kw for row in chart.stretches]))
        parts.append(
            tag(
                "path", d=most, fill="none", stroke=LINE, stroke_width="1.5", stroke_dasharray="5 4"
            )
        )
    return parts


def _steps(plot: Plot, powers: list[Decimal | None]) -> list[str]:
    points = []
    for stretch, power in zip(plot.chart.stretches, powers, strict=True):
        y = number(plot.y(power or Decimal(0)))
        points += [f"{number(plot.x(edge))} {y}" for edge in (stretch.began_at, stretch.ended_at)]
    return points


def _times(plot: Plot) -> list[str]:
    """Return the axis of local time, and where the session begins and ends."""
    chart = plot.chart
    parts = [tag("path", d=f"M{LEFT} {BASE}H{RIGHT}", stroke=INK)]
    for instant, label in times_of(chart.began_at, chart.ended_at, chart.time_zone):
        x = plot.x(instant)
        parts.append(tag("path", d=f"M{number(x)} {BASE}v5", stroke=INK))
        parts.append(text(x, BASE + 19, label, size=12, fill=FAINT, text_anchor="middle"))
    for instant, said, anchor in (
        (chart.began_at, "start", "start"),
        (chart.ended_at, "end", "end"),
    ):
        place = number(plot.x(instant))
        label = f"{said} {words.clock(instant, chart.time_zone)}"
        parts.append(
            tag("path", d=f"M{place} {STRIP - 6}V{BASE + 5}", stroke=INK, stroke_dasharray="2 3")
        )
        parts.append(text(place, BASE + 40, label, size=12, text_anchor=anchor, font_weight="bold"))
    return parts


def _costs(plot: Plot) -> list[str]:
    """Return a bar a charging period, as high as its cost, with the amount where it fits."""
    chart = plot.chart
    said = f"Cost of each charging period, {chart.currency} {chart.basis}"
    parts = [text(LEFT, COST_TOP - 24, said, size=12, fill=FAINT)]
    greatest = max([*(row.cost for row in chart.stretches), Decimal("0.0001")])
    for stretch in chart.stretches:
        parts += _cost(plot, stretch, greatest)
    return [*parts, tag("path", d=f"M{LEFT} {COST_BASE}H{RIGHT}", stroke=RULE)]


def _cost(plot: Plot, stretch: Stretch, greatest: Decimal) -> list[str]:
    chart = plot.chart
    x, end = plot.x(stretch.began_at), plot.x(stretch.ended_at)
    height = (COST_BASE - COST_TOP) * max(stretch.cost, Decimal(0)) / greatest
    y = COST_BASE - height
    amount = words.plain(stretch.cost)
    at = words.clock(stretch.began_at, chart.time_zone)
    gap = min(Decimal(1), (end - x) / 4)
    bar = tag(
        "rect",
        tag("title", content(f"from {at}: {amount} {chart.currency}")),
        x=x + gap,
        y=y,
        # What cost something in no time is seen all the same.
        width=max(end - x - 2 * gap, Decimal(2)),
        height=height,
        fill=BAR,
    )
    if width_of(amount, 12) > end - x:
        return [bar]
    return [bar, text((x + end) / 2, y - 5, amount, size=12, text_anchor="middle")]
