"""Meter values: registers of imported active energy in Wh, active power in W, signed values.

A value without further fields is a register reading of imported active energy in Wh, sampled
periodically at the outlet (OCPP 1.6, 7.43 SampledValue; 2.0.1, 2.46 SampledValueType). Values of
single phases and other measurands say nothing that is billed.
"""

from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from console.imports.ocpp.fields import (
    Object,
    in_w,
    in_wh,
    instant,
    is_power,
    number,
    objects,
    optional,
    required,
)
from console.imports.ocpp.mapping import OcppMapping
from console.imports.ocpp.problems import Problem, Unusable

BEGIN, END, SAMPLE = "Transaction.Begin", "Transaction.End", "Sample.Periodic"
_CONTEXTS: Final = frozenset(
    {
        BEGIN,
        END,
        SAMPLE,
        "Sample.Clock",
        "Interruption.Begin",
        "Interruption.End",
        "Trigger",
        "Other",
    }
)
_ENERGY: Final = "Energy.Active.Import.Register"
_POWER: Final = "Power.Active.Import"


class Reading(NamedTuple):
    """The meter's register at an instant, in Wh; `context` says what it was read for."""

    at: datetime
    wh: Decimal
    context: str
    line: int


class Power(NamedTuple):
    """The power that flowed at an instant, in W."""

    at: datetime
    w: Decimal


class SignedText(NamedTuple):
    """A signed value as the charger sent it: 1.6's text, or 2.0.1's object."""

    at: datetime
    context: str
    value: str | Object
    line: int


class Samples(NamedTuple):
    """What a list of meter values says, and what is wrong in it."""

    readings: tuple[Reading, ...]
    powers: tuple[Power, ...]
    signed: tuple[SignedText, ...]
    problems: tuple[Problem, ...]


def samples_of(
    row: Object, name: str, *, line: int, mapping: OcppMapping, context: str | None = None
) -> Samples:
    """Return the samples of a message's list of meter values, problems beside the rest.

    `context` stands in for a context that is missing, where the message itself says what it is.
    """
    found = _Found(line, mapping, context)
    try:
        values = objects(row, name)
    except Unusable as unusable:
        return Samples((), (), (), (unusable.on(line),))
    for index, value in enumerate(values):
        found.take(value, f"{name}[{index}].")
    return Samples(
        tuple(found.readings), tuple(found.powers), tuple(found.signed), tuple(found.problems)
    )


class _Found:
    def __init__(self, line: int, mapping: OcppMapping, context: str | None) -> None:
        self._line, self._mapping, self._context = line, mapping, context
        self.readings: list[Reading] = []
        self.powers: list[Power] = []
        self.signed: list[SignedText] = []
        self.problems: list[Problem] = []

    def take(self, value: Object, path: str) -> None:
        """Take over all samples of one instant."""
        try:
            at = instant(value, "timestamp", self._mapping.time, path)
            sampled = objects(value, "sampledValue", path)
        except Unusable as unusable:
            self.problems.append(unusable.on(self._line))
            return
        for index, sample in enumerate(sampled):
            try:
                self._sample(sample, at, f"{path}sampledValue[{index}].")
            except Unusable as unusable:
                self.problems.append(unusable.on(self._line))

    def _sample(self, sample: Object, at: datetime, path: str) -> None:
        context = optional(sample, "context", str, path) or self._context or SAMPLE
        if context not in _CONTEXTS:
            raise Unusable("UNKNOWN_VALUE", f"{path}context", context)
        if optional(sample, "format", str, path) == "SignedData":
            text = required(sample, "value", str, path)
            self.signed.append(SignedText(at, context, text, self._line))
            return
        signed = optional(sample, "signedMeterValue", dict, path)
        if signed is not None:
            self.signed.append(SignedText(at, context, signed, self._line))
        readings = self._mapping.readings
        where = optional(sample, "location", str, path) or "Outlet"
        if optional(sample, "phase", str, path) or where != readings.location:
            return
        unit, factor = _unit(sample, path)
        measurand = optional(sample, "measurand", str, path) or self._measurand(unit)
        if measurand == _ENERGY:
            measured = number(sample.get("value"), f"{path}value") * factor
            wh = in_wh(measured, unit or readings.energy_unit, f"{path}unit")
            self.readings.append(Reading(at, wh, context, self._line))
        elif measurand == _POWER:
            measured = number(sample.get("value"), f"{path}value") * factor
            self.powers.append(
                Power(at, in_w(measured, unit or readings.power_unit, f"{path}unit"))
            )

    def _measurand(self, unit: str | None) -> str:
        by_unit = self._mapping.readings.measurand_by_unit
        return _POWER if by_unit and unit is not None and is_power(unit) else _ENERGY


def _unit(sample: Object, path: str) -> tuple[str | None, Decimal]:
    """Return a sample's unit and factor: 1.6 has the unit, 2.0.1 also a power of ten."""
    measure = optional(sample, "unitOfMeasure", dict, path)
    if measure is None:
        return optional(sample, "unit", str, path), Decimal(1)
    exponent = optional(measure, "multiplier", int, f"{path}unitOfMeasure.") or 0
    if not -12 <= exponent <= 12:
        raise Unusable("NOT_A_NUMBER", f"{path}unitOfMeasure.multiplier", exponent)
    return optional(measure, "unit", str, f"{path}unitOfMeasure."), Decimal(10) ** exponent
