"""Write a golden file for every event topic that has none: `python -m tests.golden.regenerate`.

A golden file is what an installation has in its log, so it is written once and never again. It
holds all that the history records under the topic, one event a line: id, version and the state's
bytes as text. Where an event changes, it gets a new topic version and an upcast from the old one;
the old file stays. While a topic was never released, its file may be removed by hand first.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from eventsourcing.persistence import StoredEvent

from tests.golden.history import recorded

FOLDER = Path(__file__).parent / "events"


def file_of(topic: str, folder: Path = FOLDER) -> Path:
    """Return where the golden events of a topic stand."""
    return folder / f"{topic}.jsonl"


def lines_of(events: Iterable[StoredEvent]) -> str:
    """Return events as a golden file has them."""
    return "".join(
        json.dumps(
            {
                "id": str(event.originator_id),
                "version": event.originator_version,
                "state": event.state.decode(),
            },
            ensure_ascii=False,
        )
        + "\n"
        for event in events
    )


def regenerate(folder: Path = FOLDER) -> tuple[list[str], list[str]]:
    """Write what is missing; return the topics written, and those whose bytes are others now."""
    by_topic: dict[str, list[StoredEvent]] = {}
    for event in recorded():
        by_topic.setdefault(event.topic, []).append(event)
    written, refused = [], []
    for topic, events in sorted(by_topic.items()):
        file, lines = file_of(topic, folder), lines_of(events)
        if not file.exists():
            file.write_text(lines)
            written.append(topic)
        elif file.read_text() != lines:
            refused.append(topic)
    return written, refused


def main() -> int:
    """Write the missing files; exit 1 where an existing one would have to be overwritten."""
    written, refused = regenerate()
    for topic in written:
        sys.stdout.write(f"written: {topic}\n")
    for topic in refused:
        sys.stdout.write(f"refused: {topic} is recorded otherwise now; make a new version of it\n")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
