"""What became of a message: every message is exactly one of these."""

from typing import Literal

Outcome = Literal["accepted", "superseded", "duplicate", "held", "unreadable"]
OUTCOMES: tuple[Outcome, ...] = ("accepted", "superseded", "duplicate", "held", "unreadable")
