"""A CDR as the quantities that tariffs price."""

from datetime import datetime
from decimal import Decimal

from ledger.pricing.charge import (
    ENERGY,
    PARKING_TIME,
    RESERVATION_TIME,
    TIME,
    Charge,
    ChargePeriod,
)
from ledger.roaming.statements import CdrStatement, ChargingPeriod
from ledger.values.money import ZERO

_VOLUMES = {
    ENERGY: "energy_kwh",
    TIME: "time_h",
    PARKING_TIME: "parking_time_h",
    RESERVATION_TIME: "reservation_time_h",
}
_FLOWS = {
    "MIN_CURRENT": "min_current_a",
    "MAX_CURRENT": "max_current_a",
    "MIN_POWER": "min_power_kw",
    "MAX_POWER": "max_power_kw",
}
_AVERAGES = {"CURRENT": "current_a", "POWER": "power_kw"}


def charge_of(cdr: CdrStatement, time_zone: str) -> Charge:
    """Translate a CDR into the quantities that tariffs price.

    Source: OCPI 2.2.1, mod_cdrs, CdrDimensionType: TIME counts charging, PARKING_TIME does not.
    """
    ends = [*(period.start_date_time for period in cdr.charging_periods[1:]), cdr.end_date_time]
    return Charge(
        started_at=cdr.start_date_time,
        ended_at=cdr.end_date_time,
        time_zone=time_zone,
        periods=tuple(
            _charge_period(period, ended_at)
            for period, ended_at in zip(cdr.charging_periods, ends, strict=True)
        ),
        ocpi_version=cdr.ocpi_version,
        credit=bool(cdr.credit),
    )


def _charge_period(period: ChargingPeriod, ended_at: datetime) -> ChargePeriod:
    """Sum a period's quantities; an average stands in where no least or greatest is stated."""
    volumes = {"energy_kwh": ZERO, "time_h": ZERO, "parking_time_h": ZERO}
    flows: dict[str, Decimal] = {}
    averages: dict[str, Decimal] = {}
    for dimension in period.dimensions:
        kind, volume = dimension.type, dimension.volume
        if kind in _VOLUMES:
            volumes[_VOLUMES[kind]] = volumes.get(_VOLUMES[kind], ZERO) + volume
        elif kind in _FLOWS:
            flows[_FLOWS[kind]] = volume
        elif kind in _AVERAGES:
            averages[_AVERAGES[kind]] = volume
    for name, volume in averages.items():
        if f"min_{name}" not in flows and f"max_{name}" not in flows:
            flows[f"min_{name}"] = flows[f"max_{name}"] = volume
    return ChargePeriod(
        started_at=period.start_date_time,
        ended_at=ended_at,
        tariff_id=period.tariff_id,
        **volumes,
        **flows,
    )
