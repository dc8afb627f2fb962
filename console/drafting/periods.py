"""Priced quantities as OCPI's charging periods again, with whatever else was measured in them."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from ledger.pricing.charge import Charge, ChargePeriod
from schemas.parts import CdrDimension, ChargingPeriod, DimensionType

_VOLUMES: Final[tuple[tuple[DimensionType, str], ...]] = (
    ("ENERGY", "energy_kwh"),
    ("TIME", "time_h"),
    ("PARKING_TIME", "parking_time_h"),
    ("RESERVATION_TIME", "reservation_time_h"),
)
_FLOWS: Final[tuple[tuple[DimensionType, str], ...]] = (
    ("MIN_CURRENT", "min_current_a"),
    ("MAX_CURRENT", "max_current_a"),
    ("MIN_POWER", "min_power_kw"),
    ("MAX_POWER", "max_power_kw"),
)
_PRICED: Final = frozenset(name for name, _ in (*_VOLUMES, *_FLOWS))


def periods_of(
    charge: Charge, stated: Sequence[ChargingPeriod], tariff_id: str | None
) -> tuple[ChargingPeriod, ...]:
    """Return a cut charge as charging periods, of the tariff named or of the one each names.

    A stated period that was not cut keeps its dimensions as they are. Of one that was cut, what
    has no part in the price (an exported energy, a state of charge) stays with its first part.
    """
    periods: list[ChargingPeriod] = []
    for period, parts in _by_stated(charge, stated):
        for number, part in enumerate(parts):
            others = () if number else _others(period)
            dimensions = (*_dimensions(part), *others) if len(parts) > 1 else period.dimensions
            periods.append(
                ChargingPeriod(
                    start_date_time=part.started_at,
                    dimensions=dimensions,
                    tariff_id=period.tariff_id or tariff_id,
                )
            )
    return tuple(periods)


def _by_stated(
    charge: Charge, stated: Sequence[ChargingPeriod]
) -> Iterator[tuple[ChargingPeriod, list[ChargePeriod]]]:
    """Yield each stated period with its parts: those that begin before the next one does."""
    parts = deque(charge.periods)
    for period, following in zip(stated, [*stated[1:], None], strict=True):
        own = [parts.popleft()]
        while parts and (following is None or parts[0].started_at < following.start_date_time):
            own.append(parts.popleft())
        yield period, own


def _dimensions(part: ChargePeriod) -> Iterator[CdrDimension]:
    """Yield what a part consumed, and between which currents and powers."""
    for kind, name in _VOLUMES:
        if volume := getattr(part, name):
            yield CdrDimension(type=kind, volume=volume)
    if not (part.energy_kwh or part.time_h or part.parking_time_h or part.reservation_time_h):
        yield CdrDimension(type="ENERGY", volume=part.energy_kwh)
    for kind, name in _FLOWS:
        if (flow := getattr(part, name)) is not None:
            yield CdrDimension(type=kind, volume=flow)


def _others(period: ChargingPeriod) -> tuple[CdrDimension, ...]:
    return tuple(
        dimension
        for dimension in period.dimensions
        if dimension.type not in (*_PRICED, "CURRENT", "POWER")
    )
