"""The demo's world with room for a bench: copies of its locations, as many as it takes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

import msgspec

from console.demo.month import CALENDAR_ZONE
from console.demo.world import AgreementDocument, World
from console.publisher.topics import partition_of
from ledger.values.instants import month_after, start_of_month
from schemas import LocationV1

LONGEST_STAY: Final = timedelta(hours=4)
"""No measured stay is longer."""
PARTITIONS: Final = 6
"""Of each topic of a bench; a consumer has the first half of them, another the second."""


def with_room_for(world: World, pairs: int) -> World:
    """Return the world with so many copies of each location that a bench's charges fit.

    `bench_load` takes the plugs in turn and spreads the charges evenly over the month: none is
    still taken when its turn comes again. What a site's owner receives holds at the copies, too.
    """
    copies = _copies_for(world, pairs)
    if copies == 1:
        return world
    return replace(
        world,
        locations=tuple(copy for row in world.locations for copy in _copies_of(row, copies)),
        traffic={
            party: msgspec.structs.replace(
                traffic,
                locations=tuple(
                    msgspec.structs.replace(row, id=_name(row.id, number))
                    for row in traffic.locations
                    for number in range(copies)
                ),
            )
            for party, traffic in world.traffic.items()
        },
        agreements=tuple(_shared_at(row, copies) for row in world.agreements),
    )


def _copies_for(world: World, pairs: int) -> int:
    """Return how many of each location are needed.

    The one with the fewest plugs decides, in the half of the partitions that has fewer of them.
    """
    month = start_of_month(month_after(world.month), CALENDAR_ZONE)
    span = month - start_of_month(world.month, CALENDAR_ZONE) - LONGEST_STAY
    places = [(party, place.id) for party, row in world.traffic.items() for place in row.locations]
    catalogue = world.catalogue
    fewest = min(len(catalogue.plugs_at(*place)) for place in places)
    fewer = min(len(half) for half in halves_of([party for party, _ in places]) if half)
    at_once = -(-pairs * LONGEST_STAY // span)
    return max(1, -(-at_once // (fewest * 2 * fewer)))


def halves_of(parties: Sequence[str]) -> tuple[list[int], list[int]]:
    """Return which places, by number, have their messages in which half of the partitions.

    `parties` are the owners of the places: the keys of their messages.
    """
    halves: tuple[list[int], list[int]] = ([], [])
    for number, party in enumerate(parties):
        partition = partition_of(party.encode(), PARTITIONS)
        halves[partition * 2 // PARTITIONS].append(number)
    return halves


def _copies_of(location: LocationV1, copies: int) -> Iterator[LocationV1]:
    for number in range(copies):
        evses = tuple(
            evse.model_copy(
                update={
                    "uid": _name(evse.uid, number),
                    "evse_id": evse.evse_id and _name(evse.evse_id, number),
                }
            )
            for evse in location.evses
        )
        yield location.model_copy(update={"id": _name(location.id, number), "evses": evses})


def _shared_at(agreement: AgreementDocument, copies: int) -> AgreementDocument:
    split = agreement.terms.split
    named = tuple(_name(row, number) for row in split.locations for number in range(copies))
    terms = msgspec.structs.replace(
        agreement.terms, split=msgspec.structs.replace(split, locations=named)
    )
    return msgspec.structs.replace(agreement, terms=terms)


def _name(name: str, number: int) -> str:
    return f"{name}-C{number}" if number else name
