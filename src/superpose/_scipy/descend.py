"""Follow one pose down the pyramid with an optimiser that only evaluates the cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from superpose._problem import Problem
from superpose._sampling.overlay import Overlay
from superpose._sampling.warp import Source, source, warp
from superpose._scipy.level_problem import LevelProblem
from superpose._scipy.methods import Optimizer
from superpose._scipy.settings import DescentSettings
from superpose._solution import LevelPose
from superpose.errors import InputError, shown
from superpose.image import Raster
from superpose.metrics.base import Metric
from superpose.transforms.family import Family
from superpose.transforms.geometry import IndexMap, PhysicalMap, about

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PoseCost:
    """The cost of a pose on one level of the pyramid.

    What is not covered costs what unrelated images would (where the metric knows that), so that a small overlap that
    fits by chance does not beat a large one that fits well. A pose under which less than `min_overlap` of the smaller
    image is covered is no alignment: its cost is infinite.

    Attributes
    ----------
    overlay : Overlay
        Of the level's two images.
    metric : Metric
        What is measured.
    unrelated : float or None
        The cost of what is not covered; None: it costs nothing.
    min_overlap : float
        As part of the smaller image.
    """

    overlay: Overlay
    metric: Metric
    unrelated: float | None
    min_overlap: float

    @cached_property
    def _coverage(self) -> Source:
        """What the moving image covers, as an image: 1 where it has data and 0 all around."""
        padded = np.pad(self.overlay.moving.mask, 1).astype(np.float32)
        return source(padded, np.ones(padded.shape, bool), 1)

    def smooth_overlap(self, pose: PhysicalMap) -> float:
        """Return the overlap with pixels counted in part, so that it changes as smoothly as the pose.

        Under a pose of whole pixels all pixels beside a hole or a border count, and a hair's breadth away none of them
        do. A cost that follows such steps holds an optimiser fast where it starts.
        """
        overlay = self.overlay
        ndim = overlay.fixed.grid.ndim
        by_padding = about(np.eye(ndim), np.ones(ndim), np.zeros(ndim))
        to_padded = IndexMap(by_padding @ overlay.index_pose(pose))
        covered, _ = warp(self._coverage, to_padded, overlay.fixed.grid.shape, overlay.threads)
        return overlay.overlap(covered * overlay.fixed.mask)

    def __call__(self, pose: PhysicalMap) -> tuple[float, float]:
        """Return cost and overlap under a pose from fixed to moving physical coordinates."""
        warped, inside, overlap = self.overlay.under(pose)
        if overlap < self.min_overlap or overlap == 0:
            return np.inf, overlap
        cost = self.metric.cost(self.overlay.fixed.data, warped, inside)
        if self.unrelated is not None:
            part = min(self.smooth_overlap(pose), 1.0)
            cost = part * cost + (1 - part) * self.unrelated
        return cost, overlap

    def value(self, pose: PhysicalMap) -> float:
        """Return the metric itself, over what is covered."""
        warped, inside, _ = self.overlay.under(pose)
        return self.metric.value(self.overlay.fixed.data, warped, inside)


def cost_on(fixed: Raster, moving: Raster, order: int, problem: Problem) -> PoseCost:
    """Return the cost on one level, moving interpolated linearly (order 1) or by cubic B-spline (3)."""
    overlay, unrelated = Overlay.of(fixed, moving, order, problem.threads), _unrelated(problem.metric, fixed, moving)
    return PoseCost(overlay, problem.metric, unrelated, problem.min_overlap)


def _unrelated(metric: Metric, fixed: Raster, moving: Raster) -> float | None:
    """Return what unrelated images of such pixels cost, None where the metric does not know."""
    value = metric.unrelated(fixed.data[fixed.mask], moving.data[moving.mask])
    return None if value is None else metric.signed(value)


def descend(
    problem: Problem,
    optimizer: Optimizer,
    fixed: list[Raster],
    moving: list[Raster],
    on_level: Callable[[LevelPose], bool],
    settings: DescentSettings,
) -> list[LevelPose]:
    """Refine the problem's start from the coarsest level to the finest.

    Parameters
    ----------
    problem : Problem
        What to minimise, and where to start.
    optimizer : callable
        What minimises it on one level.
    fixed, moving : list of Raster
        Pyramids of equal length, finest first.
    on_level : callable
        Called after each level; False ends the descent there.
    settings : DescentSettings
        How far each level may go.

    Returns
    -------
    list of LevelPose
        One a level, coarsest first.
    """
    poses: list[LevelPose] = []
    pose = problem.start
    for level in reversed(range(len(fixed))):
        finest = level == 0
        here = fixed[level], moving[level]
        done = _descend_level(problem, optimizer, *here, pose, not poses, finest, settings)
        if finest and not poses and problem.metric.unrelated is not None:
            # There was no coarser level to find the basin with the whole cost: this one has, and now refines it.
            again = _descend_level(problem, optimizer, *here, done.pose, False, finest, settings)
            evaluations, seconds = done.evaluations + again.evaluations, done.seconds + again.seconds
            done = replace(again, evaluations=evaluations, seconds=seconds)
        done = replace(done, left=level)
        poses.append(done)
        pose = done.pose
        if not on_level(done):
            break
    return poses


def _descend_level(
    problem: Problem,
    optimizer: Optimizer,
    fixed: Raster,
    moving: Raster,
    start: PhysicalMap,
    coarsest: bool,
    finest: bool,
    settings: DescentSettings,
) -> LevelPose:
    family = problem.family
    began = time.perf_counter()
    # Cubic interpolation pays only where its accuracy is not thrown away by the next level.
    cost_of = cost_on(fixed, moving, 3 if finest else 1, problem)
    if finest and not coarsest:
        # Each row and column that leaves the overlap is a step in the cost of what is not covered: it draws
        # the pose to whole pixels. The basin is known by now, and only the metric itself decides within it.
        cost_of = replace(cost_of, unrelated=None)
    pixel = float(np.mean(fixed.grid.spacing))
    centre, radius = fixed.grid.centre, fixed.grid.radius / pixel
    first, overlap = cost_of(start)
    if 0 < overlap < problem.min_overlap and not coarsest:
        # The coarser pixels covered just enough: what they found is not thrown away for a rounding.
        cost_of = replace(cost_of, min_overlap=0.95 * overlap)
        first, overlap = cost_of(start)
    if not np.isfinite(first):
        if overlap < cost_of.min_overlap or overlap == 0:
            raise problem.too_little_overlap(overlap)
        raise InputError("no-finite-cost", argument="metric", value=shown(problem.metric.name))
    # What a difference of cost is large against: mean squared errors of faint images are far below one.
    unit = abs(first) if cost_of.unrelated is None else abs(cost_of.unrelated)
    unit = unit or 1.0
    # Above any cost of an alignment worth having.
    worst = first + 10 * max(abs(first), unit)
    evaluations = 1

    def pose_of(vector: Floats) -> PhysicalMap:
        return PhysicalMap(family.matrix(vector * family.units(pixel), centre, radius))

    def cost(vector: Floats) -> float:
        nonlocal evaluations
        evaluations += 1
        value, covered = cost_of(pose_of(np.atleast_1d(np.asarray(vector, float))))
        if np.isfinite(value):
            return value
        # The less is covered the more it costs, so that an optimiser is led back.
        return worst + unit * max(0.0, cost_of.min_overlap - covered)

    vector = family.vector(start, centre, radius) / family.units(pixel)
    side = max(fixed.grid.shape)
    box = _box(vector, family, side, radius, settings.magnification)
    reach = settings.near if side > settings.small_side or finest else 2 * settings.near
    near = np.inf if coarsest else reach
    if finest and not coarsest:
        box = np.clip(box, vector[:, None] - near, vector[:, None] + near)
    minimum = optimizer(LevelProblem(cost, vector, box, side, near, unit, worst))
    seconds = time.perf_counter() - began
    pose = pose_of(minimum.vector)
    return LevelPose(fixed.grid.shape, pose, cost_of.value(pose), evaluations, seconds)


def _box(vector: Floats, family: Family, side: int, radius: float, magnification: float) -> Floats:
    """Return the box around a start: any turn, a magnification either way, and shifts of a whole side."""
    half = np.full(family.size, float(side))
    half[: family.linear_size] = radius * np.log(magnification)
    half[: family.rotation_size] = radius * np.pi
    return np.stack([vector - half, vector + half], 1)
