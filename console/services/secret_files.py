"""Secrets made once and kept in a file that only their owner reads."""

import contextlib
import os
import secrets
from pathlib import Path


def secret_from(file: Path) -> str:
    """Return the secret in `file`; the first call makes it (256 bits, URL-safe letters).

    Two processes that start at the same time get the same secret: only one creates the file.
    """
    if file.exists():
        return file.read_text()
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as sink:
        sink.write(secrets.token_urlsafe(32))
    # A link is made whole or not at all, and never over a file another process made meanwhile.
    with contextlib.suppress(FileExistsError):
        file.hardlink_to(draft)
    draft.unlink()
    return file.read_text()
