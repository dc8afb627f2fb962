"""Results as JSON: the same on the command line and over HTTP."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import msgspec


def encoded(document: object) -> bytes:
    """Return a result as JSON.

    Decimals become strings, instants RFC 3339, records of any kind objects with their names.

    >>> from decimal import Decimal
    >>> encoded({"net": Decimal("4.20"), "parties": ("NL*XYZ",)})
    b'{"net":"4.20","parties":["NL*XYZ"]}'
    """
    return msgspec.json.encode(_named(document), enc_hook=str)


def _named(value: Any) -> Any:
    """Return the document with objects in place of named tuples and models."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if hasattr(value, "_asdict"):
        return {name: _named(part) for name, part in value._asdict().items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: _named(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _named(part) for name, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_named(part) for part in value]
    return value
