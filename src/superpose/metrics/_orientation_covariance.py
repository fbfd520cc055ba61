"""How far a pose that the directions of edges determine may be off: residuals of two fields, and their derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import cos, sin
from superpose._arithmetic.matrices import matmul
from superpose._refine.algebra import Frame
from superpose._refine.sandwich import sandwich, tile_count
from superpose._refine.settings import SandwichSettings
from superpose._sampling.level import PreparedLevel
from superpose._sampling.warp import source, warp
from superpose.metrics.settings import MetricSettings
from superpose.transforms.geometry import IndexMap, nearest_turn

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]

# A polynomial in u and v: {(power of u, power of v): factor}.
Polynomial = dict[tuple[int, ...], int]


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


def residual_gradients(fixed: PreparedLevel, moving: PreparedLevel, pose: IndexMap, threads: int) -> ResidualGradients:
    """Return the residuals between two fields of doubled directions at a pose between pixels, gain solved."""
    angle = -2 * nearest_turn(pose[:-1, :-1])[0]
    usable = moving.field.usable
    parts = [warp(source(part, usable, 1), pose, fixed.shape, threads) for part in moving.field.parts]
    mask = (parts[0][1] & fixed.field.usable).astype(np.float32)
    c, s = np.float32(cos(angle)), np.float32(sin(angle))
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
    own = settings.orientation
    gradients, turning = residual_gradients(fixed, moving, pose, threads), _turning(pose, frame, own.step)
    scores = _tile_scores(gradients, frame, turning, own.block, settings.sandwich)
    scores = matmul(scores, basis)
    mine = (gradients.row, gradients.column)
    others = (gradients.row_other, gradients.column_other)
    noisy = _products(gradients, frame, turning, mine, gradients.turn, own.stride)
    clean = _products(gradients, frame, turning, others, gradients.turn_other, own.stride)
    noisy, clean = (matmul(basis.T, each, basis) for each in (noisy, clean))
    return sandwich(noisy, clean, scores[np.abs(scores).sum(1) > 0], settings.sandwich)


def _turning(matrix: IndexMap, frame: Frame, size: float) -> Floats:
    """Return the derivative of the pose's angle by the generators, by steps of a size."""

    def angle(step: Floats) -> float:
        return nearest_turn(frame.moved(matrix, step)[:-1, :-1])[0]

    steps = size * np.eye(frame.generators)
    ahead, behind = (np.array([angle(sign * step) for step in steps]) for sign in (1, -1))
    return np.asarray(((ahead - behind + np.pi) % (2 * np.pi) - np.pi) / (2 * size))


def _block_sums(values: Pixels, block: int) -> Floats:
    """Return the sums over blocks of so many pixels a side, all channels together."""
    total = values.sum(0)
    rows, columns = (-(-n // block) * block for n in total.shape)
    full = np.zeros((rows, columns), np.float32)
    full[: total.shape[0], : total.shape[1]] = total
    return np.asarray(full.reshape(rows // block, block, columns // block, block).sum((1, 3), dtype=float))


def _places(shape: tuple[int, ...], frame: Frame, block: int) -> tuple[Floats, Floats]:
    """Return u by rows and v by columns of the blocks' middles."""
    u, v = (block * np.arange(-(-n // block)) + (block - 1) / 2 for n in shape)
    return (u - frame.centre[0]) / frame.radius, (v - frame.centre[1]) / frame.radius


def _tile_scores(
    gradients: ResidualGradients, frame: Frame, turning: Floats, block: int, settings: SandwichSettings
) -> Floats:
    """Return the sum of residual times derivative by the generators, (tiles, generators)."""
    u, v = _places(gradients.weight.shape[1:], frame, block)
    parts = [_block_sums(gradients.residual * slope, block) for slope in (gradients.row, gradients.column)]
    each = np.zeros((len(u), len(v), frame.generators))
    for k, moved in enumerate(zip(*displacements(2), strict=True)):
        for part, terms in zip(parts, moved, strict=True):
            for (i, j), factor in terms.items():
                each[..., k] += factor * part * np.multiply.outer(u**i, v**j)
    each += _block_sums(gradients.residual * gradients.turn, block)[..., None] * (-2 * turning)
    # Tiles of whole blocks, as even as can be.
    cuts = [np.arange(tile_count(n * block, settings)) for n in each.shape[:2]]
    starts = [cut * n // len(cut) for cut, n in zip(cuts, each.shape, strict=False)]
    tiles = np.add.reduceat(np.add.reduceat(each, starts[0], 0), starts[1], 1)
    return np.asarray(tiles.reshape(-1, frame.generators))


def _products(
    gradients: ResidualGradients,
    frame: Frame,
    turning: Floats,
    other: tuple[Pixels, Pixels],
    other_turn: Pixels,
    stride: int,
) -> Floats:
    """Return the weighted sum of products of the derivatives of moving and of `other`, symmetrised.

    It is of the generators; every `stride`-th row stands for those beside it.
    """
    rows, columns = gradients.weight.shape[1:]
    u = (np.arange(0, rows, stride) - frame.centre[0]) / frame.radius
    v = (np.arange(columns) - frame.centre[1]) / frame.radius
    powers_u, powers_v = (np.vander(place, 5, increasing=True).T for place in (u, v))
    weight = gradients.weight[:, ::stride]

    def moments(a: Pixels, b: Pixels) -> Floats:
        every = (weight * a[:, ::stride] * b[:, ::stride]).sum(0, dtype=float)
        # No BLAS: its bits depend on how many threads it chooses.
        along = np.einsum("ir,rc->ic", powers_u, every)
        return np.asarray(stride * np.einsum("ic,jc->ij", along, powers_v))

    mine = (gradients.row, gradients.column)
    cross = {(p, q): moments(mine[p], other[q]) for p in (0, 1) for q in (0, 1)}
    moved = list(zip(*displacements(2), strict=True))
    out = np.zeros((len(moved), len(moved)))
    for k in range(len(moved)):
        for m in range(len(moved)):
            for p, terms in enumerate(moved[k]):
                for q, others in enumerate(moved[m]):
                    for (i, j), a in terms.items():
                        for (y, x), b in others.items():
                            out[k, m] += a * b * cross[p, q][i + y, j + x]
    t = -2 * turning
    along = np.zeros(len(moved))
    sums = [0.5 * (moments(mine[p], other_turn) + moments(gradients.turn, other[p])) for p in (0, 1)]
    for k in range(len(moved)):
        for p, terms in enumerate(moved[k]):
            for (i, j), a in terms.items():
                along[k] += a * sums[p][i, j]
    out += np.outer(along, t) + np.outer(t, along)
    out += float(moments(gradients.turn, other_turn)[0, 0]) * np.outer(t, t)
    return 0.5 * (out + out.T)
