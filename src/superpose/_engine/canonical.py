"""The order that a pair is worked on in, so that exchanging the images gives exactly the inverse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from superpose._problem import Problem
from superpose._solution import Undo
from superpose.image import Image
from superpose.transforms.geometry import inverse


def canonical(problem: Problem) -> tuple[Problem, Undo]:
    """Return the problem with its images in an order that is the same whichever is called fixed, and the way back."""
    if not _comes_before(problem.moving.image, problem.fixed.image):
        return problem, Undo()
    exchanged = replace(problem, fixed=problem.moving, moving=problem.fixed, start=inverse(problem.start))
    return exchanged, Undo(swapped=True)


def _comes_before(first: Image, second: Image) -> bool:
    """Return whether two images are in order; exactly one of both ways round is, unless they are the same."""
    keys = _key(first), _key(second)
    if keys[0] != keys[1]:
        return keys[0] < keys[1]
    for one, other in ((first.data, second.data), (first.mask, second.mask)):
        differs = (one != other).ravel()
        if differs.any():
            k = differs.argmax()
            return bool(one.ravel()[k] < other.ravel()[k])
    return False


def _key(image: Image) -> tuple[float, ...]:
    """Return numbers that hardly any two different images share, the size first."""
    data = image.data
    return (
        float(data.size),
        *map(float, image.grid.shape),
        float(image.mask.sum()),
        float(data.sum(dtype=np.float64)),
        float(np.square(data[::3, ::5], dtype=np.float64).sum()),
        float(data[:, : data.shape[1] // 2].sum(dtype=np.float64)),
        float(data[: data.shape[0] // 3].sum(dtype=np.float64)),
    )
