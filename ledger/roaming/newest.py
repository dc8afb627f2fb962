"""Statements of which the newest stands: what becomes of one beside what is known."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Protocol

from ledger.values.aggregate import LedgerAggregate
from ledger.values.outcomes import Outcome
from ledger.values.provenance import Provenance


class Dated(Protocol):
    """A statement that says when its sender changed it last."""

    @property
    def last_updated(self) -> datetime: ...


def outcome_beside(
    known_sha256: str | None,
    known_at: datetime | None,
    conflicting: Collection[str],
    *,
    content_sha256: str,
    last_updated: datetime,
) -> Outcome:
    """Return the outcome of a statement; nothing is known where `known_at` is None.

    The same again: duplicate. An older `last_updated`: superseded. The same one with other
    content: held, the first recorded stands.

    >>> from datetime import UTC
    >>> monday, tuesday = datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 6, tzinfo=UTC)
    >>> [outcome_beside("a", monday, (), content_sha256=content, last_updated=at)
    ...     for content, at in (("a", monday), ("b", monday), ("b", tuesday))]
    ['duplicate', 'held', 'accepted']
    """
    if content_sha256 == known_sha256 or content_sha256 in conflicting:
        return "duplicate"
    if known_at is None or last_updated > known_at:
        return "accepted"
    return "held" if last_updated == known_at else "superseded"


class NewestStands(LedgerAggregate):
    """What its sender tells again and again: of its statements the newest stands.

    `content_sha256` is that of the one that stands, `conflicting` those of the ones that are held.
    """

    content_sha256: str
    conflicting: frozenset[str]

    def begin(self) -> None:
        self.content_sha256 = ""
        self.conflicting = frozenset()

    def _keep(
        self,
        statement: Dated,
        *,
        beside: Dated | None,
        content_sha256: str,
        provenance: Provenance,
        stands: Callable[..., None],
        is_held: Callable[..., None],
    ) -> Outcome:
        """Record a statement where it says something new, by `stands` or `is_held`.

        `beside` is the one that stands so far. Returns the outcome, as `outcome_beside` has it.
        """
        outcome = outcome_beside(
            self.content_sha256,
            beside.last_updated if beside is not None else None,
            self.conflicting,
            content_sha256=content_sha256,
            last_updated=statement.last_updated,
        )
        if outcome in ("accepted", "held"):
            record = is_held if outcome == "held" else stands
            record(
                **{self.KEY_FIELD: self.key},
                statement=statement,
                content_sha256=content_sha256,
                provenance=provenance,
            )
        return outcome
