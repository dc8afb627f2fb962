"""A waterfall as an SVG document of its own; it reads the same without colours."""

from decimal import Decimal
from typing import Final

from console.pictures import words
from console.pictures.markup import FAINT, INK, RULE, document_of, number, paper, tag, text
from console.pictures.svg_plot import BAR, TINTS
from console.pictures.waterfall import Fall, Waterfall, scale_of, spans_of

_WIDTH: Final = 960
_LEFT: Final = 40
_PLOT: Final = 380
_RIGHT: Final = 790
_EDGE: Final = 920
_FIRST: Final = 92
_ROW: Final = 40
_BAR: Final = 22


def svg_of(waterfall: Waterfall) -> str:
    """Return the picture; the same waterfall gives the same bytes."""
    height = _FIRST + _ROW * (len(waterfall.falls) + 1) + 24
    return document_of(
        title=waterfall.title,
        description=described(waterfall),
        width=_WIDTH,
        height=height,
        parts=[paper(_WIDTH, height), *_head(waterfall), *_bars(waterfall, height)],
    )


def described(waterfall: Waterfall) -> str:
    """Return in words what the picture shows, for those who do not see it."""
    currency = waterfall.currency
    sentences = [f"{waterfall.basis}: {words.plain(waterfall.amount)} {currency}."]
    sentences += [
        f"{row.label}, {row.rule}: {words.plain(row.amount)} {currency}, "
        f"{words.plain(row.left)} {currency} left."
        for row in waterfall.falls
    ]
    return " ".join(sentences)


def _head(waterfall: Waterfall) -> list[str]:
    said = words.shortened(waterfall.title, 60)
    return [
        text(_LEFT, 36, said, size=20, font_weight="bold"),
        text(_EDGE, 70, f"{waterfall.currency}, left", size=12, fill=FAINT, text_anchor="end"),
    ]


def _bars(waterfall: Waterfall, height: int) -> list[str]:
    spans = spans_of(waterfall, Decimal(_RIGHT - _PLOT))
    whole = Fall(waterfall.basis, "", waterfall.amount, waterfall.amount)
    at = scale_of(waterfall, Decimal(_RIGHT - _PLOT))
    zero = number(_PLOT + at(Decimal(0)))
    parts = [tag("path", d=f"M{zero} {_FIRST - 8}V{height - 20}", stroke=RULE)]
    before = None
    decimals = words.decimals_of([waterfall.amount, *(row.amount for row in waterfall.falls)])
    for place, (row, (begin, end)) in enumerate(zip((whole, *waterfall.falls), spans, strict=True)):
        y = _FIRST + place * _ROW
        if before is not None:
            # From the bar above to where this step begins to take.
            parts.append(tag("path", d=f"M{number(before)} {y - _ROW + _BAR}V{y}", stroke=FAINT))
        parts += _row(row, y, (_PLOT + begin, end - begin), place, decimals)
        before = _PLOT + at(row.left)
    return parts


def _row(row: Fall, y: int, span: tuple[Decimal, Decimal], place: int, decimals: int) -> list[str]:
    colour = BAR if place == 0 else TINTS[(place - 1) % len(TINTS)]
    x, width = span
    bar = {"x": x, "y": y, "width": max(width, Decimal(1)), "height": _BAR}
    parts = [
        text(_LEFT, y + 10, words.shortened(row.label, 46), font_weight="bold"),
        text(_LEFT, y + 26, words.shortened(row.rule, 54), size=12, fill=FAINT),
        tag("rect", **bar, fill=colour, stroke=INK, stroke_width="0.5"),
        text(_EDGE, y + 10, words.plain(row.amount, decimals=decimals), text_anchor="end"),
    ]
    if place:
        left = words.plain(row.left, decimals=decimals)
        parts.append(text(_EDGE, y + 26, left, size=12, fill=FAINT, text_anchor="end"))
    return parts
