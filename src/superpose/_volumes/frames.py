"""Both volumes of a problem in frames of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import inverse, matmul
from superpose._problem import Problem
from superpose._sampling.frames import along_axes
from superpose.transforms.geometry import PhysicalMap

Floats = NDArray[np.float64]


def in_own_frames(problem: Problem) -> tuple[Problem, tuple[Floats, Floats]]:
    """Return a problem with both volumes along their own axes, and what leads back to the user's coordinates."""
    (fixed, of_fixed), (moving, of_moving) = (along_axes(each.image) for each in (problem.fixed, problem.moving))
    start = PhysicalMap(matmul(inverse(of_moving), problem.start, of_fixed))
    framed = replace(
        problem,
        fixed=replace(problem.fixed, image=fixed, kept=False),
        moving=replace(problem.moving, image=moving, kept=False),
        start=start,
    )
    return framed, (of_fixed, of_moving)
