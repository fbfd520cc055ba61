"""How far a pose that the directions of edges determine may be off: residuals of two fields, and their derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import cos, sin
from superpose._arithmetic.matrices import matmul
from superpose._parallel import PIXELS_PER_CHUNK, chunks_of, ordered_map
from superpose._refine.algebra import Frame
from superpose._refine.sandwich import sandwich, tile_count
from superpose._refine.settings import SandwichSettings
from superpose._sampling.level import PreparedLevel
from superpose._sampling.warp import source, warp
from superpose.metrics.settings import MetricSettings, OrientationSettings
from superpose.transforms.geometry import IndexMap, nearest_turn

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]

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


@dataclass(frozen=True, eq=False)
class ResidualGradients:
    """Residuals of two fields and their derivatives on a band of rows, (channels, rows, columns).

    `row` and `column` are moving's derivatives (gain included), `row_other` and `column_other` fixed's; `turn` and
    `turn_other` are those by a turn of the directions themselves. All but fixed's `row_other` and `column_other` are 0
    where `weight`, (rows, columns), is 0.
    """

    residual: Pixels
    weight: Pixels
    row: Pixels
    column: Pixels
    row_other: Pixels
    column_other: Pixels
    turn: Pixels
    turn_other: Pixels


@dataclass(frozen=True, eq=False)
class MatchedFields:
    """Two fields of doubled directions on fixed's pixels, (2, rows, columns), 0 where `mask`, 1 or 0, is 0."""

    fixed: Pixels
    moving: Pixels
    mask: Pixels

    @classmethod
    def at(cls, fixed: PreparedLevel, moving: PreparedLevel, pose: IndexMap, threads: int) -> MatchedFields:
        """Return the fields at a pose between pixels: moving's turned to fixed's frame, times the gain that fits."""
        angle = -2 * nearest_turn(pose[:-1, :-1])[0]
        c, s = np.float32(cos(angle)), np.float32(sin(angle))
        usable = moving.field.usable
        (p, seen), (q, _) = (warp(source(part, usable, 1), pose, fixed.shape, threads) for part in moving.field.parts)
        mask = (seen & fixed.field.usable).astype(np.float32)
        mine, turned = np.empty((2, *mask.shape), np.float32), np.empty((2, *mask.shape), np.float32)
        sums = np.zeros(2)
        for first, last in chunks_of(mask.shape):
            rows = slice(first, last)
            turned[0, rows] = (c * p[rows] - s * q[rows]) * mask[rows]
            turned[1, rows] = (s * p[rows] + c * q[rows]) * mask[rows]
            np.multiply(fixed.field.parts[:, rows], mask[rows], out=mine[:, rows])
            sums += [(each[:, rows] * turned[:, rows]).sum(dtype=float) for each in (turned, mine)]
        # In units of moving's, the gain being that of the cross term too.
        turned *= np.float32(sums[1] / sums[0] if sums[0] > 0 else 1.0)
        return cls(mine, turned, mask)

    def gradients(self, first: int, last: int) -> ResidualGradients:
        """Return residuals and derivatives on rows first..last."""
        rows = slice(first, last)
        mine, ours, mask = self.fixed[:, rows], self.moving[:, rows], self.mask[rows]
        return ResidualGradients(
            mine - ours,
            mask,
            self._by_row(self.moving, first, last) * mask,
            self._by_column(ours, mask) * mask,
            self._by_row(self.fixed, first, last),
            self._by_column(mine, mask),
            np.stack([-ours[1], ours[0]]),
            np.stack([-mine[1], mine[0]]),
        )

    def _by_row(self, values: Pixels, first: int, last: int) -> Pixels:
        """Return central differences between rows, 0 where a neighbour does not count."""
        out = np.zeros((2, last - first, values.shape[2]), np.float32)
        a, b = max(first, 1), min(last, values.shape[1] - 1)
        both = np.float32(0.5) * (self.mask[a + 1 : b + 1] * self.mask[a - 1 : b - 1])
        np.subtract(values[:, a + 1 : b + 1], values[:, a - 1 : b - 1], out=out[:, a - first : b - first])
        out[:, a - first : b - first] *= both
        return out

    @staticmethod
    def _by_column(values: Pixels, mask: Pixels) -> Pixels:
        """Return central differences between columns, 0 where a neighbour does not count."""
        out = np.zeros(values.shape, np.float32)
        np.subtract(values[..., 2:], values[..., :-2], out=out[..., 1:-1])
        out[..., 1:-1] *= np.float32(0.5) * (mask[:, 2:] * mask[:, :-2])
        return out


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
    fields, turning = MatchedFields.at(fixed, moving, pose, threads), _turning(pose, frame, own.step)
    bands = _bands(fixed.shape, own.block * own.stride)
    summed = ordered_map(lambda band: _band_sums(fields, band, frame, own), bands, threads)
    scores = _tile_scores(np.concatenate([each for each, _ in summed], 1), frame, turning, own.block, settings.sandwich)
    v = _places(fixed.shape, frame, own.block)[1]
    moments = np.einsum("kic,jc->kij", sum(each for _, each in summed), _powers(v))
    noisy, clean = (_products(own.stride * moments[list(kinds)], turning) for kinds in (OWN, CROSSED))
    scores, noisy, clean = matmul(scores, basis), *(matmul(basis.T, each, basis) for each in (noisy, clean))
    return sandwich(noisy, clean, scores[np.abs(scores).sum(1) > 0], settings.sandwich)


def _turning(matrix: IndexMap, frame: Frame, size: float) -> Floats:
    """Return the derivative of the pose's angle by the generators, by steps of a size."""

    def angle(step: Floats) -> float:
        return nearest_turn(frame.moved(matrix, step)[:-1, :-1])[0]

    steps = size * np.eye(frame.generators)
    ahead, behind = (np.array([angle(sign * step) for step in steps]) for sign in (1, -1))
    return np.asarray(((ahead - behind + np.pi) % (2 * np.pi) - np.pi) / (2 * size))


def _bands(shape: tuple[int, ...], height: int) -> list[tuple[int, int]]:
    """Cut an image into bands of about a chunk's pixels, whose heights are multiples of `height`, but for the last."""
    each = height * max(1, PIXELS_PER_CHUNK // (height * shape[1]))
    return [(first, min(first + each, shape[0])) for first in range(0, shape[0], each)]


# Which of the products that `_band_sums` adds up are of row and row, row and column, column and row, column and column,
# row and turn, turn and row, column and turn, turn and column, turn and turn: of moving's derivatives alone, or first
# moving's and then fixed's.
OWN = (0, 1, 1, 2, 3, 3, 4, 4, 5)
CROSSED = (6, 7, 8, 9, 10, 11, 12, 13, 14)


def _band_sums(
    fields: MatchedFields, band: tuple[int, int], frame: Frame, settings: OrientationSettings
) -> tuple[Floats, Floats]:
    """Return what a band adds to the scores and to the products of derivatives.

    Returns
    -------
    scores : ndarray, shape (3, rows of blocks, blocks)
        Residual times derivative by row, by column and by turn.
    products : ndarray, shape (15, 5, blocks)
        Of derivatives, times the powers of u, on every so many-th row, which stands for those beside it.
    """
    found, block = fields.gradients(*band), settings.block
    height = -(-(band[1] - band[0]) // block) * block
    scores = np.zeros((3, height, -(-found.weight.shape[1] // block)), np.float32)
    for out, slope in zip(scores, (found.row, found.column, found.turn), strict=True):
        out[: band[1] - band[0]] = _column_sums(found.residual, slope, block)
    rows = slice(None, None, settings.stride)
    r, c, t = (each[:, rows] for each in (found.row, found.column, found.turn))
    p, q, u = (each[:, rows] for each in (found.row_other, found.column_other, found.turn_other))
    pairs = [(r, r), (r, c), (c, c), (r, t), (c, t), (t, t)]
    pairs += [(r, p), (r, q), (c, p), (c, q), (r, u), (t, p), (c, u), (t, q), (t, u)]
    places = (np.arange(*band, settings.stride) - frame.centre[0]) / frame.radius
    products = np.stack([_column_sums(a, b, block) for a, b in pairs])
    return (
        scores.reshape(3, height // block, block, -1).sum(2, dtype=float),
        np.einsum("ir,krc->kic", _powers(places), products),
    )


def _column_sums(a: Pixels, b: Pixels, block: int) -> Pixels:
    """Return the products of two bands, both channels together, summed over blocks of so many columns."""
    product = a[0] * b[0]
    product += a[1] * b[1]
    out = np.zeros((len(product), -(-product.shape[1] // block)), np.float32)
    for k in range(block):
        part = product[:, k::block]
        out[:, : part.shape[1]] += part
    return out


def _powers(places: Floats) -> Floats:
    """Return the powers 0 to 4."""
    return np.vander(places, 5, increasing=True).T


def _places(shape: tuple[int, ...], frame: Frame, block: int) -> tuple[Floats, Floats]:
    """Return u by rows and v by columns of the blocks' middles."""
    u, v = (block * np.arange(-(-n // block)) + (block - 1) / 2 for n in shape)
    return (u - frame.centre[0]) / frame.radius, (v - frame.centre[1]) / frame.radius


def _tile_scores(parts: Floats, frame: Frame, turning: Floats, block: int, settings: SandwichSettings) -> Floats:
    """Return the sum of residual times derivative by the generators, (tiles, generators), from those of blocks."""
    u, v = _places(tuple(n * block for n in parts.shape[1:]), frame, block)
    each = parts[2, ..., None] * (-2 * turning)
    for k, moved in enumerate(zip(*displacements(2), strict=True)):
        for part, terms in zip(parts[:2], moved, strict=True):
            for (i, j), factor in terms.items():
                each[..., k] += factor * part * np.multiply.outer(u**i, v**j)
    # Tiles of whole blocks, as even as can be.
    cuts = [np.arange(tile_count(n * block, settings)) for n in each.shape[:2]]
    starts = [cut * n // len(cut) for cut, n in zip(cuts, each.shape, strict=False)]
    tiles = np.add.reduceat(np.add.reduceat(each, starts[0], 0), starts[1], 1)
    return np.asarray(tiles.reshape(-1, frame.generators))


def _products(moments: Floats, turning: Floats) -> Floats:
    """Return the sum of products of derivatives by the generators, symmetrised, from moments by u and v, (9, 5, 5)."""
    rr, rc, cr, cc, rt, tr, ct, tc, tt = moments
    cross = {(0, 0): rr, (0, 1): rc, (1, 0): cr, (1, 1): cc}
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
    sums = [0.5 * (rt + tr), 0.5 * (ct + tc)]
    for k in range(len(moved)):
        for p, terms in enumerate(moved[k]):
            for (i, j), a in terms.items():
                along[k] += a * sums[p][i, j]
    out += np.outer(along, t) + np.outer(t, along)
    out += float(tt[0, 0]) * np.outer(t, t)
    return 0.5 * (out + out.T)
