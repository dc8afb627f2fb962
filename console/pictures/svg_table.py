"""The table under the plot: a row a price band, then the whole session's costs and the total."""

from decimal import Decimal
from typing import Final

from console.pictures import words
from console.pictures.chart import Band, Chart, bands_of
from console.pictures.markup import FAINT, INK, RULE, tag, text
from console.pictures.svg_plot import COST_BASE, LEFT, RIGHT, tint_of

_FIRST: Final = COST_BASE + 44
_ROW: Final = 24
_COLUMNS: Final = (("time", 640), ("energy", 780))


def table_of(chart: Chart) -> tuple[list[str], int]:
    """Return the table and where it ends."""
    parts = [text(LEFT + 26, _FIRST, "Price, as the tariff states it", size=12, fill=FAINT)]
    heads = (*_COLUMNS, (f"{chart.currency} {chart.basis}", RIGHT))
    parts += [text(x, _FIRST, said, size=12, fill=FAINT, text_anchor="end") for said, x in heads]
    parts.append(_rule(_FIRST + 9))
    y = _FIRST + 9
    for band in bands_of(chart):
        y += _ROW
        parts += _band(band, y, chart.decimals)
    for row in chart.session_costs:
        y += _ROW
        parts += [text(LEFT + 26, y - 3, row.label), _amount(row.cost, y, chart.decimals)]
    parts.append(_rule(y + 6))
    y += _ROW + 6
    parts += [text(LEFT + 26, y - 3, "Total", font_weight="bold")]
    parts.append(_amount(chart.cost, y, chart.decimals, font_weight="bold"))
    return parts, y


def _band(band: Band, y: int, decimals: int) -> list[str]:
    swatch = {"width": 18, "height": 18, "fill": tint_of(band.letter), "stroke": INK}
    return [
        tag("rect", x=LEFT, y=y - 16, stroke_width="0.5", **swatch),
        text(LEFT + 9, y - 3, band.letter, size=12, font_weight="bold", text_anchor="middle"),
        text(LEFT + 26, y - 3, words.shortened(band.label, 64)),
        text(_COLUMNS[0][1], y - 3, words.duration(band.lasts_s), text_anchor="end"),
        text(
            _COLUMNS[1][1],
            y - 3,
            f"{words.plain(band.energy_kwh, decimals=0)} kWh" if band.energy_kwh else "–",
            text_anchor="end",
        ),
        _amount(band.cost, y, decimals),
    ]


def _amount(amount: Decimal, y: int, decimals: int, *, font_weight: str = "normal") -> str:
    said = words.plain(amount, decimals=decimals)
    return text(RIGHT, y - 3, said, text_anchor="end", font_weight=font_weight)


def _rule(y: int) -> str:
    return tag("path", d=f"M{LEFT} {y}H{RIGHT}", stroke=RULE)
