"""Short words for charges and tariffs in the tests of pricing."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from ledger.pricing.charge import Charge, ChargePeriod
from ledger.pricing.lines import Priced
from ledger.pricing.tariff import (
    PriceComponent,
    PriceLimit,
    TariffElement,
    TariffRestrictions,
    TariffStatement,
)

AMSTERDAM = "Europe/Amsterdam"
MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""Nine o'clock on a Monday morning in Amsterdam."""


def component(text: str) -> PriceComponent:
    """Return a component of `TYPE price [step_size [vat]]`."""
    kind, price, *rest = text.split()
    vat = Decimal(rest[1]) if len(rest) > 1 else None
    return PriceComponent(kind, Decimal(price), int(rest[0]) if rest else 1, vat)


def element(*components: str, **restrictions: Any) -> TariffElement:
    """Return an element; decimals of restrictions may be written as text."""
    given = {
        name: Decimal(value) if name.startswith(("min_", "max_")) and type(value) is str else value
        for name, value in restrictions.items()
    }
    return TariffElement(
        tuple(component(text) for text in components),
        TariffRestrictions(**given) if given else None,
    )


def tariff(*elements: TariffElement | str, id: str = "T1", **more: Any) -> TariffStatement:
    """Return a tariff; elements written as text have one component and no restrictions."""
    rows = tuple(row if isinstance(row, TariffElement) else element(row) for row in elements)
    more = {"currency": "EUR", **more}
    return TariffStatement(
        country_code="NL", party_id="XYZ", id=id, elements=rows, last_updated=MONDAY, **more
    )


def limit(before: str, after: str | None = None) -> PriceLimit:
    """Return a limit before and after tax."""
    return PriceLimit(Decimal(before), None if after is None else Decimal(after))


def period(minutes: int, kwh: str = "0", kind: str = "time", **more: Any) -> tuple[Any, ...]:
    """Return a period for `charge`: `kind` is time, parking or reservation."""
    return minutes, Decimal(kwh), kind, more


def charge(
    *periods: tuple[Any, ...],
    at: datetime = MONDAY,
    zone: str = AMSTERDAM,
    ocpi_version: str | None = "2.2.1",
    credit: bool = False,
) -> Charge:
    """Return a charge of periods one after another, hours written with four decimals."""
    rows, started = [], at
    for minutes, kwh, kind, more in periods:
        hours = (Decimal(minutes) / 60).quantize(Decimal("0.0001"))
        name = {"reservation": "reservation_time_h", "parking": "parking_time_h"}.get(kind)
        quantities: dict[str, Any] = {"time_h": Decimal(0), "parking_time_h": Decimal(0)}
        quantities[name or "time_h"] = hours
        ended = started + timedelta(minutes=minutes)
        rows.append(ChargePeriod(started, ended, energy_kwh=kwh, **quantities, **more))
        started = ended
    return Charge(at, started, zone, tuple(rows), ocpi_version, credit)


def net_of(priced: Priced) -> str:
    """Return the total before tax without the zeros that say nothing."""
    return f"{priced.net.normalize():f}"


def codes(priced: Priced) -> list[str]:
    """Return the codes of the warnings."""
    return [warning.code.value for warning in priced.warnings]
