"""Small views of a made-up scene under known poses, for tests of the parts of the search and of the engine."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from superpose._problem import Problem
from superpose._sampling.level import PreparedLevel, prepare_levels
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.prepared import WorkSize
from superpose._search.search_range import SearchRange
from superpose.image import Grid, Raster
from superpose.transforms.geometry import PhysicalMap, about, apply, turn

Floats = NDArray[np.float64]

EVERYWHERE = SearchRange()


@cache
def blobs(side: int, blur: float) -> Floats:
    """Return the scene: a square of blobs."""
    scene = ndimage.gaussian_filter(np.random.default_rng(71).normal(size=(side, side)), blur)
    return np.asarray(scene / scene.std())


def fixed_view(shape: tuple[int, int], blur: float = 1.7) -> Floats:
    """Return what is seen from right above the scene's middle."""
    return moving_view(shape, np.eye(3), blur)


def moving_view(shape: tuple[int, int], truth: Floats, blur: float = 1.7) -> Floats:
    """Return what is seen where `truth` (fixed to moving pixels) is right for a fixed view of the same shape."""
    side = 2 * max(shape)
    corner = (side - np.array(shape)) / 2
    seen = apply(np.linalg.inv(truth), np.moveaxis(np.indices(shape), 0, -1)) + corner
    return ndimage.map_coordinates(blobs(side, blur), np.moveaxis(seen, -1, 0), order=3, mode="reflect")


def pose(angle: float, shift: tuple[float, float], shape: tuple[int, int], scale: float = 1.0) -> PhysicalMap:
    """Return a turn (degrees) and magnification about the image's middle, then a shift (pixels)."""
    return PhysicalMap(about(scale * turn(np.radians(angle)), np.array(shift), Grid(shape).centre))


def problem_of(fixed: Floats, moving: Floats, **options: object) -> Problem:
    """Return the problem on one thread."""
    return Problem.checked(fixed, moving, threads=1, **options)


def pairs_of(problem: Problem) -> list[LevelPair]:
    """Return the levels of a pair, in the order of the problem, finest first."""
    both = (each.levels(WorkSize(), 1) for each in (problem.fixed, problem.moving))
    return [LevelPair(*each) for each in zip(*both, strict=True)]


def level_of(data: Floats, origin: tuple[float, ...] = (), spacing: tuple[float, ...] = ()) -> PreparedLevel:
    """Return an image without missing pixels as one level."""
    return prepare_levels([image_of(data, origin, spacing)], 1)[0]


def image_of(data: Floats, origin: tuple[float, ...] = (), spacing: tuple[float, ...] = ()) -> Raster:
    """Return an image without missing pixels."""
    return Raster(data.astype(np.float32), np.ones(data.shape, bool), Grid(data.shape, origin, spacing))
