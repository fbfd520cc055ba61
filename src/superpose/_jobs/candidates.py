"""Which images of a mosaic may overlap: by where a stage says that they lie, or by what they look like."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from superpose._features.features import features_of
from superpose._features.matching import matched
from superpose._features.proposals import proposed
from superpose._jobs.mosaic_poses import Stage
from superpose._jobs.mosaic_settings import CandidateSettings
from superpose._jobs.overlaps import Candidate, by_shift
from superpose._jobs.running import Runner
from superpose._parallel import ordered_map
from superpose.image import Raster
from superpose.transforms.family import Family


def by_stage(shapes: Sequence[tuple[int, ...]], stage: Stage, settings: CandidateSettings) -> list[Candidate]:
    """Return pairs of images that overlap where the stage says they lie, or nearly."""
    off = math.sqrt(2) * stage.sigma
    sizes = np.array([shape[:2] for shape in shapes], float)
    low, out = stage.positions, []
    for first in stage.known:
        later = low[first + 1 :]
        ends = np.minimum(low[first] + sizes[first], later + sizes[first + 1 :])
        sides = np.maximum(ends - np.maximum(low[first], later) + off, 0.0)
        sides = np.minimum(sides, np.minimum(sizes[first], sizes[first + 1 :]))
        smaller = np.minimum(sizes[first].prod(), sizes[first + 1 :].prod(1))
        with np.errstate(invalid="ignore"):
            near = np.flatnonzero(sides.prod(1) >= settings.least_overlap * smaller)
        for k in near.tolist():
            shift = by_shift(low[first] - later[k])
            out.append(Candidate(first, first + 1 + k, shift, settings.sigmas * off, True))
    return out


def by_features(
    image: Callable[[int], Raster],
    numbers: Sequence[int],
    family: Family,
    settings: CandidateSettings,
    run: Runner,
    those: Sequence[int] | None = None,
) -> list[Candidate]:
    """Return pairs of images whose local features propose a pose: of `numbers` each with each, or `those` with each."""
    how = settings.features
    features = ordered_map(lambda k: features_of(image(k), how.detection, 1), list(numbers), run.threads)
    pairs = [(a, b) for a in range(len(numbers)) for b in range(a + 1, len(numbers))]
    if those is not None:
        pairs = [(a, b) for a, b in pairs if numbers[a] in those or numbers[b] in those]

    def compare(pair: tuple[int, int]) -> Candidate | None:
        a, b = pair
        first, second = numbers[a], numbers[b]
        matches = matched(features[a], features[b], how.matching, 1)
        found = proposed(matches, max(image(first).grid.shape), family, how.growth, 1)
        if not found or found[0].votes < settings.votes:
            return None
        return Candidate(first, second, found[0].pose, settings.within)

    return [each for each in run.map("candidates", compare, pairs) if each is not None]
