"""The pricing engine alone, on one core: charges to prices, and JSON text to prices.

Two sizes, so that figures compare with other engines': a CDR of 4 periods with a tariff of 6
elements that is compiled already, and the JSON text of a CDR of 8 periods with a tariff of 9.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from time import process_time
from typing import Any, Final

import msgspec

from console.pricing.cdr_reader import read_cdr
from console.pricing.engine import charge_of
from console.pricing.findings import Notes
from console.pricing.price import price_document
from console.pricing.tariff_reader import read_tariff
from ledger.pricing.price import price

_ENCODE: Final = msgspec.json.Encoder(decimal_format="number").encode
_ZONE: Final = "Europe/Amsterdam"
_MORNING: Final = datetime(2026, 11, 5, 9, 0, tzinfo=UTC)
_CDRS: Final = 500
_ROUNDS: Final = 8
_WEEKDAYS: Final = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]


def pricing_rates() -> dict[str, dict[str, float]]:
    """Return CDRs a second and CPU µs a CDR of both measurements, the best of some rounds."""
    tariff = _text(_tariff(extra=False))
    read = read_tariff(tariff, "$.tariff", None)
    charges = [
        charge_of(read_cdr(_text(_cdr(number, 4)), Notes()), {"T1": read}, _ZONE)
        for number in range(_CDRS)
    ]
    texts = [_text(_cdr(number, 8)) for number in range(_CDRS)]
    larger = _text(_tariff(extra=True))
    return {
        "pricing_only": _rate(lambda: [price(charge, read.statement) for charge in charges]),
        "json_to_price": _rate(
            lambda: [price_document(text, tariff=larger, time_zone=_ZONE) for text in texts]
        ),
    }


def _rate(work: Callable[[], object]) -> dict[str, float]:
    spent = []
    for _ in range(_ROUNDS):
        began = process_time()
        work()
        spent.append((process_time() - began) / _CDRS)
    best = min(spent)
    return {"cdr_per_s": round(1 / best), "cpu_us_per_cdr": round(best * 1e6, 1)}


def _component(kind: str, price_text: str, step_size: int = 1) -> dict[str, Any]:
    return {"type": kind, "price": Decimal(price_text), "step_size": step_size, "vat": 21}


def _element(*components: dict[str, Any], **restrictions: Any) -> dict[str, Any]:
    element: dict[str, Any] = {"price_components": list(components)}
    return {**element, "restrictions": restrictions} if restrictions else element


def _tariff(*, extra: bool) -> dict[str, Any]:
    """Return a tariff by time of day, weekday and energy, of 6 elements or 9."""
    energy, time, parking = "ENERGY", "TIME", "PARKING_TIME"
    rare = [
        _element(_component(energy, "0.20"), min_kwh=100, start_time="02:00", end_time="03:00"),
        _element(_component(energy, "0.25"), min_duration=36_000),
        _element(_component(time, "0.25"), min_kwh=200),
    ]
    elements = [
        _element(_component("FLAT", "0.50")),
        _element(
            _component(energy, "0.45"),
            _component(time, "1.20", 60),
            start_time="08:00",
            end_time="20:00",
            day_of_week=_WEEKDAYS,
        ),
        _element(_component(energy, "0.40"), start_time="20:00", end_time="08:00"),
        _element(_component(parking, "3.00", 300), start_time="09:00", end_time="18:00"),
        _element(_component(parking, "1.00", 300), max_kwh=50),
        _element(_component(energy, "0.30"), _component(time, "0.60", 60)),
    ]
    return {
        "country_code": "NL",
        "party_id": "PLD",
        "id": "T1",
        "currency": "EUR",
        "elements": [*rare, *elements] if extra else elements,
        "last_updated": "2026-01-01T00:00:00Z",
    }


def _cdr(number: int, periods: int) -> dict[str, Any]:
    """Return a CDR of ten-minute periods, the last one parked; no two charge the same energy."""
    began = _MORNING + timedelta(minutes=number % 240)
    ended = began + timedelta(minutes=10 * periods)
    rows = []
    total_kwh = Decimal(0)
    for place in range(periods):
        kwh = Decimal(31250 + 100 * (number % 97) + 3700 * place).scaleb(-4)
        used = (("ENERGY", kwh), ("TIME", Decimal("0.1667")))
        total_kwh += kwh
        if place == periods - 1:
            total_kwh -= kwh
            used = (("ENERGY", Decimal(0)), ("PARKING_TIME", Decimal("0.1667")))
        rows.append(
            {
                "start_date_time": _written(began + timedelta(minutes=10 * place)),
                "dimensions": [{"type": kind, "volume": volume} for kind, volume in used],
                "tariff_id": "T1",
            }
        )
    return {
        "country_code": "NL",
        "party_id": "PLD",
        "id": f"C{number}",
        "start_date_time": _written(began),
        "end_date_time": _written(ended),
        "cdr_location": {"id": "L1", "country": "NLD", "evse_id": "NL*PLD*E1"},
        "currency": "EUR",
        "charging_periods": rows,
        "total_cost": {"excl_vat": Decimal("9.99"), "incl_vat": Decimal("12.09")},
        "total_energy": total_kwh,
        "total_time": (Decimal(periods) / 6).quantize(Decimal("0.0001")),
        "last_updated": _written(ended),
    }


def _written(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _text(document: dict[str, Any]) -> bytes:
    return _ENCODE(document)
