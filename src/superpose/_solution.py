"""What a solver found: the one value that all solvers return, and that verification looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic import matrices
from superpose._arithmetic.matrices import matmul
from superpose._problem import Problem
from superpose._refine.objective import ErrorModel
from superpose._sampling.field_of_view import FieldOfView
from superpose._sampling.level_pair import LevelPair
from superpose._search.scored_pose import ScoredPose
from superpose.metrics.base import Metric
from superpose.transforms.geometry import PhysicalMap, inverse, mirrored, normalised

Floats = NDArray[np.float64]
Views = tuple[FieldOfView, FieldOfView]


@dataclass(frozen=True, eq=False)
class LevelPose:
    """Where one level ended: pose (fixed to moving, physical), metric value, work done, and levels left."""

    shape: tuple[int, ...]
    pose: PhysicalMap
    value: float
    evaluations: int
    seconds: float
    left: int = 0


@dataclass(frozen=True, eq=False)
class Undo:
    """What leads from poses of the pair as a solver worked on it back to poses of the user's pair.

    The images may have been exchanged. And in place of what was then moving there may have been a picture of it,
    mirrored, or as a pose lays it over fixed: `picture` leads from that picture's physical coordinates to its own.
    And both may have been looked at in frames of their own: `frames` leads from those of the user's fixed and moving to
    the user's coordinates.
    """

    swapped: bool = False
    picture: Floats | None = None
    frames: tuple[Floats, Floats] | None = None

    @property
    def mirrored(self) -> bool:
        """Whether moving was mirrored."""
        return self.picture is not None and mirrored(self.picture)

    def to_users(self, pose: PhysicalMap) -> PhysicalMap:
        """Return a pose of the solver's pair as one of the user's."""
        pose = pose if self.picture is None else PhysicalMap(matmul(self.picture, pose))
        pose = inverse(pose) if self.swapped else pose
        if self.frames is None:
            return pose
        return PhysicalMap(matmul(self.frames[1], pose, matrices.inverse(self.frames[0])))

    def to_solvers(self, pose: PhysicalMap) -> PhysicalMap:
        """Return a pose of the user's pair as one of the solver's."""
        if self.frames is not None:
            pose = PhysicalMap(matmul(matrices.inverse(self.frames[1]), pose, self.frames[0]))
        pose = PhysicalMap(matrices.inverse(pose)) if self.swapped else pose
        # One from far aside may see the origin from behind; what is left of it in its picture does not.
        return pose if self.picture is None else normalised(PhysicalMap(matmul(matrices.inverse(self.picture), pose)))


@dataclass(frozen=True, eq=False)
class Solution:
    """What a solver found.

    Attributes
    ----------
    pose : ndarray, shape (3, 3)
        From the user's fixed to moving physical coordinates.
    metric : Metric
        What was minimised.
    value : float or None
        The metric at the end; None where it is still to be measured.
    solver : str
        Its name.
    ending : str
        How it ended, as a sentence; empty where the solver does not say.
    levels : int
        How many levels there were to be refined on.
    stopped : bool
        Whether the user ended it early.
    basins : tuple of ScoredPose
        What the search took for possible, best first, between the user's physical coordinates.
    refined_at_shape : tuple of int
        The level of the user's fixed image on which the basins were scored.
    rivals : list of ndarray
        Poses that could be right instead, between the user's physical coordinates.
    fill : tuple of float
        Which part of fixed and of moving was taken for constant fill.
    pairs : list of LevelPair
        The levels that verification looks at, finest first, as the solver worked on them.
    undo : Undo
        From poses of `pairs` to the user's.
    error_model : ErrorModel
        What knows how far the pose may be off, on the finest level.
    significance : float
        How far the pose stood out of all poses of a search: see `NullDistribution.peak_significance`.
    mirror_fits : callable
        Whether the mirrored moving image fits better, told whether the pose is reliable without that.
    better_below : callable
        The pose that fits better but overlaps less than is allowed, if there is one: its score is a multiple of this
        one's. It is only asked for where this one is not reliable.
    searched_scale : float
        The largest magnification either way that was searched; infinite where there was no search.
    undecided : bool
        Whether the search found a basin that scores almost the same.
    seen_otherwise : callable
        Yields other solutions, looked for on demand; it is told what to call after each level. It is only asked where
        this one is not to be trusted, or undecided.
    views : tuple of FieldOfView, optional
        The fields of view of fixed and of moving, if what lies outside was taken for missing.
    """

    pose: PhysicalMap
    metric: Metric
    value: float | None
    solver: str
    ending: str
    levels: int
    stopped: bool
    basins: tuple[ScoredPose[PhysicalMap], ...]
    refined_at_shape: tuple[int, ...]
    rivals: list[PhysicalMap]
    fill: tuple[float, float]
    pairs: list[LevelPair]
    undo: Undo
    error_model: ErrorModel
    significance: float
    mirror_fits: Callable[[bool], bool]
    better_below: Callable[[], ScoredPose[PhysicalMap] | None] = lambda: None
    searched_scale: float = np.inf
    undecided: bool = False
    seen_otherwise: Callable[[Callable[[LevelPose], bool]], Iterable[Solution]] = lambda _: ()
    views: Views | None = None


class Solver(Protocol):
    """What finds a pose: a frozen value with its own settings, that says which options of `register` it serves."""

    serves: ClassVar[frozenset[str]]

    def solve(self, problem: Problem, on_level: Callable[[LevelPose], bool]) -> Solution:
        """Return what it found; `on_level` is called with the user's pose after each level, and ends it by False."""
