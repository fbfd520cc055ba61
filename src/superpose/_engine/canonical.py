"""The order that a pair is worked on in, so that exchanging the images gives exactly the inverse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from superpose._problem import Problem
from superpose._solution import Undo
from superpose.image import Raster
from superpose.transforms.geometry import inverse

# Numbers that hardly any two different images share: in order, the first that differs decides.
NUMBERS: tuple[Callable[[Raster], Any], ...] = (
    lambda image: image.data.size,
    lambda image: image.grid.shape,
    lambda image: image.pixel_count,
    lambda image: image.data.sum(dtype=np.float64),
    lambda image: np.square(image.data[::3, ::5], dtype=np.float64).sum(),
    lambda image: image.data[:, : image.data.shape[1] // 2].sum(dtype=np.float64),
    lambda image: image.data[: image.data.shape[0] // 3].sum(dtype=np.float64),
)


def canonical(problem: Problem) -> tuple[Problem, Undo]:
    """Return the problem with its images in canonical order, and what undoes the exchange.

    The order is the same whichever image the user calls fixed.
    """
    if not _comes_before(problem.moving.image, problem.fixed.image):
        return problem, Undo()
    exchanged = replace(problem, fixed=problem.moving, moving=problem.fixed, start=inverse(problem.start))
    return exchanged, Undo(swapped=True)


def _comes_before(first: Raster, second: Raster) -> bool:
    """Return whether `first` comes before `second` in canonical order; of two different images one always does."""
    for number in NUMBERS:
        a, b = number(first), number(second)
        if a != b:
            return bool(a < b)
    for one, other in ((first.data, second.data), (first.mask, second.mask)):
        differs = (one != other).ravel()
        if differs.any():
            k = differs.argmax()
            return bool(one.ravel()[k] < other.ravel()[k])
    return False
