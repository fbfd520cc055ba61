"""How surely a pose leaves less of the images than another one that was refined as it was: asked of one modality.

A scene that is nearly its own mirror of half a turn agrees with itself turned nearly as well, tile by tile and edge by
edge. What tells the two poses apart is what it is not symmetric by, faint as that is beside the scene: under the wrong
pose it is left over, and stands out of the noise that the right one leaves. Light that stays with the camera would
decide between them, too: slow differences and gains are taken off.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import half_gaussian, log
from superpose._parallel import lazy
from superpose._refine.levenberg_marquardt import refine
from superpose._sampling.erosion import eroded
from superpose._sampling.filters import filtered
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._verify.cells import cell_sums
from superpose._verify.residual_settings import ResidualSettings
from superpose.image import Grid, Mask, Pixels
from superpose.metrics._level_objective import meets_all_fractions
from superpose.metrics._prefilter import blurred
from superpose.metrics._sampled_rows import SampledRows
from superpose.metrics.settings import MetricSettings, PrefilterSettings
from superpose.metrics.squared import NCC
from superpose.transforms.family import Family
from superpose.transforms.geometry import IndexMap, PhysicalMap, rms_corner_distance

Floats = NDArray[np.float64]

PREFILTER = PrefilterSettings()
# What is said where nothing can be.
NOTHING = (-np.inf, -np.inf)


@dataclass(frozen=True, eq=False)
class ResidualLead:
    """Compares what both images differ by under a pose with what they differ by under others.

    Attributes
    ----------
    pair : LevelPair
        What is looked at.
    pose : PhysicalMap
        From fixed to moving physical coordinates.
    family : Family
        Whose members poses are refined to.
    is_other : callable
        Says which poses are others than this one.
    threads : int
        The result does not depend on it.
    settings : ResidualSettings
        How.
    """

    pair: LevelPair
    pose: PhysicalMap
    family: Family
    is_other: Callable[[PhysicalMap], bool]
    threads: int
    settings: ResidualSettings

    def over(self, other: PhysicalMap) -> tuple[float, float]:
        """Return how surely the pose leaves less than another one; minus infinity where nothing can be said.

        By how many deviations of cells, which takes many of them, and by how many times what it can be doubted by.
        Where the other one is led to the pose both are infinite: that is one answer, seen from the slope of its peak.
        """
        mine = self._own
        if mine is None:
            return NOTHING
        own, seen, steep = mine
        there = self._refined(other)
        if rms_corner_distance(there, self._home, Grid(seen.shape)) <= self.settings.same:
            return np.inf, np.inf
        if not self.is_other(self._smooth.to_physical(there)):
            return NOTHING
        values, use = self._under(there)
        both, slow = seen & use, self.settings.slow
        weight = _weight(both, slow)
        fixed, *moved = (_centred(each, both, weight, slow) for each in (self._rows.values, own, values))
        left = _left(fixed, moved, self.settings.gain)
        squares, theirs = (cell_sums(each, self.settings.cell) for each in left)
        if squares.sum() > (1 - self.settings.least_explained) * float(np.square(fixed).sum()):
            return NOTHING
        cells = cell_sums(both.astype(float), self.settings.cell) > 0
        steep = steep * both
        spoilt = self.settings.alike * squares + self._misplaced * cell_sums(steep, self.settings.cell)
        common = int(np.count_nonzero(both))
        refuted = _refuted(squares, theirs, spoilt, common, self.settings)
        if common < max(self.settings.least_pixels, self.settings.least_common * np.count_nonzero(seen)):
            return -np.inf, refuted
        by_gaps = _paired_t((theirs - squares)[cells], float(spoilt.sum()))
        return min(by_gaps, _share_of_cells(squares, theirs, spoilt, cells)), refuted

    @lazy
    def _misplaced(self) -> float:
        """The part of squared slopes that is left without any meaning, more where one pose is spared interpolation."""
        settings = self.settings
        interpolated = meets_all_fractions(self._home, self._smooth, settings.all_fractions)
        return settings.misplaced if interpolated else settings.misplaced_at_whole

    @lazy
    def _own(self) -> tuple[Pixels, Mask, Floats] | None:
        """Moving under the pose, where both images are seen, and how steep fixed is; None where next to nothing is."""
        values, seen = self._under(self._home)
        steep = np.square(self._rows.steepness, dtype=float)
        return (values, seen, steep) if np.count_nonzero(seen) >= self.settings.independent else None

    @lazy
    def _home(self) -> IndexMap:
        """The pose where the images differ least."""
        return self._refined(self.pose)

    @lazy
    def _smooth(self) -> LevelPair:
        """Both images in even light, under one blur, which takes off noise and what interpolation makes of steps."""
        even = [_evened(each, self.settings) for each in (self.pair.fixed, self.pair.moving)]
        return LevelPair(*(blurred(each, self.settings.blur, PREFILTER) for each in even))

    @lazy
    def _rows(self) -> SampledRows:
        """All pixels of fixed."""
        return SampledRows(self._smooth.fixed.image, self._smooth.fixed.image.data.size)

    def _refined(self, pose: PhysicalMap) -> IndexMap:
        """Return where the images differ least, near a pose."""
        start = self._smooth.to_index(pose)
        objective, state = NCC().objective(self._smooth, start, self.family, False, self.threads, MetricSettings())
        return objective.pose(refine(objective, state, 0.0, self.settings.steps).state)

    def _under(self, pose: IndexMap) -> tuple[Pixels, Mask]:
        """Return moving under a pose, and where both images are seen, but for what the blur found at their borders.

        There it averages fewer pixels, and leaves more noise: of the pose that shows more, elsewhere than where both
        poses show something.
        """
        values, seen = self._rows.under(self._smooth.moving, pose, cubic=True)
        return values, eroded(seen, self.settings.clear)


def _evened(level: PreparedLevel, settings: ResidualSettings) -> PreparedLevel:
    """Return a level in even light: light that stays leads other poses than its own a little astray."""
    image, width = level.image, settings.gain
    weight = _weight(image.mask, width)
    rest = _centred(image.data, image.mask, weight, width)
    power = _around(np.square(rest), width) / weight
    size = np.sqrt(power + settings.plain * float(power.mean()) + 1e-30)
    return PreparedLevel(replace(image, data=(rest / size).astype(np.float32)), level.threads, settings=level.settings)


def _refuted(squares: Floats, theirs: Floats, spoilt: Floats, pixels: int, settings: ResidualSettings) -> float:
    """Return by how many times its doubts the pose leaves less beyond them, or deviations of chance, if fewer.

    Of few objects two or three cells tell the poses apart, and a paired t of so few never rises. But were the other one
    right, it would leave noise, and this one as much; where it leaves many times more, only something that changed
    between the images, just as this pose has it, could be the reason. What speaks against this pose may be one thing.
    """
    gaps, against = theirs - squares, np.maximum(squares - settings.objection * theirs, 0.0)
    systematic = settings.against * float((spoilt + against).sum())
    doubt = math.hypot(math.sqrt(float(np.square(squares).sum())), systematic)
    mine, other = (float(each.sum() + spoilt.sum()) for each in (squares, theirs))
    if not 0 < mine < other:
        return -np.inf
    # Of so many samples each, the logarithm of the ratio of two mean squares has a variance of 4 over their number.
    return min(float(gaps.sum()) / doubt - 1, log(other / mine) * math.sqrt(pixels / settings.independent) / 2)


def _share_of_cells(squares: Floats, theirs: Floats, spoilt: Floats, cells: Mask) -> float:
    """Return the paired t of cells that count alike: what one outline leaves, such as a rim, is one of many."""
    sizes = np.maximum(squares + theirs + spoilt, 1e-30)
    shares = ((theirs - squares) / sizes)[cells]
    return _paired_t(shares, float((spoilt / sizes)[cells].sum()))


def _paired_t(gaps: Floats, floor: float) -> float:
    """Return the sum of gaps over its own scatter, and what no number of them averages out."""
    scatter = len(gaps) * float(np.square(gaps - gaps.mean()).mean())
    size = float(np.sqrt(scatter + floor * floor))
    return float(gaps.sum()) / size if size > 0 else -np.inf


def _weight(known: Mask, width: float) -> Floats:
    """Return how much of what is around each pixel counts."""
    return np.maximum(_around(known.astype(float), width), 1e-6)


def _centred(values: Pixels, known: Mask, weight: Floats, slow: float) -> Floats:
    """Return values less what is slower than so many pixels, which light is; 0 where they do not count."""
    counting = np.where(known, np.asarray(values, float), 0.0)
    return np.where(known, counting - _around(counting, slow) / weight, 0.0)


def _left(fixed: Floats, moved: list[Floats], width: float) -> list[Floats]:
    """Return for each moving image the squares of what no gain that holds around a place explains, of both alike.

    A gain that only moving had would make its noise less or more: where light stays, that tells its pose from others.
    """
    own = np.square(fixed)
    power, left = _around(own, width), []
    for moving in moved:
        theirs = np.square(moving)
        apart, twice = power - _around(theirs, width), 2 * _around(fixed * moving, width)
        size = np.maximum(np.sqrt(apart * apart + twice * twice), 1e-30)
        along = (own - theirs) * (apart / size) + 2 * fixed * moving * (twice / size)
        left.append(np.maximum(own + theirs - along, 0.0))
    return left


def _around(values: Floats, width: float) -> Floats:
    """Return the weighted mean around each pixel, by a Gaussian of so many pixels."""
    taps = half_gaussian(math.ceil(3 * width), width)
    return np.asarray(filtered(np.ascontiguousarray(values, np.float32), taps, 1), float)
