"""How well two images agree at a pose against all shifts of it, tile by tile: each tile is asked by itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from superpose._arithmetic.complex_numbers import squared_size, times
from superpose._arithmetic.elementary import normal_quantile
from superpose._parallel import lazy
from superpose._verify.fields import Fields
from superpose._verify.settings import TileSettings

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TileCorrelations:
    """Correlation of each tile with all shifts of itself, by channel.

    Attributes
    ----------
    scores : ndarray, shape (channels, tiles, side, ..., side)
        Normalised by the tile's energy in both images. Shift 0 comes first along each axis, and shifts are cyclic.
    energies : ndarray, shape (channels, tiles)
        Of each tile, in the image that has more.
    weights : ndarray, shape (tiles,)
        The part of each tile that is seen in both images.
    places : ndarray, shape (tiles,)
        Each tile's number in the grid of all tiles.
    pixels : float
        How many pixels are seen in both images, in all tiles or none.
    settings : TileSettings
        How they were cut.
    """

    scores: NDArray[np.float32]
    energies: NDArray[np.float32]
    weights: Floats
    places: NDArray[np.intp]
    pixels: float
    settings: TileSettings

    @property
    def side(self) -> int:
        """Pixels of a tile's side."""
        return int(self.scores.shape[-1])

    @property
    def ndim(self) -> int:
        """Number of axes of the images."""
        return self.scores.ndim - 2

    @property
    def is_far(self) -> NDArray[np.bool_]:
        """Which shifts are wrong ones, shape (side, ..., side)."""
        along = np.minimum(np.arange(self.side), self.side - np.arange(self.side))
        furthest = np.max(np.meshgrid(*[along] * self.ndim, indexing="ij"), 0)
        return np.asarray(furthest >= self.settings.far)

    @property
    def tolerant(self) -> NDArray[np.float32]:
        """The scores, each the best within the tolerance of its shift."""
        best, near = self.scores, self.settings.tolerance
        for axis in range(2, self.scores.ndim):
            best = np.max([np.roll(best, by, axis) for by in range(-near, near + 1)], 0)
        return best

    @lazy
    def ranks(self) -> Floats:
        """The normal deviates of the rank of each tile's score at the pose among those at far shifts."""
        return self.ranks_at(*[0] * self.ndim)

    def ranks_at(self, *shift: int) -> Floats:
        """Return the same at a shift, among those that are far from it: (channels, tiles)."""
        best, far = self.tolerant, np.roll(self.is_far, shift, tuple(range(self.ndim)))
        own, others = best[:, :, *(by % self.side for by in shift), None], best[:, :, far]
        # In half ranks.
        above = (others > own).sum(-1) + (others >= own).sum(-1)
        return np.asarray(_deviates(int(far.sum()))[above])

    def at(self, *shift: int) -> Floats:
        """Return the best score within the tolerance of a shift: (channels, tiles)."""
        near = self.settings.tolerance
        steps = np.stack(np.meshgrid(*[np.arange(-near, near + 1)] * self.ndim, indexing="ij"), -1)
        around = (steps.reshape(-1, self.ndim) + shift) % self.side
        return np.asarray(np.max([self.scores[:, :, *each] for each in around], 0), float)


def correlate_tiles(fields: Fields, settings: TileSettings) -> TileCorrelations:
    """Return the correlations of the tiles that are seen in both images."""
    shape, side = fields.both.shape, settings.side
    ndim = len(shape)
    counts = [-(-n // side) for n in shape]
    pad = [(0, count * side - n) for count, n in zip(counts, shape, strict=True)]

    def cut(values: NDArray[Any]) -> NDArray[Any]:
        """Return an array (..., *shape) as tiles (..., tiles, side, ..., side)."""
        front = values.ndim - ndim
        full = np.pad(values, [(0, 0)] * front + pad) if any(after for _, after in pad) else values
        split = full.reshape(*values.shape[:front], *(n for count in counts for n in (count, side)))
        tiled = np.moveaxis(split, range(front, front + 2 * ndim, 2), range(front, front + ndim))
        return tiled.reshape(*values.shape[:front], -1, *[side] * ndim)

    both = cut(fields.both)
    inside = tuple(range(-ndim, 0))
    count = both.sum(inside)
    keep = np.flatnonzero(count >= settings.min_seen * side**ndim)
    both, count = both[keep], count[keep]
    every = (None, slice(None), *[None] * ndim)
    parts = []
    for values in (fields.fixed, fields.moving):
        each = cut(values)[:, keep]
        # A direction that prevails all over agrees with itself at any shift.
        each -= each.sum(inside, keepdims=True) / count.astype(np.float32)[every]
        each *= both
        parts.append(each)
    energies = [squared_size(each).sum(inside) for each in parts]
    size = (np.sqrt(energies[0] * energies[1]) + 1e-12).astype(np.float32)
    spectra = [fft.fftn(each, axes=inside, workers=1) for each in parts]
    product = times(np.conj(spectra[0], out=spectra[0]), spectra[1])
    scores = fft.ifftn(product, axes=inside, workers=1).real / size[(..., *[None] * ndim)]
    seen = float(np.count_nonzero(fields.both))
    return TileCorrelations(scores, np.maximum(*energies), count / side**ndim, keep, seen, settings)


@dataclass(frozen=True, eq=False)
class Consistency:
    """How clearly tiles, each by itself, place the pose where it is, in standard deviations, by channel.

    Attributes
    ----------
    plain : ndarray, shape (channels,)
        All tiles counting alike that are not empty.
    weighted : ndarray, shape (channels,)
        Tiles counting as much as they have structure: where there is little, as of few objects, noise has none of it.
    """

    plain: Floats
    weighted: Floats


def consistency(tiles: TileCorrelations) -> Consistency:
    """Return how clearly the tiles place the pose where it is.

    In each tile the score at the pose is ranked among its scores at far shifts (the best of as many neighbours
    each): a rank knows no scale, and no single tile can say more than a rank can. Ranks are made normal deviates and
    added up (Stouffer). Where an image is plain, all shifts are equal, and the pose has the middle rank.
    """
    channels, count = tiles.scores.shape[:2]
    if count == 0:
        return Consistency(np.zeros(channels), np.zeros(channels))
    deviates, energies, full = tiles.ranks, np.asarray(tiles.energies, float), filled(tiles)
    plain = agreement(deviates, full)
    weighted = (deviates * energies).sum(1) / np.sqrt(np.maximum(np.square(energies).sum(1), 1e-30))
    return Consistency(np.asarray(plain), np.asarray(weighted))


def agreement(ranks: Floats, which: NDArray[np.bool_]) -> Floats:
    """Return by how many deviations some tiles agree together, tiles along the last axis (Stouffer)."""
    return np.asarray((ranks * which).sum(-1) / np.sqrt(np.maximum(which.sum(-1), 1)))


def filled(tiles: TileCorrelations) -> NDArray[np.bool_]:
    """Return which tiles are not plain ground in both images, (channels, tiles)."""
    energies = np.asarray(tiles.energies, float)
    return np.asarray(energies > tiles.settings.empty * energies.max(1, keepdims=True, initial=0.0))


def spread(tiles: TileCorrelations) -> float:
    """Return how evenly tiles share structure: the number of equal ones that would spread as they do, as a part of all.

    It is 1 where all have as much.
    """
    energies = np.asarray(tiles.energies[0], float)
    squares = float(np.square(energies).sum()) * len(energies)
    return float(energies.sum()) ** 2 / squares if squares > 0 else 0.0


def unexplained(tiles: TileCorrelations) -> Floats:
    """Return by channel the part of the tiles, empty ones aside, that do not place the pose where it is."""
    if not len(tiles.places):
        return np.zeros(len(tiles.scores))
    full = filled(tiles)
    left = (tiles.ranks < tiles.settings.placed) & full
    return np.asarray(left.sum(1) / np.maximum(full.sum(1), 1))


@cache
def _deviates(count: int) -> Floats:
    """Return the normal deviate of a number above which so many half ranks of `count` others lie: 0 to all of them."""
    return np.array([normal_quantile(1 - (half / 2 + 0.5) / (count + 1)) for half in range(2 * count + 1)])
