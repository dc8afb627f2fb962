"""Where the demo's charges come from: the generator, or a table of real sessions.

Around a table's sessions the other CPOs of the world have generated ones in the month that is
closed, so that roaming, hub, site hosts and both currencies are there too.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from console.demo.generator import DEFAULT_SESSIONS, generate
from console.demo.measure import MAPPING
from console.demo.month import MonthPlan, plan_month
from console.demo.world import DOCUMENT_MONTH, World, load_world
from console.imports.back_end import messages_of
from console.imports.mapping import MappingRefused, load_mapping
from console.imports.run import Imported, import_sessions

DEFAULT_SEED: Final = 20261001
SESSIONS_OF_OTHERS: Final = 600


@dataclass(frozen=True, slots=True)
class Demo:
    """A world, the plan of its messages, and the import they come from, if there was one."""

    world: World
    plan: MonthPlan
    imported: Imported | None = None


def generated_demo(
    *,
    month: str = DOCUMENT_MONTH,
    sessions: int = DEFAULT_SESSIONS,
    seed: int = DEFAULT_SEED,
    has_faults: bool = True,
) -> Demo:
    """Return a month of generated charges; the same arguments give the same bytes.

    Refuses: ServiceError TOO_MANY_SESSIONS, TOO_FEW_SESSIONS (fewer charges than faults).
    """
    world = load_world(month)
    catalogue = world.catalogue
    charges = [messages_of(row, catalogue) for row in generate(world, sessions=sessions, seed=seed)]
    return Demo(world, plan_month(world, charges, seed=seed, has_faults=has_faults))


def imported_demo(
    path: Path,
    *,
    mapping_path: Path = MAPPING,
    shift_to: str | None = None,
    others: int = SESSIONS_OF_OTHERS,
    seed: int = DEFAULT_SEED,
    has_faults: bool = True,
) -> Demo:
    """Return the demo around a table's sessions; the month with most of them is closed.

    Refuses: MappingRefused, also where no row of the table can be published; ServiceError as
    `generated_demo`. Raises: OSError.
    """
    mapping = load_mapping(mapping_path, shift_to=shift_to)
    month = shift_to or import_sessions(path, mapping).fullest_month
    if month is None:
        raise MappingRefused([("", f"no row of {path.name} can be published")])
    world = load_world(month)
    catalogue = world.catalogue
    # Priced again: the world's tariffs change in the middle of this month.
    imported = import_sessions(path, mapping, catalogue=catalogue)
    theirs = {plug.party for plug in mapping.plugs.values()}
    around = world.only(*(party for party in world.traffic if party not in theirs))
    charges = [row.messages for row in imported.rows]
    charges.extend(
        messages_of(row, catalogue) for row in generate(around, sessions=others, seed=seed)
    )
    return Demo(world, plan_month(world, charges, seed=seed, has_faults=has_faults), imported)
