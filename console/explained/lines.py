"""The lines and totals of a leg, with the names of what priced them."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from console.explained.figures import Line, PricedLeg, Total
from console.pictures.words import local
from ledger.pricing.lines import Cost, PricedLine, PricedTotals
from ledger.pricing.segments import seconds_of
from ledger.roaming.clauses import clause_name
from ledger.roaming.legs import Decision, TariffUse
from ledger.roaming.statements import CdrStatement
from ledger.values.money import round_to_scale_4

_UNITS: Final = {"ENERGY": "kWh", "FLAT": "", "TOTAL": ""}


def tariffs_of(decision: Decision) -> Sequence[TariffUse]:
    """Return the versions that price, in the order of the lines' `tariff`."""
    return decision.tariff, *decision.further_tariffs


def name_of(tariff: TariffUse) -> str:
    """Return a tariff version as it is written: `NL*XYZ/t1#2`."""
    return f"{tariff.tariff}#{tariff.number}"


def legs_of(cdr: CdrStatement, decision: Decision) -> Iterator[PricedLeg]:
    """Yield every leg that has priced lines."""
    names = [name_of(tariff) for tariff in tariffs_of(decision)]
    for number, leg in enumerate(decision.legs):
        if leg.lines:
            ordered = sorted(leg.lines, key=_place)
            own = [leg.tariff_version or names[0], *names[1:]]
            lines = tuple(_line(line, cdr, decision.time_zone, own) for line in ordered)
            totals = tuple(_totals(leg.priced)) if leg.priced is not None else ()
            taxes = leg.priced.taxes if leg.priced is not None else ()
            yield PricedLeg(number, leg.kind, leg.lines_currency, lines, totals, taxes)


def _place(line: PricedLine) -> tuple[bool, int, int]:
    """Return where a line stands: by charging period, then what belongs to the whole session."""
    return line.period is None, line.period or 0, line.part or 0


def _line(line: PricedLine, cdr: CdrStatement, time_zone: str, tariffs: Sequence[str]) -> Line:
    started_at = None
    if line.period is not None:
        started_at = local(cdr.charging_periods[line.period].start_date_time, time_zone)
    raw = None
    if line.kind == "consumption":
        raw = line.quantity if line.stated_quantity is None else line.stated_quantity
    component = None
    if line.element >= 0:
        component = f"elements[{line.element}].price_components[{line.component}]"
    elif line.name is not None:
        component = clause_name("discounts", line.component, line.name)
    return Line(
        charging_period=line.period,
        started_at=started_at,
        part=line.part,
        dimension=line.dimension,
        kind=line.kind,
        raw_quantity=raw,
        billed_quantity=line.quantity,
        unit="" if line.kind in ("discount", "surcharge") else _UNITS.get(line.dimension, "h"),
        unit_price=line.unit_price,
        tariff=tariffs[line.tariff],
        component=component,
        net=line.net,
        tax_percent=line.stated_vat_percent,
        tax=None if line.tax_exact is None else round_to_scale_4(line.tax_exact),
    )


def _totals(priced: PricedTotals) -> Iterator[Total]:
    """Yield the totals that exist, in OCPI's names; times are seconds."""
    rows: tuple[tuple[str, Cost | None, Decimal | int | None, Decimal | int | None, str], ...] = (
        (
            "total_energy_cost",
            priced.total_energy_cost,
            priced.energy_kwh,
            priced.billed_energy_kwh,
            "kWh",
        ),
        ("total_time_cost", priced.total_time_cost, priced.time_s, priced.billed_time_s, "s"),
        (
            "total_parking_cost",
            priced.total_parking_cost,
            priced.parking_time_s,
            priced.billed_parking_time_s,
            "s",
        ),
        (
            "total_reservation_cost",
            priced.total_reservation_cost,
            seconds_of(priced.reservation_time_h),
            seconds_of(priced.billed_reservation_time_h),
            "s",
        ),
        ("total_fixed_cost", priced.total_fixed_cost, None, None, ""),
        ("total_cost", priced.total_cost, None, None, ""),
    )
    for field, cost, consumed, billed, unit in rows:
        if cost is not None:
            yield Total(
                field,
                None if consumed is None else Decimal(consumed),
                None if billed is None else Decimal(billed),
                unit,
                cost.before_taxes,
                cost.after_taxes,
            )
