"""A waterfall: what each step takes of an amount, and what is left after it, as bars.

Wherever the steps come from; nothing here computes a share. In a terminal, and as SVG in
`svg_waterfall`.
"""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, NamedTuple

from console.pictures import words

_WIDE: Final = 44
_ZERO: Final = Decimal(0)


class Fall(NamedTuple):
    """A step: who takes how much by which rule, and what is left afterwards."""

    label: str
    rule: str
    amount: Decimal
    left: Decimal


class Waterfall(NamedTuple):
    """An amount and the steps it falls by, in their order."""

    title: str
    basis: str
    currency: str
    amount: Decimal
    falls: tuple[Fall, ...]

    @property
    def edges(self) -> tuple[Decimal, Decimal]:
        """The least and the greatest amount that a bar reaches, zero among them."""
        reached = [_ZERO, self.amount, *(row.left for row in self.falls)]
        reached += [row.left + row.amount for row in self.falls]
        return min(reached), max(reached)


def scale_of(waterfall: Waterfall, width: int | Decimal) -> Callable[[Decimal], Decimal]:
    """Return where an amount lies on a scale of `width` that shows every bar."""
    least, greatest = waterfall.edges
    whole = greatest - least or Decimal(1)
    return lambda amount: (amount - least) * width / whole


def spans_of(waterfall: Waterfall, width: int | Decimal) -> list[tuple[Decimal, Decimal]]:
    """Return where each bar begins and ends on a scale of `width`: the amount, then the steps.

    >>> falls = (Fall("host", "", Decimal(3), Decimal(7)), Fall("rest", "", Decimal(7), Decimal(0)))
    >>> [(str(begin), str(end)) for begin, end in spans_of(
    ...     Waterfall("", "", "EUR", Decimal(10), falls), 100)]
    [('0', '100'), ('70', '100'), ('0', '70')]
    """
    at = scale_of(waterfall, width)
    bars = [(_ZERO, waterfall.amount)]
    bars += [(row.left, row.left + row.amount) for row in waterfall.falls]
    return [(at(min(bar)), at(max(bar))) for bar in bars]


def text_of(waterfall: Waterfall) -> str:
    """Return the waterfall as plain Unicode, a line a bar, that reads well in a log or a mail."""
    amounts = [waterfall.amount, *(row.amount for row in waterfall.falls)]
    labels = [waterfall.basis, *(words.printable(row.label) for row in waterfall.falls)]
    figures = [f"{amount:f}" for amount in amounts]
    left = max(map(len, labels))
    right = max(map(len, figures))
    lines = []
    spans = spans_of(waterfall, _WIDE)
    for label, figure, (begin, end) in zip(labels, figures, spans, strict=True):
        first = int(begin.quantize(Decimal(1), ROUND_HALF_UP))
        last = int(end.quantize(Decimal(1), ROUND_HALF_UP))
        # What takes anything at all is seen, and has its place within the scale.
        first = min(first, _WIDE - 1)
        bar = "█" * max(last - first, 1) if begin != end else "▏"
        drawn = f"{' ' * first}{bar}"
        lines.append(f"{label:<{left}}  {drawn:<{_WIDE}}  {figure:>{right}} {waterfall.currency}")
    return "\n".join(lines)
