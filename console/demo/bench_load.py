"""Many messages, quickly: encoded pairs of a session and its CDR, for measuring throughput.

Sizes come from the measured figures; the charges are spread evenly over the month and over the two
halves of the partitions, so that two consumers have as much to do: three CPOs are too few for that
to come by itself, as it does with hundreds. `bench_world.with_room_for` gives a world in which no
plug is taken twice at once.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain, cycle
from random import Random
from typing import Final, NamedTuple

from console.demo.bench_world import halves_of
from console.demo.distributions import Drawn, drawn_charge
from console.demo.generator import drivers_of, sites_of
from console.demo.month import CALENDAR_ZONE, ON_ITS_WAY
from console.demo.plan import Headers, Planned, headers_of, planned
from console.demo.world import World
from console.imports.back_end import messages_of
from console.imports.charged import Charging
from ledger.values.instants import month_after, start_of_month
from schemas import IncomingKind, Registry, topic_name

SIZES: Final = 500
"""How many different charges there are; beyond that they repeat, under other ids and drivers."""
_KINDS: Final[tuple[IncomingKind, ...]] = ("session", "cdr")
_LONGEST: Final = timedelta(hours=4)


class Encoded(NamedTuple):
    """A record as it is produced: `sent_at` is its timestamp, in UTC."""

    kind: IncomingKind
    topic: str
    key: bytes | None
    value: bytes
    headers: Headers
    sent_at: datetime


def bench_load(
    world: World, *, pairs: int, seed: int, prefix: str, registry: Registry
) -> Iterator[tuple[Encoded, Encoded]]:
    """Yield so many pairs: the completed session, then its CDR; all CDRs can be accepted.

    The facts of the world (`console.demo.month.facts_of`) have to be published before. The same
    arguments give the same bytes.
    """
    topics: dict[IncomingKind, str] = {kind: topic_name(prefix, kind) for kind in _KINDS}
    counts: Counter[tuple[str, IncomingKind]] = Counter()
    catalogue = world.catalogue
    for charging in _chargings(world, pairs, seed):
        messages = messages_of(charging, catalogue)
        sender = world.sender_of(charging.plug.party)
        session_sent_at = charging.ended_at + ON_ITS_WAY
        cdr_sent_at = messages.cdr_sent_at + ON_ITS_WAY
        yield (
            _encoded(
                planned("session", messages.updates[-1], sender=sender, sent_at=session_sent_at),
                counts,
                topics,
                registry,
            ),
            _encoded(
                planned("cdr", messages.cdr, sender=sender, sent_at=cdr_sent_at),
                counts,
                topics,
                registry,
            ),
        )


def _encoded(
    message: Planned,
    counts: Counter[tuple[str, IncomingKind]],
    topics: dict[IncomingKind, str],
    registry: Registry,
) -> Encoded:
    counts[message.sender, message.kind] += 1
    sequence = counts[message.sender, message.kind]
    topic = topics[message.kind]
    return Encoded(
        message.kind,
        topic,
        message.key,
        message.encoded(topic=topic, registry=registry),
        headers_of(message.sender, message.kind, sequence, message.sent_at),
        message.sent_at,
    )


def _chargings(world: World, pairs: int, seed: int) -> Iterator[Charging]:
    draw = Random(seed)
    opens_at = start_of_month(world.month, CALENDAR_ZONE)
    sites = sites_of(world)
    sizes = [[drawn_charge(draw, site.kind) for _ in range(SIZES)] for site in sites]
    turns, visits = in_turn([site.plugs[0].party for site in sites]), Counter[int]()
    trading = world.with_agreements_at(opens_at)
    drivers = {party: drivers_of(trading, party, seed) for party in world.traffic}
    span = start_of_month(month_after(world.month), CALENDAR_ZONE) - opens_at - _LONGEST
    for number in range(pairs):
        place = next(turns)
        plugs = sites[place].plugs
        plug = plugs[visits[place] % len(plugs)]
        visits[place] += 1
        size: Drawn = sizes[place][draw.randrange(SIZES)]
        started_at = opens_at + timedelta(seconds=span // timedelta(seconds=1) * number // pairs)
        ended_at = started_at + timedelta(minutes=size.stay_min)
        session_id = f"B-{number:08d}"
        yield Charging(
            session_id=session_id,
            plug=plug,
            token=drivers[plug.party].token_for(session_id),
            started_at=started_at,
            charging_ended_at=ended_at,
            ended_at=ended_at,
            energy_wh=Decimal(size.energy_wh),
            meter_start_wh=Decimal(draw.randrange(10**8)),
            peak_power_w=Decimal(size.peak_power_w),
        )


def in_turn(parties: Sequence[str]) -> Iterator[int]:
    """Yield places by number for ever: one of each half of the partitions after the other.

    `parties` are the owners of the places. Where all are in one half, each place has its turn.

    >>> from itertools import islice
    >>> list(islice(in_turn(["DE*RSL", "DE*RSL", "CH*LEM"]), 6))
    [2, 0, 2, 1, 2, 0]
    """
    halves = [cycle(half) for half in halves_of(parties) if half]
    return chain.from_iterable(zip(*halves, strict=True))
