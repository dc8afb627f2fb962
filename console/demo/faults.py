"""What goes wrong in the demo's month, on purpose, drawn over its sound charges."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Final, NamedTuple

from console.demo.cases import CASES
from console.demo.charge import Charge, Context, Fault, pair_of
from console.demo.contents import CONTENTS
from console.demo.credits import CREDITS
from console.demo.deliveries import DELIVERIES
from console.demo.malformed import MALFORMED
from console.demo.misspent import MISSPENT
from console.demo.plan import Planned
from console.errors import ServiceError

FAULTS: Final[tuple[Fault, ...]] = (
    *CASES,
    *CONTENTS,
    *DELIVERIES,
    *CREDITS,
    *MISSPENT,
    *MALFORMED,
)


class Seeded(NamedTuple):
    """All charges, those with a fault as the fault left them, and these by the fault's name."""

    charges: list[Charge]
    by_fault: Mapping[str, tuple[Charge, ...]]


def with_faults(
    charges: Sequence[Charge], *, eligible: Sequence[int], context: Context, draw: Random
) -> Seeded:
    """Return the charges with every fault on some of the `eligible` ones, drawn by `draw`.

    What goes wrong between two parties alone does not, in a month in which they do not trade.
    Refuses: ServiceError TOO_FEW_SESSIONS, where no charge is left that a fault fits.
    """
    free, result = list(eligible), list(charges)
    by_fault: dict[str, tuple[Charge, ...]] = {}
    trading = {pair_of(charge) for charge in charges if charge.cdr is not None}
    for fault in FAULTS:
        if fault.pair is not None and fault.pair not in trading:
            continue
        fitting = [index for index in free if fault.can_befall(charges[index], context)]
        if len(fitting) < fault.times:
            needed = sum(fault.times for fault in FAULTS)
            raise ServiceError(
                "TOO_FEW_SESSIONS",
                f"The {needed} faults need more sound sessions than {len(eligible)}: none is left"
                f" in which {fault.sentence}.",
            )
        chosen = draw.sample(fitting, fault.times)
        free = [index for index in free if index not in chosen]
        for index in chosen:
            result[index] = _marked(charges[index], fault, context)
        by_fault[fault.name] = tuple(result[index] for index in chosen)
    return Seeded(result, by_fault)


def _marked(charge: Charge, fault: Fault, context: Context) -> Charge:
    """Apply a fault and name it on every message that it changed or added."""
    sound = {id(message) for message in charge.messages}
    applied = fault.apply(charge, context)

    def mark(message: Planned) -> Planned:
        return message if id(message) in sound else replace(message, fault=fault.name)

    cdr = mark(applied.cdr) if applied.cdr else None
    updates = tuple(mark(message) for message in applied.updates)
    return Charge(updates, cdr, tuple(mark(message) for message in applied.extras))
