"""The hash by which two statements of the same thing are compared."""

from collections.abc import Sequence
from hashlib import sha256

import msgspec

_CANONICAL = msgspec.json.Encoder()


def hash_of_list(cdrs: Sequence[str]) -> str:
    """Return the hash of an ordered CDR list, one key a line.

    >>> hash_of_list([])[:8]
    'e3b0c442'
    """
    return sha256("".join(f"{cdr}\n" for cdr in cdrs).encode()).hexdigest()


def hash_of(statement: object) -> str:
    """Return the hash that identifies what a statement says: of its JSON, defaults left out."""
    return sha256(_CANONICAL.encode(statement)).hexdigest()
