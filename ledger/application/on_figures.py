"""Booking what a read model's figures come to: true-ups, what falls due, revaluations.

A command that decides on a read model carries its log position and a hash of the figures; what is
booked names both, so that anyone can compute it again.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar

from ledger.application.commands import By
from ledger.application.facts import View
from ledger.application.ledger import Ledger
from ledger.application.permissions import require_role
from ledger.application.store import Writes
from ledger.settlement.period import Checkpoint
from ledger.values.aggregate import LedgerAggregate
from ledger.values.reasons import Reason, Refusal, Refused

R = TypeVar("R")


class Figures(Protocol):
    """Figures of a read model, with the hash that a checkpoint names."""

    @property
    def sha256(self) -> str: ...


def book_on_figures(
    ledger: Ledger,
    book: Callable[[View], tuple[R, ...]],
    *,
    figures: Figures,
    name: str,
    checkpoint: Checkpoint,
    by: By,
) -> tuple[R, ...]:
    """Let `book` record what the figures come to, and return that; for finance.

    `name` is what a refusal calls the figures. Refuses: ROLE_MISSING, FIGURES_MOVED where they are
    not those of the checkpoint, and what `book` refuses.
    """
    booked: tuple[R, ...] = ()

    def decide(view: View, writes: Writes) -> list[LedgerAggregate]:  # noqa: ARG001
        nonlocal booked
        require_role(view, by, "finance")
        stated, found = checkpoint.figures_sha256, figures.sha256
        if stated != found:
            raise Refused(Refusal(Reason.FIGURES_MOVED, name, stated, found))
        booked = book(view)
        return []

    ledger.command(decide, recorded_at=by.at)
    return booked
