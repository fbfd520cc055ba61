"""Scenes that look the same in several places: frames of such may lie in any of these."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from superpose._jobs.doubt_settings import RepeatSettings
from superpose._jobs.neighbours import Neighbours, binned
from superpose._jobs.poses import mean_at, of_pair
from superpose._jobs.settings import NeighbourSettings
from superpose._sampling.warp import filled_from_nearest
from superpose.grid import Grid
from superpose.image import Pixels
from superpose.transforms.geometry import about

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
    shape = np.array(frame(next(iter(poses))).shape)
    # Twice as large as the copies that are compared, at least.
    factor = max(1, int(shape.max() // (2 * near.side)))
    places = np.array([pose[:2, 2] for pose in poses.values()])
    usual = np.median(places, axis=0)
    middle = places[np.abs(places - usual).max(1).argmin()]
    beside = (np.abs(places - middle) <= shape / 4).all(1)
    shifts = {k: at - middle for k, at, good in zip(poses, places, beside, strict=True) if good}
    if len(shifts) < 2:
        return None
    some = list(shifts)[:: max(1, -(-len(shifts) // (2 * settings.means)))]
    grid = Grid(tuple((shape // factor).tolist()))
    halves = [
        mean_at(
            lambda k: binned(frame(k), factor),
            {k: about(np.eye(2), shifts[k] / factor, np.zeros(2)) for k in half},
            grid,
            threads,
        )
        for half in (some[::2], some[1::2])
    ]
    means = [filled_from_nearest(np.asarray(each, np.float32), np.isfinite(each)) for each in halves]
    rows, columns = grid.shape
    copies = Neighbours(means.__getitem__, (rows, columns), (0, 1), near)
    first, second = (copies.waves(means.__getitem__, k) for k in (0, 1))
    scores = copies.scores(first, second)
    peak = copies.peak_of(scores, elsewhere=True)
    clear = peak.significance >= near.clear
    if clear and peak.second < settings.suspected:
        return None
    best = (peak.shift / copies.factor).round()
    rival = np.array(copies.second(scores, (int(best[0]), int(best[1])))[1])
    rival = np.where(rival > np.array(scores.shape) / 2, rival - scores.shape, rival)
    one, two = (binned(each, copies.factor) for each in means)
    if likeness(one, two, rival, settings.held) > settings.alike * likeness(one, two, best, settings.held):
        return np.asarray((rival - best) * copies.factor * factor)
    if clear and peak.second < settings.asked:
        return None
    pair = of_pair(lambda k: np.asarray(halves[k], np.float32), 0, 1, threads)
    if pair is None or pair.reliable or len(pair.basins) < 2 or not any(each.endswith(_SAID) for each in pair.warnings):
        return None
    found, other = (each.transform.matrix[:2, 2] for each in pair.basins[:2])
    return np.asarray((other - found) * factor)


def likeness(one: Pixels, other: Pixels, shift: Floats, held: float) -> float:
    """Return how alike slopes of two images are of which the second is moved by about whole pixels.

    They are as steep, and what both show has the part `held` of each one's: of some stars any two look the same.
    """
    slopes = [np.stack(np.gradient(np.asarray(each, float))) for each in (one, other)]
    least = [held * float((each * each).sum()) for each in slopes]
    found = -1.0
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            first, second = [], []
            for by, n in zip((shift + np.array([down, right])).astype(int).tolist(), one.shape, strict=True):
                first.append(slice(max(-by, 0), n - max(by, 0)))
                second.append(slice(max(by, 0), n + min(by, 0)))
            a, b = slopes[0][:, first[0], first[1]], slopes[1][:, second[0], second[1]]
            energies = float((a * a).sum()), float((b * b).sum())
            if min(energies) > 0 and energies[0] >= least[0] and energies[1] >= least[1]:
                found = max(found, float((a * b).sum()) / max(energies))
    return found
