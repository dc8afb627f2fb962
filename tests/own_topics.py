"""The topics of one test's own."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Topics:
    """The topics of one test: their prefix, and what any kafka-python client needs."""

    prefix: str
    partitions: int
    options: dict[str, Any]
