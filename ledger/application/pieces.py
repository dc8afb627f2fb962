"""Equal pieces of facts, kept once: 20,000 agreements are made of the same few hundred clauses."""

from decimal import Decimal
from hashlib import blake2b
from typing import Any, Final

import msgspec
from msgspec.structs import force_setattr

MOST: Final = 100_000
"""How many different pieces are known; then it begins anew, and some are kept twice."""

_encode: Final = msgspec.msgpack.Encoder().encode


class Pieces:
    """Every piece that was seen, by how it is recorded."""

    def __init__(self, *, most: int = MOST) -> None:
        self._known: dict[Any, Any] = {}
        self._most = most

    def share_parts(self, whole: object) -> None:
        """Replace every part of a frozen struct by the equal one that is known already.

        For what was just decoded and nobody holds yet: it is changed in place. Two parts are the
        same where they are recorded with the same bytes: 0.10 is not 0.1.
        """
        if not isinstance(whole, msgspec.Struct):
            return
        for name in whole.__struct_fields__:
            part = getattr(whole, name)
            shared = self._shared(part)
            if shared is not part:
                force_setattr(whole, name, shared)

    def _shared(self, part: Any) -> Any:
        if type(part) is tuple:
            return tuple(map(self._shared, part))
        if not isinstance(part, (msgspec.Struct, str, Decimal)):
            return part
        key = part if isinstance(part, str) else _key_of(part)
        known = self._known.get(key)
        if known is not None:
            return known
        self.share_parts(part)
        if len(self._known) >= self._most:
            self._known.clear()
        self._known[key] = part
        return part

    def __len__(self) -> int:
        return len(self._known)


def _key_of(part: msgspec.Struct | Decimal) -> tuple[type, bytes]:
    """Return the type of a part and what its bytes come to: they themselves would be too many."""
    return type(part), blake2b(_encode(part), digest_size=16).digest()
