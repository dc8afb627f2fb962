"""Exchange rates as a picture: each publication holds until the next one, nothing between."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from console.pictures.markup import (
    FAINT,
    RULE,
    document_of,
    number,
    paper,
    tag,
    text,
)
from ledger.fx.rates import PublishedRate

WIDTH: Final = 960
HEIGHT: Final = 360
LEFT: Final = 96
RIGHT: Final = 928
TOP: Final = 64
BASE: Final = 300
LINE: Final = "#0b3c6f"
_LEVELS: Final = 4
_LABELS: Final = 6


class _Scales(NamedTuple):
    """From days and rates to places; where all are alike, the middle."""

    first: date
    last: date
    least: Decimal
    greatest: Decimal

    def x(self, day: date) -> Decimal:
        days = (self.last - self.first).days
        share = Decimal((day - self.first).days) / days if days else Decimal("0.5")
        return LEFT + (RIGHT - LEFT) * share

    def y(self, rate: Decimal) -> Decimal:
        span = self.greatest - self.least
        share = (rate - self.least) / span if span else Decimal("0.5")
        return BASE - (BASE - TOP) * share


def rates_as_svg(currency: str, source: str, rates: Sequence[PublishedRate], *, until: date) -> str:
    """Return publications as a picture, units of the currency for one euro; the last one holds
    until a day. Raises ValueError without a publication.
    """
    if not rates:
        raise ValueError("there is no publication to show")
    figures = [row.per_euro for row in rates]
    scales = _Scales(rates[0].published_on, until, min(figures), max(figures))
    title = f"{currency} for one euro, as published by {source}"
    said = (
        f"{len(rates)} publications from {rates[0].published_on} to {rates[-1].published_on},"
        f" between {scales.least} and {scales.greatest}; each holds until the next."
    )
    parts = [
        paper(WIDTH, HEIGHT),
        text(LEFT, 32, title, size=16, font_weight="bold"),
        text(LEFT, 50, said, size=12, fill=FAINT),
        *_levels(scales),
        *_days(scales, rates),
        tag("path", d=_steps(scales, rates, until), fill="none", stroke=LINE, stroke_width=1.5),
    ]
    return document_of(title=title, description=said, width=WIDTH, height=HEIGHT, parts=parts)


def _steps(scales: _Scales, rates: Sequence[PublishedRate], until: date) -> str:
    """Return the line: level from day to day, upright where another rate is published."""
    first = rates[0]
    line = [f"M{number(scales.x(first.published_on))} {number(scales.y(first.per_euro))}"]
    for row in rates[1:]:
        line += [f"H{number(scales.x(row.published_on))}", f"V{number(scales.y(row.per_euro))}"]
    return "".join([*line, f"H{number(scales.x(until))}"])


def _levels(scales: _Scales) -> Iterator[str]:
    """Yield a rule at equal steps between the least and the greatest rate."""
    span = scales.greatest - scales.least
    places = range(_LEVELS + 1) if span else range(1)
    for place in places:
        rate = scales.least + span * place / _LEVELS
        y = scales.y(rate)
        yield tag("line", x1=LEFT, x2=RIGHT, y1=y, y2=y, stroke=RULE)
        yield text(LEFT - 8, y + 4, f"{rate.normalize():f}", size=12, text_anchor="end")


def _days(scales: _Scales, rates: Sequence[PublishedRate]) -> Iterator[str]:
    """Yield the days of some publications, evenly chosen, below the plot."""
    step = max(1, len(rates) // _LABELS)
    for row in rates[::step]:
        x = scales.x(row.published_on)
        yield tag("line", x1=x, x2=x, y1=BASE, y2=BASE + 6, stroke=FAINT)
        yield text(x, BASE + 22, row.published_on.isoformat(), size=12, text_anchor="middle")
