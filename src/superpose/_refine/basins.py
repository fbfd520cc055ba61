"""From two pyramids to the few poses worth refining: search coarse, look closer only where that does not decide."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._refine.race import Pair, followed
from superpose._sampling.prepared import Detail, Prepared
from superpose._sampling.pyramid import resized
from superpose._search.exhaustive import Candidate, Null
from superpose._search.proposals import Global, finer_parts, linear_parts, propose

Floats = NDArray[np.float64]

# Sides (the smaller image's, geometric mean) in pixels of the first look and of the closer one: a shift alone costs one
# FFT, turns a hundred, turns and scales a thousand.
LOOKS = {"translation": (96, 256), "rigid": (40, 96), "similarity": (36, 72)}
# A best basin that exceeds the second best by this ratio needs no closer look: among hundreds of pairs of all kinds no
# wrong one exceeded it by more than a ninth.
SURE_MARGIN = 1.2
# Peaks of the search that are followed: few where the best one exceeds the highest score expected of so many wrong
# poses by so many of their standard deviations. And how many are kept.
STANDS_OUT, FOLLOWED_SURE, FOLLOWED, KEPT = 2.0, 4, 16, 6
# Following a peak raises its score, by what the grid of turns and scales missed, but not by more than this.
WITHIN_REACH = 0.4
# Linear parts whose neighbours the closer look tries, where it can't try all.
SEEDS = 32
# Basins as close as that go on racing, up to levels of this many pixels (the sides' geometric mean).
UNSURE_MARGIN, RACE_SIDE = 1.1, 400


@dataclass(frozen=True, eq=False)
class Basins:
    """The basins found, best first, as matrices between physical coordinates, and the level they were judged on."""

    found: list[Candidate]
    level: int
    null: Null

    @property
    def outstanding(self) -> float:
        """How far the best basin's score exceeds the highest of so many wrong poses', in their standard deviations."""
        return self.null.outstanding(self.found[0].score) if self.found else 0.0


@dataclass(frozen=True, eq=False)
class _Look:
    """What one look found, the search's own peaks, and whether it decides."""

    basins: Basins
    peaks: list[Candidate]
    sure: bool


@dataclass(frozen=True, eq=False)
class _Search:
    """What stays the same from look to look."""

    pairs: list[Pair]
    family: str
    limits: Global
    start: Floats
    least: float
    threads: int

    @property
    def searched(self) -> str:
        """Families wider than similarities are searched as similarities."""
        return self.family if self.family in ("translation", "rigid") else "similarity"

    def followed(self, pair: Pair, found: list[Candidate], most: int) -> list[Candidate]:
        """Refine candidates on a pair; matrices between physical coordinates, before and after."""
        family = self.family if self.family != "homography" else "affine"
        return _physical(pair, followed(pair, _index(pair, found), family, self.least, most, KEPT, self.threads))

    def peaks(self, pair: Pair, seeds: list[Candidate]) -> tuple[list[Candidate], Null]:
        """Search at one size, everything or about `seeds`; matrices between physical coordinates."""
        here, shape = pair.to_index(self.start), pair.fixed.shape
        if seeds:
            linears = finer_parts(self.searched, _index(pair, seeds), shape)
        else:
            linears = linear_parts(self.searched, self.limits, here, shape)
        pair = pair.with_fields(self.threads)
        found, null = propose(pair.fixed, pair.moving, linears, self.limits, here, self.least, self.threads)
        return _physical(pair, found), null

    def look(self, side: float, seeds: list[Candidate], before: list[Candidate], beyond: float = 0.0) -> _Look:
        """Search at one size, and follow the peaks, and what was found before, up to the pyramid's next level."""
        level, pair = self.pair_of(side)
        peaks, null = self.peaks(pair, seeds)
        stands_out = bool(peaks) and null.outstanding(peaks[0].score) > STANDS_OUT
        worth = [each for each in peaks if each.score >= WITHIN_REACH * max(peaks[0].score, beyond)]
        runners = self.followed(pair, worth, FOLLOWED_SURE if stands_out or beyond else FOLLOWED) if worth else []
        if pair is not self.pairs[level] or before:
            runners = self.followed(self.pairs[level], before + runners, KEPT + len(before))
        return _Look(Basins(runners, level, null), peaks, _margin(runners) >= SURE_MARGIN)

    def pair_of(self, side: float) -> tuple[int, Pair]:
        """Return the pair at a size, and the coarsest level of the pyramid that is at least as fine."""
        sides = [min(np.sqrt(np.prod(each.shape)) for each in (p.fixed, p.moving)) for p in self.pairs]
        level = max((k for k, each in enumerate(sides) if each >= side), default=0)
        factor = float(sides[level] / side)
        if factor < 1.05:
            return level, self.pairs[level]
        pair = self.pairs[level]
        return level, Pair(_resized(pair.fixed, factor), _resized(pair.moving, factor))


def first_look(
    pairs: list[Pair],
    family: str,
    limits: Global,
    start: Floats,
    least: float,
    threads: int,
    beyond: float = 0.0,
) -> Basins:
    """Return what one coarse search finds that may reach a score `beyond`; other arguments as for `basins_of`."""
    search = _Search(pairs, family, limits, start, least, threads)
    return search.look(LOOKS[search.searched][0], [], [], beyond).basins


def basins_of(pairs: list[Pair], family: str, limits: Global, start: Floats, least: float, threads: int) -> Basins:
    """Search at one size, follow the peaks, and look closer where that does not decide.

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
    search = _Search(pairs, family, limits, start, least, threads)
    first, closer = LOOKS[search.searched]
    seen = search.look(first, [], [])
    if seen.sure or not seen.peaks:
        return seen.basins
    both = search.searched == "similarity"
    seen = search.look(closer, seen.peaks[:SEEDS] if both else [], seen.basins.found[:4])
    best, level = seen.basins.found, seen.basins.level
    while level > 0 and _margin(best) < UNSURE_MARGIN and np.prod(pairs[level].fixed.shape) < RACE_SIDE**2 / 4:
        level -= 1
        best = search.followed(pairs[level], best, KEPT)
    return replace(seen.basins, found=best, level=level)


def _resized(image: Prepared, factor: float) -> Prepared:
    """Return a level with larger pixels, its directions from the same detail."""
    detail = image.detail or Detail(image, 0)
    return Prepared(resized(image.image, factor), image.threads, detail=replace(detail, factor=factor))


def _margin(found: list[Candidate]) -> float:
    return found[0].score / max(found[1].score, 1e-9) if len(found) > 1 else np.inf


def _physical(pair: Pair, found: list[Candidate]) -> list[Candidate]:
    return [Candidate(pair.to_physical(each.matrix), each.score, each.overlap) for each in found]


def _index(pair: Pair, found: list[Candidate]) -> list[Candidate]:
    return [Candidate(pair.to_index(each.matrix), each.score, each.overlap) for each in found]
