"""Measure the demo's figures from a table of real charging sessions.

    python -m console.demo.measure FILE.csv > console/demo/distributions.yaml

The kinds of site are slices of the table, nothing is added to it: all sessions, the short stays
and the long stays. Within a kind, stays are cut into three thirds with energy and peak power
measured in each, since who stays longer charges more.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml

from console.imports.mapping import Mapping, load_mapping
from console.imports.table import Row, read_table

MAPPING: Final = Path(__file__).parents[1] / "imports" / "mappings" / "desl_epfl.yaml"
STEPS: Final = 40
SHORT_STAY_BELOW_MIN: Final = 25
LONG_STAY_FROM_MIN: Final = 40
SLICES: Final[tuple[tuple[str, str, Callable[[int], bool]], ...]] = (
    ("all", "every session of the table", lambda stay: stay >= 0),
    (
        "short_stay",
        f"sessions that stay less than {SHORT_STAY_BELOW_MIN} minutes",
        lambda stay: stay < SHORT_STAY_BELOW_MIN,
    ),
    (
        "long_stay",
        f"sessions that stay {LONG_STAY_FROM_MIN} minutes or more",
        lambda stay: stay >= LONG_STAY_FROM_MIN,
    ),
)
HEADER: Final = """\
# Figures measured from real charging sessions; made by `python -m console.demo.measure`.
# Only DC sessions were measured, so the kinds of site are slices of them and every site of the
# demo is a DC site. arrivals_by_weekday: Monday first; arrivals_by_hour: local hours 0 to 23.
# Quantiles are those of 0 %, 2.5 %, ... 100 % of each third of the stays (nearest rank).
"""


def stay_min(row: Row) -> int:
    """Return a stay in whole minutes."""
    return int((row.ended_at - row.started_at).total_seconds()) // 60


def quantiles(values: Sequence[int]) -> list[int]:
    """Return the values at 0 %, 2.5 %, ... 100 %, by nearest rank.

    >>> quantiles(range(401))[:3]
    [0, 10, 20]
    """
    ordered = sorted(values)
    last = len(ordered) - 1
    return [ordered[(2 * last * step + STEPS) // (2 * STEPS)] for step in range(STEPS + 1)]


def measured(rows: Sequence[Row], mapping: Mapping) -> dict[str, Any]:
    """Return the figures of a table as `distributions.yaml` holds them."""
    kinds = {}
    for name, says, belongs in SLICES:
        chosen = [row for row in rows if belongs(stay_min(row))]
        kinds[name] = {"slice": says, **_figures(chosen, ZoneInfo(mapping.time.zone))}
    return {"origin": mapping.origin, "sessions": len(rows), "kinds": kinds}


def _figures(rows: Sequence[Row], zone: ZoneInfo) -> dict[str, Any]:
    weekdays, hours = [0] * 7, [0] * 24
    for row in rows:
        local = row.started_at.astimezone(zone)
        weekdays[local.weekday()] += 1
        hours[local.hour] += 1
    by_stay = sorted(rows, key=lambda row: (stay_min(row), row.number))
    third = len(by_stay) // 3
    thirds = (by_stay[:third], by_stay[third : 2 * third], by_stay[2 * third :])
    return {
        "sessions": len(rows),
        "arrivals_by_weekday": weekdays,
        "arrivals_by_hour": hours,
        "thirds": [
            {
                "stay_min": quantiles([stay_min(row) for row in part]),
                "energy_wh": quantiles([_whole(row.energy_wh) for row in part]),
                "peak_power_w": quantiles([_whole(row.peak_power_w) for row in part]),
            }
            for part in thirds
        ],
    }


def _whole(number: Decimal | None) -> int:
    return int((number or Decimal(0)).to_integral_value(ROUND_HALF_UP))


def text_of(figures: dict[str, Any]) -> str:
    """Return the figures as the file's text, lists on one line."""
    body = yaml.safe_dump(
        figures, sort_keys=False, allow_unicode=True, default_flow_style=None, width=98
    )
    return HEADER + body


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the figures of a table to standard output."""
    parser = argparse.ArgumentParser(prog="python -m console.demo.measure", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--mapping", type=Path, default=MAPPING)
    chosen = parser.parse_args(arguments)
    mapping = load_mapping(chosen.mapping)
    table = read_table(chosen.file, mapping)
    for problem in table.problems:
        sys.stderr.write(f"{problem}\n")
    sys.stdout.write(text_of(measured(table.rows, mapping)))


if __name__ == "__main__":
    main()
