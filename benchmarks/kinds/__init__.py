"""Pairs of the kinds that aligned images most often go wrong on, each drawn from (seed, kind, number) alone."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np

from benchmarks.kinds.counts import counts
from benchmarks.kinds.few_objects import few_objects
from benchmarks.kinds.fixed_pattern import fixed_pattern
from benchmarks.kinds.misfit import misfit
from benchmarks.kinds.pair import Pair
from benchmarks.kinds.plain_ground import plain_ground
from benchmarks.kinds.shaped_field import shaped_field
from benchmarks.kinds.two_motions import two_motions
from benchmarks.kinds.undetermined import undetermined
from benchmarks.photographs import NAMES

KINDS: dict[str, Callable[[np.random.Generator, int, tuple[str, ...]], Pair]] = {
    "fixed-pattern": fixed_pattern,
    "shaped-field": shaped_field,
    "two-motions": two_motions,
    "plain-ground": plain_ground,
    "undetermined": undetermined,
    "misfit": misfit,
    "counts": counts,
    "few-objects": few_objects,
}


def draw(kind: str, seed: int, number: int) -> Pair:
    """Return pair `number` of a kind in the draw `seed`."""
    rng = np.random.default_rng([seed, zlib.crc32(kind.encode()), number])
    return KINDS[kind](rng, number, NAMES)
