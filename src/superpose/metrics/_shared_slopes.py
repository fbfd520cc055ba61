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
from superpose.transforms.geometry import IndexMap, velocities

if TYPE_CHECKING:
    from superpose.metrics._squared_objective import SquaredObjective

Floats = NDArray[np.float64]

# A pixel, and those below, above, right and left of it.
AROUND = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))


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
    rows, frame, basis = objective.rows, objective.frame, objective.basis
    use, around = rows.mask.copy(), []
    for offset in AROUND:
        beside = np.eye(len(state.matrix))
        beside[:-1, -1] = offset
        values, seen = rows.under(objective.moving, IndexMap(matmul(state.matrix, beside)), objective.cubic)
        use &= seen
        around.append(values)
    lines, columns = np.nonzero(use)
    if len(lines) <= basis.shape[1] + 2:
        return None
    here, below, above, right, left = (float(state.nuisance[0]) * each[use].astype(float) for each in around)
    residual = rows.values[use] - here - state.nuisance[1]
    kept = np.maximum(1 - np.square(residual / objective.cutoff), 0.0)
    weight = kept * kept
    # Of Tukey's biweight: beyond a fifth of the square of its cutoff a larger residual pulls less.
    rate = kept * (5 * kept - 4)
    places = np.stack([np.array(rows.rows)[lines], columns], 1)
    rates = velocities(frame.group, (places - frame.centre) / frame.radius)
    down, across = (matmul(np.ascontiguousarray(rates[:, axis]), basis) for axis in (0, 1))
    fixed, moving = (
        _less_explained(a[:, None] * down + b[:, None] * across, here, weight)
        for a, b in ([each[use].astype(float) for each in rows.slopes], [(below - above) / 2, (right - left) / 2])
    )
    crossed = matmul(fixed.T, rate[:, None] * moving)
    return matmul(moving.T, weight[:, None] * moving), 0.5 * (crossed + crossed.T)


def _less_explained(derivative: Floats, values: Floats, weight: Floats) -> Floats:
    """Return what gain and offset leave of a derivative, under weights."""
    total = max(float(weight.sum()), 1e-300)
    centred = values - float((weight * values).sum()) / total
    derivative = derivative - matmul(weight[None], derivative) / total
    squares = float((weight * centred * centred).sum())
    if squares <= 0:
        return derivative
    along = matmul((weight * centred)[None], derivative) / squares
    return np.asarray(derivative - centred[:, None] * along)
