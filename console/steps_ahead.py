"""What a step of a close would book, asked before it is taken: that, or why it cannot be."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from ledger.values.reasons import Refused
from projections.queries.period import Block

T = TypeVar("T")


def step_ahead(name: str, pending: Callable[[], Iterable[T]]) -> tuple[tuple[T, ...], list[Block]]:
    """Return what is pending, or as blocks everything that refuses it, under the step's name.

    >>> step_ahead("The true-up", lambda: ["a fee"])
    (('a fee',), [])
    """
    try:
        return tuple(pending()), []
    except Refused as refused:
        return (), [
            Block(row.reason, f"{name}: {row.path} {row.expected} {row.actual}".rstrip())
            for row in refused.refusals
        ]
