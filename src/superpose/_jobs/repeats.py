"""Scenes that look the same in several places: frames of such may lie in any of these."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from superpose._jobs.doubt_settings import RepeatSettings
from superpose._jobs.neighbours import Neighbours
from superpose._jobs.poses import mean_at, of_pair
from superpose._jobs.settings import NeighbourSettings
from superpose._sampling.warp import filled_from_nearest
from superpose.grid import Grid
from superpose.image import Pixels

Floats = NDArray[np.float64]

# What `register` says of images that look the same in two places.
_SAID = ("[symmetric]", "[periodic]")


def repeats_by(
    frame: Callable[[int], Pixels],
    poses: Mapping[int, Floats],
    settings: RepeatSettings,
    near: NeighbourSettings,
    threads: int,
) -> Floats | None:
    """Return by which shift a scene looks the same, None where there is none.

    Frames that were laid on each other a whole period off have as clear a mean as others.
    """
    numbers = list(poses)
    some = numbers[:: max(1, -(-len(numbers) // (2 * settings.means)))]
    grid = Grid(frame(some[0]).shape)
    halves = [mean_at(frame, {k: poses[k] for k in half}, grid, threads) for half in (some[::2], some[1::2])]
    means = [filled_from_nearest(np.asarray(each, np.float32), np.isfinite(each)) for each in halves]
    rows, columns = grid.shape
    copies = Neighbours(means.__getitem__, (rows, columns), (0, 1), near)
    peak = copies.peak(copies.waves(means.__getitem__, 0), copies.waves(means.__getitem__, 1), elsewhere=True)
    if peak.significance >= near.clear and peak.second < settings.suspected:
        return None
    pair = of_pair(halves.__getitem__, 0, 1, threads)
    if pair is None or pair.reliable or len(pair.basins) < 2 or not any(each.endswith(_SAID) for each in pair.warnings):
        return None
    first, second = (each.transform.matrix[:2, 2] for each in pair.basins[:2])
    return np.asarray(second - first)
