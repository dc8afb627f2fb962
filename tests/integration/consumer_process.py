"""A consumer in a process of its own, for tests that kill it; its task stands in one variable."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import schemas

REPOSITORY = Path(__file__).parents[2]
TASK = "CONSUMER_TASK"
SUBJECT_KEY = b"a key that protects nobody"
"""The world's own: a person has one ref, whichever process reads the message."""


def start(world: Any, output: IO[bytes] | int = subprocess.DEVNULL, **config: Any) -> Any:
    """Start a consumer of a world; it runs until it is told to stop, or killed."""
    task = {
        "database_url": world.database_url,
        "prefix": world.prefix,
        "options": world.options,
        "config": config,
    }
    return subprocess.Popen(
        [sys.executable, __file__],
        env={**os.environ, TASK: json.dumps(task), "PYTHONPATH": str(REPOSITORY)},
        stdout=output,
        stderr=output,
    )


def main() -> None:
    from consumers.runner import ConsumerConfig, run
    from ledger.log import open_ledger

    task = json.loads(os.environ[TASK])
    prefix = task["prefix"]
    settings = {"group_id": f"{prefix}consumers", "batch_size": 20, **task["config"]}
    run(
        ConsumerConfig(
            topics=tuple(prefix + topic for topic in schemas.INCOMING),
            registry=schemas.FileRegistry(),
            kafka_options=task["options"],
            **settings,
        ),
        open_ledger=lambda: open_ledger(task["database_url"], subject_key=SUBJECT_KEY),
        now=lambda: datetime.now(UTC),
    )


if __name__ == "__main__":
    main()
