"""A chart as an SVG document of its own, for screens and for print.

It loads nothing from elsewhere, says in `title` and `desc` what it shows, and names every price
band with a letter, so that it reads the same without colours.
"""

from typing import Final

from console.pictures import words
from console.pictures.chart import Chart, bands_of
from console.pictures.markup import FAINT, INK, document_of, paper, tag, text
from console.pictures.svg_plot import LEFT, LINE, RIGHT, plot_of, states_more_power
from console.pictures.svg_table import table_of

_WIDTH: Final = 960


def svg_of(chart: Chart) -> str:
    """Return the picture; the same chart gives the same bytes."""
    table, ends = table_of(chart)
    height = ends + 62
    parts = [
        tag("defs", _hatch("parking", "M0 8L8 0"), _hatch("reservation", "M4 0V8")),
        paper(_WIDTH, height),
        *_head(chart),
        *plot_of(chart),
        *table,
        *_notes(chart, ends),
    ]
    return document_of(
        title=f"Price of {chart.title}",
        description=_described(chart),
        width=_WIDTH,
        height=height,
        parts=parts,
    )


def _head(chart: Chart) -> list[str]:
    total = f"{words.plain(chart.cost)} {chart.currency}"
    after = "" if chart.cost_after_taxes is None else words.plain(chart.cost_after_taxes)
    below = f"{chart.basis}, {after} after tax" if after else chart.basis
    when = words.span(chart.began_at, chart.ended_at, chart.time_zone)
    return [
        text(LEFT, 34, words.shortened(chart.title, 46), size=20, font_weight="bold"),
        text(LEFT, 57, _consumed(chart), fill=FAINT),
        text(LEFT, 77, when, fill=FAINT),
        text(RIGHT, 34, total, size=20, font_weight="bold", text_anchor="end"),
        text(RIGHT, 57, below, fill=FAINT, text_anchor="end"),
    ]


def _consumed(chart: Chart) -> str:
    parts = [f"{words.plain(chart.energy_kwh, decimals=0)} kWh"]
    parked, reserved = chart.lasts_s("parking"), chart.lasts_s("reservation")
    if parked:
        parts.append(f"parked {words.duration(parked)}")
    if reserved:
        parts.append(f"reserved {words.duration(reserved)}")
    return ", ".join(parts)


def _described(chart: Chart) -> str:
    """Return in words what the picture shows, for those who do not see it."""
    when = words.span(chart.began_at, chart.ended_at, chart.time_zone)
    sentences = [f"{_consumed(chart)}, {when}."]
    for band in bands_of(chart):
        energy = words.plain(band.energy_kwh, decimals=0)
        cost = f"{words.plain(band.cost)} {chart.currency}"
        lasted = words.duration(band.lasts_s)
        sentences.append(f"Band {band.letter}, {band.label}: {lasted}, {energy} kWh, {cost}.")
    sentences += [
        f"{row.label}: {words.plain(row.cost)} {chart.currency}." for row in chart.session_costs
    ]
    sentences.append(f"Total {words.plain(chart.cost)} {chart.currency} {chart.basis}.")
    return " ".join(sentences)


def _hatch(name: str, path: str) -> str:
    lines = tag("path", d=path, stroke=INK, stroke_opacity="0.28")
    unit = "userSpaceOnUse"
    return tag("pattern", lines, id=f"clearwatt-{name}", width=8, height=8, patternUnits=unit)


def _notes(chart: Chart, y: int) -> list[str]:
    said = "Line: the energy so far."
    if chart.measure == "power":
        said = "Line: average power of each charging period; the area under it is the energy."
    if states_more_power(chart):
        said += " Dashed: greatest power as stated."
    parts = [tag("path", d=f"M{LEFT} {y + 24}h18", stroke=LINE, stroke_width="2.5")]
    parts.append(text(LEFT + 26, y + 28, said, size=12, fill=FAINT))
    if chart.lasts_s("parking") or chart.lasts_s("reservation"):
        parts.append(
            tag(
                "rect",
                x=LEFT,
                y=y + 36,
                width=18,
                height=14,
                fill="url(#clearwatt-parking)",
                stroke=INK,
                stroke_width="0.5",
            )
        )
        parts.append(
            text(LEFT + 26, y + 48, "Hatched: connected without charging.", size=12, fill=FAINT)
        )
    return parts
