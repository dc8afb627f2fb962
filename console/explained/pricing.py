"""Everything about one CDR's price, and its chart, from the documents that the log holds."""

from typing import Any

import msgspec

from console.explained.beside import compared_of, findings_of, shown_of
from console.explained.figures import Pricing
from console.explained.lines import legs_of, name_of, tariffs_of
from console.pictures.chart import Chart
from console.pictures.of_cdr import chart_of_cdr
from ledger.roaming.legs import Decision
from ledger.roaming.statements import CdrStatement


def pricing_of(statement: dict[str, Any], decision: dict[str, Any] | None) -> Pricing | None:
    """Return a decision's pricing from the recorded documents; None where a CDR is not priced."""
    if decision is None:
        return None
    cdr, decided = _read(statement, decision)
    return Pricing(
        time_zone=decided.time_zone,
        legs=tuple(legs_of(cdr, decided)),
        compared=tuple(compared_of(row, cdr.currency) for row in decided.comparisons),
        findings=tuple(findings_of(decided)),
        shown=shown_of(cdr, decided),
        public=decided.public,
    )


def chart_of(cdr: str, statement: dict[str, Any], decision: dict[str, Any] | None) -> Chart | None:
    """Return the sale of the charge to draw; None where a CDR is not priced."""
    if decision is None:
        return None
    said, decided = _read(statement, decision)
    leg = next((leg for leg in decided.legs if leg.lines), None)
    if leg is None or not said.charging_periods:
        return None
    tariffs = ", ".join(name_of(use) for use in tariffs_of(decided))
    title = f"{cdr} at {tariffs}"
    return chart_of_cdr(title, said, leg, time_zone=decided.time_zone)


def _read(statement: dict[str, Any], decision: dict[str, Any]) -> tuple[CdrStatement, Decision]:
    return msgspec.convert(statement, CdrStatement), msgspec.convert(decision, Decision)
