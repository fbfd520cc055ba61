"""Bright spots on a dark ground, such as beads: where their middles lie in two channels says how one lies on the other.

Beads are as bright as they like in each channel, which misleads whatever compares intensities by hundredths of a pixel;
where the middle of each lies does not depend on that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from superpose._arithmetic.elementary import half_gaussian
from superpose._jobs.channel_settings import SpotSettings
from superpose._refine.robust import NORMAL
from superpose._sampling.filters import filtered
from superpose.image import Pixels
from superpose.result import Registration
from superpose.transforms.landmarks import fit_transform
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SpotFit:
    """How spots say that one channel lies on another: the transform, its error at a usual spot, and of how many."""

    transform: MatrixTransform
    sigma: float
    count: int


def fit_to_spots(fixed: Pixels, moving: Pixels, found: Registration, settings: SpotSettings) -> SpotFit | None:
    """Return what spots say, starting where `register` does; None where the channels do not show enough of them."""
    places = _spots(fixed, settings)
    if len(places) < settings.fewest or not len(_spots(moving, settings)):
        return None
    here, there = _middles(fixed, places, settings), _middles(moving, found.transform(places), settings)
    seen = np.isfinite(here).all(1) & np.isfinite(there).all(1)
    here, there = here[seen], there[seen]
    kept = np.ones(len(here), bool)
    for _ in range(settings.rounds):
        if kept.sum() < settings.fewest:
            return None
        fitted = fit_transform(here[kept], there[kept], transform=found.transform.family).transform
        off = np.sqrt(np.square(fitted(here) - there).sum(1))
        usual = NORMAL * float(np.median(off[kept]))
        kept = off <= settings.outlying * usual
    if usual > settings.scatter or np.abs(fitted(places) - found.transform(places)).max() > settings.agrees:
        return None
    count = int(kept.sum())
    square = float(np.square(off[kept]).mean()) / 2
    return SpotFit(fitted, float(np.sqrt(square * fitted.kind.size / (2 * count))), count)


def _spots(image: Pixels, settings: SpotSettings) -> Floats:
    """Return where an image is brightest about, if it is dark but for these places."""
    smooth = filtered(image, half_gaussian(4, settings.smooth), 1)
    ground = float(np.median(smooth))
    noise = NORMAL * float(np.median(np.abs(smooth - ground)))
    highest = (smooth == ndimage.maximum_filter(smooth, 2 * settings.reach - 1)) & (smooth > ground + 8 * noise)
    reach = settings.reach
    highest[:reach] = highest[-reach:] = highest[:, :reach] = highest[:, -reach:] = False
    places = np.argwhere(highest)
    if not len(places):
        return places.astype(float)
    height = float(np.median(smooth[highest])) - ground
    bright = float((smooth > ground + height / 4).mean())
    return places.astype(float) if bright < settings.bright else np.zeros((0, 2))


def _middles(image: Pixels, places: Floats, settings: SpotSettings) -> Floats:
    """Return spots' middles: centroids under a window that is laid about them anew each time; NaN where none is."""
    reach, out = settings.reach, places.astype(float).copy()
    steps = np.arange(-reach, reach + 1)
    for _ in range(settings.steps):
        whole = np.rint(np.nan_to_num(out)).astype(int)
        inside = ((whole >= reach) & (whole < np.array(image.shape) - reach)).all(1) & np.isfinite(out).all(1)
        whole[~inside] = reach
        rows, columns = whole[:, :1] + steps, whole[:, 1:] + steps
        window = image[rows[:, :, None], columns[:, None, :]].astype(float)
        border = np.concatenate([window[:, 0], window[:, -1], window[:, 1:-1, 0], window[:, 1:-1, -1]], 1)
        window -= np.median(border, 1)[:, None, None]
        y, x = rows - out[:, :1], columns - out[:, 1:]
        square = (y * y)[:, :, None] + (x * x)[:, None, :]
        weight = np.square(np.maximum(1 - square / (reach * reach), 0)) * window
        total = weight.sum((1, 2))
        total[~(total > 0)] = np.nan
        # The window's own place draws the centroid to it: steps are longer than what is seen.
        move = 2 * np.stack([(weight * y[:, :, None]).sum((1, 2)), (weight * x[:, None, :]).sum((1, 2))], 1)
        out = np.where(inside[:, None], out + move / total[:, None], np.nan)
    out[np.sqrt(np.square(out - places).sum(1)) > settings.strays] = np.nan
    return out
