"""The elements of a tariff, compiled: what prices each dimension under given circumstances.

Restrictions only ask on which side of a bound something lies, so between two bounds nothing
changes: what is active there is found once by asking every restriction, and remembered.
"""

from bisect import bisect_right
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.pricing.restrictions import Circumstances, Condition

_REMEMBERED: Final = 4096


class Component(NamedTuple):
    """A price component and where in its tariff it stands; `price` as the tariff states it.

    `vat_share` is its VAT as a share of one; None where there is none.
    """

    price: Decimal
    vat_percent: Decimal | None
    step_size: int
    element: int
    component: int
    vat_share: Decimal | None


Active = tuple[Component | None, Component | None, Component | None, Component | None]
"""What prices ENERGY, TIME, PARKING_TIME and FLAT, in this order."""

NOTHING: Final[Active] = (None, None, None, None)


class Element(NamedTuple):
    """The conditions of an element and its components by place in `Active`."""

    conditions: tuple[Condition, ...]
    components: tuple[tuple[int, Component], ...]


Place = tuple[int, ...]
"""Where circumstances lie between the bounds of a tariff: in one place nothing changes."""


class Bounds(NamedTuple):
    """Every value at which some restriction of a tariff may change, in ascending order.

    Minutes of the local day, local days as ordinals, kWh and seconds of the charge so far,
    A and kW of a period.
    """

    minutes: tuple[int, ...] = ()
    days: tuple[int, ...] = ()
    energies_kwh: tuple[Decimal, ...] = ()
    durations_s: tuple[int, ...] = ()
    currents_a: tuple[Decimal, ...] = ()
    powers_kw: tuple[Decimal, ...] = ()

    def around(self, now: Circumstances) -> Place:
        """Return where the circumstances lie between the bounds.

        >>> now = Circumstances()
        >>> now.kwh, now.elapsed_s = Decimal(50), 60
        >>> Bounds(energies_kwh=(Decimal(20), Decimal(50)), durations_s=(3600,)).around(now)
        (2, 0, 0, 0, 0)
        """
        minutes, days, energies_kwh, durations_s, currents_a, powers_kw = self
        place: Place = (
            bisect_right(energies_kwh, now.kwh) if energies_kwh else 0,
            bisect_right(durations_s, now.elapsed_s) if durations_s else 0,
            bisect_right(minutes, now.minute) if minutes else 0,
            now.weekday if minutes else 0,
            bisect_right(days, now.day) if days else 0,
        )
        if currents_a:
            side = _side(currents_a, now.min_current_a), _side(currents_a, now.max_current_a)
            place = (*place, *side)
        if powers_kw:
            side = _side(powers_kw, now.min_power_kw), _side(powers_kw, now.max_power_kw)
            place = (*place, *side)
        return place


def _side(bounds: tuple[Decimal, ...], value: Decimal | None) -> int:
    """Return how many bounds a value has reached; one that is not known is on a side of its own."""
    return -1 if value is None else bisect_right(bounds, value)


class Elements:
    """Elements in order of precedence, and what was found of them so far."""

    __slots__ = ("_found", "rows")

    def __init__(self, rows: tuple[Element, ...]) -> None:
        self.rows = rows
        self._found: dict[Place, Active] = {}

    def active(self, place: Place, now: Circumstances) -> Active:
        """Return the first component per dimension whose element's restrictions all hold.

        `place` is where the circumstances lie between the bounds of the tariff.
        Source: OCPI 2.3.0, mod_tariffs, Tariff object: «the first Tariff Element with a Price
        Component for that dimension in the list with matching Tariff Restrictions will be used».
        """
        found = self._found.get(place)
        if found is None:
            found = first_that_hold(self.rows, now)
            if len(self._found) >= _REMEMBERED:
                self._found.clear()
            self._found[place] = found
        return found


def first_that_hold(elements: tuple[Element, ...], now: Circumstances) -> Active:
    """Ask every restriction: what `Elements.active` remembers."""
    found: list[Component | None] = [None, None, None, None]
    for conditions, components in elements:
        if all(condition(now) for condition in conditions):
            for place, component in components:
                if found[place] is None:
                    found[place] = component
    return (found[0], found[1], found[2], found[3])
