"""Energy: the sources that state it, what is physically possible, what adds up."""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from ledger.pricing.charge import ENERGY
from ledger.roaming.checks.candidate import Candidate
from ledger.roaming.statements import CdrStatement
from ledger.values.money import EXACT, ZERO
from ledger.values.reasons import Reason, Refusal

_WH_IN_KWH = Decimal(1000)
_POWER_MARGIN = Decimal("1.1")
"""A tenth over the rated power: chargers are rated at the plug's nominal voltage."""
_SECOND = Decimal(3600)
_STANDS_IN = Decimal(1000)
"""kW: no connector of a road vehicle gives more; where the register is silent it stands in."""


class EnergySource(NamedTuple):
    """What one source says the charge took, in kWh."""

    name: str
    kwh: Decimal
    path: str


def energy_sources_of(candidate: Candidate) -> tuple[EnergySource, ...]:
    """Return every source that states the energy: cdr, periods, meter, session, signed."""
    cdr, found = candidate.cdr, []
    found.append(EnergySource("cdr", cdr.total_energy, "total_energy"))
    if cdr.charging_periods:
        found.append(EnergySource("periods", energy_of_periods(cdr), "charging_periods"))
    extension = cdr.clearwatt
    if extension and extension.meter_start_wh is not None and extension.meter_stop_wh is not None:
        metered = EXACT.divide(extension.meter_stop_wh - extension.meter_start_wh, _WH_IN_KWH)
        found.append(EnergySource("meter", metered, "clearwatt.meter_stop_wh"))
    session = candidate.session.latest if candidate.session else None
    if session is not None and session.status == "COMPLETED":
        found.append(EnergySource("session", session.kwh, "session.kwh"))
    evidence = candidate.evidence
    if evidence is not None and evidence.energy_wh is not None and evidence.status != "failed":
        signed = EXACT.divide(evidence.energy_wh, _WH_IN_KWH)
        found.append(EnergySource("signed", signed, "signed_data"))
    return tuple(found)


def energy_of_periods(cdr: CdrStatement) -> Decimal:
    """Return the sum of the periods' energy in kWh."""
    return sum(
        (
            dimension.volume
            for period in cdr.charging_periods
            for dimension in period.dimensions
            if dimension.type == ENERGY
        ),
        ZERO,
    )


def periods_add_up_to_the_energy(candidate: Candidate) -> Iterator[Refusal]:
    """The energy of the periods is the total energy, within the agreed tolerance."""
    cdr, energy = candidate.cdr, energy_of_periods(candidate.cdr)
    allowed = candidate.terms.tolerances.energy
    if not allowed.allows(cdr.total_energy, energy):
        yield Refusal(
            Reason.CDR_ENERGY_DIFFERS,
            "total_energy",
            f"{energy} kWh, within {allowed.in_words('kWh')}",
            f"{cdr.total_energy} kWh",
        )


def agrees_with_the_other_sources(candidate: Candidate) -> Iterator[Refusal]:
    """Meter readings, session and signed data state the energy that the CDR states.

    Of those there are, the agreement trusts one most: a CDR that differs from it is held; where
    the others differ it is noted. No source's figure is lost.
    """
    stated, order = candidate.cdr.total_energy, candidate.terms.truth.energy
    allowed = candidate.terms.tolerances.energy
    sources = {row.name: row for row in energy_sources_of(candidate)}
    winner = winner_of(order, sources)
    for row in sources.values():
        if row.name == "cdr" or allowed.allows(stated, row.kwh):
            continue
        within = f"within {allowed.in_words('kWh')}"
        if row is winner:
            yield Refusal(
                Reason.ENERGY_NOT_THAT_OF_TRUTH,
                "total_energy",
                f"{row.kwh} kWh by {row.name}, which the agreement trusts, {within}",
                f"{stated} kWh",
            )
        elif row.name != "periods":
            yield Refusal(
                Reason.ENERGY_SOURCES_DIFFER,
                row.path,
                f"{stated} kWh as in the CDR, {within}",
                f"{row.kwh} kWh by {row.name}",
            )


def winner_of(order: tuple[str, ...], sources: dict[str, EnergySource]) -> EnergySource:
    """Return the first source of an order that is there; the CDR's own where none is.

    >>> sources = {"cdr": EnergySource("cdr", Decimal(9), ""),
    ...            "signed": EnergySource("signed", Decimal(8), "")}
    >>> winner_of(("signed", "cdr"), sources).name, winner_of(("session",), sources).name
    ('signed', 'cdr')
    """
    return next((sources[name] for name in order if name in sources), sources["cdr"])


def has_a_meter_that_runs_forwards(candidate: Candidate) -> Iterator[Refusal]:
    """The meter does not stand lower at the end than at the start."""
    extension = candidate.cdr.clearwatt
    if extension is None or extension.meter_start_wh is None or extension.meter_stop_wh is None:
        return
    if extension.meter_stop_wh < extension.meter_start_wh:
        yield Refusal(
            Reason.METER_RUNS_BACKWARDS,
            "clearwatt.meter_stop_wh",
            f"{extension.meter_start_wh} Wh or more",
            f"{extension.meter_stop_wh} Wh",
        )


def is_physically_possible(candidate: Candidate) -> Iterator[Refusal]:
    """The energy fits into the duration at the connector's power, with a tenth to spare."""
    cdr = candidate.cdr
    if cdr.end_date_time < cdr.start_date_time:
        return
    lasted_s = Decimal(int((cdr.end_date_time - cdr.start_date_time).total_seconds()))
    lasted_s += candidate.terms.clock.skew_s
    power_kw = candidate.power_kw or _STANDS_IN
    most = EXACT.divide(
        EXACT.multiply(EXACT.multiply(power_kw, _POWER_MARGIN), lasted_s), _SECOND
    ).quantize(Decimal("0.001"))
    if cdr.total_energy > most:
        yield Refusal(
            Reason.ENERGY_IMPOSSIBLE,
            "total_energy",
            f"at most {most} kWh in {int(lasted_s)} s at {power_kw} kW",
            f"{cdr.total_energy} kWh",
        )
