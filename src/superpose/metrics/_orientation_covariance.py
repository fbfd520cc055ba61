"""How far a pose that the directions of edges determine may be off: residuals of two fields, and their derivatives."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import cos, sin
from superpose._arithmetic.matrices import matmul
from superpose._parallel import on_chunks, row_chunks
from superpose._refine.algebra import Frame, solved
from superpose._refine.sandwich import sandwich, tile_count
from superpose._refine.settings import SandwichSettings
from superpose._sampling.level import PreparedLevel
from superpose._sampling.warp import source, warp
from superpose.metrics.settings import MetricSettings
from superpose.transforms.geometry import IndexMap, nearest_turn

Floats = NDArray[np.float64]

# A polynomial in u and v: {(power of u, power of v): factor}.
Polynomial = dict[tuple[int, ...], int]


def displacements(ndim: int) -> list[list[Polynomial]]:
    """Return how each generator moves a point along each axis, a polynomial in the point's coordinates."""
    coordinates = np.eye(ndim + 1, ndim, dtype=int)  # their powers; the last one is the number one
    found: list[list[Polynomial]] = []
    for axis in range(ndim):
        along: list[Polynomial] = []
        for moved in range(ndim + 1):
            for powers in coordinates[: ndim + (moved < ndim)]:
                if moved == ndim:  # perspective
                    along.append({tuple(int(k) for k in coordinates[axis] + powers): -1})
                else:
                    along.append({tuple(int(k) for k in powers): 1} if moved == axis else {})
        found.append(along)
    return found


def step_covariance(
    fixed: PreparedLevel,
    moving: PreparedLevel,
    pose: IndexMap,
    basis: Floats,
    frame: Frame,
    threads: int,
    settings: MetricSettings,
) -> Floats | None:
    """Return the covariance (n, n) of a step at a pose, or None where the images do not determine it.

    Parameters
    ----------
    fixed, moving : PreparedLevel
        Whose directions are compared.
    pose : ndarray, shape (3, 3)
        From fixed to moving pixels.
    basis : ndarray, shape (8, n)
        What each parameter of a step does in the generators.
    frame : Frame
        In which a step acts.
    threads : int
        The result does not depend on it.
    settings : MetricSettings
        Of directions and of the sandwich.
    """
    block, turning = settings.orientation.block, _turning(pose, frame, settings.orientation.step)
    limits = replace(settings.sandwich, tiles=settings.orientation.tiles)
    sums = _block_sums(fixed, moving, pose, block, threads)
    energy, alike = (float(each.sum()) for each in sums[[10, 19]])
    # In units of moving's, the gain being that of the cross term too.
    gain = alike / energy if energy > 0 else 1.0
    places = tuple(
        (block * np.arange(n) + (block - 1) / 2 - middle) / frame.radius
        for n, middle in zip(sums.shape[1:], frame.centre, strict=True)
    )
    scores = gain * sums[:3]
    scores[:2] -= gain * gain * sums[3:5]
    tiles = matmul(_tile_scores(scores, places, turning, block, limits), basis)
    moments = _moments(sums, places)
    both = gain * gain * moments[list(OWN)], gain * moments[list(CROSSED)]
    noisy, clean = (matmul(basis.T, _products(each, turning), basis) for each in both)
    return sandwich(noisy, clean, tiles[np.abs(tiles).sum(1) > 0], limits)


def pull_covariance(basis: Floats, frame: Frame, pull: float) -> Floats:
    """Return the covariance (n, n) of a step at a pose that is drawn to whole pixels: every step moves by as many."""
    shifts = np.flatnonzero(frame.group[:, :-1, -1].any(1))
    steps = solved(matmul(basis.T, basis), np.ascontiguousarray(basis[shifts].T))
    assert steps is not None
    return pull * pull * matmul(steps, steps.T)


# Which of the sums that `direction_blocks` fills in are of row and row, row and column, column and row, column and
# column, row and turn, turn and row, column and turn, turn and column, turn and turn: of moving's derivatives alone, or
# first moving's and then fixed's.
OWN = (5, 6, 6, 7, 8, 8, 9, 9, 10)
CROSSED = (11, 12, 13, 14, 15, 17, 16, 18, 19)


def _block_sums(fixed: PreparedLevel, moving: PreparedLevel, pose: IndexMap, block: int, threads: int) -> Floats:
    """Return what `direction_blocks` fills in, with moving's directions turned to fixed's frame."""
    from superpose._kernels.blocks import SUMS, direction_blocks

    angle, field = -2 * nearest_turn(pose[:-1, :-1])[0], moving.field
    warped, seen = warp(source(field.parts, field.usable, 1), pose, fixed.shape, threads)
    sums = np.empty((SUMS, *(-(-n // block) for n in fixed.shape)))
    mask = seen & fixed.field.usable
    rows = row_chunks(sums.shape[1], sums.shape[2] * block**2)
    arguments = (fixed.field.parts, warped, mask, cos(angle), sin(angle), block, sums)
    on_chunks(direction_blocks, arguments, rows, threads)
    return sums


def _turning(matrix: IndexMap, frame: Frame, size: float) -> Floats:
    """Return the derivative of the pose's angle by the generators, by steps of a size."""

    def angle(step: Floats) -> float:
        return nearest_turn(frame.moved(matrix, step)[:-1, :-1])[0]

    steps = size * np.eye(frame.generators)
    ahead, behind = (np.array([angle(sign * step) for step in steps]) for sign in (1, -1))
    return np.asarray(((ahead - behind + np.pi) % (2 * np.pi) - np.pi) / (2 * size))


def _tile_scores(
    parts: Floats, places: tuple[Floats, ...], turning: Floats, block: int, settings: SandwichSettings
) -> Floats:
    """Return the sum of residual times derivative by the generators, (tiles, generators), from those of blocks."""
    u, v = (np.vander(each, 3, increasing=True).T for each in places)
    each = parts[2] * (-2 * turning)[:, None, None]
    for k, moved in enumerate(zip(*displacements(2), strict=True)):
        for part, terms in zip(parts[:2], moved, strict=True):
            for (i, j), factor in terms.items():
                each[k] += part * np.multiply.outer(factor * u[i], v[j])
    # Tiles of whole blocks, as even as can be.
    cuts = [np.arange(tile_count(n * block, settings)) for n in each.shape[1:]]
    starts = [cut * n // len(cut) for cut, n in zip(cuts, each.shape[1:], strict=True)]
    tiles = np.add.reduceat(np.add.reduceat(each, starts[0], 1), starts[1], 2)
    return np.asarray(tiles.reshape(len(turning), -1).T)


def _moments(sums: Floats, places: tuple[Floats, ...]) -> Floats:
    """Return the sums of all blocks, (n, 5, 5), times the powers 0 to 4 of u and of v."""
    u, v = (np.vander(each, 5, increasing=True).T for each in places)
    return np.asarray(np.einsum("kic,jc->kij", np.einsum("ir,krc->kic", u, sums), v))


def _products(moments: Floats, turning: Floats) -> Floats:
    """Return the sum of products of derivatives by the generators, symmetrised, from moments by u and v, (9, 5, 5)."""
    singles, pairs = _displacement_powers()
    rt, tr, ct, tc, tt = moments[4:]
    along = np.einsum("kpij,pij->k", singles, 0.5 * np.stack([rt + tr, ct + tc]))
    t = -2 * turning
    out = np.einsum("kmpij,pij->km", pairs, moments[:4])
    out += np.multiply.outer(along, t) + np.multiply.outer(t, along) + float(tt[0, 0]) * np.multiply.outer(t, t)
    return np.asarray(0.5 * (out + out.T))


@lru_cache(maxsize=1)
def _displacement_powers() -> tuple[Floats, Floats]:
    """Return `displacements` by powers of u and v, and the products of any two of them.

    Returns
    -------
    singles : ndarray, shape (generators, 2, 5, 5)
        Along rows, and along columns.
    pairs : ndarray, shape (generators, generators, 4, 5, 5)
        Of row and row, row and column, column and row, column and column.
    """
    moved = list(zip(*displacements(2), strict=True))
    singles, pairs = np.zeros((len(moved), 2, 5, 5)), np.zeros((len(moved), len(moved), 4, 5, 5))
    for k, p in product(range(len(moved)), range(2)):
        for (i, j), a in moved[k][p].items():
            singles[k, p, i, j] = a
            for m, q in product(range(len(moved)), range(2)):
                for (y, x), b in moved[m][q].items():
                    pairs[k, m, 2 * p + q, i + y, j + x] += a * b
    return singles, pairs
