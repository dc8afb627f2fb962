"""Findings that a person accepts all the same."""

from typing import Literal

import msgspec

PriceTaken = Literal["computed", "stated"]


class Release(msgspec.Struct, frozen=True, gc=False):
    """Findings that a person accepts, with the reason; `price` says whose total is booked."""

    codes: tuple[str, ...]
    price: PriceTaken
    reason: str
