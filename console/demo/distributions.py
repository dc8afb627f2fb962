"""The measured figures (`distributions.yaml`) and drawing from them, in whole numbers only."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

import msgspec
import yaml

FILE: Final = Path(__file__).with_name("distributions.yaml")
_STEPS: Final = 1_000_000
_DRAWS: Final = 1000


class Third(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A third of a kind's stays: quantiles of stay (minutes), energy (Wh), peak power (W)."""

    stay_min: tuple[int, ...]
    energy_wh: tuple[int, ...]
    peak_power_w: tuple[int, ...]


class Kind(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of site: the slice it was measured from, when cars arrive, what they take."""

    slice: str
    sessions: int
    arrivals_by_weekday: tuple[int, ...]
    arrivals_by_hour: tuple[int, ...]
    thirds: tuple[Third, ...]


class Distributions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All kinds, with the origin of the sessions they were measured from."""

    origin: str
    sessions: int
    kinds: dict[str, Kind]


class Drawn(NamedTuple):
    """One charge's size."""

    stay_min: int
    energy_wh: int
    peak_power_w: int


@cache
def load_distributions() -> Distributions:
    """Read the figures of this package."""
    return msgspec.convert(yaml.safe_load(FILE.read_text(encoding="utf-8")), Distributions)


def drawn_index(draw: Random, weights: Sequence[int]) -> int:
    """Draw an index in proportion to whole weights.

    >>> drawn_index(Random(1), [0, 5, 0])
    1
    """
    point = draw.randrange(sum(weights))
    for index, weight in enumerate(weights):
        if point < weight:
            return index
        point -= weight
    raise AssertionError("a point below the sum of the weights lies in one of them")


def drawn_value(draw: Random, quantiles: Sequence[int]) -> int:
    """Draw a value between two neighbouring quantiles, evenly; all spans are equally likely.

    >>> 10 <= drawn_value(Random(1), [10, 20, 40]) <= 40
    True
    """
    spans = len(quantiles) - 1
    span, place = divmod(draw.randrange(spans * _STEPS), _STEPS)
    low, high = quantiles[span], quantiles[span + 1]
    return low + (high - low) * place // _STEPS


def drawn_charge(draw: Random, kind: Kind) -> Drawn:
    """Draw a charge's size. What no meter could show, more than peak power times stay, is drawn
    again within the same third.
    """
    third = kind.thirds[draw.randrange(len(kind.thirds))]
    for _ in range(_DRAWS):
        drawn = Drawn(
            drawn_value(draw, third.stay_min),
            drawn_value(draw, third.energy_wh),
            drawn_value(draw, third.peak_power_w),
        )
        if drawn.energy_wh * 60 <= drawn.peak_power_w * drawn.stay_min:
            return drawn
    raise ValueError("the figures leave no charge that its peak power could deliver")
