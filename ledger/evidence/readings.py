"""One reading of the meter: which register, when, why, how much, and in what state.

Source: OCMF 1.4.1, Readings (tables 7, 10, 19, 20). A reading leaves out what the one before it in
the same document said already.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import msgspec

from ledger.evidence.fields import EXACT, Fields, Json
from ledger.evidence.obis import Obis, obis
from ledger.evidence.problems import Problem, ProblemCode

BEGIN = "B"
ENDS = frozenset("ELRAP")
"""End; ended locally, remotely; aborted by an error, by a power failure."""

EXCEPTION = "X"
OCCASIONS = "BCXELRAPST"
STATES = "NGTDRMXIOSEF"
GOOD = "G"
CLOCKS = "UISR"
"""Unknown, informative, synchronised; relative: its durations hold, its instants are informative.
"""

REPEATED = ("TM", "TX", "RI", "RU", "RT", "EF", "ST")
WH_PER_UNIT = {
    "mWh": Decimal("0.001"),
    "Wh": Decimal(1),
    "kWh": Decimal(1000),
    "MWh": Decimal(1000000),
}
TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:,([0-9]{3}))?([+-])([0-9]{2})([0-9]{2})(?: ([A-Z]))?"
)


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One reading, in Wh and UTC. What it does not say, or says wrongly, is None."""

    path: str
    occasion: str | None
    taken_at: datetime | None
    clock: str | None
    register: Obis | None
    value_wh: Decimal | None
    loss_wh: Decimal | None
    error_flags: str
    state: str | None

    @property
    def is_imported_energy(self) -> bool:
        """True for a value of a register that counts energy taken from the grid."""
        has_value = self.value_wh is not None
        return has_value and self.register is not None and self.register.is_imported_energy

    @property
    def is_begin(self) -> bool:
        """True where the charge begins with this reading."""
        return self.occasion == BEGIN

    @property
    def is_end(self) -> bool:
        """True where the charge ends with this reading, for whatever reason."""
        return self.occasion in ENDS

    def says_what(self, other: "Reading") -> bool:
        """True where another document repeats this reading."""
        return (self.is_begin, self.taken_at, self.register, self.value_wh) == (
            other.is_begin,
            other.taken_at,
            other.register,
            other.value_wh,
        )


def readings_of(records: list[Json], problems: list[Problem]) -> tuple[Reading, ...]:
    """Return the readings of one document; what is wrong with them goes to `problems`.

    >>> first = {"TX": "B", "RI": "1-0:1.8.0", "RU": "kWh", "RV": Decimal("0.25"), "ST": "G"}
    >>> last = {"TX": "E", "RV": Decimal("1.50")}
    >>> [str(reading.value_wh) for reading in readings_of([first, last], [])]
    ['250.00', '1500.00']
    """
    readings = []
    said: Json = {}
    for index, record in enumerate(records):
        said = {name: said[name] for name in REPEATED if name in said} | record
        readings.append(_reading(Fields(said, f"RD[{index}]", problems)))
    return tuple(readings)


def _reading(fields: Fields) -> Reading:
    register = _register(fields)
    taken_at, clock = _time(fields)
    per_unit = _wh_per_unit(fields, register)
    return Reading(
        path=fields.path,
        occasion=fields.one_of("TX", OCCASIONS),
        taken_at=taken_at,
        clock=clock,
        register=register,
        value_wh=_energy_wh(fields.number("RV"), per_unit),
        loss_wh=_energy_wh(fields.number("CL"), per_unit),
        error_flags=fields.text("EF") or "",
        state=fields.one_of("ST", STATES),
    )


def _register(fields: Fields) -> Obis | None:
    code = fields.text("RI")
    register = obis(code) if code else None
    # A reading that only reports an event has no value, and then need not name a register.
    if register is None and "RV" in fields.record:
        fields.note(ProblemCode.OCMF_REGISTER_UNKNOWN, "RI", code or "")
    return register


def _wh_per_unit(fields: Fields, register: Obis | None) -> Decimal | None:
    unit = fields.text("RU") or ""
    per_unit = WH_PER_UNIT.get(unit)
    is_energy = register is not None and register.is_imported_energy
    if is_energy and per_unit is None and "RV" in fields.record:
        fields.note(ProblemCode.OCMF_UNIT_UNKNOWN, "RU", unit)
    return per_unit


def _energy_wh(number: Decimal | None, per_unit: Decimal | None) -> Decimal | None:
    return None if number is None or per_unit is None else EXACT.multiply(number, per_unit)


def _time(fields: Fields) -> tuple[datetime | None, str | None]:
    text = fields.text("TM")
    match = TIME.fullmatch(text) if text else None
    instant = instant_of(match) if match else None
    clock = match[11] if match else None
    if instant is None or (clock and clock not in CLOCKS):
        fields.note(ProblemCode.OCMF_FIELD_MALFORMED, "TM", text or "left out")
        return None, None
    return instant, clock


def instant_of(match: re.Match[str]) -> datetime | None:
    """Return the UTC instant of a time as OCMF writes it, or None where there is no such day.

    >>> instant_of(TIME.fullmatch("2018-07-24T13:22:04,500+0200 S")).isoformat()
    '2018-07-24T11:22:04.500000+00:00'
    """
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    milliseconds, sign, hours, minutes = match.group(7, 8, 9, 10)
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    try:
        zone = timezone(-offset if sign == "-" else offset)
        local = datetime(
            year, month, day, hour, minute, second, int(milliseconds or 0) * 1000, zone
        )
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
