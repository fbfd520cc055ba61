"""Poses that could be the right one instead: other shifts and other turns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._refine.orientation import OrientationObjective
from superpose._refine.race import Pair
from superpose._search.exhaustive import Candidate, search
from superpose._search.proposals import different
from superpose.transforms.families import turn

Floats = NDArray[np.float64]

# Turns of fixed's neighbourhood that symmetric things are tried under, in quarters.
QUARTERS = (0, 1, 2, 3)
# Shifts that leave less than this part of the overlap are not compared.
LEAST_KEPT = 0.35
# A peak this many pixels of the level from the pose is another pose.
APART = 4
# So many of them are looked at.
RIVALS = 3


@dataclass(frozen=True, eq=False)
class Rival:
    """Another pose, fixed to moving pixels of the level; `score` is relative to the pose's own."""

    matrix: Floats
    score: float


@dataclass(frozen=True, eq=False)
class Landscape:
    """What shifts and quarter turns of a pose score: how far the pose's own lies above, in standard deviations."""

    above: float
    rivals: tuple[Rival, ...]


def landscape(pair: Pair, matrix: Floats, turning: bool, threads: int) -> Landscape:
    """Score all shifts, and where `turning` quarter turns of them too, as the search does.

    Parameters
    ----------
    pair : Pair
        Levels with pixels about as large under the pose.
    matrix : ndarray, shape (3, 3)
        The pose, fixed to moving pixels of the level.
    turning : bool
        Whether the family turns.
    threads : int
        The result does not depend on it.
    """
    objective = OrientationObjective(pair.fixed, pair.moving, "rigid", threads)
    state = objective.start(matrix)
    here, overlap = objective.score(state), objective.linearised(state).overlap
    middle = (np.array(pair.fixed.shape) - 1) / 2
    at = matrix @ [*middle, 1.0]
    centre = at[:2] / at[2]
    linear = (matrix[:2, :2] - np.outer(centre, matrix[2, :2])) / at[2]
    linears = [linear @ turn(quarter * np.pi / 2) for quarter in (QUARTERS if turning else (0,))]
    reach = 10.0 * np.array(pair.fixed.shape)
    found, null = search(pair.fixed, pair.moving, linears, centre, reach, LEAST_KEPT * overlap, threads)
    own = Candidate(matrix, np.inf, overlap)
    others = different([own, *found], pair.fixed.shape, APART, RIVALS + 1)[1:]
    rivals = tuple(Rival(each.matrix, each.score / max(here, 1e-9)) for each in others)
    return Landscape((here - null.mean) / null.deviation, rivals)
