"""How far the pose may be off: a sandwich covariance whose residuals may be correlated.

The pose solves ``sum of r J = 0``, r being the residual of a pixel and J its derivative by the pose. Its covariance is
``inv(H) B inv(H)``: H is the sum of J Jᵀ, and B the covariance of the sum of r J. Residuals next to each other are
alike (blur, interpolation, what differs between two modalities), so B is not the sum over pixels but over tiles wide
enough to be nearly independent (a cluster-robust, or block, sandwich). H takes one J from fixed and the other from
moving: noise, which is another one in each, would otherwise count as structure.

References
----------
H. White, "Maximum likelihood estimation of misspecified models", Econometrica 50(1), 1982; K.-Y. Liang and S. L. Zeger,
"Longitudinal data analysis using generalized linear models", Biometrika 73(1), 1986.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._refine.algebra import Frame, solved
from superpose._refine.orientation import OrientationObjective
from superpose._refine.squared import SquaredObjective
from superpose._verify.slopes import Pixels, Slopes, orientation_slopes
from superpose.image import Grid
from superpose.transforms.family import Family, family_named
from superpose.transforms.geometry import nearest_turn

Floats = NDArray[np.float64]

# Tiles along each side: as many as can be without becoming narrower than the residuals are alike.
TILES, LEAST_TILE = 10, 12
# Pixels of a block's side, within which a generator counts as constant.
BLOCK = 4
# Products of slopes are added up on every so many-th row: there are more than enough.
STRIDE = 3
# A direction in which both images together have less than this part of one's own slopes has no structure to speak of.
LEAST_STRUCTURE = 0.02


# How far a parameter is moved, in pixels at the corner, to see what that does.
STEP = 1e-3


def pose_covariance(
    ending: SquaredObjective | OrientationObjective,
    matrix: Floats,
    family: Family,
    fixed: Grid,
    swapped: bool,
) -> tuple[Floats | None, float]:
    """Return the covariance of a pose's parameters, and its expected error at fixed's corners in pixels of fixed.

    Parameters
    ----------
    ending : SquaredObjective or OrientationObjective
        What the pose minimises. Its images may be in either order.
    matrix : ndarray, shape (3, 3)
        From fixed to moving physical coordinates.
    family : Family
        Of transforms.
    fixed : Grid
        Of the fixed image.
    swapped : bool
        Whether what `ending` calls moving is fixed.

    Returns
    -------
    covariance : ndarray, shape (n, n), or None
        Of ``family.vector(matrix, fixed.centre, 1.0)``. None where the images do not determine the pose.
    error : float
        Root mean square over the corners, one sigma; infinite where there is no covariance.
    """
    still, moved = ending.fixed.image.grid, ending.moving.image.grid
    to_moved, to_still = np.linalg.inv(moved.index_to_physical), still.index_to_physical
    index = to_moved @ (np.linalg.inv(matrix) if swapped else matrix) @ to_still
    index = index / index[2, 2]
    if isinstance(ending, SquaredObjective):
        steps = squared_covariance(ending, index)
    else:
        slopes = orientation_slopes(ending.fixed, ending.moving, index, ending.threads)
        steps = step_covariance(slopes, family.name, ending.frame, _turning(index, ending.frame))
    if steps is None:
        return None, np.inf

    def seen(step: Floats) -> Floats:
        """Return the parameters and where the corners lie after a step."""
        there = moved.index_to_physical @ ending.frame.moved(index, family.basis @ step) @ np.linalg.inv(to_still)
        there = np.linalg.inv(there) if swapped else there
        points = np.c_[fixed.corners, np.ones(4)] @ there.T
        return np.concatenate([family.vector(there, fixed.centre, 1.0), (points[:, :2] / points[:, 2:]).ravel()])

    jacobian = np.stack([(seen(step) - seen(-step)) / (2 * STEP) for step in STEP * np.eye(len(steps))], 1)
    both = jacobian @ steps @ jacobian.T
    size = abs(np.linalg.det(matrix[:2, :2] / matrix[2, 2])) * float(np.prod(fixed.spacing))
    error = float(np.sqrt(np.trace(both[family.size :, family.size :]) / 4 / max(size, 1e-300)))
    if not np.isfinite(both).all():
        return None, np.inf
    return both[: family.size, : family.size], error


def _turning(matrix: Floats, frame: Frame) -> Floats:
    """Return the derivative of the pose's angle by the eight generators."""

    def angle(step: Floats) -> float:
        return nearest_turn(frame.moved(matrix, step)[:2, :2])[0]

    steps = STEP * np.eye(8)
    ahead, behind = (np.array([angle(sign * step) for step in steps]) for sign in (1, -1))
    return np.asarray(((ahead - behind + np.pi) % (2 * np.pi) - np.pi) / (2 * STEP))


# The generators' displacement (by row, by column) as polynomials in u and v: {(power of u, power of v): factor}.
_Polynomial = dict[tuple[int, int], int]
_ROW: tuple[_Polynomial, ...] = ({(1, 0): 1}, {(0, 1): 1}, {(0, 0): 1}, {}, {}, {}, {(2, 0): -1}, {(1, 1): -1})
_COLUMN: tuple[_Polynomial, ...] = ({}, {}, {}, {(1, 0): 1}, {(0, 1): 1}, {(0, 0): 1}, {(1, 1): -1}, {(0, 2): -1})


def squared_covariance(objective: SquaredObjective, matrix: Floats) -> Floats | None:
    """Return the covariance (n, n) of the step that squared error determines, or None where it does not.

    Parameters
    ----------
    objective : SquaredObjective
        With the images' noise, where it is known: that is no structure.
    matrix : ndarray, shape (3, 3)
        The pose, from fixed to moving pixels.
    """
    from superpose._kernels.normal2d import COUNT, GRADIENT, MATRIX

    cuts = [np.rint(np.linspace(0, n, max(1, min(TILES, n // LEAST_TILE)) + 1)) for n in objective.fixed.shape]
    state, _ = objective.fitted(matrix)
    sums = objective.tiled(state, *(each.astype(np.int64) for each in cuts))
    sums = sums[sums[:, COUNT] > 0]
    project = objective.project(state)
    size = project.shape[1] - 2
    if len(sums) <= size + 1:
        return None
    total, products = sums.sum(0), sums[:, MATRIX:].reshape(-1, 10, 10)
    every = project.T @ products.sum(0) @ project
    scores = sums[:, GRADIENT : GRADIENT + 10] @ project
    # Gain and offset are solved along, by these very pixels.
    along = solved(every[size:, size:], every[size:, :size])
    if along is None:
        return None
    noisy = every[:size, :size] - every[:size, size:] @ along
    noise = (project.T @ objective.noise_in_slopes(total, state) @ project)[:size, :size]
    inverse = _inverse(noisy, noisy - noise)
    if inverse is None:
        return None
    covariance = _sandwich(inverse, scores[:, :size] - scores[:, size:] @ along, size)
    return covariance if np.isfinite(covariance).all() else None


def _sandwich(inverse: Floats, scores: Floats, size: int) -> Floats:
    """Return the covariance of `size` parameters, from the inverse of their matrix and each tile's score."""
    count = len(scores)
    scores = scores - scores.mean(0)
    middle = np.einsum("ni,nj->ij", scores, scores) * (count / (count - 1 - size))
    return np.asarray(inverse @ middle @ inverse)


def step_covariance(slopes: Slopes, family: str, frame: Frame, turning: Floats) -> Floats | None:
    """Return the covariance (n, n) of the family's step at the pose, or None where the images do not determine it.

    Parameters
    ----------
    slopes : Slopes
        At the pose.
    family : str
        Of transforms.
    frame : Frame
        In which a step acts.
    turning : ndarray, shape (8,)
        Derivative of the directions' turn by the generators.
    """
    basis = family_named(family).basis
    scores = _tile_scores(slopes, frame, turning) @ basis
    noisy = basis.T @ _products(slopes, frame, turning, (slopes.row, slopes.column), slopes.turn) @ basis
    others = (slopes.row_other, slopes.column_other)
    clean = basis.T @ _products(slopes, frame, turning, others, slopes.turn_other) @ basis
    inverse = _inverse(noisy, clean)
    if inverse is None:
        return None
    used = np.abs(scores).sum(1) > 0
    count, size = int(used.sum()), scores.shape[1]
    if count <= size + 1:
        return None
    covariance = _sandwich(inverse, scores[used], size)
    return covariance if np.isfinite(covariance).all() else None


def _inverse(noisy: Floats, clean: Floats) -> Floats | None:
    """Return the inverse of `clean`, each direction of which has at most `noisy`'s weight; None where all is noise."""
    values, vectors = np.linalg.eigh(noisy)
    if not values.min() > 1e-12 * values.max():
        return None
    white = vectors / np.sqrt(values)
    parts, axes = np.linalg.eigh(white.T @ clean @ white)
    if not parts.max() > LEAST_STRUCTURE:
        return None
    # A direction without structure of its own is free; how free cannot be told from so few pixels.
    back = white @ axes
    return np.asarray(back / np.clip(parts, LEAST_STRUCTURE, 1.0) @ back.T)


def _block_sums(values: Pixels) -> Floats:
    """Return the sums over blocks of `BLOCK` pixels, all channels together."""
    total = values.sum(0)
    rows, columns = (-(-n // BLOCK) * BLOCK for n in total.shape)
    full = np.zeros((rows, columns), np.float32)
    full[: total.shape[0], : total.shape[1]] = total
    return np.asarray(full.reshape(rows // BLOCK, BLOCK, columns // BLOCK, BLOCK).sum((1, 3), dtype=float))


def _places(shape: tuple[int, ...], frame: Frame) -> tuple[Floats, Floats]:
    """Return u by rows and v by columns of the blocks' middles."""
    u, v = (BLOCK * np.arange(-(-n // BLOCK)) + (BLOCK - 1) / 2 for n in shape)
    return (u - frame.centre[0]) / frame.radius, (v - frame.centre[1]) / frame.radius


def _tile_scores(slopes: Slopes, frame: Frame, turning: Floats) -> Floats:
    """Return the sum of residual times derivative by the eight generators, (tiles, 8)."""
    u, v = _places(slopes.weight.shape[1:], frame)
    parts = [_block_sums(slopes.residual * slope) for slope in (slopes.row, slopes.column)]
    each = np.zeros((len(u), len(v), 8))
    for k in range(8):
        for part, terms in zip(parts, (_ROW[k], _COLUMN[k]), strict=True):
            for (i, j), factor in terms.items():
                each[..., k] += factor * part * np.multiply.outer(u**i, v**j)
    each += _block_sums(slopes.residual * slopes.turn)[..., None] * (-2 * turning)
    # Tiles of whole blocks, as even as can be.
    cuts = [np.arange(max(1, min(TILES, n * BLOCK // LEAST_TILE))) for n in each.shape[:2]]
    starts = [cut * n // len(cut) for cut, n in zip(cuts, each.shape, strict=False)]
    tiles = np.add.reduceat(np.add.reduceat(each, starts[0], 0), starts[1], 1)
    return np.asarray(tiles.reshape(-1, 8))


def _products(
    slopes: Slopes, frame: Frame, turning: Floats, other: tuple[Pixels, Pixels], other_turn: Pixels
) -> Floats:
    """Return the weighted sum of products of the derivatives of moving and of `other`, symmetrised, (8, 8)."""
    rows, columns = slopes.weight.shape[1:]
    u = (np.arange(0, rows, STRIDE) - frame.centre[0]) / frame.radius
    v = (np.arange(columns) - frame.centre[1]) / frame.radius
    powers_u, powers_v = (np.stack([place**k for k in range(5)]) for place in (u, v))
    weight = slopes.weight[:, ::STRIDE]

    def moments(a: Pixels, b: Pixels) -> Floats:
        every = (weight * a[:, ::STRIDE] * b[:, ::STRIDE]).sum(0, dtype=float)
        # No BLAS: its bits depend on how many threads it chooses.
        along = np.einsum("ir,rc->ic", powers_u, every)
        return np.asarray(STRIDE * np.einsum("ic,jc->ij", along, powers_v))

    mine = (slopes.row, slopes.column)
    cross = {(p, q): moments(mine[p], other[q]) for p in (0, 1) for q in (0, 1)}
    out = np.zeros((8, 8))
    for k in range(8):
        for m in range(8):
            for p, terms in ((0, _ROW[k]), (1, _COLUMN[k])):
                for q, others in ((0, _ROW[m]), (1, _COLUMN[m])):
                    for (i, j), a in terms.items():
                        for (y, x), b in others.items():
                            out[k, m] += a * b * cross[p, q][i + y, j + x]
    t = -2 * turning
    along = np.zeros(8)
    sums = [0.5 * (moments(mine[p], other_turn) + moments(slopes.turn, other[p])) for p in (0, 1)]
    for k in range(8):
        for p, terms in ((0, _ROW[k]), (1, _COLUMN[k])):
            for (i, j), a in terms.items():
                along[k] += a * sums[p][i, j]
    out += np.outer(along, t) + np.outer(t, along)
    out += float(moments(slopes.turn, other_turn)[0, 0]) * np.outer(t, t)
    return 0.5 * (out + out.T)
