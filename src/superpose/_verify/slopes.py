"""Residuals of a pair at a pose and their derivatives: what a covariance is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._sampling.level import PreparedLevel
from superpose._sampling.warp import source, warp
from superpose.transforms.geometry import nearest_turn

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Slopes:
    """Residuals of a pair of fields and their derivatives, (channels, rows, columns), 0 where a pixel has no weight.

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


def orientation_slopes(fixed: PreparedLevel, moving: PreparedLevel, matrix: Floats, n: int) -> Slopes:
    """Return the residuals between two fields of doubled directions, gain solved (`matrix` between pixels)."""
    angle = -2 * nearest_turn(matrix[:2, :2])[0]
    usable = moving.field.usable
    parts = [warp(source(part, usable, 1), matrix, fixed.shape, n) for part in moving.field.parts]
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
