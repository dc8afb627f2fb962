"""The partner's own JSON bytes, which a message may carry beside the object."""

from ledger.application.commands import Original
from schemas import OcpiMessage


def original_of(message: OcpiMessage) -> Original | None:
    """Return the bytes as the partner sent them, with their SHA-256, or None without them."""
    original = message.original
    if original is None:
        return None
    return Original(original.bytes, bytes.fromhex(original.sha256))
