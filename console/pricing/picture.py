"""A simulated session as a picture: in a terminal, or as SVG."""

from collections.abc import Iterable
from decimal import Decimal

from console.pictures import svg, terminal, words
from console.pictures.chart import Chart, SessionCost, stretch_of
from console.pictures.of_cdr import label_of_session_line, prices_of
from console.pricing.result import Line
from console.pricing.simulate import Simulated
from ledger.values.money import ZERO


def text_of(simulated: Simulated) -> str:
    """Return the session as text: its power, the price bands, what they cost."""
    return terminal.text_of(chart_of(simulated))


def svg_of(simulated: Simulated) -> str:
    """Return the session as an SVG document of its own."""
    return svg.svg_of(chart_of(simulated))


def chart_of(simulated: Simulated) -> Chart:
    """Return a priced simulation as a chart.

    Costs are before tax, or after it where the tariff's prices include a tax that it does not name.
    """
    result, session = simulated.result, simulated.session
    rows = {period.index: period.lines for period in result.periods}
    total = result.total_cost
    before, after = (None, None) if total is None else (total.before_taxes, total.after_taxes)
    kwh, minutes = words.plain(session.kwh, decimals=0), session.minutes + session.parking_minutes
    return Chart(
        title=f"{result.tariff_id}: {kwh} kWh in {words.duration(minutes * 60)}",
        currency=str(result.currency),
        time_zone=session.zone,
        stretches=tuple(
            stretch_of(
                period,
                prices=prices_of((line.dimension, line.unit_price) for line in rows.get(index, ())),
                cost=_paid(rows.get(index, ())),
            )
            for index, period in enumerate(simulated.periods)
        ),
        session_costs=tuple(
            SessionCost(label_of_session_line(line.dimension, line.kind), _paid((line,)))
            for line in result.session_lines
        ),
        cost=before if before is not None else after or ZERO,
        cost_after_taxes=after if before is not None else None,
        basis="after tax" if before is None else "before tax",
    )


def _paid(lines: Iterable[Line]) -> Decimal:
    """Return what lines cost before taxes, or after them where only that is known."""
    costs = (line.cost for line in lines)
    return sum(
        (
            cost.before_taxes if cost.before_taxes is not None else cost.after_taxes or ZERO
            for cost in costs
        ),
        ZERO,
    )
