"""Statements of which the newest stands: what becomes of one beside what is known."""

from collections.abc import Collection
from datetime import datetime

from ledger.values.outcomes import Outcome


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
