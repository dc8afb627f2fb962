"""The one place where documents meet the ledger's engine: a CDR in, its priced result out."""

import re
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Final, NamedTuple

from console.pricing.cdr_reader import PATH, CdrRead
from console.pricing.compare import differences_of, note_sums
from console.pricing.findings import Finding, Notes
from console.pricing.periods_reader import PRICED
from console.pricing.result import Cost, Line, Period, Result
from console.pricing.tariff_reader import TariffRead
from ledger.pricing import lines
from ledger.pricing.charge import Charge, ChargePeriod
from ledger.pricing.lines import Priced, PricedLine, PricingWarning
from ledger.pricing.price import price
from ledger.pricing.segments import seconds_of
from ledger.pricing.tariff import TariffStatement
from ledger.values.money import EXACT, SCALE_4, ZERO
from ledger.values.reasons import Refused

_TARIFF: Final = ("elements", "min_price", "max_price", "tax_included", "currency")
_NO_FLOWS: Final = (None, None, None, None)
_PERIOD: Final = re.compile(r"charging_periods\[(\d+)\]")


def price_charge(charge: Charge, tariffs: Sequence[TariffStatement]) -> Priced:
    """Price a charge with the tariffs its periods name. Refuses what the engine refuses."""
    return price(charge, tariffs)


def charge_of(cdr: CdrRead, tariffs: Mapping[str | None, TariffRead], time_zone: str) -> Charge:
    """Return the quantities of a CDR; each period lasts until the next begins.

    A period that begins beyond the session's end has no duration, but its quantities count. An
    average current or power stands in where neither a least nor a greatest is stated.
    """
    names = {named: read.statement.id for named, read in tariffs.items()}
    rows = []
    ended_at = max(cdr.ended_at, cdr.periods[-1].started_at)
    for period in reversed(cdr.periods):
        get = period.volumes.get
        flows = _NO_FLOWS if PRICED.issuperset(period.volumes) else _flows_of(period.volumes)
        rows.append(
            ChargePeriod(
                period.started_at,
                ended_at,
                get("ENERGY", ZERO),
                get("TIME", ZERO),
                get("PARKING_TIME", ZERO),
                names.get(period.tariff_id),
                get("RESERVATION_TIME", ZERO),
                *flows,
            )
        )
        ended_at = period.started_at
    return Charge(
        min(cdr.started_at, cdr.periods[0].started_at),
        max(cdr.ended_at, cdr.periods[-1].started_at),
        time_zone,
        tuple(reversed(rows)),
        cdr.version,
        cdr.is_credit,
    )


def _flows_of(volumes: Mapping[str, Decimal]) -> tuple[Decimal | None, ...]:
    """Return the least and greatest current in A, and the least and greatest power in kW."""
    get = volumes.get
    least_a, most_a = get("MIN_CURRENT"), get("MAX_CURRENT")
    least_kw, most_kw = get("MIN_POWER"), get("MAX_POWER")
    if least_a is None and most_a is None:
        least_a = most_a = get("CURRENT")
    if least_kw is None and most_kw is None:
        least_kw = most_kw = get("POWER")
    return least_a, most_a, least_kw, most_kw


def result_of(
    priced: Priced,
    charge: Charge,
    tariffs: Sequence[TariffStatement],
    notes: Notes,
    places: "Places",
) -> Result:
    """Return the published result; what the CDR states is compared where there is one."""
    cdr = places.cdr
    if cdr is not None:
        note_sums(priced, cdr, notes)
    includes_tax = priced.total_cost.before_taxes is None
    with localcontext(EXACT):
        lines = [(line.period, _line(line, includes_tax=includes_tax)) for line in priced.lines]
    warnings = (*notes.found, *(_warning(warning, places) for warning in priced.warnings))
    # OCPI's total_time runs from start_date_time, which is the reservation's where there was one.
    reserved_s = seconds_of(priced.reservation_time_h) if priced.reservation_time_h else 0
    return Result(
        status="priced",
        cdr_id=None if cdr is None else cdr.id,
        ocpi_version=tariffs[0].ocpi_version if cdr is None else cdr.version,
        time_zone=charge.time_zone,
        currency=priced.currency,
        tariff_id=tariffs[0].id,
        total_cost=_cost(priced.total_cost),
        total_energy_cost=_cost(priced.total_energy_cost),
        total_time_cost=_cost(priced.total_time_cost),
        total_parking_cost=_cost(priced.total_parking_cost),
        total_fixed_cost=_cost(priced.total_fixed_cost),
        total_reservation_cost=_cost(priced.total_reservation_cost),
        total_energy_kwh=priced.energy_kwh,
        total_time_s=Decimal(priced.time_s + priced.parking_time_s + reserved_s),
        total_parking_time_s=Decimal(priced.parking_time_s),
        billed_energy_kwh=priced.billed_energy_kwh,
        billed_time_s=Decimal(priced.billed_time_s),
        billed_parking_time_s=Decimal(priced.billed_parking_time_s),
        periods=_periods(charge, cdr, lines),
        session_lines=tuple([line for period, line in lines if period is None]),
        differences=() if cdr is None else differences_of(priced, cdr),
        warnings=warnings,
    )


def _cost(cost: lines.Cost | None) -> Cost | None:
    return None if cost is None else Cost(cost.before_taxes, cost.after_taxes)


def _line(line: PricedLine, *, includes_tax: bool) -> Line:
    """Return a line as it is published. The decimal context is exact by now."""
    net, tax, element = line.net, line.tax_exact, line.element
    if includes_tax:
        cost = Cost(None, net)
    elif tax is None:
        cost = Cost(net, None)
    else:
        cost = Cost(net, (line.net_exact + tax).quantize(SCALE_4, ROUND_HALF_UP) if tax else net)
    return Line(
        line.dimension,
        line.kind,
        line.quantity,
        line.unit_price,
        cost,
        line.stated_vat_percent,
        None if element < 0 else element,
        None if element < 0 else line.component,
    )


def _periods(
    charge: Charge, cdr: CdrRead | None, lines: Sequence[tuple[int | None, Line]]
) -> tuple[Period, ...]:
    rows: list[list[Line]] = [[] for _ in charge.periods]
    for period, line in lines:
        if period is not None:
            rows[period].append(line)
    places = range(len(rows)) if cdr is None else [period.index for period in cdr.periods]
    return tuple(
        [
            Period(place, period.started_at, period.tariff_id, tuple(row))
            for place, period, row in zip(places, charge.periods, rows, strict=True)
        ]
    )


def _warning(warning: PricingWarning, places: "Places") -> Finding:
    """Return an engine's warning with the path in the document."""
    detail = "" if warning.cut_total is None else f"cut there: {warning.cut_total}"
    return Finding(str(warning.code), places.of(warning.path), detail)


def refusals_of(error: Refused, places: "Places") -> tuple[Finding, ...]:
    """Return an engine's refusals with their paths in the documents."""
    return tuple(
        Finding(refusal.reason.value, places.of(refusal.path), refusal.actual or refusal.expected)
        for refusal in error.refusals
    )


class Places(NamedTuple):
    """Where in the documents the engine's paths are: of the one tariff, of periods as sorted."""

    tariff: str = "$.tariff"
    cdr: CdrRead | None = None

    def of(self, path: str) -> str:
        """Return where a path of the engine's stands in what was given.

        >>> Places("$.cdr.tariffs[0]").of("elements[0].restrictions")
        '$.cdr.tariffs[0].elements[0].restrictions'
        """
        match = _PERIOD.match(path)
        if match is not None and self.cdr is not None:
            index = self.cdr.periods[int(match[1])].index
            return f"{PATH}.charging_periods[{index}]{path[match.end() :]}"
        if path.startswith(_TARIFF) or self.cdr is None:
            return f"{self.tariff}.{path}"
        return f"{PATH}.{path}"
