"""A priced CDR as a chart: its charging periods, with the recorded lines of one leg."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from console.pictures.chart import Chart, SessionCost, Stretch, UnitPrice, stretch_of
from ledger.pricing.charge import ChargePeriod
from ledger.pricing.lines import Cost, PricedLine
from ledger.roaming.charged import charge_of
from ledger.roaming.legs import Leg
from ledger.roaming.statements import CdrStatement
from ledger.values.money import ZERO

_ORDER: Final = ("ENERGY", "TIME", "PARKING_TIME", "RESERVATION_TIME")
_KINDS: Final = {
    "step_rounding": "rounded up to whole steps",
    "min_price": "up to the least price",
    "max_price": "down to the greatest price",
    "accepted": "up or down to the price accepted",
    "discount": "discount",
    "surcharge": "surcharge",
}
_FIXED: Final = "fixed price"


def chart_of_cdr(title: str, cdr: CdrStatement, leg: Leg, *, time_zone: str) -> Chart:
    """Return a CDR's charging periods with what a leg recorded for each of them.

    Costs are the lines' `net` at scale 4, in the tariff's currency: before tax, or with it, where
    the tariff includes a tax that it does not name.
    """
    rows: dict[int | None, list[PricedLine]] = {}
    for line in leg.lines:
        rows.setdefault(line.period, []).append(line)
    periods = charge_of(cdr, time_zone).periods
    total = leg.priced.total_cost if leg.priced is not None else Cost(leg.net)
    is_with_tax = total.before_taxes is None
    return Chart(
        title=title,
        currency=leg.lines_currency,
        time_zone=time_zone,
        stretches=tuple(
            _stretch(period, rows.get(index, ())) for index, period in enumerate(periods)
        ),
        session_costs=tuple(
            SessionCost(label_of_session_line(line.dimension, line.kind), line.net)
            for line in rows.get(None, ())
        ),
        cost=sum((line.net for line in leg.lines), ZERO),
        cost_after_taxes=None if is_with_tax else total.after_taxes,
        basis="after tax" if is_with_tax else "before tax",
    )


def _stretch(period: ChargePeriod, lines: Iterable[PricedLine]) -> Stretch:
    lines = list(lines)
    return stretch_of(
        period,
        prices=prices_of((line.dimension, line.unit_price) for line in lines),
        cost=sum((line.net for line in lines), ZERO),
    )


def prices_of(lines: Iterable[tuple[str, Decimal]]) -> tuple[UnitPrice, ...]:
    """Return the prices of lines without repetition, in OCPI's order of dimensions.

    >>> [row.dimension for row in prices_of([("TIME", Decimal(6)), ("ENERGY", Decimal(1))])]
    ['ENERGY', 'TIME']
    """
    known = dict.fromkeys(UnitPrice(*line) for line in lines if line[0] in _ORDER)
    return tuple(sorted(known, key=lambda row: _ORDER.index(row.dimension)))


def label_of_session_line(dimension: str, kind: str) -> str:
    """Return what a line that belongs to no charging period is, in words.

    >>> label_of_session_line("FLAT", "consumption")
    'fixed price'
    >>> label_of_session_line("ENERGY", "step_rounding")
    'energy rounded up to whole steps'
    >>> label_of_session_line("TOTAL", "discount")
    'discount'
    """
    if kind == "consumption":
        return _FIXED if dimension == "FLAT" else dimension.lower()
    named = dimension.lower().replace("_", " ")
    return _KINDS[kind] if dimension == "TOTAL" else f"{named} {_KINDS[kind]}"
