"""Meters as the register knows them: which one measures, how legal it is, and who signs with it.

Legal classes: `mess_eichrecht` (Germany: MessEG, MessEV), `mid_a`, `mid_b`, `mid_c` (Directive
2014/32/EU, Annex V, accuracy classes), `national` (another state's approval), `not_legal`.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Final, Literal, get_args

import msgspec

from ledger.evidence.keys import public_key
from ledger.values.reasons import Reason, Refusal

LegalClass = Literal["mess_eichrecht", "mid_a", "mid_b", "mid_c", "national", "not_legal"]
LEGAL_CLASSES: Final[tuple[LegalClass, ...]] = get_args(LegalClass)

_BYTES_OF_POINTS: Final = {b"\x04": (48, 64, 96), b"\x02": (24, 32, 48), b"\x03": (24, 32, 48)}
"""How long a point is after its sign: both coordinates, or one (SEC 1, 2.3.3), of curves in use."""


class MeterRecord(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A meter at an EVSE, or at one of its connectors, for a half-open span of instants.

    `mid` is the number of its type examination certificate. `calibrated_on` and
    `calibrated_until` are local dates of the site; from `calibrated_until` on nothing may be
    billed by it. `public_key` (hexadecimal, base64 or PEM) is the one it signs its data with.
    """

    evse_uid: str
    serial: str
    legal_class: LegalClass
    valid_from: datetime
    connector_id: str | None = None
    valid_until: datetime | None = None
    mid: str | None = None
    calibrated_on: date | None = None
    calibrated_until: date | None = None
    public_key: str | None = None

    @property
    def is_legal_for_billing(self) -> bool:
        """True where the energy it counts may be billed."""
        return self.legal_class != "not_legal"

    def covers(self, instant: datetime) -> bool:
        """True while it is built in."""
        return self.valid_from <= instant and (
            self.valid_until is None or instant < self.valid_until
        )

    def measures(self, connector_id: str) -> bool:
        """True for its connector; one of the whole EVSE measures them all."""
        return self.connector_id is None or self.connector_id.lower() == connector_id.lower()


def meter_of(
    meters: Iterable[MeterRecord], connector_id: str, instant: datetime
) -> MeterRecord | None:
    """Return the meter of a connector among those of its EVSE; its own goes before the EVSE's.

    >>> from datetime import UTC
    >>> since = datetime(2026, 1, 1, tzinfo=UTC)
    >>> of_all = MeterRecord("E1", "M-1", "mid_b", since)
    >>> of_one = MeterRecord("E1", "M-2", "mid_b", since, connector_id="2")
    >>> [meter_of((of_one, of_all), connector, since).serial for connector in ("1", "2")]
    ['M-1', 'M-2']
    """
    fitting = [row for row in meters if row.covers(instant) and row.measures(connector_id)]
    if len(fitting) < 2:
        return fitting[0] if fitting else None
    return max(
        fitting, key=lambda row: (row.connector_id is not None, row.valid_from), default=None
    )


def errors_of_meters(meters: tuple[MeterRecord, ...]) -> Iterator[Refusal]:
    """Yield what is wrong in the meters of a document: INVALID_DOCUMENT, VALIDITY_OVERLAPS."""
    for place, row in enumerate(meters):
        path = f"meters[{place}]"
        if row.valid_until is not None and row.valid_until <= row.valid_from:
            yield Refusal(Reason.INVALID_DOCUMENT, f"{path}.valid_until", "after valid_from")
        yield from _errors_of_calibration(row, path)
        if row.public_key is not None and not _is_key(row.public_key):
            yield Refusal(Reason.INVALID_DOCUMENT, f"{path}.public_key", "a key of a known curve")
        for earlier in meters[:place]:
            if _are_one_place(earlier, row) and _overlap(earlier, row):
                yield Refusal(
                    Reason.VALIDITY_OVERLAPS, path, f"after meter {earlier.serial}", row.serial
                )


def _errors_of_calibration(row: MeterRecord, path: str) -> Iterator[Refusal]:
    if row.calibrated_until is None:
        return
    if row.calibrated_on is not None and row.calibrated_until <= row.calibrated_on:
        yield Refusal(Reason.INVALID_DOCUMENT, f"{path}.calibrated_until", "after calibrated_on")


def _is_key(text: str) -> bool:
    try:
        point = public_key(text).point
    except ValueError:
        return False
    return len(point) - 1 in _BYTES_OF_POINTS.get(point[:1], ())


def _are_one_place(one: MeterRecord, other: MeterRecord) -> bool:
    same_plug = (one.connector_id or "").lower() == (other.connector_id or "").lower()
    return one.evse_uid.lower() == other.evse_uid.lower() and same_plug


def _overlap(one: MeterRecord, other: MeterRecord) -> bool:
    first, second = sorted((one, other), key=lambda row: row.valid_from)
    return first.valid_until is None or second.valid_from < first.valid_until
