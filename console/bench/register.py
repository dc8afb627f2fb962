"""A register of 1,000 parties, 20,000 agreements and 1,000,000 connectors: what it costs.

It is recorded through the ledger's recorder; then a process of its own loads it and resolves
CDRs by it, and a member takes CDRs in beside it. The targets are those of the full size.
"""

from datetime import timedelta
from time import monotonic
from typing import Any, Final, NamedTuple

from console.bench.place import BenchPlace, bench_place, publish_facts, publish_pairs
from console.bench.processes import Started
from console.bench.register_record import record_register
from console.bench.register_world import CONNECTORS, RegisterSize
from console.services import Running
from console.settings import Settings
from ledger.log import log_of
from ledger.values.instants import start_of_month

PAIRS: Final = 5_000
FULL: Final = RegisterSize()


class Figure(NamedTuple):
    """Something measured, beside the most it may be."""

    name: str
    measured: float
    target: float
    unit: str

    @property
    def is_within(self) -> bool:
        """True where the target is kept."""
        return self.measured <= self.target

    def __str__(self) -> str:
        return f"{self.name}: {self.measured:g} {self.unit}, target {self.target:g} {self.unit}"


def measure_register(
    settings: Settings, running: Running, *, size: RegisterSize, say: Any = lambda _: None
) -> dict[str, Any]:
    """Record, load, resolve and work beside a register of a size."""
    connectors = size.locations * CONNECTORS
    with bench_place(settings, running, pairs=PAIRS) as place:
        say(f"register of {connectors:,} connectors: recording …")
        began = monotonic()
        facts = _record(place, size)
        recorded_s = monotonic() - began
        say(f"register of {connectors:,} connectors: loading and resolving …")
        arguments = map(str, size)
        environment = place.environment()
        loaded = Started(*arguments, environment=environment, module="console.bench.resolving")
        found = loaded.wait().printed
        say(f"register of {connectors:,} connectors: a member takes {PAIRS:,} pairs in …")
        publish_facts(place)
        publish_pairs(place, PAIRS)
        member = Started("consumer", "run", "--until-caught-up", environment=environment).wait()
    figures = _figures(found, consumer_mb=member.peak_mb)
    for figure in figures:
        say(str(figure))
    return {
        **size._asdict(),
        "connectors": connectors,
        "is_full_size": size == FULL,
        "recorded": {"facts": facts, "seconds": round(recorded_s, 2)},
        **found,
        "consumer": {
            "outcomes": member.printed["outcomes"],
            "seconds": round(member.seconds, 2),
            "peak_mb": round(member.peak_mb),
        },
        "figures": [{**row._asdict(), "is_within": row.is_within} for row in figures],
    }


def _record(place: BenchPlace, size: RegisterSize) -> int:
    opens_at = start_of_month(place.world.month, "Europe/Amsterdam")
    ledger = place.ledger()
    facts = record_register(ledger, size, at=opens_at + timedelta(hours=1))
    log_of(ledger).connection.close()
    return facts


def _figures(found: dict[str, Any], *, consumer_mb: float) -> list[Figure]:
    return [
        Figure("register: load", found["load_s"], 30, "s"),
        Figure("register: memory", found["memory_mb"], 500, "MB"),
        Figure("register: resolve a CDR anywhere", found["resolve_cold_us"], 50, "µs"),
        Figure("register: resolve a CDR of a busy hour", found["resolve_warm_us"], 50, "µs"),
        Figure("register: memory of a consumer with it", round(consumer_mb), 900, "MB"),
    ]
