"""What the elements leave without a price, price twice, or never reach.

For each dimension the first element that matches prices it (OCPI 2.3.0, mod_tariffs,
TariffElement), so a later element can be hidden by those before it, and a case that no element
accepts costs nothing.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from ledger.pricing.lint.cases import MOST_CASES, Case, Cases, cases_of
from ledger.pricing.lint.finding import LintFinding, finding
from ledger.pricing.tariff import TariffElement, TariffStatement

_GAPS: Final = {
    "ENERGY": "ENERGY_WITHOUT_PRICE",
    "TIME": "TIME_WITHOUT_PRICE",
    "PARKING_TIME": "PARKING_WITHOUT_PRICE",
}
_NAMED_CASES: Final = 3

Placed = tuple[int, TariffElement]


def coverage(tariff: TariffStatement) -> Iterator[LintFinding]:
    """Yield repeated and unreachable components, gaps and overlaps."""
    yield from _repeated(tariff)
    groups: dict[str | None, list[Placed]] = defaultdict(list)
    for index, element in enumerate(tariff.elements):
        kind = element.restrictions.reservation if element.restrictions else None
        groups[kind].append((index, element))
    for kind, placed in groups.items():
        cases = cases_of([element for _, element in placed])
        if cases.total > MOST_CASES:
            yield finding(
                "TOO_MANY_CASES",
                "elements",
                f"The elements tell {cases.total} cases apart; gaps and overlaps are not sought.",
            )
            continue
        yield from _of_group(placed, cases, charges=kind is None)


def _repeated(tariff: TariffStatement) -> Iterator[LintFinding]:
    for index, element in enumerate(tariff.elements):
        seen: set[str] = set()
        for place, component in enumerate(element.price_components):
            if component.type and component.type in seen:
                yield finding(
                    "COMPONENT_REPEATED",
                    f"elements[{index}].price_components[{place}]",
                    f"The element prices {component.type} already; the first one counts.",
                )
            seen.add(component.type)


def _of_group(placed: Sequence[Placed], cases: Cases, *, charges: bool) -> Iterator[LintFinding]:
    for dimension in ("ENERGY", "TIME", "PARKING_TIME", "FLAT"):
        pricing = [
            (place, index)
            for place, (index, element) in enumerate(placed)
            if any(component.type == dimension for component in element.price_components)
        ]
        taken: set[Case] = set()
        accepted: list[tuple[int, set[Case]]] = []
        for place, index in pricing:
            own = set(cases.of(place))
            path = f"elements[{index}]"
            if own and own <= taken:
                yield finding(
                    "NEVER_MATCHES",
                    path,
                    f"Elements before it price {dimension} wherever its restrictions hold.",
                )
            else:
                yield from _overlaps(dimension, path, own, accepted, cases)
            taken |= own
            accepted.append((index, own))
        if charges and pricing and dimension in _GAPS:
            yield from _gaps(dimension, taken, cases)


def _overlaps(
    dimension: str, path: str, own: set[Case], before: list[tuple[int, set[Case]]], cases: Cases
) -> Iterator[LintFinding]:
    """Yield overlaps that are no exception followed by its rule, which is how tariffs are made."""
    for index, earlier in before:
        both = own & earlier
        if both and not earlier <= own:
            yield finding(
                "OVERLAP",
                path,
                f"elements[{index}] prices {dimension} too, {cases.named(min(both))};"
                " the earlier one counts.",
            )


def _gaps(dimension: str, taken: set[Case], cases: Cases) -> Iterator[LintFinding]:
    missing = [case for case in cases.all() if case not in taken]
    if not missing:
        return
    named = "; ".join(cases.named(case) for case in missing[:_NAMED_CASES])
    more = len(missing) - _NAMED_CASES
    tail = f"; and {more} cases more" if more > 0 else ""
    yield finding(
        _GAPS[dimension], "elements", f"{dimension} has no price {named}{tail}: it costs nothing."
    )
