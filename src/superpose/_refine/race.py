"""Basins race up the pyramid: each is refined by the orientation score, and the hopeless are dropped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._parallel import ordered_map
from superpose._refine.levenberg_marquardt import Rule, refine
from superpose._refine.orientation import OrientationObjective
from superpose._sampling.prepared import Prepared
from superpose._search.exhaustive import Candidate
from superpose._search.proposals import different

Floats = NDArray[np.float64]

# Basins below this part of the best score are dropped.
HOPELESS = 0.6


@dataclass(frozen=True, eq=False)
class Pair:
    """One level of both images."""

    fixed: Prepared
    moving: Prepared

    def with_fields(self, threads: int) -> Pair:
        """Return the pair, its directions of edges at hand: both images' are made at a time."""
        ordered_map(lambda each: each.field, (self.fixed, self.moving), threads)
        return self

    def to_physical(self, matrix: Floats) -> Floats:
        """Return a matrix between pixels of this level as one between physical coordinates."""
        moving, fixed = self.moving.image.grid, self.fixed.image.grid
        out: Floats = moving.index_to_physical @ matrix @ np.linalg.inv(fixed.index_to_physical)
        return out

    def to_index(self, matrix: Floats) -> Floats:
        """Return a matrix between physical coordinates as one between pixels of this level."""
        moving, fixed = self.moving.image.grid, self.fixed.image.grid
        out: Floats = np.linalg.inv(moving.index_to_physical) @ matrix @ fixed.index_to_physical
        return out


def followed(
    pair: Pair, candidates: list[Candidate], family: str, least: float, most: int, keep: int, threads: int
) -> list[Candidate]:
    """Refine up to `most` candidates on one level and return the `keep` best that are different, by falling score.

    Their matrices are between pixels of the level.
    """
    pair = pair.with_fields(threads)
    objective = OrientationObjective(pair.fixed, pair.moving, family, threads)
    rule = Rule(tolerance=0.05, iterations=10, trust=2.0, min_overlap=least)
    done = []
    for each in candidates[:most]:
        found = refine(objective, objective.start(each.matrix), rule)
        done.append(Candidate(found.state.matrix, objective.score(found.state), found.at.overlap))
    done.sort(key=lambda each: -each.score)
    apart = different(done, pair.fixed.shape, 1.5, keep)
    return [each for each in apart if each.score >= HOPELESS * apart[0].score]
