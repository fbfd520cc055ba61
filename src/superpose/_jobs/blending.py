"""One image of many that lie side by side: brightness levelled, seams halfway, each band of detail as wide as it needs.

References
----------
P. J. Burt and E. H. Adelson, "A multiresolution spline with application to image mosaics", ACM Transactions on Graphics
2(4), 1983.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import exp, half_gaussian, log
from superpose._arithmetic.matrices import matmul
from superpose._jobs.layouts import Piece
from superpose._jobs.mosaic_settings import BlendSettings
from superpose._jobs.network import Link, solve_network
from superpose._jobs.overlaps import Overlap, by_shift
from superpose._jobs.settings import NetworkSettings
from superpose._memory import Room, in_words
from superpose._sampling.filters import filtered
from superpose._sampling.mapping import warp_through
from superpose._sampling.warp import Source, filled_from_nearest, source, warp
from superpose.errors import InputError
from superpose.image import Mask, Pixels
from superpose.transforms.family import family_named

Floats = NDArray[np.float64]
# Pixels, shape (channels, rows, columns), and which of them count.
Planes = tuple[Pixels, Mask]
BLENDS = ("multi-band", "mean")


def gains_of(
    grey: Callable[[int], tuple[Pixels, Mask]],
    count: int,
    overlaps: Sequence[Overlap],
    threads: int,
    settings: BlendSettings,
) -> Floats:
    """Return by what each image's intensities are multiplied so that what several show is as bright in all of them."""
    links = []
    spread = settings.exactness * settings.exactness * np.eye(2)
    for each in overlaps:
        ratio = _ratio(grey(each.first), grey(each.second), each, threads)
        if ratio > 0:
            links.append(Link(each.first, each.second, by_shift(np.array([log(ratio), 0.0])), spread))
    usual = settings.usual * settings.usual * np.eye(2)
    links += [Link(count, k, by_shift(np.zeros(2)), usual) for k in range(count)]
    exact = NetworkSettings(least=1e-3, limit=10.0)
    found = solve_network(count + 1, links, family_named("translation"), np.zeros(2), 1.0, exact, count)
    logs = found.poses[:count, 0, 2]
    return np.array([exp(-float(each)) if np.isfinite(each) else 1.0 for each in logs])


def _ratio(first: tuple[Pixels, Mask], second: tuple[Pixels, Mask], overlap: Overlap, threads: int) -> float:
    """Return how many times brighter the second image shows what both show; 0 where that has no meaning."""
    low = np.floor(overlap.points.min(0)).astype(int)
    high = np.ceil(overlap.points.max(0)).astype(int) + 1
    part = slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1]))
    here, counts = first[0][part], first[1][part]
    there, shown = warp(Source(*second, 1), matmul(overlap.pose, by_shift(low)), here.shape, threads)
    both = counts & shown
    if not both.any():
        return 0.0
    one, other = float(here[both].sum(dtype=float)), float(there[both].sum(dtype=float))
    return other / one if one > 0 and other > 0 else 0.0


class Shown(Protocol):
    """Images by their numbers."""

    def planes(self, number: int) -> Planes:
        """Return an image's channels, and which pixels count."""

    def grey(self, number: int) -> tuple[Pixels, Mask]:
        """Return its grey pixels, and which count."""


def blended(
    images: Shown,
    pieces: Sequence[Piece],
    shape: tuple[int, ...],
    gains: Floats,
    threads: int,
    blend: str,
    settings: BlendSettings,
) -> tuple[Pixels, NDArray[np.int32]]:
    """Return one image of all, its channels last if there are several, and how many show each pixel.

    It is made of some rows at a time, of which those around are looked at as well: as if it was made at once.
    """
    rows, columns = shape
    coverage = np.zeros((rows, columns), np.int32)
    halo = 0 if blend == "mean" else settings.reach
    out: Pixels | None = None
    for first, last in rows_at_once(shape, settings):
        low, high = max(first - halo, 0), min(last + halo, rows)
        own = _within(pieces, low, high)
        if not own:
            continue
        work = _Window(images, own, (high - low, columns), gains, threads)
        planes = work.mean() if blend == "mean" else work.multi_band(settings.bands)
        if out is None:
            out = np.full((rows, columns, len(planes)), np.nan, np.float32)
        inner = slice(first - low, last - low)
        out[first:last] = np.moveaxis(planes[:, inner], 0, -1)
        coverage[first:last] = work.coverage[inner]
    assert out is not None
    return out[..., 0] if out.shape[-1] == 1 else out, coverage


def rows_at_once(shape: tuple[int, ...], settings: BlendSettings) -> list[tuple[int, int]]:
    """Return which rows of a canvas are made at once, first and last: all of them, if it is small."""
    rows, columns = shape
    some = max(settings.window // columns, 2 * settings.reach)
    return [(first, min(first + some, rows)) for first in range(0, rows, some)]


def needed_memory(
    shapes: Sequence[tuple[int, ...]], shape: tuple[int, ...], channels: int, settings: BlendSettings
) -> float:
    """Return about how many bytes images take, and their picture on a canvas, while that is made."""
    sizes = [float(math.prod(each[:2])) for each in shapes]
    rows, columns = shape
    window = float(min(rows, rows_at_once(shape, settings)[0][1] + 2 * settings.reach)) * columns
    canvas, held = rows * columns * (4.0 * channels + 4), 5.0 * math.fsum(sizes)
    return held + canvas + window * (32.0 + 4 * channels) + max(sizes) * (60.0 + 12 * channels)


def check_memory(
    room: Room, shapes: Sequence[tuple[int, ...]], shape: tuple[int, ...], channels: int, settings: BlendSettings
) -> None:
    """Check that images fit, and their picture on a canvas.

    Raises
    ------
    InputError
        If they do not.
    """
    needed = needed_memory(shapes, shape, channels, settings)
    if needed > room.limit:
        size = " x ".join(map(str, shape))
        raise InputError(
            "mosaic-memory", argument="memory_limit", value=in_words(needed), size=size, limit=in_words(room.limit)
        )


def _within(pieces: Sequence[Piece], low: int, high: int) -> list[Piece]:
    """Return what pieces show of some rows of a canvas, counted from the first of these."""
    out = []
    for piece in pieces:
        rows, columns = piece.box
        start, stop = max(rows.start, low), min(rows.stop, high)
        if start < stop:
            part = slice(start - rows.start, stop - rows.start), slice(0, columns.stop - columns.start)
            out.append(Piece(piece.number, (slice(start - low, stop - low), columns), replace(piece.pixels, part=part)))
    return out


class _Window:
    """Sums over images on some rows of a canvas."""

    def __init__(
        self, images: Shown, pieces: Sequence[Piece], shape: tuple[int, int], gains: Floats, threads: int
    ) -> None:
        self.images, self.pieces, self.shape, self.gains, self.threads = images, pieces, shape, gains, threads
        self.coverage = np.zeros(shape, np.int32)

    def mean(self) -> Pixels:
        """Return the mean of all that show a pixel, shape (channels, rows, columns); NaN where none does."""
        total: Pixels | None = None
        for piece in self.pieces:
            values, valid = self._warped(piece)
            if total is None:
                total = np.zeros((len(values), *self.shape), np.float32)
            total[:, *piece.box] += np.where(valid, values, 0)
            self.coverage[piece.box] += valid
        assert total is not None
        return np.where(self.coverage > 0, total / np.maximum(self.coverage, 1), np.float32(np.nan))

    def multi_band(self, bands: Sequence[float]) -> Pixels:
        """Return what is made of the image whose border is farthest, and near seams of several, band by band."""
        taps = [half_gaussian(int(3 * sigma + 0.5), sigma) for sigma in bands]
        owner = self._owners()
        # The coarsest band is what the last filter leaves over, and changes over as wide as that one does.
        wide = [*taps, taps[-1]]
        sums = np.zeros((len(wide), *self.shape), np.float32)
        for piece in self.pieces:
            own, valid = self._own(piece, owner)
            for total, weight in zip(sums, self._weights(own, valid, wide), strict=True):
                total[piece.box] += weight
        out: Pixels | None = None
        for piece in self.pieces:
            values, valid = self._warped(piece)
            if out is None:
                out = np.zeros((len(values), *self.shape), np.float32)
            own, shown = self._own(piece, owner)
            weights = self._weights(own, shown, wide)
            weights = [
                np.asarray(each / np.maximum(total[piece.box], np.float32(1e-20)), np.float32)
                for each, total in zip(weights, sums, strict=True)
            ]
            for plane, channel in zip(out, values, strict=True):
                left = channel if valid.all() else filled_from_nearest(channel, valid)
                for k, each in enumerate(taps):
                    low = filtered(left, each, self.threads)
                    plane[piece.box] += weights[k] * (left - low)
                    left = low
                plane[piece.box] += weights[-1] * left
        assert out is not None
        return np.where(self.coverage > 0, out, np.float32(np.nan))

    def _weights(self, own: Pixels, valid: Mask, taps: Sequence[Floats]) -> list[Pixels]:
        return [np.where(valid, filtered(own, each, self.threads), np.float32(0)) for each in taps]

    def _own(self, piece: Piece, owner: NDArray[np.int32]) -> tuple[Pixels, Mask]:
        """Return which pixels of a piece are its own, and where its image shows anything."""
        _, mask = self.images.grey(piece.number)
        _, valid = warp_through(Source(mask.astype(np.float32), mask, 1), piece.pixels, self.threads)
        return ((owner[piece.box] == piece.number) & valid).astype(np.float32), valid

    def _owners(self) -> NDArray[np.int32]:
        """Return which image's border, or nearest missing pixel, is farthest from each pixel."""
        from scipy.ndimage import distance_transform_edt

        owner, best = np.full(self.shape, -1, np.int32), np.zeros(self.shape, np.float32)
        for piece in self.pieces:
            _, mask = self.images.grey(piece.number)
            far = distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1].astype(np.float32)
            depth, valid = warp_through(Source(far, mask, 1), piece.pixels, self.threads)
            nearer = valid & (depth > best[piece.box])
            owner[piece.box][nearer] = piece.number
            best[piece.box][nearer] = depth[nearer]
            self.coverage[piece.box] += valid
        return owner

    def _warped(self, piece: Piece) -> Planes:
        planes, mask = self.images.planes(piece.number)
        gain = np.float32(self.gains[piece.number])
        out, valid = [], mask
        for plane in planes:
            made, valid = warp_through(source(plane, mask, 3, self.threads), piece.pixels, self.threads)
            if mask.any():
                # A spline overshoots at edges.
                np.clip(made, plane[mask].min(), plane[mask].max(), out=made)
            out.append(made * gain)
        return np.stack(out), valid
