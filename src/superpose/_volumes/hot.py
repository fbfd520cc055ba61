"""Single voxels that belong to the scanner: hot ones and dead ones, which stay where they are while the scene moves.

They draw an answer to where they themselves are alike. So volumes in which there are some are asked once more with the
medians around them in their place. Where the scene then lies elsewhere than they do, they were the scanner's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import matmul
from superpose._arithmetic.order import lower_quantile
from superpose._motions.answer import Answer
from superpose._motions.screen import may_have_spikes
from superpose._motions.settings import DEFAULTS as MOTIONS
from superpose._motions.spikes import Spikes, common_spikes
from superpose._solution import LevelPose, Solver
from superpose._volumes.settings import DEFAULTS, HotSettings
from superpose._volumes.verify import verify_volumes
from superpose.image import Grid, Pixels, Raster
from superpose.transforms.geometry import PhysicalMap, max_corner_distance


def without_hot_voxels(first: Answer, solver: Solver, settings: HotSettings = DEFAULTS.hot) -> Answer:
    """Return the answer to volumes without the single voxels that lie still in them, where these are the scanner's."""
    problem = first.problem
    fixed, moving = problem.fixed.image, problem.moving.image
    spikes = None if problem.keep else common_voxels(fixed, moving, settings)
    if spikes is None:
        return first
    left, levels = spikes.removed(problem), list[LevelPose]()

    def on_level(each: LevelPose) -> bool:
        levels.append(each)
        return True

    solution = solver.solve(left, on_level)
    verdict = verify_volumes(left, solution)
    still = PhysicalMap(matmul(moving.grid.index_to_physical, fixed.grid.physical_to_index))
    least = settings.moved + settings.errors * verdict.uncertainty / problem.fixed_grid.pixel_side
    if not verdict.reliable or max_corner_distance(solution.pose, still, fixed.grid) < least:
        return first
    return Answer(left, solution, verdict, (), "fixed-pattern", spikes.count, tuple(levels))


def common_voxels(fixed: Raster, moving: Raster, settings: HotSettings) -> Spikes | None:
    """Return the single voxels that stand out of both volumes alike, None if they are no more than chance makes."""
    if fixed.grid.shape != moving.grid.shape or min(fixed.grid.shape) < 8:
        return None
    planes = _one_below_the_other(fixed), _one_below_the_other(moving)
    if not may_have_spikes(*planes, MOTIONS[2]):
        return None
    found = common_spikes(*planes, MOTIONS[2])
    return None if found is None else _all_like(found, fixed, moving, settings)


def _one_below_the_other(image: Raster) -> Raster:
    """Return a volume's planes as one picture."""
    shape = -1, image.grid.shape[-1]
    mask = image.trusted.reshape(shape)
    return Raster(image.data.reshape(shape), mask, Grid(mask.shape))


def _all_like(found: Spikes, fixed: Raster, moving: Raster, settings: HotSettings) -> Spikes:
    """Return all voxels as high as those that were found, which stood out of what texture there is.

    Those that texture hid hold an answer back as well.
    """
    both, images = fixed.trusted & moving.trusted, (fixed.data, moving.data)
    medians = found.fixed, found.moving
    least = np.float32(
        settings.as_high
        * min(
            lower_quantile(np.abs(data.ravel()[found.at] - median), settings.lowest)
            for data, median in zip(images, medians, strict=True)
        )
    )
    at = np.flatnonzero(both & (np.minimum(*(np.abs(_beyond_neighbours(data)) for data in images)) > least))
    around = tuple(_medians(data, at) for data in images)
    ours, theirs = (data.ravel()[at] - median for data, median in zip(images, around, strict=True))
    low, high = np.minimum(np.abs(ours), np.abs(theirs)), np.maximum(np.abs(ours), np.abs(theirs))
    kept = (ours * theirs > 0) & (low > least) & (low > np.float32(MOTIONS[2].spikes.alike) * high)
    return Spikes(at[kept], around[0][kept], around[1][kept])


def _beyond_neighbours(data: Pixels) -> Pixels:
    """Return how far voxels lie from the mean of their six neighbours; those of the border are their own."""
    wide = np.pad(data, 1, mode="edge")
    out = 6 * data
    for axis in range(3):
        for part in (slice(None, -2), slice(2, None)):
            out -= wide[tuple(part if k == axis else slice(1, -1) for k in range(3))]
    out *= np.float32(1 / 6)
    return out


def _medians(data: Pixels, at: NDArray[np.intp]) -> Pixels:
    """Return the medians of the 26 voxels around voxels."""
    wide = np.pad(data, 1, mode="edge")
    out = np.empty(len(at), np.float32)
    steps = np.delete(np.indices((3, 3, 3)).reshape(3, -1), 13, axis=1)
    for first in range(0, len(at), 1 << 16):
        some = slice(first, first + (1 << 16))
        places = np.array(np.unravel_index(at[some], data.shape))[:, :, None] + steps[:, None]
        out[some] = np.median(wide[tuple(places)], axis=1)
    return out
