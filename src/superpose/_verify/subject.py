"""What is verified: a pair of images, and what the pose found minimises."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._refine.orientation import OrientationObjective
from superpose._refine.squared import SquaredObjective
from superpose._sampling.prepared import Prepared
from superpose.image import Image

Floats = NDArray[np.float64]

# Metrics whose answer is that of squared error with gain and offset.
SQUARED = ("ncc", "mse")
# Tukey's cutoff in residual standard deviations, as the engine's.
CUTOFF = 6.0


@dataclass(frozen=True, eq=False)
class Subject:
    """A pair of images in the order that the engine worked in, and what the pose found minimises.

    `fixed` and `moving` are pyramids, finest first, with as many levels as are at hand; `swapped` says that what is
    called moving here is the user's fixed image. Where moving is the mirrored image, `back` takes its points to those
    of the image itself, and back.
    """

    fixed: list[Image]
    moving: list[Image]
    swapped: bool
    ending: SquaredObjective | OrientationObjective
    back: Floats | None = None

    def own(self, matrix: Floats) -> Floats:
        """Return a pose of the user's images, fixed to moving, as one of these."""
        pose = np.asarray(np.linalg.inv(matrix)) if self.swapped else matrix
        return pose if self.back is None else self.back @ pose

    def theirs(self, matrix: Floats) -> Floats:
        """Return a pose of these images as one of the user's."""
        pose = matrix if self.back is None else self.back @ matrix
        return np.asarray(np.linalg.inv(pose)) if self.swapped else pose


def subject_of(fixed: Image, moving: Image, metric: str, family: str, matrix: Floats, threads: int) -> Subject:
    """Return the subject where no engine has made one: a SciPy optimiser found `matrix` (physical) by `metric`.

    What has no derivatives here is judged by the directions of edges.
    """
    mine, other = Prepared(fixed, threads), Prepared(moving, threads)
    if metric not in SQUARED:
        return Subject([fixed], [moving], False, OrientationObjective(mine, other, family, threads))
    objective = SquaredObjective(mine, other, family, True, np.inf, threads)
    index = np.linalg.inv(moving.grid.index_to_physical) @ matrix @ fixed.grid.index_to_physical
    scale = objective.scale(objective.start(index))
    cutoff = CUTOFF * scale if scale > 0 else np.inf
    return Subject([fixed], [moving], False, replace(objective, cutoff=cutoff))
