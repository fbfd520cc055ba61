"""Residuals of a pair at a pose and their derivatives: what a covariance is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._sampling.prepared import Prepared
from superpose._sampling.warp import Source, source, warp
from superpose.transforms.families import nearest_turn

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]

# Gain and offset are fitted on every so many-th row.
STRIDE = 4


@dataclass(frozen=True, eq=False)
class Slopes:
    """Residuals of a pair and their derivatives, (channels, rows, columns), 0 where a pixel has no weight.

    `residual` has the weights in; `row` and `column` are moving's derivatives (gain included), `row_other` and
    `column_other` fixed's; `turn` is the derivative by a turn of what the pixels themselves say (of directions), or
    None.
    """

    residual: Pixels
    weight: Pixels
    row: Pixels
    column: Pixels
    row_other: Pixels
    column_other: Pixels
    turn: Pixels | None = None
    turn_other: Pixels | None = None


def squared_slopes(fixed: Prepared, moving: Prepared, matrix: Floats, cubic: bool, cutoff: float, n: int) -> Slopes:
    """Return the residuals of squared error with gain and offset solved, Tukey-weighted (`matrix` between pixels)."""
    mask = moving.image.mask
    sampled = Source(moving.image.data, mask, 1)
    if cubic:
        sampled = Source(np.ascontiguousarray(moving.cubic[1:-2, 1:-2]), mask, 3)
    warped, inside = warp(sampled, matrix, fixed.shape, n)
    mask = inside & fixed.image.mask
    data = fixed.image.data
    gain, offset = _fitted(data[::STRIDE], warped[::STRIDE], mask[::STRIDE], cutoff)
    residual = data - gain * warped - offset
    weight = mask.astype(np.float32)
    if np.isfinite(cutoff):
        weight *= np.maximum(1 - (residual / np.float32(cutoff)) ** 2, 0) ** 2
    by_row, by_column = _differences(gain * warped, mask)
    other_row, other_column = _differences(data, mask)
    return Slopes(*(each[None] for each in (residual * weight, weight, by_row, by_column, other_row, other_column)))


def _fitted(data: Pixels, warped: Pixels, mask: NDArray[np.bool_], cutoff: float) -> tuple[np.float32, np.float32]:
    """Return gain and offset by a few reweighted fits."""
    weight = mask.astype(np.float32)
    gain, offset = 1.0, 0.0
    for _ in range(4 if np.isfinite(cutoff) else 1):
        total = float(weight.sum(dtype=np.float64)) or 1.0
        mean_m = float((weight * warped).sum(dtype=np.float64)) / total
        mean_f = float((weight * data).sum(dtype=np.float64)) / total
        d = warped - np.float32(mean_m)
        spread = float((weight * d * d).sum(dtype=np.float64))
        gain = float((weight * d * (data - np.float32(mean_f))).sum(dtype=np.float64)) / spread if spread > 0 else 1.0
        offset = mean_f - gain * mean_m
        if np.isfinite(cutoff):
            residual = data - np.float32(gain) * warped - np.float32(offset)
            weight = mask * np.maximum(1 - (residual / np.float32(cutoff)) ** 2, 0) ** 2
    return np.float32(gain), np.float32(offset)


def orientation_slopes(fixed: Prepared, moving: Prepared, matrix: Floats, n: int) -> Slopes:
    """Return the residuals between two fields of doubled directions, gain solved (`matrix` between pixels)."""
    angle = -2 * nearest_turn(matrix[:2, :2])[0]
    usable = moving.field.usable > 0
    parts = [
        warp(source(np.ascontiguousarray(moving.field.padded[1:-2, 1:-2, k]), usable, 1), matrix, fixed.shape, n)
        for k in (0, 1)
    ]
    mask = (parts[0][1] & (fixed.field.usable > 0)).astype(np.float32)
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    p, q = parts[0][0], parts[1][0]
    turned = np.stack([c * p - s * q, s * p + c * q]) * mask
    mine = np.ascontiguousarray(np.moveaxis(fixed.field.padded[1:-2, 1:-2], -1, 0)) * mask
    energy = float((turned**2).sum(dtype=np.float64))
    gain = np.float32((mine * turned).sum(dtype=np.float64) / energy if energy > 0 else 1.0)
    ours = gain * turned
    slopes = [_differences(each, mask > 0) for each in ours]
    # In units of moving's, the gain being that of the cross term too.
    others = [_differences(each, mask > 0) for each in mine]
    return Slopes(
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
