"""How surely a pose's slopes agree better than another pose's: asked cell by cell, where tiles are too few to say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from superpose._arithmetic.complex_numbers import times
from superpose._parallel import lazy
from superpose._verify.cells import cell_sums
from superpose._verify.settings import LeadSettings
from superpose._verify.slopes import Slopes, inner_products
from superpose.image import Mask, Pixels
from superpose.transforms.geometry import PhysicalMap, shifted_on

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SlopeLead:
    """Compares the slopes of both images under a pose with those under others.

    Tiles ask whether there is structure and where; few of them can only say that much. An outline says more: the cells
    along it agree one by one, and where another pose lays it elsewhere, they do not.
    """

    slopes: Slopes
    settings: LeadSettings
    is_other: Callable[[PhysicalMap], bool]

    @lazy
    def can_say(self) -> bool:
        """Whether slopes agree well enough under the pose for them to say that another one is as good."""
        return self.slopes.correlation() >= self.settings.least_agreement

    def over(self, other: PhysicalMap, signed: bool = False) -> float:
        """Return the paired t of the cells' agreement under the pose against another's, or minus infinity.

        Parameters
        ----------
        other : PhysicalMap
            The other pose.
        signed : bool
            Whether slopes must run the same way in both images, not opposite ways.
        """
        slopes, seen = self._at_its_best(other)
        mine, both = self.slopes.own
        whole = float((self.slopes.squares * both).sum(dtype=float))
        both = both & seen
        fixed, mine, theirs = (each * both for each in (self.slopes.fixed, mine, slopes))
        energies = [inner_products(each, each) for each in (fixed, mine, theirs)]
        sizes = [float(each.sum(dtype=float)) for each in energies]
        # Another pose is not refuted by what only this one shows.
        if min(sizes[:2]) <= 0 or sizes[0] < self.settings.least_common * whole:
            return -np.inf
        parts = [
            cell_sums(each, self.settings.cell) / max(size, 1e-30) for each, size in zip(energies, sizes, strict=True)
        ]
        weights = 0.5 * parts[0] + 0.25 * (parts[1] + parts[2])
        weights = weights / weights.sum()
        signs = (1.0, 1.0) if signed else (_sign(fixed, mine), _sign(fixed, theirs))
        scales = [np.sqrt(max(sizes[0] * size, 1e-30)) for size in sizes[1:]]
        agreed = [self._agreement(fixed, each, sign) for each, sign in zip((mine, theirs), signs, strict=True)]
        gaps = agreed[0] / scales[0] - agreed[1] / scales[1]
        common = float((fixed * mine).sum(dtype=float)) / scales[0]
        unlike = 1 - min(abs(common), self.slopes.settings.highest) ** 2
        return _paired_t(gaps[weights > 0], weights[weights > 0], unlike, self.settings)

    def _at_its_best(self, other: PhysicalMap) -> tuple[Pixels, Mask]:
        """Return moving's slopes under another pose, moved to where they agree best: it is not known finer."""
        slopes, seen = self.slopes.under(other)
        shift = self._best_shift(slopes * seen)
        if any(shift):
            moved = shifted_on(other, shift, self.slopes.grid)
            if self.is_other(moved):
                return self.slopes.under(moved)
        return slopes, seen

    def _best_shift(self, slopes: Pixels) -> tuple[float, ...]:
        """Return the shift, to a part of a pixel, at which moving's slopes agree best with fixed's, near no shift."""
        reach = self.settings.reach
        sizes, spectrum = self._spectrum
        both = times(np.conj(spectrum), fft.rfftn(slopes, sizes, tuple(range(1, slopes.ndim)), workers=1))
        scores = np.abs(fft.irfftn(both.sum(0), sizes, workers=1))
        around = range(-reach + 1, reach)
        best = max(product(around, repeat=scores.ndim), key=lambda at: scores[at])
        return tuple(k + _vertex(scores, best, axis) for axis, k in enumerate(best))

    @lazy
    def _spectrum(self) -> tuple[list[int], NDArray[np.complexfloating[Any, Any]]]:
        """Sizes on which shifts within the reach do not wrap around, and the transform of fixed's slopes on them."""
        fixed = self.slopes.fixed
        sizes = [fft.next_fast_len(n + 2 * self.settings.reach, real=True) for n in fixed.shape[1:]]
        return sizes, fft.rfftn(fixed, sizes, tuple(range(1, fixed.ndim)), workers=1)

    def _agreement(self, fixed: Pixels, moving: Pixels, sign: float) -> Floats:
        """Return the product of slopes in each cell, at the best shift within the tolerance of each."""
        near = range(-self.settings.tolerance, self.settings.tolerance + 1)
        axes = tuple(range(1, fixed.ndim))
        shifts = product(near, repeat=len(axes))
        found = [
            sign * cell_sums(inner_products(fixed, np.roll(moving, by, axes)), self.settings.cell) for by in shifts
        ]
        return np.asarray(np.max(found, 0))


def _sign(fixed: Pixels, moving: Pixels) -> float:
    """Return 1 if slopes run the same way on the whole, -1 if they run opposite ways."""
    return 1.0 if float(inner_products(fixed, moving).sum(dtype=float)) >= 0 else -1.0


def _vertex(scores: Floats, at: tuple[int, ...], axis: int) -> float:
    """Return where, from a sample, the parabola through it and its neighbours along an axis is highest."""
    before, after = list(at), list(at)
    before[axis], after[axis] = at[axis] - 1, at[axis] + 1
    low, middle, high = scores[tuple(before)], scores[at], scores[tuple(after)]
    bend = 2 * middle - low - high
    return float(np.clip((high - low) / (2 * bend), -0.5, 0.5)) if bend > 0 else 0.0


def _paired_t(gaps: Floats, weights: Floats, unlike: float, settings: LeadSettings) -> float:
    """Return the paired t of weighted cells: `gaps` are their shares of the whole gap, `weights` add up to 1."""
    mean, count = float(gaps.sum()), 1 / float(np.square(weights).sum())
    squares = count * float((weights * np.square(gaps / weights - mean)).sum())
    # Few cells say little about their own scatter: what slopes are unlike by under the pose stands in for some more.
    variance = (squares + settings.assumed * unlike) / (count - 1 + settings.assumed)
    return mean / float(np.sqrt(variance / count + settings.alike**2))
