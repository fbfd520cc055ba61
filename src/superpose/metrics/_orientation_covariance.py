"""How far a pose that the directions of edges determine may be off: residuals of two fields, and their derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._refine.algebra import Frame
from superpose._refine.sandwich import sandwich, tile_count
from superpose._sampling.level import PreparedLevel
from superpose._sampling.warp import source, warp
from superpose.transforms.geometry import IndexMap, nearest_turn

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]

# Pixels of a block's side, within which a generator counts as constant.
BLOCK = 4
# Products of slopes are added up on every so many-th row: there are more than enough.
STRIDE = 3
# How far a parameter is moved, in pixels at the corner, to see what that does.
STEP = 1e-3

# The generators' displacement (by row, by column) as polynomials in u and v: {(power of u, power of v): factor}.
_Polynomial = dict[tuple[int, int], int]
_ROW: tuple[_Polynomial, ...] = ({(1, 0): 1}, {(0, 1): 1}, {(0, 0): 1}, {}, {}, {}, {(2, 0): -1}, {(1, 1): -1})
_COLUMN: tuple[_Polynomial, ...] = ({}, {}, {}, {(1, 0): 1}, {(0, 1): 1}, {(0, 0): 1}, {(1, 1): -1}, {(0, 2): -1})


@dataclass(frozen=True, eq=False)
class ResidualGradients:
    """Residuals of two fields and their derivatives, (channels, rows, columns), 0 where a pixel has no weight.

    `residual` has the weights in; `row` and `column` are moving's derivatives (gain included), `row_other` and
    `column_other` fixed's; `turn` and `turn_other` are those by a turn of the directions themselves.
    """

    residual: Pixels
    weight: Pixels
    row: Pixels
    column: Pixels
    row_other: Pixels
    column_other: Pixels
    turn: Pixels
    turn_other: Pixels


def residual_gradients(fixed: PreparedLevel, moving: PreparedLevel, pose: IndexMap, threads: int) -> ResidualGradients:
    """Return the residuals between two fields of doubled directions at a pose between pixels, gain solved."""
    angle = -2 * nearest_turn(pose[:-1, :-1])[0]
    usable = moving.field.usable
    parts = [warp(source(part, usable, 1), pose, fixed.shape, threads) for part in moving.field.parts]
    mask = (parts[0][1] & fixed.field.usable).astype(np.float32)
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    p, q = parts[0][0], parts[1][0]
    turned = np.stack([c * p - s * q, s * p + c * q]) * mask
    mine = fixed.field.parts * mask
    energy = float((turned**2).sum(dtype=np.float64))
    gain = np.float32((mine * turned).sum(dtype=np.float64) / energy if energy > 0 else 1.0)
    ours = gain * turned
    slopes = [_differences(each, mask > 0) for each in ours]
    # In units of moving's, the gain being that of the cross term too.
    others = [_differences(each, mask > 0) for each in mine]
    return ResidualGradients(
        mine - ours,
        np.broadcast_to(mask, mine.shape),
        np.stack([each[0] for each in slopes]),
        np.stack([each[1] for each in slopes]),
        np.stack([each[0] for each in others]),
        np.stack([each[1] for each in others]),
        np.stack([-ours[1], ours[0]]),
        np.stack([-mine[1], mine[0]]),
    )


def _differences(values: Pixels, mask: NDArray[np.bool_]) -> tuple[Pixels, Pixels]:
    """Return central differences along rows and columns, 0 where a neighbour does not count."""
    out = []
    for axis in (0, 1):
        there = np.zeros(values.shape, np.float32)
        ahead = tuple(slice(2, None) if k == axis else slice(None) for k in (0, 1))
        behind = tuple(slice(None, -2) if k == axis else slice(None) for k in (0, 1))
        middle = tuple(slice(1, -1) if k == axis else slice(None) for k in (0, 1))
        there[middle] = np.float32(0.5) * (values[ahead] - values[behind]) * (mask[ahead] & mask[behind])
        out.append(there)
    return out[0], out[1]


def step_covariance(
    fixed: PreparedLevel, moving: PreparedLevel, pose: IndexMap, basis: Floats, frame: Frame, threads: int
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
    """
    gradients, turning = residual_gradients(fixed, moving, pose, threads), _turning(pose, frame)
    scores = _tile_scores(gradients, frame, turning) @ basis
    own = (gradients.row, gradients.column)
    others = (gradients.row_other, gradients.column_other)
    noisy = basis.T @ _products(gradients, frame, turning, own, gradients.turn) @ basis
    clean = basis.T @ _products(gradients, frame, turning, others, gradients.turn_other) @ basis
    return sandwich(noisy, clean, scores[np.abs(scores).sum(1) > 0])


def _turning(matrix: IndexMap, frame: Frame) -> Floats:
    """Return the derivative of the pose's angle by the eight generators."""

    def angle(step: Floats) -> float:
        return nearest_turn(frame.moved(matrix, step)[:-1, :-1])[0]

    steps = STEP * np.eye(8)
    ahead, behind = (np.array([angle(sign * step) for step in steps]) for sign in (1, -1))
    return np.asarray(((ahead - behind + np.pi) % (2 * np.pi) - np.pi) / (2 * STEP))


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


def _tile_scores(gradients: ResidualGradients, frame: Frame, turning: Floats) -> Floats:
    """Return the sum of residual times derivative by the eight generators, (tiles, 8)."""
    u, v = _places(gradients.weight.shape[1:], frame)
    parts = [_block_sums(gradients.residual * slope) for slope in (gradients.row, gradients.column)]
    each = np.zeros((len(u), len(v), 8))
    for k in range(8):
        for part, terms in zip(parts, (_ROW[k], _COLUMN[k]), strict=True):
            for (i, j), factor in terms.items():
                each[..., k] += factor * part * np.multiply.outer(u**i, v**j)
    each += _block_sums(gradients.residual * gradients.turn)[..., None] * (-2 * turning)
    # Tiles of whole blocks, as even as can be.
    cuts = [np.arange(tile_count(n * BLOCK)) for n in each.shape[:2]]
    starts = [cut * n // len(cut) for cut, n in zip(cuts, each.shape, strict=False)]
    tiles = np.add.reduceat(np.add.reduceat(each, starts[0], 0), starts[1], 1)
    return np.asarray(tiles.reshape(-1, 8))


def _products(
    gradients: ResidualGradients, frame: Frame, turning: Floats, other: tuple[Pixels, Pixels], other_turn: Pixels
) -> Floats:
    """Return the weighted sum of products of the derivatives of moving and of `other`, symmetrised, (8, 8)."""
    rows, columns = gradients.weight.shape[1:]
    u = (np.arange(0, rows, STRIDE) - frame.centre[0]) / frame.radius
    v = (np.arange(columns) - frame.centre[1]) / frame.radius
    powers_u, powers_v = (np.stack([place**k for k in range(5)]) for place in (u, v))
    weight = gradients.weight[:, ::STRIDE]

    def moments(a: Pixels, b: Pixels) -> Floats:
        every = (weight * a[:, ::STRIDE] * b[:, ::STRIDE]).sum(0, dtype=float)
        # No BLAS: its bits depend on how many threads it chooses.
        along = np.einsum("ir,rc->ic", powers_u, every)
        return np.asarray(STRIDE * np.einsum("ic,jc->ij", along, powers_v))

    mine = (gradients.row, gradients.column)
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
    sums = [0.5 * (moments(mine[p], other_turn) + moments(gradients.turn, other[p])) for p in (0, 1)]
    for k in range(8):
        for p, terms in ((0, _ROW[k]), (1, _COLUMN[k])):
            for (i, j), a in terms.items():
                along[k] += a * sums[p][i, j]
    out += np.outer(along, t) + np.outer(t, along)
    out += float(moments(gradients.turn, other_turn)[0, 0]) * np.outer(t, t)
    return 0.5 * (out + out.T)
