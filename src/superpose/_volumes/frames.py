"""Both volumes of a problem in frames of their own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from superpose._problem import Problem
from superpose._sampling.frames import along_axes
from superpose._solution import Undo

Floats = NDArray[np.float64]


def in_own_frames(problem: Problem) -> tuple[Problem, tuple[Floats, Floats]]:
    """Return a problem with both volumes along their own axes, and what leads back to the user's coordinates."""
    (fixed, of_fixed), (moving, of_moving) = (along_axes(each.image) for each in (problem.fixed, problem.moving))
    frames = of_fixed, of_moving
    framed = replace(
        problem,
        fixed=replace(problem.fixed, image=fixed, kept=False),
        moving=replace(problem.moving, image=moving, kept=False),
        start=Undo(frames=frames).to_solvers(problem.start),
    )
    return framed, frames
