"""Facts of which there may be a million, kept small: their stored events, compressed.

A packed fact is decoded when somebody asks for it, about 20 µs; those asked for last stay
decoded. Its events lie one behind the other as they stand in the log, so nothing is assumed of
the aggregate, and what a broken event says is found out when the fact is asked for.
"""

import zlib
from collections.abc import Iterator
from functools import cache, lru_cache
from struct import Struct
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

import msgspec
from eventsourcing.persistence import StoredEvent

from ledger.application.mapper import EventMapper
from ledger.application.store import LoggedEvent
from ledger.values.aggregate import LedgerAggregate
from ledger.values.reasons import InvariantBroken

A = TypeVar("A", bound=LedgerAggregate)

STAY_DECODED: Final = 4096
"""How many facts of a kind stay decoded: more than the batches in work ask for."""

_WINDOW_BITS: Final = 13
_WINDOW: Final = 1 << _WINDOW_BITS
_RENEWED_AFTER: Final = 4096
_ID_BYTES: Final = 16
_HEAD: Final = Struct(">IHII")
"""Before each event its version, topic, vocabulary and length; before the first the fact's id."""


class PackedFacts(Generic[A]):
    """All facts of one kind, by key.

    `stay_decoded` bounds how many of them are decoded at once.
    """

    def __init__(
        self, kind: type[A], mapper: EventMapper, *, stay_decoded: int = STAY_DECODED
    ) -> None:
        self._kind = kind
        self._mapper = mapper
        self._packed: dict[str, bytes] = {}
        self._topics: list[str] = []
        self._vocabulary = Vocabulary()
        # The bytes are part of what is asked for, so a fact that went on is never found as it was.
        self._decoded = lru_cache(maxsize=stay_decoded)(self._unpacked)

    def add(self, event: LoggedEvent) -> None:
        """Take an event over, of which only the key is read."""
        key, originator_id = key_in(self._kind, event.state), event.originator_id.bytes
        known = self._packed.get(key, originator_id)
        if not known.startswith(originator_id):
            raise InvariantBroken(f"two aggregates have the key {key}: {event.originator_id}")
        if event.topic not in self._topics:
            self._topics.append(event.topic)
        vocabulary, shrunk = self._vocabulary.shrink(event.state)
        head = _HEAD.pack(
            event.originator_version, self._topics.index(event.topic), vocabulary, len(shrunk)
        )
        self._packed[key] = b"".join((known, head, shrunk))

    def find(self, key: str) -> A | None:
        """Return a fact by its business key."""
        packed = self._packed.get(key)
        return self._decoded(key, packed) if packed is not None else None

    def each(self) -> Iterator[A]:
        """Yield all facts by key, one decoded at a time."""
        for key in sorted(self._packed):
            yield self._unpacked(key, self._packed[key])

    def __len__(self) -> int:
        return len(self._packed)

    @property
    def decoded(self) -> int:
        """How many facts are decoded now."""
        return self._decoded.cache_info().currsize

    def _unpacked(self, key: str, packed: bytes) -> A:
        originator_id = UUID(bytes=packed[:_ID_BYTES])
        aggregate = self._kind.blank(key, originator_id)
        begin = _ID_BYTES
        while begin < len(packed):
            version, topic, vocabulary, length = _HEAD.unpack_from(packed, begin)
            begin += _HEAD.size
            state = self._vocabulary.grow(vocabulary, packed[begin : begin + length])
            begin += length
            event = StoredEvent(originator_id, version, self._topics[topic], state)
            self._mapper.to_domain_event(event).mutate(aggregate)
        return aggregate


class Vocabulary:
    """Bytes made small by what other bytes like them said before, and made whole again.

    What was seen last becomes the vocabulary of what follows, as soon as there is enough of it
    and from then on ever again: one partner's documents resemble each other more than others'.

    >>> words = Vocabulary()
    >>> rows = [b'{"location":"NL*XYZ/loc-%04d","address":"Molenweg %d"}' % (n, n) for n in
    ...     range(1000)]
    >>> shrunk = [words.shrink(row) for row in rows]
    >>> len(rows[-1]), len(shrunk[-1][1]) < 20
    (55, True)
    >>> [words.grow(*row) for row in shrunk] == rows
    True
    """

    def __init__(self) -> None:
        self._texts = [b""]
        self._seen = b""
        self._uses = 0
        self._shrinker = _shrinker(b"")

    def shrink(self, text: bytes) -> tuple[int, bytes]:
        """Return the number of the vocabulary used, and the text made small by it."""
        shrinker = self._shrinker.copy()
        shrunk = len(self._texts) - 1, shrinker.compress(text) + shrinker.flush()
        self._seen = (self._seen + text)[-_WINDOW:]
        self._uses += 1
        is_first = len(self._texts) == 1 and len(self._seen) == _WINDOW
        if is_first or self._uses == _RENEWED_AFTER:
            self._uses = 0
            self._texts.append(self._seen)
            self._shrinker = _shrinker(self._seen)
        return shrunk

    def grow(self, vocabulary: int, shrunk: bytes) -> bytes:
        """Return the text that was made small by a vocabulary."""
        return zlib.decompressobj(-_WINDOW_BITS, self._texts[vocabulary]).decompress(shrunk)


def _shrinker(text: bytes) -> Any:
    """Return what is copied for each text: to read a vocabulary again would take the most time."""
    return zlib.compressobj(zlib.Z_BEST_SPEED, wbits=-_WINDOW_BITS, zdict=text)


def key_in(kind: type[LedgerAggregate], state: bytes) -> str:
    """Return the business key in an event's stored state, without decoding the rest of it."""
    key: str = _key_decoder(kind).decode(state).key
    return key


@cache
def _key_decoder(kind: type[LedgerAggregate]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(
        msgspec.defstruct("Keyed", [("key", str)], rename={"key": kind.KEY_FIELD})
    )
