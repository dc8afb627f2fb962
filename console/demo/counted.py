"""A figure of the month: what it had to be by the plan, and what it is."""

from typing import NamedTuple


class Controlled(NamedTuple):
    """How often something had to happen or stand so, and how often it did."""

    what: str
    expected: int
    seen: int

    @property
    def is_met(self) -> bool:
        """True where both are the same."""
        return self.expected == self.seen
