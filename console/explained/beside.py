"""What stands beside a price: what the CDR states, what should be looked at, what was shown."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from console.explained.figures import Compared, Finding, ShownPrice
from console.pictures.words import plain
from ledger.pricing.compare import HOUR_S, Tolerance
from ledger.pricing.lines import WarningCode
from ledger.pricing.tariff import Displayed
from ledger.roaming.legs import Comparison, Decision, Leg, Shown
from ledger.roaming.statements import CdrStatement
from ledger.values.money import EXACT, ZERO
from ledger.values.reasons import SENTENCES

WARNINGS: Final = {
    WarningCode.PERIOD_STRADDLES_RESTRICTION: "A restriction begins or ends inside the period.",
    WarningCode.STEP_SIZE_IGNORED: "A step size of 0 rounds nothing.",
    WarningCode.CURRENT_NOT_STATED: "The tariff looks at the current, which is not stated.",
    WarningCode.POWER_DERIVED: "The tariff looks at the power; the period's average stands in.",
    WarningCode.NO_TARIFF_IN_PERIOD: "The period names no tariff, so nothing prices it.",
    WarningCode.NOTHING_PRICED: "No component of the tariff priced anything.",
    WarningCode.TAX_NOT_DETERMINED: "The tariff names no tax, so one side of it is not known.",
    WarningCode.LIMITS_CONTRADICT: "The least price is above the greatest; the greatest holds.",
}
"""One sentence for each of the engine's warnings."""

_HOURS: Final = ("total_time", "total_parking_time")


def compared_of(row: Comparison, currency: str) -> Compared:
    """Return a recorded comparison with its units and whether it is within its tolerance.

    >>> row = Comparison("total_time", Decimal("1.01"), Decimal(1), Decimal(60), Decimal(0))
    >>> compared_of(row, "EUR").within_tolerance
    True
    """
    is_time, is_energy = row.field in _HOURS, row.field == "total_energy"
    scale = HOUR_S if is_time else Decimal(1)
    stated, computed = EXACT.multiply(row.stated, scale), EXACT.multiply(row.computed, scale)
    unit = "kWh" if is_energy else currency
    return Compared(
        field=row.field,
        stated=row.stated,
        computed=row.computed,
        difference=EXACT.subtract(row.stated, row.computed),
        unit="h" if is_time else unit,
        tolerance_absolute=row.tolerance_absolute,
        tolerance_unit="s" if is_time else unit,
        tolerance_relative=row.tolerance_relative,
        within_tolerance=Tolerance(row.tolerance_absolute, row.tolerance_relative).allows(
            stated, computed
        ),
    )


def findings_of(decision: Decision) -> Iterator[Finding]:
    """Yield the decision's findings, then the warnings of its pricing."""
    for found in decision.warnings:
        sentence = SENTENCES.get(found.reason, "")
        yield Finding(found.reason.value, sentence, found.path, found.expected, found.actual)
    for leg in decision.legs:
        for warning in leg.priced.warnings if leg.priced is not None else ():
            cut = "" if warning.cut_total is None else f"{plain(warning.cut_total)} when cut there"
            yield Finding(warning.code.value, WARNINGS[warning.code], warning.path, cut, "")


def shown_of(cdr: CdrStatement, decision: Decision) -> ShownPrice | None:
    """Return what was recorded as shown, else what the CDR itself says was displayed."""
    said: Shown | Displayed | None = decision.shown
    if said is None and cdr.clearwatt is not None:
        said = cdr.clearwatt.displayed
    leg = next((leg for leg in decision.legs if leg.lines), None)
    if said is None or leg is None:
        return None
    return ShownPrice(
        price=said.price,
        source=said.source if isinstance(said, Shown) else "cdr",
        version=said.version,
        by=said.by,
        at=said.at,
        billed_per_kwh=_prices_per_kwh(leg),
        billed_in_all=sum((line.net for line in leg.lines), ZERO),
        currency=leg.lines_currency,
    )


def _prices_per_kwh(leg: Leg) -> tuple[Decimal, ...]:
    energy = (
        line.unit_price
        for line in leg.lines
        if line.dimension == "ENERGY" and line.kind not in ("discount", "surcharge")
    )
    return tuple(dict.fromkeys(energy))
