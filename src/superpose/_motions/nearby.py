"""A pattern of the sensor's before a scene that moved by a few pixels or less, too few for its edges to part.

Each small window says by its gradients whether it lies still or has moved by some shift. Windows in which either is clear
would outvote all others, and are not asked; the rest, each too weak to say anything, are asked together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._motions.left_out import grown
from superpose._motions.settings import MotionSettings, NearbySettings
from superpose._motions.still import StillStructure
from superpose._motions.structure import noise_of, smoothed
from superpose._sampling.warp import filled_from_nearest
from superpose.image import Image, Mask, Pixels
from superpose.transforms.geometry import PhysicalMap, apply, to_index

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Gains:
    """How much better windows fit once shifted, in units in which noise alone makes about 1: 2 b s - s A s."""

    b: tuple[Pixels, Pixels]
    a: tuple[Pixels, Pixels, Pixels]

    def under(self, rows: Pixels | float, columns: Pixels | float) -> Pixels:
        """Return the gain of each window under a shift, or each under its own."""
        to_each = 2 * (self.b[0] * rows + self.b[1] * columns)
        to_each -= self.a[0] * (rows * rows) + self.a[1] * (2 * rows * columns) + self.a[2] * (columns * columns)
        return np.asarray(to_each, np.float32)

    def sampled(self, every: int) -> Gains:
        """Return windows that overlap little."""
        part = (slice(every // 2, None, every),) * 2
        return Gains((self.b[0][part], self.b[1][part]), tuple(each[part] for each in self.a))  # type: ignore[arg-type]


def gains_of(fixed: Image, moving: Image, threads: int, settings: MotionSettings) -> Gains:
    """Return what windows of two images of one shape gain by shifts of moving."""
    nearby, both = settings.nearby, fixed.mask & moving.mask
    noise = sum(noise_of(each.data, both, settings.structure) ** 2 for each in (fixed, moving))
    blurred = [
        smoothed(each.data if both.all() else filled_from_nearest(each.data, both), nearby.width, threads)
        for each in (fixed, moving)
    ]
    mean, away = blurred[0] + blurred[1], blurred[0] - blurred[1]
    # Light that changed is no motion.
    away -= smoothed(away, nearby.light, threads)
    rows, columns = np.zeros_like(mean), np.zeros_like(mean)
    np.subtract(mean[2:], mean[:-2], out=rows[1:-1])
    np.subtract(mean[:, 2:], mean[:, :-2], out=columns[:, 1:-1])
    if not both.all():
        clear = (smoothed(both.astype(np.float32), nearby.width, threads) > 0.999).astype(np.float32)
        rows, columns = rows * clear, columns * clear
    # Of the mean of both, by central differences: a quarter; and a window has so many pixels.
    rows, columns = rows * np.float32(0.25), columns * np.float32(0.25)
    unit = np.float32(4 * math.pi * nearby.window**2 / noise)

    def summed(values: Pixels) -> Pixels:
        return smoothed(values, nearby.window, threads) * unit

    return Gains(
        (summed(rows * away), summed(columns * away)),
        (summed(rows * rows), summed(rows * columns), summed(columns * columns)),
    )


def nearby_structure(
    fixed: Image, moving: Image, pose: PhysicalMap, threads: int, settings: MotionSettings
) -> StillStructure | None:
    """Return what lies still in two images of one shape, where what moved a little contradicts a pose; else None."""
    nearby = settings.nearby
    gains = gains_of(fixed, moving, threads, settings)
    few = gains.sampled(nearby.every)
    shift = _shift(few, nearby)
    if shift is None:
        return None
    places = np.stack(np.indices(fixed.grid.shape), -1)[(slice(nearby.every // 2, None, nearby.every),) * 2]
    index = to_index(pose, fixed.grid, moving.grid)
    said = apply(index, places.reshape(-1, 2).astype(float)).reshape(places.shape) - places
    said = said.astype(np.float32)
    better = few.under(*shift) - few.under(said[..., 0], said[..., 1])
    if _surely(better, nearby) < nearby.surely:
        return None
    gain = gains.under(*shift)
    same, moved = gain < -nearby.clear, gain > nearby.clear
    if np.count_nonzero(same) <= nearby.least:
        return None
    return StillStructure(same, grown(same, nearby.grown), moved)


def _surely(gain: Pixels, settings: NearbySettings) -> float:
    """Return by how many deviations windows gain; those that clearly lose are another's."""
    clear = np.float32(settings.clear)
    asked = np.minimum(gain, clear)
    asked = np.where(gain < -clear, np.minimum(-2 * clear - gain, 0), asked)
    return float(asked.sum(dtype=float)) / math.sqrt(float((asked * asked).sum(dtype=float)) + 1e-9)


def _shift(few: Gains, settings: NearbySettings) -> tuple[float, float] | None:
    """Return the shift by which windows gain the most together, or None where that is chance."""
    best, found = settings.surely, None
    for radius in settings.radii:
        for down, right in settings.directions:
            at = radius * down, radius * right
            surely = _surely(few.under(*at), settings)
            if surely > best:
                best, found = surely, at
    # Together they are the surest of too short a shift, before the first of them are clear.
    for _ in range(settings.rounds if found else 0):
        kept = few.under(*found) > -np.float32(settings.clear)
        down, right = (float(each[kept].sum(dtype=float)) for each in few.b)
        first, mixed, second = (float(each[kept].sum(dtype=float)) for each in few.a)
        size = first * second - mixed * mixed
        if not size > 1e-6 * first * second:
            break
        found = (down * second - right * mixed) / size, (right * first - down * mixed) / size
    return found
