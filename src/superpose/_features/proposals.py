"""Poses that the local features of two images propose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._features.features import Features, features_of
from superpose._features.growth import grown, supported
from superpose._features.matching import Matches, all_matches, matched
from superpose._features.settings import FeatureSettings, GrowthSettings
from superpose._features.tilted import tilted_features
from superpose._parallel import lazy
from superpose.image import Raster
from superpose.transforms.family import Family
from superpose.transforms.geometry import IndexMap, apply, normalised

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Proposal:
    """A pose and how many places of both images speak for it.

    Attributes
    ----------
    pose : IndexMap
        From fixed to moving pixels.
    votes : float
        Matches at different places that agree with it: of unrelated photographs some six at most.
    """

    pose: IndexMap
    votes: float


@dataclass(frozen=True, eq=False)
class Proposing:
    """What local features of two images propose: different poses, the best first, plainly or more thoroughly.

    Attributes
    ----------
    fixed, moving : Raster
        Levels of both images.
    family : Family
        What poses are to be members of.
    settings : FeatureSettings
        How.
    threads : int
        The result does not depend on it.
    """

    fixed: Raster
    moving: Raster
    family: Family
    settings: FeatureSettings
    threads: int

    def stages(self) -> Iterator[list[Proposal]]:
        """Yield what is proposed, stage by stage, each more thorough."""
        yield self.plain
        yield self.tilted

    @lazy
    def plain(self) -> list[Proposal]:
        """What the images as they are propose."""
        return self._proposed(self._matches)

    @lazy
    def tilted(self) -> list[Proposal]:
        """What their views from aside propose with them."""
        # One of both shows the scene less from aside, it is not known which: its views from aside look like the other.
        aside = [
            tilted_features(image, self.settings.detection, self.settings.tilts, self.threads)
            for image in (self.fixed, self.moving)
        ]
        (a, b), how = self._features, (self.settings.matching, self.threads)
        lots = [self._matches, matched(aside[0], b, *how), matched(a, aside[1], *how)]
        return self._proposed(all_matches(lots, self.settings.matching))

    @lazy
    def _features(self) -> list[Features]:
        return [features_of(image, self.settings.detection, self.threads) for image in (self.fixed, self.moving)]

    @lazy
    def _matches(self) -> Matches:
        a, b = self._features
        return matched(a, b, self.settings.matching, self.threads)

    def _proposed(self, matches: Matches) -> list[Proposal]:
        longest = max(self.fixed.grid.shape)
        return proposed(matches, longest, self.family, self.settings.growth, self.threads)


def proposed(matches: Matches, longest: int, family: Family, settings: GrowthSettings, threads: int) -> list[Proposal]:
    """Return the poses that matches grow to, by falling votes.

    Parameters
    ----------
    matches : Matches
        Right and wrong ones.
    longest : int
        The fixed image's longer side.
    family : Family
        What poses are to be members of.
    settings : GrowthSettings
        How.
    threads : int
        The result does not depend on it.
    """
    if len(matches) < settings.least_votes:
        return []
    reach = settings.reach * longest
    weight = supported(matches, reach, settings, threads)
    used = np.zeros(len(matches), bool)
    found: list[tuple[int, Floats, Floats]] = []
    seeds = fruitless = 0
    for seed in np.argsort(-weight, kind="stable"):
        if weight[seed] <= 0 or seeds == settings.seeds or fruitless == settings.fruitless:
            break
        if used[seed]:
            continue
        used[seed] = True
        seeds, fruitless = seeds + 1, fruitless + 1
        result = grown(matches, int(seed), family, reach, settings)
        if result is None:
            continue
        matrix, errors = result
        agree = errors < settings.finals[-1]
        votes = _places(matches[agree], settings.place)
        if votes >= settings.least_votes:
            points = matches.fixed[agree]
            # A wrong match may grow to a pose that is known.
            if all(_differ(matrix, other, points, settings.same) for _, other, _ in found):
                fruitless = 0
            found.append((votes, matrix, points))
            # What lies a little off would grow to the same pose again.
            used |= errors < settings.thresholds[0]
    found.sort(key=lambda each: -each[0])
    kept: list[tuple[int, Floats, Floats]] = []
    for votes, matrix, points in found:
        if len(kept) < settings.proposals and all(_differ(matrix, other[1], points, settings.same) for other in kept):
            kept.append((votes, matrix, points))
    return [Proposal(IndexMap(normalised(matrix)), float(votes)) for votes, matrix, _ in kept]


def _places(matches: Matches, side: float) -> int:
    """Return at how many different places, in that image in which they are fewer, matches are."""
    counts = []
    for points in (matches.fixed, matches.moving):
        cells = np.floor(points / side).astype(np.int64)
        counts.append(len(np.unique(cells[:, 0] * (1 << 32) + cells[:, 1])))
    return min(counts)


def _differ(a: Floats, b: Floats, points: Floats, pixels: float) -> bool:
    """Return whether two poses take points to different places."""
    gaps = apply(a, points) - apply(b, points)
    return not float(np.median(np.square(gaps).sum(1))) < pixels * pixels
