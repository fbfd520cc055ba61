"""Pairs for calibrating trust that no alignment is right for: other objects, other thumbnails, other photon counts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from benchmarks.kinds.counts import counts
from benchmarks.kinds.few_objects import LETTERS, VARIANTS, _cell, _centres, _letter, few_objects
from benchmarks.kinds.making import ragged
from benchmarks.kinds.pair import Pair, grid
from benchmarks.photographs import NAMES
from benchmarks.trust_pairs import TrustPair
from benchmarks.trust_sources import packaged, sources_in

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Pair]


def _unrelated(kind: str, number: int, first: Pair, second: Pair) -> TrustPair:
    names = tuple(dict.fromkeys((*sources_in(first.what), *sources_in(second.what))))
    return TrustPair(kind, number, names, first.fixed, second.moving, None, first.family, 2.0)


def _other(
    rng: np.random.Generator, first: Pair, draw: Callable[[np.random.Generator, int], Pair], number: int
) -> Pair:
    """Return another pair than the first, and not of the same photograph."""
    while True:
        other = draw(rng, number)
        if not set(sources_in(other.what)) & set(sources_in(first.what)) & set(NAMES):
            return other


def two_counts(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    first = counts(rng, number, packaged(half))
    other = _other(rng, first, partial(counts, names=packaged(half)), number + int(rng.integers(4)))
    return _unrelated("two-counts", number, first, other)


def two_objects(rng: np.random.Generator, number: int, half: int) -> TrustPair:
    """Return objects of two pairs, or two thumbnails; never logos or single letters, which may be the same."""
    if VARIANTS[number % len(VARIANTS)] in ("letters", "logo"):
        number = number // len(VARIANTS) * len(VARIANTS) + number % 2
    first = few_objects(rng, number, packaged(half))
    other = _other(rng, first, partial(few_objects, names=packaged(half)), number)
    return _unrelated("two-objects", number, first, other)


def alike_objects(rng: np.random.Generator, number: int, _half: int) -> TrustPair:
    """Return one or two things of one kind, at the same places and as large in both images, of other outlines."""
    shape = (int(rng.integers(180, 300)), int(rng.integers(180, 300)))
    radius, count = rng.uniform(0.06, 0.12) * min(shape), int(rng.integers(1, 3))
    family = ("rigid", "translation", "similarity")[number // 3 % 3]
    places = _centres(rng, shape, count, radius)
    binary, noise = rng.random() < 0.35, 0.0 if rng.random() < 0.5 else rng.uniform(0.002, 0.03)
    made: list[Floats] = []
    letters = rng.permutation(list(LETTERS))
    for image in range(2):
        drawn = np.zeros(len(grid(shape)))
        for k, place in enumerate(places):
            centre, size = place + rng.uniform(-3, 3, 2), radius * rng.uniform(0.97, 1.03)
            if number % 3 == 2:
                each = _letter(_Choosing(str(letters[2 * k + image])), centre, size)  # type: ignore[arg-type]
            else:
                each = (_cell, ragged)[number % 3](rng, centre, size)
            drawn = np.maximum(drawn, each(grid(shape)))
        seen = drawn.reshape(shape)
        seen = np.rint(seen) if binary else seen + rng.normal(0, noise, shape)
        made.append(np.clip(np.rint(255 * seen), 0, 255))
    return TrustPair("alike-objects", number, ("drawn",), made[0], made[1], None, family, 2.0)


class _Choosing:
    """Chooses a letter."""

    def __init__(self, letter: str) -> None:
        self.letter = letter

    def choice(self, _letters: list[str]) -> str:
        return self.letter
