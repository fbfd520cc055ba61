"""Solutions made by hand, as no solver would find them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from superpose._problem import Problem
from superpose._sampling.level import prepare_levels
from superpose._sampling.level_pair import LevelPair
from superpose._solution import Solution, Undo
from superpose.metrics._squared_objective import SquaredObjective
from superpose.metrics.settings import DEFAULTS
from superpose.transforms.geometry import PhysicalMap, about

Pixels = NDArray[np.float64]


def texture(seed: int, shape: tuple[int, ...] = (96, 96)) -> Pixels:
    """Return a scene without repetition."""
    return ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=shape), 1.5)


def noisy(image: Pixels, seed: int, sigma: float = 0.02) -> Pixels:
    return image + sigma * np.random.default_rng(seed).normal(size=image.shape)


def shift(row: float, column: float) -> PhysicalMap:
    return PhysicalMap(about(np.eye(2), np.array([row, column]), np.zeros(2)))


def problem_of(fixed: Pixels, moving: Pixels, transform: str = "translation", **options: Any) -> Problem:
    return Problem.checked(fixed, moving, transform=transform, threads=1, **options)


def solution_at(problem: Problem, pose: PhysicalMap, **changes: Any) -> Solution:
    """Return a solution that says `pose`, with `changes` to its fields."""
    levels = [prepare_levels(each.plain_levels(1), 1) for each in (problem.fixed, problem.moving)]
    pairs = [LevelPair(*both) for both in zip(*levels, strict=False)]
    made = Solution(
        pose=pose,
        metric=problem.metric,
        value=None,
        solver="by hand",
        ending="",
        levels=1,
        stopped=False,
        basins=(),
        refined_at_shape=(),
        rivals=[],
        fill=(0.0, 0.0),
        pairs=pairs,
        undo=Undo(),
        error_model=SquaredObjective(pairs[0].fixed, pairs[0].moving, problem.family, 1, DEFAULTS[2], cubic=True),
        significance=5.0,
        mirror_fits=lambda _reliable: False,
    )
    return replace(made, **changes)
