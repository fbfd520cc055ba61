"""Orientation fields as complex numbers, and the search's score shift by shift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tests.reference.warp import mapped_grid

Floats = NDArray[np.float64]
Complex = NDArray[np.complex128]
Mask = NDArray[np.bool_]


def gradients(data: NDArray[Any], mask: Mask) -> tuple[Complex, Mask]:
    """Return Scharr's gradient as row part + i column part, and where its nine pixels count; 0 elsewhere."""
    scharr = np.outer([3, 10, 3], [-1, 0, 1]) / 32
    usable = ndimage.binary_erosion(mask, np.ones((3, 3)), border_value=0)
    by_row, by_column = (ndimage.correlate(data.astype(float), kernel) for kernel in (scharr.T, scharr))
    return np.where(usable, by_row + 1j * by_column, 0), usable


def doubled(gradient: Complex, damping: float) -> Complex:
    """Return the direction, its angle doubled, as long as the gradient is strong."""
    size = np.abs(gradient)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(size > 0, gradient**2 / size * (1 / (size + damping)), 0)


def field_of(data: NDArray[Any], mask: Mask, damping: float = 1.0) -> tuple[Complex, Mask]:
    """Return an image's field, its damping in units of the mean gradient."""
    gradient, usable = gradients(data, mask)
    return doubled(gradient, damping * float(np.abs(gradient[usable]).mean())), usable


def turned(field: Complex, usable: Mask, matrix: Floats, angle: float, shape: tuple[int, int]) -> tuple[Complex, Mask]:
    """Return a field pulled onto a canvas and turned, and where its nearest pixel counts."""
    points = mapped_grid(matrix, shape)
    last = np.array(field.shape)[:, None, None] - 1
    inside = np.all((points >= 0) & (points <= last), axis=0)
    points = np.clip(points, 0, last)
    real, imaginary = (ndimage.map_coordinates(part, points, order=1) for part in (field.real, field.imag))
    i, j = np.floor(points + 0.5).astype(int)
    return np.where(inside, np.exp(1j * angle) * (real + 1j * imaginary), 0), inside & usable[i, j]


@dataclass(frozen=True)
class Scores:
    """Score, overlap and its two energies of each shift, all (rows, columns) by shift."""

    product: Floats
    overlap: Floats
    fixed: Floats
    moving: Floats

    def score(self, most: float, floors: tuple[float, float]) -> Floats:
        """Return the correlation of what overlaps, times the root of how much that is."""
        own = np.maximum(self.fixed, floors[0] * self.overlap)
        other = np.maximum(self.moving, floors[1] * self.overlap)
        size = np.sqrt(own * other)
        return np.divide(
            self.product * np.sqrt(self.overlap / most), size, out=np.zeros_like(size), where=self.overlap > 0
        )


def scores(
    fixed: Complex, fixed_usable: Mask, moving: Complex, moving_usable: Mask, rows: range, columns: range
) -> Scores:
    """Lay fixed over moving, both from pixel (0, 0), moved by each pair of shifts, and add up what overlaps."""
    out = np.zeros((4, len(rows), len(columns)))
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            a, b = _overlapping(fixed.shape, moving.shape, (row, column))
            f, m, mine, other = fixed[a], moving[b], fixed_usable[a], moving_usable[b]
            out[0, i, j] = (np.conj(f) * m).real.sum()
            out[1, i, j] = (mine & other).sum()
            # A sample between pixels may be nonzero where its nearest pixel does not count, or the other way about.
            out[2, i, j] = (np.abs(f) ** 2 * other).sum()
            out[3, i, j] = (np.abs(m) ** 2 * mine).sum()
    return Scores(*out)


def _overlapping(
    fixed: tuple[int, ...], moving: tuple[int, ...], shift: tuple[int, int]
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Return the parts of both in which fixed's pixel x lies on moving's pixel x + shift."""
    first = [max(0, -s) for s in shift]
    last = [max(low, min(n, m - s)) for low, n, m, s in zip(first, fixed, moving, shift, strict=True)]
    own = tuple(slice(low, high) for low, high in zip(first, last, strict=True))
    return own, tuple(slice(low + s, high + s) for low, high, s in zip(first, last, shift, strict=True))


def peaks(scores: Floats) -> list[tuple[float, int, int]]:
    """Return positive places that no neighbour (modulo the size) is above, by falling score."""
    highest = ndimage.maximum_filter(scores, 3, mode="wrap")
    found = [(float(scores[i, j]), int(i), int(j)) for i, j in np.argwhere((scores == highest) & (scores > 0))]
    return sorted(found, reverse=True)


def shifts_of(size: int, low: float, high: float) -> NDArray[np.intp]:
    """Return for each place modulo the size the shift that is nearest to the middle of a range."""
    places = np.arange(size)
    aliases = np.stack([places - size, places, places + size])
    return np.asarray(aliases[np.abs(aliases - (low + high) / 2).argmin(0), places])
