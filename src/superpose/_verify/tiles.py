"""How well two images agree at a pose against all shifts of it, tile by tile: each tile is asked by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, special

from superpose._verify.fields import Fields

Floats = NDArray[np.float64]

# Pixels of a tile's side, and the part of a tile that must be seen in both images for it to have a say.
TILE, SEEN = 16, 0.3
# A pose is taken to be good to this many pixels of the level; shifts from `FAR` pixels on are wrong ones.
NEAR, FAR = 1, 4


@dataclass(frozen=True, eq=False)
class Tiles:
    """Correlation of each tile with all shifts of itself, by channel: (channels, tiles, side, side).

    Normalised by the tile's energy in both images; shift 0 is at [0, 0], and shifts are cyclic.
    """

    scores: NDArray[np.float32]
    weights: Floats
    places: NDArray[np.intp]
    pixels: float

    @property
    def side(self) -> int:
        """Pixels of a tile's side."""
        return int(self.scores.shape[-1])

    @property
    def elsewhere(self) -> NDArray[np.bool_]:
        """Which shifts are far: (side, side)."""
        far = np.minimum(np.arange(self.side), self.side - np.arange(self.side))
        return np.asarray(np.maximum(far[:, None], far) >= FAR)

    def at(self, row: int, column: int) -> Floats:
        """Return the best score around a shift: (channels, tiles)."""
        around = [(row + i, column + j) for i in range(-NEAR, NEAR + 1) for j in range(-NEAR, NEAR + 1)]
        return np.asarray(np.max([self.scores[:, :, i % self.side, j % self.side] for i, j in around], 0), float)


def tiles_of(fields: Fields, side: int = TILE) -> Tiles:
    """Return the tiles, `side` pixels wide, that are seen in both images."""
    rows, columns = (-(-n // side) for n in fields.both.shape)
    pad = [(0, rows * side - fields.both.shape[0]), (0, columns * side - fields.both.shape[1])]

    def cut(values: NDArray[np.generic]) -> NDArray[np.generic]:
        full = np.pad(values, [(0, 0)] * (values.ndim - 2) + pad)
        split = full.reshape(*values.shape[:-2], rows, side, columns, side)
        return np.moveaxis(split, -3, -2).reshape(*values.shape[:-2], rows * columns, side, side)

    both = cut(fields.both)
    count = both.sum((1, 2))
    keep = np.flatnonzero(count >= SEEN * side**2)
    both, count = both[keep], count[keep]
    parts = []
    for values in (fields.fixed, fields.moving):
        each = cut(values)[:, keep]
        # A direction that prevails all over agrees with itself at any shift.
        mean = each.sum((2, 3), keepdims=True) / count.astype(np.float32)[None, :, None, None]
        parts.append((each - mean) * both)
    energies = [(np.abs(each) ** 2).sum((2, 3)) for each in parts]
    size = np.sqrt(energies[0] * energies[1]) + 1e-12
    spectra = [fft.fft2(each, workers=1) for each in parts]
    product = fft.ifft2(np.conj(spectra[0]) * spectra[1], workers=1).real
    return Tiles(product / size[..., None, None].astype(np.float32), count / side**2, keep, float(fields.both.sum()))


def consistency(tiles: Tiles) -> Floats:
    """Return by channel how clearly the tiles, each by itself, place the pose where it is, in standard deviations.

    In each tile the score at the pose is ranked among its scores at far shifts (the best of as many neighbours
    each): a rank knows no scale, and no single tile can say more than a rank can. Ranks are made normal deviates and
    added up (Stouffer).
    """
    scores = tiles.scores
    if scores.shape[1] == 0:
        return np.zeros(len(scores))
    best = scores
    for axis in (2, 3):
        best = np.max([np.roll(best, by, axis) for by in range(-NEAR, NEAR + 1)], 0)
    elsewhere = tiles.elsewhere
    above = (best[:, :, elsewhere] >= best[:, :, :1, 0]).sum(-1)
    rank = (above + 0.5) / (elsewhere.sum() + 1)
    return np.asarray(special.ndtri(1 - rank).sum(1) / np.sqrt(scores.shape[1]))
