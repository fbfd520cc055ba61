"""From two pyramids to the few poses worth refining: search coarse, look closer only where that does not decide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._refine.race import Pair, followed
from superpose._search.exhaustive import Candidate, Null
from superpose._search.proposals import Global, finer_parts, linear_parts, propose

Floats = NDArray[np.float64]

# The first search's level has sides (their geometric mean) from this many pixels to twice as many; fewer where scales
# are searched too.
FIRST_SIDE, FIRST_SIDE_BOTH = 64, 45
# A best basin this many standard deviations above the pair's wrong poses, and this much above the second, needs no
# closer look.
SURE_DEVIATIONS, SURE_MARGIN = 8.0, 1.25
# Below this margin after the closer look everything is searched there, on a grid coarser by `LAST_RESORT`.
UNSURE_MARGIN, LAST_RESORT = 1.1, 2.0
# Basins as close as that go on racing up to levels of this many pixels (the sides' geometric mean).
RACE_SIDE = 400


@dataclass(frozen=True, eq=False)
class Basins:
    """The basins found, best first, as matrices between physical coordinates, and the level they were judged on."""

    found: list[Candidate]
    level: int
    null: Null


def first_level(pairs: list[Pair], family: str) -> int:
    """Return the level that the search starts on."""
    side = min(float(np.sqrt(np.prod(each.shape))) for each in (pairs[0].fixed, pairs[0].moving))
    least = FIRST_SIDE_BOTH if family == "similarity" else FIRST_SIDE
    return int(np.clip(np.floor(np.log2(max(side, 1) / least)), 0, len(pairs) - 1))


def basins_of(pairs: list[Pair], family: str, limits: Global, start: Floats, least: float, threads: int) -> Basins:
    """Search, race the peaks, and search again on the next finer level where the race is close.

    Parameters
    ----------
    pairs : list of Pair
        Pyramid, finest first.
    family : str
        Of transforms. Those wider than similarities are searched as similarities.
    limits : Global
        How far to look about `start`.
    start : ndarray, shape (3, 3)
        From fixed to moving physical coordinates.
    least : float
        The smallest overlap.
    threads : int
        The result does not depend on it.
    """
    searched = family if family in ("translation", "rigid") else "similarity"
    followed_as = family if family != "homography" else "affine"
    level = first_level(pairs, searched)
    pair = pairs[level]
    here = pair.to_index(start)
    linears = linear_parts(searched, limits, here, pair.fixed.shape)
    peaks, null = propose(pair.fixed, pair.moving, linears, limits, here, least, threads)
    if not peaks:
        return Basins([], level, null)
    runners = followed(pair, peaks, followed_as, least, 16, 6, threads)
    best = _physical(pair, runners)
    if level == 0:
        return Basins(best, level, null)
    finer = pairs[level - 1]
    best = _physical(finer, followed(finer, _index(finer, best), followed_as, least, 6, 6, threads))
    deviations = (peaks[0].score - null.mean) / null.deviation
    if deviations >= SURE_DEVIATIONS and _margin(best) >= SURE_MARGIN:
        return Basins(best, level - 1, null)
    here = finer.to_index(start)
    if searched == "similarity":
        linears = finer_parts(searched, _index(finer, _physical(pair, peaks)), finer.fixed.shape)
    else:
        linears = linear_parts(searched, limits, here, finer.fixed.shape)
    peaks, null = propose(finer.fixed, finer.moving, linears, limits, here, least, threads)
    again = _index(finer, best[:4]) + peaks
    best = _physical(finer, followed(finer, again, followed_as, least, 16, 6, threads))
    if searched == "similarity" and _margin(best) < UNSURE_MARGIN:
        # The seeds may have missed it: all turns and scales once more, on the finer level.
        linears = linear_parts(searched, limits, here, finer.fixed.shape, LAST_RESORT)
        peaks, null = propose(finer.fixed, finer.moving, linears, limits, here, least, threads)
        again = _index(finer, best[:4]) + peaks
        best = _physical(finer, followed(finer, again, followed_as, least, 16, 6, threads))
    level -= 1
    while level > 0 and _margin(best) < UNSURE_MARGIN and np.prod(pairs[level].fixed.shape) < RACE_SIDE**2 / 4:
        level -= 1
        best = _physical(
            pairs[level], followed(pairs[level], _index(pairs[level], best), followed_as, least, 6, 6, threads)
        )
    return Basins(best, level, null)


def _margin(found: list[Candidate]) -> float:
    return found[0].score / max(found[1].score, 1e-9) if len(found) > 1 else np.inf


def _physical(pair: Pair, found: list[Candidate]) -> list[Candidate]:
    return [Candidate(pair.to_physical(each.matrix), each.score, each.overlap) for each in found]


def _index(pair: Pair, found: list[Candidate]) -> list[Candidate]:
    return [Candidate(pair.to_index(each.matrix), each.score, each.overlap) for each in found]
