"""Write a golden file for every event topic that has none: `python -m tests.golden.regenerate`.

A golden file is what an installation has in its log, so it is written once and never again. It
holds all that the history records under the topic, one event a line: id, version and the state's
bytes as text. An event may grow by optional fields: what was recorded without them is still read,
and would be recorded again to the byte. Any other change is a new topic version with an upcast from
the old one; the old file stays. While a topic was never released, its file may be removed first.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from ledger.application.mapper import EventMapper
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
        elif file.read_text() != lines and not comes_back(topic, file):
            refused.append(topic)
    return written, refused


def comes_back(topic: str, file: Path) -> bool:
    """True where every kept event is read, and would be recorded again to the byte."""
    mapper = EventMapper()
    try:
        rows = [json.loads(line) for line in file.read_text().splitlines()]
        kept = [
            StoredEvent(UUID(row["id"]), row["version"], topic, row["state"].encode())
            for row in rows
        ]
        return all(mapper.to_stored_event(mapper.to_domain_event(row)) == row for row in kept)
    except (ValueError, KeyError):
        return False


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
