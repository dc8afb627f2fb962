"""How long to wait before trying again: longer each time, never the same for two processes."""

import random
from typing import Final

_FIRST_SECONDS: Final = 0.2
_LONGEST_SECONDS: Final = 5.0


class Backoff:
    """Doubles from 0.2 s to 5 s; each wait is drawn from the upper half of its span.

    >>> waits = Backoff()
    >>> [0.1 <= waits.next_seconds() <= 0.2, 0.2 <= waits.next_seconds() <= 0.4]
    [True, True]
    >>> max(waits.next_seconds() for _ in range(20)) <= 5.0
    True
    """

    def __init__(self) -> None:
        self._attempts = 0

    def next_seconds(self) -> float:
        """Return the next wait in seconds."""
        span = min(_FIRST_SECONDS * 2.0**self._attempts, _LONGEST_SECONDS)
        self._attempts = min(self._attempts + 1, 16)
        return span * random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Begin anew: it worked."""
        self._attempts = 0
