"""How often Python looks for cycles while batches are taken in, and pages projected."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_SELDOM: Final = (50_000, 50, 1_000)


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Look for cycles seldom: a batch is many small objects without any, gone with the batch.

    As it comes, Python looks at all of them again and again, which doubles the time of decoding.
    What exists already is set aside for as long as the block runs.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
