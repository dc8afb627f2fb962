"""What a member says of its work, while it works and at its end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from types import TracebackType
from typing import Self

from ledger.values.outcomes import Outcome

OnProgress = Callable[[Mapping[Outcome, int], int], None]
"""Called after each batch: the outcomes so far, and how many messages are still to come."""


@dataclass
class RunSummary:
    """What one run did; `seconds` is wall-clock time per stage, for `make bench`."""

    outcomes: dict[Outcome, int] = field(default_factory=dict)
    batches: int = 0
    caught_up: bool = False
    fenced: int = 0
    """How often a partition turned out to be another's, so that a batch was dropped."""
    reopened: int = 0
    """How often the connection to PostgreSQL was lost and made again."""
    rejoined: int = 0
    """How often the group assigned nothing in time, so that a new client asked it again."""
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def messages(self) -> int:
        """All messages recorded, whatever became of them."""
        return sum(self.outcomes.values())

    def add(self, outcomes: Mapping[Outcome, int]) -> None:
        """Count one recorded batch."""
        self.batches += 1
        for outcome, count in outcomes.items():
            self.outcomes[outcome] = self.outcomes.get(outcome, 0) + count

    def stage(self, name: str) -> "Stage":
        """Return a context that adds the time spent in it to a stage."""
        return Stage(self.seconds, name)


class Stage:
    """Adds the time spent inside to one stage's seconds."""

    def __init__(self, seconds: dict[str, float], name: str) -> None:
        self._seconds, self._name = seconds, name

    def __enter__(self) -> Self:
        self._began = perf_counter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        spent = perf_counter() - self._began
        self._seconds[self._name] = self._seconds.get(self._name, 0.0) + spent
