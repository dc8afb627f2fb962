"""The journal alone: how fast its projection writes, and how fast a trial balance is at any time.

Decisions of real CDRs, taken in through the broker, are booked by the journal's own projection in
the bench's database, again and again until there are the postings wanted: under other CDR ids and
places in the log, and recorded evenly over the month.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from statistics import median
from time import monotonic, process_time
from typing import Any, Final, NamedTuple

import msgspec

from console.bench.place import BenchPlace, bench_place, publish_facts, publish_pairs
from console.bench.processes import ServerCpu, Started
from console.demo.month import CALENDAR_ZONE
from console.services import Running
from console.settings import Settings
from ledger.values.instants import month_after, start_of_month
from projections.cdr_events import CdrAccepted
from projections.database import connect, page_transaction, reading, run
from projections.follower import PAGE_SIZE
from projections.journal import Journal
from projections.pages import Recorded, read_page
from projections.queries.balance import trial_balance_rows

POSTINGS: Final = 100_000
PAIRS: Final = 4_000
"""How many CDRs are decided, spread over a month."""
STRETCH: Final = 1_000
"""So many of them, about a week's, are repeated before the next ones are."""
LOG_ROWS: Final = 2
"""A CDR's session has a place in the log, too."""
BATCH: Final = PAGE_SIZE // LOG_ROWS
"""What is recorded at once; here also what is written at once."""
TIMES: Final = 5
PAST: Final = (0.13, 0.5, 0.87)
"""The past times that are asked for, as parts of the month."""


class Asked(NamedTuple):
    """Milliseconds until a trial balance was here: asked first, and the median asked again."""

    first_ms: float
    again_ms: float
    accounts: int


def measure_journal(
    settings: Settings,
    running: Running,
    *,
    postings: int = POSTINGS,
    say: Callable[[str], object] = lambda _: None,
) -> dict[str, Any]:
    """Write at least so many postings, on one core; then ask for trial balances.

    What a posting costs is CPU time, of the projection and of the embedded PostgreSQL with all
    its processes; what reading and decoding the log costs all read models together stands apart.
    """
    with bench_place(settings, running, pairs=PAIRS) as place:
        say(f"journal: deciding {PAIRS:,} CDRs …")
        publish_facts(place)
        publish_pairs(place, PAIRS)
        Started("consumer", "run", "--until-caught-up", environment=place.environment()).wait()
        decided, decode_s = _decided(place)
        each = sum(map(_postings, decided))
        copies = -(-postings // each)
        say(f"journal: writing {copies * each:,} postings …")
        written = _written(place, decided, copies)
        with connect(place.database_url, as_owner=True) as owner:
            for table in Journal.TABLES:
                run(owner, "analyze_table", f"{Journal.NAME}.{table}")
        say(f"journal: trial balances over {copies * each:,} postings …")
        asked = _asked(place)
    return {
        "postings": copies * each,
        "postings_per_cdr": round(each / len(decided), 1),
        "write": _rates(written, copies * each),
        "decode_us_per_posting": round(decode_s / each * 1e6, 2),
        "trial_balance": {name: row._asdict() for name, row in asked.items()},
    }


def _decided(place: BenchPlace) -> tuple[list[Recorded], float]:
    """Return the decisions in the log, and the seconds of CPU that reading all of it took."""
    decided: list[Recorded] = []
    position, began = 0, process_time()
    with connect(place.database_url) as connection:
        while page := read_page(connection, position, size=PAGE_SIZE):
            position = page[-1].position
            decided += (row for row in page if isinstance(row.event, CdrAccepted))
    return decided, process_time() - began


def _accepted(recorded: Recorded) -> CdrAccepted:
    if not isinstance(recorded.event, CdrAccepted):
        raise TypeError(f"event {recorded.position} is no decision")
    return recorded.event


def _postings(recorded: Recorded) -> int:
    return sum(len(entry.postings) for entry in _accepted(recorded).decision.entries)


def _repeated(place: BenchPlace, decided: list[Recorded], copies: int) -> Iterator[Recorded]:
    """Yield every decision so many times, as the log would have them."""
    opens_at, span = _month(place)
    total, number = len(decided) * copies, 0
    for begin in range(0, len(decided), STRETCH):
        for copy in range(copies):
            for recorded in decided[begin : begin + STRETCH]:
                event = _accepted(recorded)
                recorded_at = opens_at + span * (number // BATCH * BATCH) / total
                number += 1
                yield recorded._replace(
                    position=number * LOG_ROWS,
                    recorded_at=recorded_at.isoformat(" "),
                    event=msgspec.structs.replace(event, cdr=f"{event.cdr}-{copy}"),
                )


def _month(place: BenchPlace) -> tuple[datetime, timedelta]:
    """Return when the world's month begins, and how long it is."""
    opens_at = start_of_month(place.world.month, CALENDAR_ZONE)
    return opens_at, start_of_month(month_after(place.world.month), CALENDAR_ZONE) - opens_at


def _written(place: BenchPlace, decided: list[Recorded], copies: int) -> dict[str, float]:
    """Write page by page and return seconds: one core works at a time, ours or the server's."""
    clock_s = ours_s = 0.0
    repeated = _repeated(place, decided, copies)
    servers = ServerCpu(place.settings)
    with connect(place.database_url) as connection:
        while page := list(islice(repeated, BATCH)):
            clock_began, began = monotonic(), process_time()
            journal = Journal()
            for recorded in page:
                journal.take(recorded)
            with page_transaction(connection):
                journal.write(connection, Journal.NAME)
            ours_s += process_time() - began
            clock_s += monotonic() - clock_began
        # While the connection lives: its process is not seen again before the server buried it.
        spent = servers.spent()
    server = {name: seconds for name, seconds in spent.items() if name == "PostgreSQL"}
    return {"clock": clock_s, "ours": ours_s, **server}


def _rates(seconds: dict[str, float], postings: int) -> dict[str, Any]:
    clock_s = seconds.pop("clock")
    found: dict[str, Any] = {
        "seconds": round(clock_s, 2),
        "postings_per_s": round(postings / clock_s),
        "cpu_us_per_posting": {
            name: round(spent / postings * 1e6, 2) for name, spent in seconds.items()
        },
    }
    if "PostgreSQL" in seconds:
        found["postings_per_s_of_one_core"] = round(postings / sum(seconds.values()))
    return found


def _asked(place: BenchPlace) -> dict[str, Asked]:
    opens_at, span = _month(place)
    middle = opens_at + span / 2
    found = {"now": _timed(place), "as of": _timed(place, as_of=middle.date())}
    for part in PAST:
        found[f"known at {part}"] = _timed(place, known_at=opens_at + span * part)
    both = _timed(place, known_at=middle, as_of=middle.date())
    return {**found, "known at 0.5, as of": both}


def _timed(place: BenchPlace, **past: Any) -> Asked:
    """Ask over a new connection, which has neither plans nor the tables' descriptions yet."""
    spent_ms = []
    with reading(place.database_url) as connection:
        for _ in range(1 + TIMES):
            began = monotonic()
            rows = trial_balance_rows(connection, month=place.world.month, **past)
            spent_ms.append((monotonic() - began) * 1000)
    return Asked(round(spent_ms[0], 1), round(median(spent_ms[1:]), 1), len(rows))
