"""What a CDR must pass before it can become money: one rule, one pure function, in order.

Each check yields its refusals; a CDR with any is held with all of them at once.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from ledger.pricing.charge import (
    ENERGY,
    PARKING_TIME,
    RESERVATION_TIME,
    TIME,
    Charge,
    ChargePeriod,
)
from ledger.roaming.session import Session
from ledger.roaming.statements import CdrStatement, ChargingPeriod
from ledger.roaming.terms import Terms, terms_without_behaviour
from ledger.values.money import ZERO, currency_of
from ledger.values.reasons import Reason, Refusal, Refused


class Candidate(NamedTuple):
    """A CDR with the terms and the session it is judged by."""

    cdr: CdrStatement
    terms: Terms
    session: Session | None


def ends_after_start(candidate: Candidate) -> Iterator[Refusal]:
    """A charge cannot end before it starts."""
    cdr = candidate.cdr
    if cdr.end_date_time < cdr.start_date_time:
        yield Refusal(
            Reason.END_BEFORE_START,
            "end_date_time",
            f"{cdr.start_date_time.isoformat()} or later",
            cdr.end_date_time.isoformat(),
        )


def has_a_currency_that_exists(candidate: Candidate) -> Iterator[Refusal]:
    """The currency is one of ISO 4217."""
    try:
        currency_of(candidate.cdr.currency)
    except Refused as refused:
        yield from refused.refusals


MOST_KWH = Decimal(100_000)
"""No charge of a vehicle comes near; what does is a unit mistaken or a meter gone wrong."""
MOST_HOURS = Decimal(24 * 366)
MOST_MONEY = Decimal(10**9)


def states_figures_of_this_world(candidate: Candidate) -> Iterator[Refusal]:
    """Energy, time and cost are figures that a charge can have at all."""
    cdr = candidate.cdr
    energies = [
        dimension.volume
        for period in cdr.charging_periods
        for dimension in period.dimensions
        if dimension.type == ENERGY
    ]
    hours = [
        dimension.volume
        for period in cdr.charging_periods
        for dimension in period.dimensions
        if dimension.type in (TIME, PARKING_TIME)
    ]
    for path, figures, most in (
        ("total_energy", (cdr.total_energy, *energies), MOST_KWH),
        ("total_time", (cdr.total_time, *hours), MOST_HOURS),
        ("total_cost", (cdr.total_cost.before_taxes,), MOST_MONEY),
    ):
        largest = max(abs(figure) for figure in figures)
        if largest > most:
            yield Refusal(Reason.NUMBER_OUT_OF_RANGE, path, f"at most {most}", str(largest))


def has_periods_in_order(candidate: Candidate) -> Iterator[Refusal]:
    """Charging periods begin one after another, inside the session.

    Source: OCPI 2.2.1, mod_cdrs, ChargingPeriod: it lasts until the next begins.
    """
    cdr = candidate.cdr
    starts = [period.start_date_time for period in cdr.charging_periods]
    if not starts or starts != sorted(starts):
        yield Refusal(Reason.PERIODS_OUT_OF_ORDER, "charging_periods", "ascending starts")
    elif starts[0] < cdr.start_date_time or starts[-1] > cdr.end_date_time:
        yield Refusal(Reason.PERIODS_OUT_OF_ORDER, "charging_periods", "inside the session")


def periods_add_up_to_the_energy(candidate: Candidate) -> Iterator[Refusal]:
    """The energy of the periods is the total energy, within the agreed tolerance."""
    cdr = candidate.cdr
    energy = sum(
        (
            dimension.volume
            for period in cdr.charging_periods
            for dimension in period.dimensions
            if dimension.type == ENERGY
        ),
        ZERO,
    )
    if not candidate.terms.tolerances.energy.allows(cdr.total_energy, energy):
        yield Refusal(
            Reason.CDR_ENERGY_DIFFERS, "total_energy", f"{energy} kWh", f"{cdr.total_energy} kWh"
        )


def is_a_kind_we_price(candidate: Candidate) -> Iterator[Refusal]:
    """A credit CDR and the compensation of a home charge have no books yet."""
    cdr = candidate.cdr
    if cdr.credit:
        yield Refusal(Reason.CDR_NOT_SUPPORTED, "credit", "false", "true")
    if cdr.home_charging_compensation:
        yield Refusal(Reason.CDR_NOT_SUPPORTED, "home_charging_compensation", "false", "true")


def falls_under_terms_we_can_carry_out(candidate: Candidate) -> Iterator[Refusal]:
    """Terms without behaviour hold what falls under them."""
    for path in terms_without_behaviour(candidate.terms):
        yield Refusal(Reason.TERM_NOT_SUPPORTED, f"terms.{path}")


def belongs_to_a_session(candidate: Candidate) -> Iterator[Refusal]:
    """Where the agreement asks for it, some update of the CDR's session has arrived.

    Which update came last plays no part: the CDR itself says that the session has ended.
    """
    if candidate.terms.evidence.session and candidate.session is None:
        yield Refusal(
            Reason.SESSION_MISSING,
            "session_id",
            "a session that has arrived",
            candidate.cdr.session_id or "none named",
        )


CHECKS: tuple[Callable[[Candidate], Iterator[Refusal]], ...] = (
    ends_after_start,
    has_a_currency_that_exists,
    states_figures_of_this_world,
    has_periods_in_order,
    periods_add_up_to_the_energy,
    is_a_kind_we_price,
    falls_under_terms_we_can_carry_out,
    belongs_to_a_session,
)


def refusals_of(candidate: Candidate) -> tuple[Refusal, ...]:
    """Return what every check refuses, in order of precedence."""
    return tuple(refusal for check in CHECKS for refusal in check(candidate))


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
