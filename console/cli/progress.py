"""A progress bar on stderr, where a person looks; silent elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)


class Step:
    """Moves a bar: by calling it with how much was done, or `to` where it stands now."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=total)

    def __call__(self, done: int = 1) -> None:
        """Move the bar on."""
        self._progress.advance(self._task, done)

    def to(self, reached: int) -> None:
        """Move the bar to a place."""
        self._progress.update(self._task, completed=reached)

    def total(self, total: int) -> None:
        """Learn how much there is in all."""
        self._progress.update(self._task, total=total)


@contextmanager
def progress(title: str, *, total: int) -> Iterator[Step]:
    """Show a bar while the work inside goes on."""
    columns = (
        TextColumn(f"{title:<28}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    shown = Progress(
        *columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=False
    )
    with shown:
        yield Step(shown, total)
