"""What is verified: a pair of images, and what the pose found minimises."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._refine.basins import first_look
from superpose._refine.engine import MOST_LEVELS, paired
from superpose._refine.mirror import mirrored, reflection
from superpose._refine.orientation import OrientationObjective
from superpose._refine.prefilter import white_noise
from superpose._refine.race import Pair
from superpose._refine.squared import SquaredObjective
from superpose._sampling.pyramid import levels_of
from superpose._search.proposals import EVERYWHERE
from superpose._verify.rivals import APART
from superpose.image import Image
from superpose.transforms.geometry import PhysicalMap, max_corner_distance

Floats = NDArray[np.float64]

# Metrics whose answer is that of squared error with gain and offset.
SQUARED = ("ncc", "mse")
# A pose is not searched about that magnifies either image more than so many times.
MOST_SCALE = 4.0
# Tukey's cutoff in residual standard deviations, as the engine's.
CUTOFF = 6.0


@dataclass(frozen=True, eq=False)
class Subject:
    """A pair of images in the order that the engine worked in, and what the pose found minimises.

    `pairs` are the levels that are at hand, finest first; `swapped` says that what is
    called moving here is the user's fixed image. `outstanding` is how far the pose stood out in a search of all poses
    (see `Basins`). Where moving is the mirrored image, `back` takes its points to those of the image itself, and back.
    """

    pairs: list[Pair]
    swapped: bool
    ending: SquaredObjective | OrientationObjective
    outstanding: float
    back: Floats | None = None

    def own(self, matrix: Floats) -> Floats:
        """Return a pose of the user's images, fixed to moving, as one of these."""
        pose = np.asarray(np.linalg.inv(matrix)) if self.swapped else matrix
        return pose if self.back is None else self.back @ pose

    def theirs(self, matrix: Floats) -> Floats:
        """Return a pose of these images as one of the user's."""
        pose = matrix if self.back is None else self.back @ matrix
        return np.asarray(np.linalg.inv(pose)) if self.swapped else pose


def subject_of(
    fixed: Image, moving: Image, metric: str, family: str, matrix: Floats, least: float, threads: int
) -> tuple[Subject, list[Floats]]:
    """Return the subject where no engine has made one, and what else could be right: all poses are searched for that.

    A SciPy optimiser found `matrix` (physical) by `metric`; what has no derivatives here is judged by the directions of
    edges. `least` is the smallest overlap.
    """
    stills, others = (levels_of(each, MOST_LEVELS, threads) for each in (fixed, moving))
    back = None
    if np.linalg.det(matrix[:2, :2]) < 0:
        back, others = reflection(moving), [mirrored(each) for each in others]
        matrix = back @ matrix
    pairs = paired(stills, others, threads)
    outstanding, rivals = _searched(pairs, family, matrix, least, threads)
    subject = Subject(pairs, False, _ending(pairs[0], metric, family, matrix, threads), outstanding, back)
    return subject, [subject.theirs(each) for each in rivals]


def _searched(pairs: list[Pair], family: str, matrix: Floats, least: float, threads: int) -> tuple[float, list[Floats]]:
    """Return how far a pose stands out of all others, and which of them could be right instead."""
    size = float(np.sqrt(abs(np.linalg.det(pairs[0].to_index(matrix)[:2, :2]))))
    if not 1 / MOST_SCALE <= size <= MOST_SCALE:  # a pose that shows next to nothing stands out of nothing
        return 0.0, []
    grid = pairs[0].fixed.image.grid
    basins = first_look(pairs, family, EVERYWHERE, matrix, least, threads)
    near = APART * float(np.mean(pairs[basins.level].fixed.image.grid.spacing) / np.mean(grid.spacing))
    best = basins.found[0].matrix if basins.found else None
    gap = np.inf if best is None else max_corner_distance(PhysicalMap(best), PhysicalMap(matrix), grid)
    outstanding = basins.outstanding if gap <= near else 0.0
    return outstanding, [each.matrix for each in basins.found]


def _ending(
    pair: Pair, metric: str, family: str, matrix: Floats, threads: int
) -> SquaredObjective | OrientationObjective:
    """Return what a pose that a SciPy optimiser found minimises."""
    if metric not in SQUARED:
        return OrientationObjective(pair.fixed, pair.moving, family, threads)
    objective = SquaredObjective(pair.fixed, pair.moving, family, True, np.inf, threads)
    state, scale = objective.fitted(pair.to_index(matrix))
    if not 0 < scale < np.inf:
        return objective
    noise = white_noise(1.0, 0.0)
    # What is left of moving's noise between its pixels adds to fixed's.
    variance = scale**2 / (1 + (state.others[0] * noise.gain.mean()) ** 2)
    return replace(objective, cutoff=CUTOFF * scale, noise=replace(noise, variance=variance))
