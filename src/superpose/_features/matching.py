"""Matches between the features of two images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._features.features import Features
from superpose._features.settings import MatchSettings
from superpose._parallel import on_chunks

Floats = NDArray[np.float64]

# Enough rows of 128 numbers, each with all others, for a thread to be worth waking.
ROWS_PER_CHUNK = 256


@dataclass(frozen=True, eq=False)
class Matches:
    """Points of two images that look alike.

    Attributes
    ----------
    fixed, moving : ndarray, float64, shape (n, 2)
        Row and column in either image.
    maps : ndarray, float64, shape (n, 2, 2)
        What takes the fixed point's neighbourhood to the moving one's.
    quality : ndarray, float64, shape (n,)
        From 0, where another place looks as much alike, to 1.
    """

    fixed: Floats
    moving: Floats
    maps: Floats
    quality: Floats

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.fixed)

    def __getitem__(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Matches:
        """Return some of them."""
        return Matches(self.fixed[which], self.moving[which], self.maps[which], self.quality[which])


def matched(a: Features, b: Features, settings: MatchSettings, threads: int) -> Matches:
    """Return the matches of fixed's features `a` with moving's `b`, found from either side.

    Parameters
    ----------
    a, b : Features
        Of both images.
    settings : MatchSettings
        What a match is.
    threads : int
        The result does not depend on it.
    """
    there, back = _nearest(a, b, settings, threads), _nearest(b, a, settings, threads)
    first = np.concatenate([there[0], back[1]])
    second = np.concatenate([there[1], back[0]])
    maps = _quotients(b.frames[second], a.frames[first])
    found = Matches(a.points[first], b.points[second], maps, np.concatenate([there[2], back[2]]))
    return distinct(found, settings.same)


def all_matches(lots: list[Matches], settings: MatchSettings) -> Matches:
    """Return the matches of several lots, those of the same places once."""
    names = "fixed", "moving", "maps", "quality"
    return distinct(Matches(*(np.concatenate([getattr(lot, name) for lot in lots]) for name in names)), settings.same)


def distinct(matches: Matches, pixels: float) -> Matches:
    """Return the matches by falling quality, of those that join the same places only the best."""
    ordered = matches[np.argsort(-matches.quality, kind="stable")]
    places = np.floor(np.hstack([ordered.fixed, ordered.moving]) / pixels + 0.5).astype(np.int64)
    _, first = np.unique(places, axis=0, return_index=True)
    return ordered[np.sort(first)]


def _nearest(
    a: Features, b: Features, settings: MatchSettings, threads: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Return which features of `a` have a match, which of `b` that is, and how good it is."""
    from superpose._kernels.matching import nearest_two

    if not len(a) or not len(b):
        return np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0)
    own, squares = (np.einsum("ij,ij->i", each, each, dtype=np.int32) for each in (a.descriptors, b.descriptors))
    places = b.points.astype(np.float32)
    index, far = np.empty(len(a), np.int64), np.empty((len(a), 2), np.int32)
    chunks = [(k, min(k + ROWS_PER_CHUNK, len(a))) for k in range(0, len(a), ROWS_PER_CHUNK)]
    arguments = a.descriptors, b.descriptors, own, squares, places, settings.apart, index, far
    on_chunks(nearest_two, arguments, chunks, threads)
    # What is the same elsewhere as well, to the last bit, is no match.
    ratio = np.sqrt(np.where(far[:, 1] > 0, far[:, 0] / np.maximum(far[:, 1], 1), 1.0))
    which = np.flatnonzero(ratio < settings.ratio)
    return which, index[which].astype(np.intp), 1 - ratio[which]


def _quotients(over: Floats, under: Floats) -> Floats:
    """Return ``over @ inverse(under)`` of many (2, 2) matrices."""
    (a, b), (c, d) = under.transpose(1, 2, 0)
    inverse = np.array([[d, -b], [-c, a]]) / (a * d - b * c)
    return np.ascontiguousarray(np.einsum("nij,jkn->nik", over, inverse))
