"""Follow one pose down the pyramid with an optimiser that only evaluates the cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from superpose._refine.scipy_methods import Optimizer, Problem
from superpose._sampling.warp import Source, source, warp
from superpose.errors import InputError
from superpose.image import Grid, Image, Mask, Pixels
from superpose.metrics.base import Metric
from superpose.transforms.family import Family

Floats = NDArray[np.float64]

# How far, in pixels of its level, a local method may move what the coarser level found; twice as far on
# small levels, for a coarser one than those shows little of the images.
NEAR = 8.0
SMALL_SIDE = 64


@dataclass(frozen=True, eq=False)
class Pose:
    """Where one level ended: matrix between physical coordinates, metric value, work done."""

    shape: tuple[int, ...]
    matrix: Floats
    value: float
    evaluations: int
    seconds: float


@dataclass(frozen=True, eq=False)
class Cost:
    """The cost of a pose on one level of the pyramid.

    What is not covered costs what unrelated images would (where the metric knows that), so that a small
    overlap that fits by chance does not beat a large one that fits well. A pose under which less than
    `min_overlap` of the smaller image is covered is no alignment: it costs more than any that is, the more so
    the less it covers, so that an optimiser is led back.
    """

    fixed: Image
    moving: Source
    moving_grid: Grid
    metric: Metric
    unrelated: float | None
    min_overlap: float
    threads: int

    @cached_property
    def _coverage(self) -> Source:
        """What the moving image covers, as an image: 1 where it has data and 0 all around."""
        padded = np.pad(self.moving.mask, 1).astype(np.float32)
        return source(padded, np.ones(padded.shape, bool), 1)

    def smooth_overlap(self, matrix: Floats) -> float:
        """Return the overlap with pixels counted in part, so that it changes as smoothly as the pose.

        On whole pixels every one beside a hole or a border counts; a hair's breadth away none of them does.
        A cost that follows such steps holds an optimiser fast where it starts.
        """
        to_index = np.linalg.inv(self.moving_grid.index_to_physical) @ matrix @ self.fixed.grid.index_to_physical
        to_padded = np.array([[1.0, 0, 1], [0, 1, 1], [0, 0, 1]]) @ to_index
        covered, _ = warp(self._coverage, to_padded, self.fixed.grid.shape, self.threads)
        return self.overlap(covered * self.fixed.mask)

    def overlap(self, mask: NDArray[np.bool_] | Pixels) -> float:
        """Return the part of the smaller image that the other covers."""
        fixed = float(self.fixed.mask.sum()) * np.prod(self.fixed.grid.spacing)
        moving = float(self.moving.mask.sum()) * np.prod(self.moving_grid.spacing)
        return float(mask.sum(dtype=float) * np.prod(self.fixed.grid.spacing) / min(fixed, moving))

    def covered(self, matrix: Floats) -> tuple[Pixels, Mask, float]:
        """Return the moving image on the fixed grid, where both count, and the overlap."""
        to_index = np.linalg.inv(self.moving_grid.index_to_physical) @ matrix @ self.fixed.grid.index_to_physical
        warped, inside = warp(self.moving, to_index, self.fixed.grid.shape, self.threads)
        inside &= self.fixed.mask
        return warped, inside, self.overlap(inside)

    def __call__(self, matrix: Floats) -> tuple[float, float]:
        """Return cost and overlap under a matrix from fixed to moving physical coordinates."""
        warped, inside, overlap = self.covered(matrix)
        if overlap < self.min_overlap or overlap == 0:
            return np.inf, overlap
        cost = self.metric.cost(self.fixed.data, warped, inside)
        if self.unrelated is not None:
            part = min(self.smooth_overlap(matrix), 1.0)
            cost = part * cost + (1 - part) * self.unrelated
        return cost, overlap

    def value(self, matrix: Floats) -> float:
        """Return the metric itself, over what is covered."""
        warped, inside, _ = self.covered(matrix)
        return self.metric.measure(self.fixed.data, warped, inside)


@dataclass(frozen=True)
class Descent:
    """How the pyramid is descended."""

    family: Family
    metric: Metric
    optimizer: Optimizer
    min_overlap: float
    threads: int


def cost_on(fixed: Image, moving: Image, order: int, plan: Descent) -> Cost:
    """Return the cost on one level, moving interpolated linearly (order 1) or by cubic B-spline (3)."""
    unrelated = None
    if plan.metric.unrelated is not None:
        unrelated = plan.metric.signed(plan.metric.unrelated(fixed.data[fixed.mask], moving.data[moving.mask]))
    sampled = source(moving.data, moving.mask, order)
    return Cost(fixed, sampled, moving.grid, plan.metric, unrelated, plan.min_overlap, plan.threads)


def descend(
    fixed: list[Image], moving: list[Image], start: Floats, plan: Descent, report: Callable[[Pose], bool]
) -> list[Pose]:
    """Refine `start` from the coarsest level to the finest; `report` may return False to stop early.

    Parameters
    ----------
    fixed, moving : list of Image
        Pyramids of equal length, finest first.
    start : ndarray, shape (3, 3)
        From fixed to moving physical coordinates.
    plan : Descent
        What to minimise, and how.
    report : callable
        Called after each level; False ends the descent there.

    Returns
    -------
    list of Pose
        One a level, coarsest first.
    """
    poses: list[Pose] = []
    matrix = start
    for level in reversed(range(len(fixed))):
        finest = level == 0
        pose = _one_level(fixed[level], moving[level], matrix, plan, not poses, finest)
        if finest and not poses and plan.metric.unrelated is not None:
            # No coarser level has found the basin with the whole cost: this one has, and now refines it.
            again = _one_level(fixed[level], moving[level], pose.matrix, plan, False, finest)
            evaluations, seconds = pose.evaluations + again.evaluations, pose.seconds + again.seconds
            pose = replace(again, evaluations=evaluations, seconds=seconds)
        poses.append(pose)
        matrix = pose.matrix
        if not report(pose):
            break
    return poses


def _one_level(fixed: Image, moving: Image, start: Floats, plan: Descent, coarsest: bool, finest: bool) -> Pose:
    began = time.perf_counter()
    # Cubic interpolation pays only where its accuracy is not thrown away by the next level.
    cost_of = cost_on(fixed, moving, 3 if finest else 1, plan)
    if finest and not coarsest:
        # Each row and column that leaves the overlap is a step in the cost of what is not covered: it draws
        # the pose to whole pixels. The basin is known by now, and only the metric itself decides within it.
        cost_of = replace(cost_of, unrelated=None)
    pixel = float(np.mean(fixed.grid.spacing))
    centre, radius = fixed.grid.centre, fixed.grid.radius / pixel
    first, overlap = cost_of(start)
    if 0 < overlap < plan.min_overlap and not coarsest:
        # The coarser pixels covered just enough: what they found is not thrown away for a rounding.
        cost_of = replace(cost_of, min_overlap=0.95 * overlap)
        first, overlap = cost_of(start)
    if not np.isfinite(first):
        if overlap < cost_of.min_overlap or overlap == 0:
            raise InputError("no-overlap", argument="initial", value=f"{100 * overlap:.0f} %")
        raise InputError("no-finite-cost", argument="metric", value=repr(plan.metric.name))
    # What a difference of cost is large against: mean squared errors of faint images are far below one.
    unit = abs(first) if cost_of.unrelated is None else abs(cost_of.unrelated)
    unit = unit or 1.0
    # Above any cost of an alignment worth having.
    worst = first + 10 * max(abs(first), unit)
    evaluations = 1

    def matrix_of(vector: Floats) -> Floats:
        return plan.family.matrix(vector * plan.family.units(pixel), centre, radius)

    def cost(vector: Floats) -> float:
        nonlocal evaluations
        evaluations += 1
        value, covered = cost_of(matrix_of(np.atleast_1d(np.asarray(vector, float))))
        if np.isfinite(value):
            return value
        return worst + unit * max(0.0, cost_of.min_overlap - covered)

    vector = plan.family.vector(start, centre, radius) / plan.family.units(pixel)
    side = max(fixed.grid.shape)
    box = _box(vector, plan.family, side, radius)
    near = np.inf if coarsest else NEAR if side > SMALL_SIDE or finest else 2 * NEAR
    if finest and not coarsest:
        box = np.clip(box, vector[:, None] - near, vector[:, None] + near)
    found = plan.optimizer(Problem(cost, vector, box, side, near, unit, worst))
    seconds = time.perf_counter() - began
    matrix = matrix_of(found.vector)
    return Pose(fixed.grid.shape, matrix, cost_of.value(matrix), evaluations, seconds)


def _box(vector: Floats, family: Family, side: int, radius: float) -> Floats:
    """Return the box around a start: any angle, scale, shear or w at a corner to a factor of 2, shifts to the side."""
    half = np.full(family.size, float(side))
    half[: family.linear_size] = radius * np.log(2)
    if family.name in ("rigid", "similarity"):
        half[0] = radius * np.pi
    return np.stack([vector - half, vector + half], 1)
