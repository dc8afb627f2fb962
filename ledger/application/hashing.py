"""The hash by which two statements of the same thing are compared."""

from hashlib import sha256

import msgspec

_CANONICAL = msgspec.json.Encoder()


def hash_of(statement: object) -> str:
    """Return the hash that identifies what a statement says: of its JSON, defaults left out."""
    return sha256(_CANONICAL.encode(statement)).hexdigest()
