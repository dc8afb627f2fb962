"""One measurement of N pairs, and the whole report."""

import platform
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any, get_args

import psutil

from console.bench.journal import measure_journal
from console.bench.lateness import Late, lateness
from console.bench.place import BenchPlace, bench_place, publish_facts, publish_pairs
from console.bench.pricing import pricing_rates
from console.bench.processes import Ended, ServerCpu, Started
from console.bench.register import measure_register
from console.bench.register_world import RegisterSize
from console.bench.stages import stage_costs
from console.services import Running
from console.settings import Settings
from ledger.log.measure import copy_again, recorded_between
from projections.database import reading
from projections.queries.position import log_head, lowest_position
from projections.rebuild import rebuild

BATCH = 500
STAGE_PAIRS = 4000
MEMBERS = 2


def measure(
    settings: Settings, running: Running, *, pairs: int, say: Any = lambda _: None
) -> dict[str, Any]:
    """Measure N pairs: each step alone, then both at once, all in one run."""
    with bench_place(settings, running, pairs=pairs) as place:
        say(f"{pairs} pairs: publishing …")
        publish_facts(place)
        _consume(place, 1)
        began = monotonic()
        size = publish_pairs(place, pairs)
        published_s = monotonic() - began
        say(f"{pairs} pairs: topic to log …")
        alone = _to_log(place, pairs)
        say(f"{pairs} pairs: log to journal …")
        projected = _to_journal(place, pairs)
        say(f"{pairs} pairs: rebuild …")
        began = monotonic()
        rebuild(place.database_url)
        rebuilt_s = monotonic() - began
        rows, copied_s = copy_again(place.database_url, batch=BATCH * 2)
        costs = stage_costs(place, min(pairs, STAGE_PAIRS))
    say(f"{pairs} pairs: both at once, end to end …")
    together = _from_the_topics(settings, running, pairs=pairs)
    say(f"{pairs} pairs: the same with a day's random lateness …")
    kinds: tuple[Late, ...] = get_args(Late)
    late = {kind: _from_the_topics(settings, running, pairs=pairs, late=kind) for kind in kinds}
    return {
        "pairs": pairs,
        "message_bytes": size,
        "publish_per_s": round(pairs / published_s),
        "topic_to_log": alone,
        "log_to_journal": projected,
        "end_to_end": together,
        "lateness": lateness(together, late),
        **pricing_rates(),
        "rebuild": {"seconds": round(rebuilt_s, 2), "cdr_per_s": round(pairs / rebuilt_s)},
        "copy_limit": {
            "rows": rows,
            "seconds": round(copied_s, 2),
            "cdr_per_s": round(pairs / copied_s),
        },
        "cpu_us_per_cdr": costs,
    }


def report(
    settings: Settings,
    running: Running,
    sizes: list[int],
    *,
    register: RegisterSize | None = None,
    postings: int | None = None,
    say: Any = lambda _: None,
) -> dict[str, Any]:
    """Measure every size, a journal and a register where they are wanted; say on what machine."""
    found = {
        "at": datetime.now(UTC),
        "machine": _machine(),
        "settings": {"members": MEMBERS, "batch": settings.consumer_batch_size, "fsync": "on"},
        "runs": [measure(settings, running, pairs=pairs, say=say) for pairs in sizes],
    }
    if postings is not None:
        found["journal"] = measure_journal(settings, running, postings=postings, say=say)
    if register is not None:
        found["register"] = measure_register(settings, running, size=register, say=say)
    return found


def _machine() -> dict[str, Any]:
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        )
        if Path("/proc/cpuinfo").exists()
        else iter(()),
        platform.processor(),
    )
    return {
        "processor": model,
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
    }


def _consume(place: BenchPlace, members: int) -> list[Ended]:
    started = [
        Started("consumer", "run", "--until-caught-up", environment=place.environment())
        for _ in range(members)
    ]
    return [one.wait() for one in started]


def _to_log(place: BenchPlace, pairs: int) -> dict[str, Any]:
    """Two members take the topics in; the time is that between first and last batch recorded."""
    first, _, _ = recorded_between(place.database_url)
    servers = ServerCpu(place.settings)
    ended = _consume(place, MEMBERS)
    seconds = _recording_seconds(place, first)
    return {
        **_rate(pairs, seconds),
        "cpu_us_per_cdr": _per_cdr(pairs, ended, servers),
        "member_stages_s": [one.printed["seconds"] for one in ended],
        "peak_mb": [round(one.peak_mb) for one in ended],
    }


def _recording_seconds(place: BenchPlace, since: datetime) -> float:
    """Return the time between the first batch after `since` and the last, and one batch more."""
    begin, end, batches = recorded_between(place.database_url, after=since)
    spent = (end - begin).total_seconds()
    return spent * batches / max(1, batches - 1)


def _to_journal(place: BenchPlace, pairs: int) -> dict[str, Any]:
    servers = ServerCpu(place.settings)
    started = Started("projector", "run", "--until-caught-up", environment=place.environment())
    ended = started.wait()
    return {
        **_rate(pairs, ended.seconds),
        "cpu_us_per_cdr": _per_cdr(pairs, [ended], servers),
        "peak_mb": [round(ended.peak_mb)],
    }


def _from_the_topics(
    settings: Settings, running: Running, *, pairs: int, late: Late | None = None
) -> dict[str, Any]:
    """Publish everything in a new place, then take it in and project it at once."""
    with bench_place(settings, running, pairs=pairs) as place:
        publish_facts(place)
        _consume(place, 1)
        publish_pairs(place, pairs, late=late)
        return _end_to_end(place, pairs)


def _end_to_end(place: BenchPlace, pairs: int) -> dict[str, Any]:
    """Members and projector at once: from the first batch recorded to the last one projected."""
    facts, _, _ = recorded_between(place.database_url)
    servers = ServerCpu(place.settings)
    environment = place.environment()
    members = [
        Started("consumer", "run", "--until-caught-up", environment=environment)
        for _ in range(MEMBERS)
    ]
    projector = Started("projector", "run", environment=environment)
    ended = [one.wait() for one in members]
    while not _is_projected(place):
        sleep(0.02)
    done_at = datetime.now(UTC)
    projector.stop()
    outcomes = Counter[str]()
    for one in ended:
        outcomes.update(one.printed["outcomes"])
    ended.append(projector.wait())
    begin, _, _ = recorded_between(place.database_url, after=facts)
    costs = _per_cdr(pairs, ended, servers)
    return {
        **_rate(pairs, (done_at - begin).total_seconds()),
        "outcomes": dict(outcomes),
        "cpu_us_per_cdr": costs,
        "cdr_per_s_by_cpu": round((psutil.cpu_count() or 1) * 1e6 / sum(costs.values())),
        "peak_mb": [round(one.peak_mb) for one in ended],
    }


def _is_projected(place: BenchPlace) -> bool:
    with reading(place.database_url) as connection:
        return lowest_position(connection) >= log_head(connection)


def _rate(pairs: int, seconds: float) -> dict[str, Any]:
    """Return how many a second; None where all was one batch, which has a time but no duration."""
    rate = round(pairs / seconds) if seconds > 0 else None
    return {"seconds": round(seconds, 2), "cdr_per_s": rate}


def _per_cdr(pairs: int, ended: list[Ended], servers: ServerCpu) -> dict[str, float]:
    spent = {"ours": sum(one.cpu_s for one in ended), **servers.spent()}
    return {name: round(seconds / pairs * 1e6) for name, seconds in spent.items()}
