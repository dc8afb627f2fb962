"""Write golden files of what has none yet: `python -m tests.golden.regenerate`.

A golden file is what an installation has in its log, so a line is written once and never changed.
It holds all that the history records under the topic, one event a line: id, version and the state's
bytes as text; where the history grows, lines are added. An event may grow by optional fields: what
was recorded without them is still read, and would be recorded again to the byte. Any other change
is a new topic version with an upcast from the old one; the old file stays. While a topic was never
released, its file may be removed first.
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
        file = file_of(topic, folder)
        if file.exists() and not comes_back(topic, file):
            refused.append(topic)
            continue
        kept = {(row.originator_id, row.originator_version) for row in kept_in(topic, file)}
        new = [row for row in events if (row.originator_id, row.originator_version) not in kept]
        if new:
            with file.open("a") as appended:
                appended.write(lines_of(new))
            written.append(topic)
    return written, refused


def kept_in(topic: str, file: Path) -> list[StoredEvent]:
    """Return the events that a golden file keeps, none where there is no file."""
    if not file.exists():
        return []
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return [
        StoredEvent(UUID(row["id"]), row["version"], topic, row["state"].encode()) for row in rows
    ]


def comes_back(topic: str, file: Path) -> bool:
    """True where every kept event is read, and would be recorded again to the byte."""
    mapper = EventMapper()
    try:
        kept = kept_in(topic, file)
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
