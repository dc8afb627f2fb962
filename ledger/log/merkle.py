"""Merkle tree hashes over the log's rows.

Source: RFC 6962, section 2.1: leaves are hashed with the prefix 0x00, inner nodes with 0x01, and
a tree of n leaves splits at the largest power of two smaller than n.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from struct import pack
from typing import Any
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
EMPTY_ROOT = sha256(b"").digest()


def leaf_of(
    *,
    position: int,
    originator_id: UUID,
    originator_version: int,
    topic: str,
    state: bytes,
    recorded_at: datetime,
) -> bytes:
    """Return the leaf hash of a stored row: every column that carries meaning is in it."""
    name = topic.encode()
    head = pack(
        ">BQ16sIqH",
        0,
        position,
        originator_id.bytes,
        originator_version,
        (recorded_at - _EPOCH) // _MICROSECOND,
        len(name),
    )
    return sha256(head + name + state).digest()


class MerkleTree:
    """A growing tree that keeps only the roots of its complete subtrees.

    >>> tree = MerkleTree()
    >>> tree.append(sha256(b"\\x00a").digest())
    >>> tree.root() == sha256(b"\\x00a").digest()
    True
    """

    def __init__(self) -> None:
        self.size = 0
        self._subtrees: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash."""
        node = leaf
        size = self.size
        while size & 1:
            node = sha256(b"\x01" + self._subtrees.pop() + node).digest()
            size >>= 1
        self._subtrees.append(node)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add leaf hashes in order."""
        for leaf in leaves:
            self.append(leaf)

    def root(self) -> bytes:
        """Return the Merkle tree hash of all leaves."""
        if not self._subtrees:
            return EMPTY_ROOT
        node = self._subtrees[-1]
        for left in reversed(self._subtrees[:-1]):
            node = sha256(b"\x01" + left + node).digest()
        return node


def broken_positions(rows: Iterable[Sequence[Any]], *, last: int) -> Iterator[int]:
    """Yield the positions up to `last` that have no row, or one that its leaf does not prove.

    Rows are (position, originator_id, originator_version, topic, state, recorded_at, leaf), in
    order.
    """
    expected = 1
    for position, originator_id, version, topic, state, recorded_at, leaf in rows:
        yield from range(expected, position)
        expected = position + 1
        proved = leaf_of(
            position=position,
            originator_id=originator_id,
            originator_version=version,
            topic=topic,
            state=state,
            recorded_at=recorded_at,
        )
        if proved != leaf:
            yield position
    yield from range(expected, last + 1)
