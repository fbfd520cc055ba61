"""Where each tile of fixed lies by itself, and how exactly that is known: by the scatter of its own blocks.

Fixed and moving count alike: half of the slope, ``(fixed * moving' - moving * fixed') / 2``, is taken from each. It is
0 in every single voxel of two images that are the same, wherever a tile is cut; the noise of one does not meet its own
slopes; and what it scatters by, from block to block, is what noise and another contrast move the tile by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import eigen, matmul, solution
from superpose._sampling.tensors import TensorField
from superpose.image import Mask, Pixels

Floats = NDArray[np.float64]

# So many blocks along each side of a tile.
BLOCKS = 3
_PAIRS = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]


@dataclass(frozen=True, eq=False)
class Place:
    """Where a tile lies, in voxels from where a pose says, and the covariance of that."""

    shift: Floats
    covariance: Floats

    @property
    def error(self) -> float:
        """One sigma, in the direction in which the tile determines its place least, in voxels."""
        return float(np.sqrt(max(eigen(self.covariance)[0].max(), 0.0)))

    @property
    def significance(self) -> float:
        """How surely the tile lies elsewhere than the pose says: its shift squared in units of the covariance."""
        return float((self.shift * solution(self.covariance, self.shift)).sum())


@dataclass(frozen=True, eq=False)
class Placing:
    """Fixed's directions and moving's on the same voxels, in which tiles are placed.

    Attributes
    ----------
    fixed : TensorField
        Of fixed.
    parts, inside : ndarray
        Moving's, and where they are.
    floor : float
        What interpolation and the lattice move a tile by, in voxels.
    reach : int
        Tiles farther away than so many voxels lie nowhere.
    """

    fixed: TensorField
    parts: Pixels
    inside: Mask
    floor: float
    reach: int

    def walk(self, first: NDArray[np.int64], end: NDArray[np.int64]) -> Place | None:
        """Return where the voxels of a tile lie, by steps of whole voxels from where the pose says; None if nowhere."""
        at = np.zeros(3, np.int64)
        for _ in range(2 * self.reach):
            found = self.place(first, end, at)
            if found is None or np.abs(at).max() > self.reach:
                return None
            # Halfway between two voxels either may hold.
            if (np.abs(found.shift - at) <= 0.75).all():
                return found
            at = at + np.clip(np.rint(found.shift - at), -1, 1).astype(np.int64)
        return None

    def place(self, first: NDArray[np.int64], end: NDArray[np.int64], at: NDArray[np.int64]) -> Place | None:
        """Return where the voxels of a tile lie by a step from a shift of so many voxels, or None."""
        shape = np.array(self.inside.shape)
        first, end = np.maximum(first, 1 - np.minimum(at, 0)), np.minimum(end, shape - 1 - np.maximum(at, 0))
        if (end - first < BLOCKS).any():
            return None
        cuts = [tuple(map(slice, first - 1 + by, end + 1 + by)) for by in (np.zeros(3, np.int64), at)]
        fixed, moving = self.fixed.parts[:, *cuts[0]], self.parts[:, *cuts[1]]
        usable = self.fixed.mask[cuts[0]] & self.inside[cuts[1]]
        slopes = [[_slope(each, axis) for axis in range(3)] for each in (fixed, moving)]
        keep = usable[1:-1, 1:-1, 1:-1]
        for axis in range(3):
            keep = keep & usable[_moved(axis, 0)] & usable[_moved(axis, 2)]
        f, m = fixed[:, 1:-1, 1:-1, 1:-1], moving[:, 1:-1, 1:-1, 1:-1]
        gradients = [((f * slopes[1][k] - m * slopes[0][k]).sum(0)) for k in range(3)]
        products = [(slopes[0][i] * slopes[1][j] + slopes[0][j] * slopes[1][i]).sum(0) for i, j in _PAIRS]
        sums = 0.5 * _by_blocks(np.stack(gradients + products) * keep)
        return placed(sums[:3], sums[3:], at.astype(float), self.floor)


def placed(gradients: Floats, products: Floats, start: Floats, floor: float) -> Place | None:
    """Return where blocks together lie, (3, n) and (6, n), by a step from a start; None where they do not say."""
    count = gradients.shape[1]
    curved = np.zeros((3, 3, count))
    for (i, j), each in zip(_PAIRS, products, strict=True):
        curved[i, j] = curved[j, i] = each
    whole = curved.sum(-1)
    bends = eigen(whole)[0]
    # Where slopes of both have nothing in common there is no place.
    if not bends.min() > 1e-6 * max(bends.max(), 1e-12):
        return None
    step = solution(whole, gradients.sum(1))
    left = gradients - np.einsum("ijb,j->ib", curved, step)
    meat = np.einsum("ib,jb->ij", left, left) * (count / (count - 3))
    back = solution(whole, np.eye(3))
    return Place(start + step, matmul(back, meat, back) + floor * floor * np.eye(3))


def _slope(parts: Pixels, axis: int) -> Pixels:
    """Return half of what the next voxel has more than the one before, of all but the outermost voxels."""
    after, before = (parts[:, *_moved(axis, by)] for by in (2, 0))
    return (after - before) * np.float32(0.5)


def _moved(axis: int, by: int) -> tuple[slice, ...]:
    return tuple(slice(by, None if by == 2 else -2) if k == axis else slice(1, -1) for k in range(3))


def _by_blocks(values: Pixels) -> Floats:
    """Return the sums over blocks, (k, n)."""
    out = values.astype(np.float64)
    for axis in (1, 2, 3):
        n = out.shape[axis]
        out = np.add.reduceat(out, [n * k // BLOCKS for k in range(BLOCKS)], axis=axis)
    return out.reshape(len(out), -1)
