"""Every entry that anything records follows its posting rule."""

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from ledger.books.conformity import problems_of
from ledger.roaming.legs import Leg
from ledger.values.entries import Entry


def entries_in(recorded: Any, leg: Leg | None = None) -> Iterator[tuple[Entry, Leg | None]]:
    """Yield every entry inside an event or a part of one, with the leg it books where one is there.

    A decision's entries name their leg by number; a true-up has the leg beside its entries.
    """
    if isinstance(recorded, Entry):
        yield recorded, leg
    elif isinstance(recorded, tuple | list):
        for row in recorded:
            yield from entries_in(row, leg)
    elif isinstance(recorded, msgspec.Struct):
        parts = {name: getattr(recorded, name) for name in recorded.__struct_fields__}
        if (legs := parts.get("legs")) and (entries := parts.pop("entries", ())):
            for entry in entries:
                yield entry, legs[entry.leg]
        for part in parts.values():
            yield from entries_in(part, parts.get("leg") or leg)


def departures_in(events: Iterable[Any]) -> list[str]:
    """Return in which ways the entries of events depart from their rules, none where none do."""
    found = []
    for event in events:
        for part in vars(event).values():
            for entry, leg in entries_in(part):
                between = {} if leg is None else {"seller": leg.seller, "buyer": leg.buyer}
                found += [f"{event.TOPIC}: {row}" for row in problems_of(entry, **between)]
    return found
