"""Images of unlike shape whose sensor is one: a cut or padded picture's pattern lies some whole pixels aside."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._motions.answer import Answer
from superpose._problem import Problem
from superpose._sampling.prepared import Prepared
from superpose.image import Mask
from superpose.transforms.geometry import IndexMap, PhysicalMap, apply, max_corner_distance, to_index, to_physical


@dataclass(frozen=True, eq=False)
class CommonPart:
    """What of two images lies pixel on pixel under some shift, and where in fixed that begins."""

    problem: Problem
    corner: tuple[int, ...]

    def whole(self, answer: Answer, shape: tuple[int, ...]) -> Answer:
        """Return an answer to the part as one to images of which fixed has a shape."""

        def placed(mask: Mask) -> Mask:
            out = np.zeros(shape, bool)
            out[tuple(slice(at, at + n) for at, n in zip(self.corner, mask.shape, strict=True))] = mask
            return out

        return replace(answer, motions=tuple(replace(each, mask=placed(each.mask)) for each in answer.motions))


def common_part(problem: Problem, pose: PhysicalMap, within: float, least: int) -> CommonPart | None:
    """Return what lies pixel on pixel under a pose, or None where it is no shift by whole pixels.

    Parameters
    ----------
    problem : Problem
        With both images.
    pose : PhysicalMap
        From fixed to moving.
    within : float
        It is one where it takes no corner farther than so many pixels from one.
    least : int
        A part has as many pixels a side.
    """
    shift = whole_shift(problem, pose, within)
    if shift is None:
        return None
    fixed, moving = problem.fixed_grid, problem.moving_grid
    low = np.maximum(0, -shift)
    high = np.minimum(fixed.shape, np.array(moving.shape) - shift)
    if (high - low < least).any():
        return None
    parts = _cut(problem.fixed, low, high), _cut(problem.moving, low + shift, high + shift)
    return CommonPart(replace(problem, fixed=parts[0], moving=parts[1]), tuple(low.tolist()))


def whole_shift(problem: Problem, pose: PhysicalMap, within: float) -> NDArray[np.intp] | None:
    """Return the shift by whole pixels, on moving's, that a pose is within so many pixels of, or None."""
    fixed, moving = problem.fixed_grid, problem.moving_grid
    middle = (np.array(fixed.shape) - 1) / 2
    shift = np.rint(apply(to_index(pose, fixed, moving), middle) - middle).astype(np.intp)
    index = np.eye(len(pose))
    index[:-1, -1] = shift
    near = max_corner_distance(to_physical(IndexMap(index), fixed, moving), pose, fixed) <= within
    return shift if near else None


def _cut(whole: Prepared, low: NDArray[np.intp], high: NDArray[np.intp]) -> Prepared:
    image, grid = whole.image, whole.image.grid
    part = tuple(slice(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True))
    data, mask = np.ascontiguousarray(image.data[part]), np.ascontiguousarray(image.mask[part])
    origin = tuple(grid.to_physical(low).tolist())
    there = replace(grid, shape=data.shape, origin=origin)
    return replace(whole, image=replace(image, data=data, mask=mask, grid=there), kept=False)
