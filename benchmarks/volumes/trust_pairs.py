"""Pairs of volumes of known truth, by kind: such as can be aligned, and such as cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.volumes import heads
from benchmarks.volumes.heads import Pair

# Tells what is done with a pair of heads.
Change = Callable[[Pair, np.random.Generator], Pair]


@dataclass(frozen=True)
class Kind:
    """How pairs of a kind are made, and what register is asked for.

    `alignable` says whether there is a right answer.
    """

    made: dict[str, Any]
    asked: dict[str, Any] = field(default_factory=dict)
    change: Change | None = None
    alignable: bool = True


def _mirrored(pair: Pair, _rng: np.random.Generator) -> Pair:
    return replace(pair, moving=np.ascontiguousarray(pair.moving[:, :, ::-1]))


def _beside_noise(pair: Pair, rng: np.random.Generator) -> Pair:
    return replace(pair, moving=rng.normal(size=pair.moving.shape).astype(np.float32))


def _blurred(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    return np.asarray(ndimage.gaussian_filter(rng.normal(size=shape), rng.uniform(1.5, 4)), np.float32)


def _blurred_noise(pair: Pair, rng: np.random.Generator) -> Pair:
    return replace(pair, fixed=_blurred(pair.fixed.shape, rng), moving=_blurred(pair.moving.shape, rng))


def _top_and_bottom(pair: Pair, _rng: np.random.Generator) -> Pair:
    n = len(pair.fixed)
    return replace(pair, fixed=pair.fixed[: int(0.47 * n)].copy(), moving=pair.moving[int(0.53 * n) :].copy())


def _left_and_right(pair: Pair, _rng: np.random.Generator) -> Pair:
    n = pair.fixed.shape[2]
    fixed, moving = pair.fixed[:, :, : int(0.47 * n)], pair.moving[:, :, int(0.53 * n) :]
    return replace(pair, fixed=fixed.copy(), moving=moving.copy())


KINDS = {
    "rigid": Kind({"spacing": 2.0}),
    "rigid, noise 5 %": Kind({"spacing": 3.0, "noise": 0.05}),
    "rigid, noise 20 %": Kind({"spacing": 3.0, "noise": 0.2}),
    "rigid, shading": Kind({"spacing": 3.0, "bias": True}),
    "two modalities": Kind({"spacing": 2.0, "modalities": 2}),
    "two modalities, noise 5 %": Kind({"spacing": 3.0, "modalities": 2, "noise": 0.05}),
    "two modalities, noise 10 %": Kind({"spacing": 3.0, "modalities": 2, "noise": 0.1}),
    "similarity": Kind({"spacing": 3.0, "scaled": True, "noise": 0.05}, {"transform": "similarity"}),
    "similarity, two": Kind({"spacing": 3.0, "scaled": True, "modalities": 2}, {"transform": "similarity"}),
    "affine": Kind({"spacing": 3.0, "affine": True, "noise": 0.05}, {"transform": "affine"}),
    "affine, two": Kind({"spacing": 3.0, "affine": True, "modalities": 2}, {"transform": "affine"}),
    "thick slices": Kind({"spacing": (6.0, 2.0, 2.0), "moving_spacing": 2.0}),
    "thick slices, two": Kind({"spacing": (6.0, 2.0, 2.0), "moving_spacing": 2.0, "modalities": 2}),
    "half a head": Kind({"spacing": 3.0, "half": True}),
    "half a head, two": Kind({"spacing": 3.0, "half": True, "modalities": 2}),
    "small": Kind({"spacing": 6.0, "noise": 0.05}),
    "small, two": Kind({"spacing": 6.0, "modalities": 2}),
    "another head": Kind({"spacing": 3.0, "other_head": True}, alignable=False),
    "another head, noise 10 %": Kind({"spacing": 3.0, "other_head": True, "noise": 0.1}, alignable=False),
    "another head, two": Kind({"spacing": 2.0, "other_head": True, "modalities": 2}, alignable=False),
    "mirrored": Kind({"spacing": 3.0}, change=_mirrored, alignable=False),
    "mirrored, two": Kind({"spacing": 3.0, "modalities": 2}, change=_mirrored, alignable=False),
    "noise": Kind({"spacing": 3.0}, change=_beside_noise, alignable=False),
    "blurred noise": Kind({"spacing": 3.0}, change=_blurred_noise, alignable=False),
    "top and bottom": Kind({"spacing": 3.0, "angle": 5.0, "shift": 3.0}, change=_top_and_bottom, alignable=False),
    "left and right": Kind({"spacing": 3.0, "angle": 5.0, "shift": 3.0}, change=_left_and_right, alignable=False),
    "a shift for a turn": Kind({"spacing": 3.0}, {"transform": "translation"}, alignable=False),
    "rigid for affine": Kind({"spacing": 3.0, "affine": True}, {"transform": "rigid"}, alignable=False),
}


def drawn(
    seed: int, count: int, kinds: list[str], known: set[tuple[str, int]]
) -> Iterator[tuple[str, int, Kind, Pair]]:
    """Yield so many pairs of each kind but known ones, with their numbers: two heads make each number, and no other."""
    for number in range(count):
        whose = 100 * seed + 2 * number, 100 * seed + 2 * number + 1
        for place, name in enumerate(KINDS):
            if name in kinds and (name, number) not in known:
                kind, own = KINDS[name], 100_000 * seed + 100 * number + place
                pair = heads.pair(own, whose=whose, **kind.made)
                rng = np.random.default_rng([own, 9])
                yield name, number, kind, pair if kind.change is None else kind.change(pair, rng)
