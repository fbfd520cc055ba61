"""A pattern of the sensor's before a scene that moved by a few pixels or less, too few for its edges to part.

Each small window says by what is left of it whether it lies still, lies where a pose says, or elsewhere. Those in which
that is clear would outvote all others; the rest, each too weak to say anything, are asked together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import matmul, solution
from superpose._motions.left_out import grown
from superpose._motions.settings import MotionSettings, NearbySettings
from superpose._motions.still import StillStructure
from superpose._motions.structure import noise_of, smoothed
from superpose._sampling.warp import Source, filled_from_nearest, warp
from superpose.image import Grid, Mask, Pixels, Raster
from superpose.transforms.geometry import IndexMap, PhysicalMap, max_corner_distance, to_index, to_physical

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of two blurred images of one shape, in units in which noise alone makes about 1.

    `clear` is 0 near missing pixels, or None.
    """

    fixed: Raster
    moving: Raster
    blurred: tuple[Pixels, Pixels]
    clear: Pixels | None
    unit: np.float32
    threads: int
    settings: NearbySettings

    @classmethod
    def of(cls, fixed: Raster, moving: Raster, threads: int, settings: MotionSettings) -> Windows:
        """Return them for two images."""
        nearby, both = settings.nearby, fixed.mask & moving.mask
        noise = sum(noise_of(each.data, both, settings.structure) ** 2 for each in (fixed, moving))
        first, second = (
            smoothed(each.data if each.complete else filled_from_nearest(each.data, each.mask), nearby.width, threads)
            for each in (fixed, moving)
        )
        clear = None if both.all() else (smoothed(both.astype(np.float32), nearby.width, threads) > 0.999)
        weights = None if clear is None else clear.astype(np.float32)
        unit = np.float32(4 * math.pi * nearby.window**2 / noise)
        return cls(fixed, moving, (first, second), weights, unit, threads, nearby)

    def differences(self, pose: PhysicalMap | None) -> tuple[Pixels, Pixels]:
        """Return moving under a pose, or as it lies, and how fixed differs from it; 0 where that is not known."""
        there, kept = self.blurred[1], self.clear
        if pose is not None:
            index = to_index(pose, self.fixed.grid, self.moving.grid)
            there, seen = warp(Source(there, np.ones(there.shape, bool), 1), index, there.shape, self.threads)
            there = np.where(seen, there, self.blurred[0])
        away = self.blurred[0] - there
        # Light that changed is no motion.
        away -= smoothed(away, self.settings.light, self.threads)
        return there, away if kept is None else away * kept

    def summed(self, values: Pixels) -> Pixels:
        """Return sums over the window around each pixel."""
        return smoothed(values, self.settings.window, self.threads) * self.unit

    def left(self, pose: PhysicalMap | None) -> Pixels:
        """Return what is left of each window under a pose, or as it lies."""
        away = self.differences(pose)[1]
        return self.summed(away * away)


@dataclass(frozen=True, eq=False)
class Gains:
    """How much better windows at `places` fit once shifted from a pose by s: 2 b s - s A s."""

    places: Floats
    b: Floats
    a: Floats

    @classmethod
    def of(cls, windows: Windows, pose: PhysicalMap) -> Gains:
        """Return those of windows that overlap little, but for those that lie still."""
        there, away = windows.differences(pose)
        every = windows.settings.every
        part = (slice(every // 2, None, every),) * 2
        still, left = (windows.summed(each * each)[part] for each in (windows.differences(None)[1], away))
        rows, columns = np.zeros_like(away), np.zeros_like(away)
        np.subtract(there[2:], there[:-2], out=rows[1:-1])
        np.subtract(there[:, 2:], there[:, :-2], out=columns[:, 1:-1])
        first = windows.blurred[0]
        rows[1:-1] += first[2:] - first[:-2]
        columns[:, 1:-1] += first[:, 2:] - first[:, :-2]
        if windows.clear is not None:
            rows, columns = rows * windows.clear, columns * windows.clear
        rows, columns = rows * np.float32(0.25), columns * np.float32(0.25)
        pairs = ((rows, away), (columns, away), (rows, rows), (rows, columns), (columns, columns))
        sums = [windows.summed(one * other)[part] for one, other in pairs]
        asked = left - still <= windows.settings.counted
        places = np.argwhere(asked) * every + every // 2
        values = np.array([each[asked] for each in sums], float)
        return cls(places.astype(float), values[:2].T, values[2:].T)

    def within(self, part: Mask) -> Gains:
        """Return those of the windows in a part of the image."""
        kept = part[tuple(self.places.T.astype(int))]
        return Gains(self.places[kept], self.b[kept], self.a[kept])

    def under(self, shift: Floats) -> Floats:
        """Return the gain of each window under a shift, or each under its own."""
        down, right = shift[..., 0], shift[..., 1]
        gain = 2 * (self.b[:, 0] * down + self.b[:, 1] * right)
        return np.asarray(
            gain - self.a[:, 0] * down * down - 2 * self.a[:, 1] * down * right - self.a[:, 2] * right * right
        )


def pose_nearby(
    fixed: Raster, moving: Raster, pose: PhysicalMap, turns: bool, threads: int, settings: MotionSettings
) -> PhysicalMap | None:
    """Return a pose near another one that what does not lie still is surely better off under, roughly; or None."""
    nearby = settings.nearby
    windows = Windows.of(fixed, moving, threads, settings)
    gains = Gains.of(windows, pose)
    best, start = nearby.surely, None
    for radius in nearby.radii:
        for each in nearby.directions:
            shift = radius * np.array(each)
            surely = _surely(gains.under(shift), nearby)
            if surely > best:
                best, start = surely, shift
    if start is None:
        return None
    near = _moved(pose, gains, start, turns, fixed.grid, nearby)
    if max_corner_distance(near, pose, fixed.grid) > nearby.reach:
        return None
    # Gains are those of small shifts; this is what is left of the windows.
    at = tuple(gains.places.T.astype(int))
    still, said, there = (windows.left(each)[at] for each in (None, pose, near))
    if _surely(said - there, nearby) <= nearby.surely:
        return None
    # A pose that more windows are better off under than where they are, or near it, is the scene's.
    owns = [
        np.count_nonzero(np.minimum(still, rest) - own > nearby.clear) for own, rest in ((said, there), (there, said))
    ]
    return near if owns[1] >= owns[0] else None


def still_beside(
    fixed: Raster, moving: Raster, pose: PhysicalMap, threads: int, settings: MotionSettings
) -> StillStructure | None:
    """Return what lies still in two images of one shape rather than where a pose says, or None if that is nothing."""
    nearby, windows = settings.nearby, Windows.of(fixed, moving, threads, settings)
    gain = windows.left(None) - windows.left(pose)
    same, moved = gain < -nearby.clear, gain > nearby.clear
    if np.count_nonzero(same) <= nearby.least:
        return None
    return StillStructure(same, grown(same, nearby.grown), moved)


def short_motion(
    fixed: Raster, moving: Raster, zero: PhysicalMap, part: Mask, turns: bool, threads: int, settings: MotionSettings
) -> PhysicalMap | None:
    """Return the motion of a part that seems to lie still, or None where it does: what is the sensor's does exactly."""
    nearby, windows = settings.nearby, Windows.of(fixed, moving, threads, settings)
    pose = zero
    for _ in range(nearby.rounds):
        gains = Gains.of(windows, pose).within(part)
        if not len(gains.places):
            return None
        pose = _moved(pose, gains, np.zeros(2), turns, fixed.grid, nearby)
    still, left = (float(windows.left(each)[part].sum(dtype=float)) for each in (None, pose))
    return pose if left < nearby.far_better * still else None


def _moved(
    pose: PhysicalMap, gains: Gains, start: Floats, turns: bool, grid: Grid, settings: NearbySettings
) -> PhysicalMap:
    """Return a pose after the move that windows gain the most by."""
    move = _refined(gains, start, turns, np.array(grid.shape), settings)
    return PhysicalMap(matmul(pose, to_physical(IndexMap(move), grid, grid)))


def _surely(gain: Floats, settings: NearbySettings) -> float:
    """Return by how many deviations windows gain together; those that clearly lose are another's."""
    most = settings.counted
    asked = np.where(gain < -most, np.minimum(-2 * most - gain, 0), np.minimum(gain, most))
    return float(asked.sum()) / math.sqrt(float((asked * asked).sum()) + 1e-9)


def _refined(gains: Gains, start: Floats, turns: bool, shape: Floats, settings: NearbySettings) -> Floats:
    """Return the move, on pixels, that windows gain the most by, without those that clearly lose.

    They are the surest of too short a shift, before the first of them are clear: what is another's loses beyond it.
    """
    centre = (shape - 1) / 2
    away = (gains.places - centre) / centre
    rows, columns = away.T
    one, none = np.ones(len(away)), np.zeros(len(away))
    basis = np.array([[one, none], [none, one], [-columns, rows], [rows, columns]])[: 4 if turns else 2]
    found = np.concatenate([start, np.zeros(len(basis) - 2)])
    first, mixed, second = gains.a.T
    for _ in range(settings.steps):
        move = (found[:, None, None] * basis).sum(0).T
        kept = gains.under(settings.beyond * move) > -settings.clear
        weighted = [np.array([first * b[0] + mixed * b[1], mixed * b[0] + second * b[1]]) * kept for b in basis]
        matrix = np.array([[(w * b).sum() for b in basis] for w in weighted])
        right = np.array([(gains.b.T * b * kept).sum() for b in basis])
        scale = matrix.trace()
        if not scale > 0:
            break
        found = solution(matrix + 1e-6 * scale * np.eye(len(basis)), right)
    down, across, turn, size = (*found, 0.0, 0.0)[:4]
    move = np.eye(3)
    move[0, :2] = 1 + size / centre[0], -turn / centre[1]
    move[1, :2] = turn / centre[0], 1 + size / centre[1]
    move[:2, 2] = np.array([down, across]) + centre - (move[:2, :2] * centre).sum(1)
    return move
