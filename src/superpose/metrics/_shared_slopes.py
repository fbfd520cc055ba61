"""Which part of the structure that squared error rests on is the scene's: what both images show at the same places.

The pose solves ``sum of psi(r) g M' = 0``, r being fixed less gain g times moving M, and M' how a step changes moving.
By parts, the derivative of that sum is ``sum of psi'(r) g M' F'``: whatever noise, outliers or another modality add to
the slopes of one image alone is in the Gauss-Newton matrix ``sum of w(r) g² M' M'``, and not in this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import eigen, matmul
from superpose._refine.objective import State
from superpose.image import Mask, Pixels
from superpose.transforms.geometry import IndexMap

if TYPE_CHECKING:
    from superpose.metrics._squared_objective import SquaredObjective

Floats = NDArray[np.float64]


def scene_matrix(objective: SquaredObjective, state: State, whole: Floats) -> Floats | None:
    """Return what the Gauss-Newton matrix of a step, `whole` (n, n), is where slopes of one image alone do not count.

    None where that is not known.
    """
    found = own_and_shared(objective, state)
    if found is None:
        return None
    own, shared = found
    values, vectors = eigen(own)
    if not values.min() > 0:
        return None
    squares, axes = eigen(whole)
    white = matmul(vectors / np.sqrt(values), vectors.T)
    root = matmul(axes * np.sqrt(np.maximum(squares, 0.0)), axes.T)
    return np.asarray(matmul(root, white, shared, white, root))


def own_and_shared(objective: SquaredObjective, state: State) -> tuple[Floats, Floats] | None:
    """Return the Gauss-Newton matrix of a step and the derivative in truth, (n, n) each, from sampled rows.

    Gain and offset are solved along. None where too few pixels count.
    """
    rows, frame = objective.rows, objective.frame
    (here, middle), *besides = (_moving_beside(objective, state, rows_below) for rows_below in (0, 1, -1))
    use = middle & besides[0][1] & besides[1][1]
    use[:, 1:-1] &= middle[:, 2:] & middle[:, :-2]
    use[:, [0, -1]] = False
    lines, columns = np.nonzero(use)
    if len(lines) <= objective.basis.shape[1] + 2:
        return None
    gain, offset = float(state.nuisance[0]), state.nuisance[1]
    across = np.zeros_like(here)
    across[:, 1:-1] = here[:, 2:] - here[:, :-2]
    mine = tuple(0.5 * gain * each[use].astype(float) for each in (besides[0][0] - besides[1][0], across))
    warped = gain * here[use].astype(float)
    kept = np.maximum(1 - np.square((rows.values[use] - warped - offset) / objective.cutoff), 0.0)
    weight = kept * kept
    # Of Tukey's biweight: beyond a fifth of the square of its cutoff a larger residual pulls less.
    rate = kept * (5 * kept - 4)
    centred = warped - float((weight * warped).sum()) / max(float(weight.sum()), 1e-300)
    places = (np.stack([np.array(rows.rows)[lines], columns]) - frame.centre[:, None]) / frame.radius
    powers, steps = _moved_by_steps(frame.group, objective.basis, places)
    fixed, moving = (
        np.concatenate([powers * slopes[0], powers * slopes[1], np.ones_like(centred)[None], centred[None]])
        for slopes in ([each[use].astype(float) for each in rows.slopes], mine)
    )
    inner = matmul(moving * weight, moving.T)
    ours, theirs = (_less_explained(steps, each) for each in (matmul(fixed * weight, fixed.T), inner))
    crossed = matmul(ours.T, matmul(fixed * rate, moving.T), theirs)
    return matmul(theirs.T, inner, theirs), 0.5 * (crossed + crossed.T)


def _moving_beside(objective: SquaredObjective, state: State, rows_below: int) -> tuple[Pixels, Mask]:
    """Return moving as the pose lays it over the sampled rows, or those so far below, and where both count."""
    beside = np.eye(len(state.matrix))
    beside[0, -1] = rows_below
    return objective.rows.under(objective.moving, IndexMap(matmul(state.matrix, beside)), objective.cubic)


def _moved_by_steps(group: Floats, basis: Floats, places: Floats) -> tuple[Floats, Floats]:
    """Return products of coordinates (k, pixels), and how much of each a step has (2 k, n), by row and then by column.

    Places are moved by a homogeneous generator by what its linear part says, less what its last row draws them in.
    """
    row, column = places
    powers = [np.ones_like(row), row, column, row * row, row * column, column * column]
    none, drawn = np.zeros(len(group)), -group[:, -1]
    down = [group[:, 0, 2], group[:, 0, 0] + drawn[:, 2], group[:, 0, 1], drawn[:, 0], drawn[:, 1], none]
    across = [group[:, 1, 2], group[:, 1, 0], group[:, 1, 1] + drawn[:, 2], none, drawn[:, 0], drawn[:, 1]]
    steps = [matmul(np.stack(each), basis) for each in (down, across)]
    used = [bool(steps[0][k].any() or steps[1][k].any()) for k in range(len(powers))]
    return np.stack([each for each, one in zip(powers, used, strict=True) if one]), np.concatenate(
        [each[used] for each in steps]
    )


def _less_explained(steps: Floats, inner: Floats) -> Floats:
    """Return steps (k, n) with what gain and offset take of them in two rows more, from the inner products (k+2, k+2).

    The last two are those of one and of the values, which are centred.
    """
    offset = matmul(inner[-2, :-2], steps) / max(float(inner[-2, -2]), 1e-300)
    squares = float(inner[-1, -1])
    gain = matmul(inner[-1, :-2], steps) / squares if squares > 0 else 0 * offset
    return np.concatenate([steps, -offset[None], -gain[None]])
