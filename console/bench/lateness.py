"""What lateness costs: the same pairs once in order and twice with a day's random lateness.

Random is one thing: how long a message is on its way, drawn evenly from 0 to 24 hours of simulated
time, always with the same seed. What arrives at an instant is then anything of the day before. What
the messages say, and when their senders say they sent them, stays as it is, so the same CDRs are
booked on the same days.

* *CDRs late*: sessions are told while they last, as back ends do, and CDRs come when they come.
* *All apart*: every session's message is late, too, by a draw of its own: half of the CDRs come
  before their session, which holds them until that has come, and sequence numbers leave holes that
  are filled later. How many are held (`held_first`) grows with how many batches a day's messages
  make, since within one batch sessions go before CDRs: this cost grows with `pairs`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final, Literal

from console.demo.bench_load import Encoded

Late = Literal["cdrs_late", "all_apart"]
LATEST: Final = timedelta(days=1)
_SEED: Final = 7


def arrivals(load: Iterable[tuple[Encoded, Encoded]], late: Late) -> list[tuple[datetime, Encoded]]:
    """Return every message with the instant at which it arrives, in that order.

    All of them are in memory, about 2 kB a pair.
    """
    draw = Random(_SEED)
    arrived = [
        (row.sent_at + draw.random() * LATEST if is_late else row.sent_at, row)
        for session, cdr in load
        for row, is_late in ((session, late == "all_apart"), (cdr, True))
    ]
    return sorted(arrived, key=lambda row: row[0])


def lateness(in_order: dict[str, Any], late: Mapping[Late, dict[str, Any]]) -> dict[str, Any]:
    """Return the measurements end to end, and what is left of the throughput in each.

    `ratio` compares the clock, `ratio_by_cpu` the CPU time of all processes, which what else the
    machine does hardly touches.
    """
    return {
        "in_order": in_order["cdr_per_s"],
        **{kind: _left(in_order, found) for kind, found in late.items()},
    }


def _left(in_order: dict[str, Any], late: dict[str, Any]) -> dict[str, Any]:
    return {
        "cdr_per_s": late["cdr_per_s"],
        "ratio": _part(late["cdr_per_s"], in_order["cdr_per_s"]),
        "ratio_by_cpu": _part(
            sum(in_order["cpu_us_per_cdr"].values()), sum(late["cpu_us_per_cdr"].values())
        ),
        "held_first": late["outcomes"].get("held", 0),
        "cpu_us_per_cdr": late["cpu_us_per_cdr"],
    }


def _part(part: float | None, whole: float | None) -> float | None:
    return round(part / whole, 3) if part is not None and whole else None
