"""The local features of an image: points across scales, with frames and descriptors."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import cosines, exp, gaussian, half_gaussian, log, read_only
from superpose._arithmetic.matrices import matmul
from superpose._features.settings import DetectionSettings
from superpose._kernels.features import DESCRIPTOR_SIZE, PATCH_SIDE, SHAPE_SIDE, TURNS
from superpose._parallel import Chunk, chunks_of, on_chunks, ordered_map
from superpose._sampling.filters import filtered
from superpose._sampling.pyramid import halved, resized
from superpose._sampling.warp import Source, filled_from_nearest, warp
from superpose.image import Grid, Mask, Pixels, Raster

Floats = NDArray[np.float64]

# Enough patches for a thread to be worth waking.
PATCHES_PER_CHUNK = 128


@dataclass(frozen=True, eq=False)
class Features:
    """Local features of an image, in its index coordinates.

    Attributes
    ----------
    points : ndarray, float64, shape (n, 2)
        Row and column.
    frames : ndarray, float64, shape (n, 2, 2)
        What takes the unit circle to the described patch about a point.
    descriptors : ndarray, int16, shape (n, 128)
        What the patch looks like in its frame.
    responses : ndarray, float64, shape (n,)
        How strong a point is.
    """

    points: Floats
    frames: Floats
    descriptors: NDArray[np.int16]
    responses: Floats

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.points)

    def under(self, matrix: Floats) -> Features:
        """Return the features where an affine map, shape (3, 3), takes them."""
        linear = matrix[:2, :2]
        points = np.einsum("ij,nj->ni", linear, self.points) + matrix[:2, 2]
        return Features(points, np.einsum("ij,njk->nik", linear, self.frames), self.descriptors, self.responses)

    @staticmethod
    def together(lots: list[Features]) -> Features:
        """Return all features of several lots."""
        none = np.zeros((0, 2)), np.zeros((0, 2, 2)), np.zeros((0, DESCRIPTOR_SIZE), np.int16), np.zeros(0)
        columns = zip(
            none, *((each.points, each.frames, each.descriptors, each.responses) for each in lots), strict=True
        )
        points, frames, descriptors, responses = (np.concatenate(column) for column in columns)
        return Features(points, frames, descriptors, responses)


def features_of(image: Raster, settings: DetectionSettings, threads: int) -> Features:
    """Return an image's features: none where nothing stands out.

    Points are maxima of the Hessian's determinant over place and scale. Each has the shape in which its neighbourhood
    has no direction (Baumberg's), and the one or two turns in which it points along an axis.

    Parameters
    ----------
    image : Raster
        Of any size and unit; missing pixels take no part.
    settings : DetectionSettings
        How.
    threads : int
        The result does not depend on it.
    """
    small = worked_on(image, settings.longest, threads)
    if max(small.grid.shape) <= settings.enlarged:
        small, settings = doubled(small, threads), replace(settings, sharpness=2 * settings.sharpness)
    greys = contrast(small, settings)
    if greys is None:
        return Features.together([])
    return described(greys, small.mask, settings, threads).under(to_index_of(image, small))


def to_index_of(image: Raster, other: Raster) -> Floats:
    """Return what takes the pixels of another image of the same scene to those of this one."""
    return matmul(image.grid.physical_to_index, other.grid.index_to_physical)


def worked_on(image: Raster, longest: int, threads: int) -> Raster:
    """Return an image of what can be trusted, with no more than so many pixels along a side."""
    image = image.of_trusted()
    while max(image.grid.shape) >= 2 * longest and min(image.grid.shape) >= 2 * Raster.least_side:
        image = halved(image, threads)
    return resized(image, max(image.grid.shape) / longest)


def doubled(image: Raster, threads: int) -> Raster:
    """Return an image with pixels half as large, every other one of which is one of its own."""
    grid = image.grid
    shape = tuple(2 * n - 1 for n in grid.shape)
    data, mask = warp(Source(image.data, image.mask, 1), np.diag([0.5, 0.5, 1.0]), shape, threads)
    return Raster(data, mask, Grid(shape, grid.origin, tuple(spacing / 2 for spacing in grid.spacing)))


def contrast(image: Raster, settings: DetectionSettings) -> Pixels | None:
    """Return greys from 0 to 1, missing pixels like their neighbours; None if there is nothing to see.

    Parameters
    ----------
    image : Raster
        Of any unit.
    settings : DetectionSettings
        What counts as dark and bright.
    """
    counted = image.data[image.mask]
    if not counted.size:
        return None
    low, high = np.percentile(counted, [settings.low, settings.high]).astype(float).tolist()
    # What a few pixels alone make is no contrast, nor are roundings of 32-bit floats.
    if not high - low > 1e-6 * max(abs(low), abs(high)):
        return None
    greys = np.clip((image.data.astype(float) - low) / (high - low), 0, 1).astype(np.float32)
    return greys if image.complete else filled_from_nearest(greys, image.mask)


def described(greys: Pixels, mask: Mask, settings: DetectionSettings, threads: int) -> Features:
    """Return the features of greys from 0 to 1, of which those at `mask` count.

    Parameters
    ----------
    greys : ndarray of float32
        The image.
    mask : ndarray of bool
        Where it has data.
    settings : DetectionSettings
        How.
    threads : int
        The result does not depend on it.
    """
    octaves = list(_octaves(greys, mask, settings, threads))
    if not octaves:
        return Features.together([])
    # The strongest of all octaves; equal ones in the order in which they were found.
    strength = np.concatenate([each.found[:, 3] for each in octaves])
    chosen = np.zeros(len(strength), bool)
    chosen[np.argsort(-strength, kind="stable")[: settings.kept]] = True
    lots, start = [], 0
    for octave in octaves:
        end = start + len(octave.found)
        lots.append(_patches(octave, octave.found[chosen[start:end]], settings, threads))
        start = end
    return Features.together(lots)


@dataclass(frozen=True, eq=False)
class _Octave:
    """A level, its mask, the size of its pixels, and what was found on it: row, column, scale, strength."""

    data: Pixels
    mask: Mask
    pixel: float
    found: Pixels


def _octaves(greys: Pixels, mask: Mask, settings: DetectionSettings, threads: int) -> list[_Octave]:
    """Return the levels, each of which has half the pixels of the one before, with the maxima on it."""
    sigmas = _sigmas(settings.scales, settings.first_scale)
    base = _blurred(greys, settings.sharpness, sigmas[0], threads)
    octaves, pixel = [], 1.0
    while min(base.shape) >= settings.least_side:
        levels = [base]
        for before, after in pairwise(sigmas):
            levels.append(_blurred(levels[-1], before, after, threads))
        found = _maxima(levels, sigmas, settings, threads)
        octaves.append(_Octave(base, mask, pixel, found))
        base, mask, pixel = np.ascontiguousarray(levels[settings.scales][::2, ::2]), _halved_mask(mask), 2 * pixel
    return octaves


@cache
def _sigmas(scales: int, first: float) -> tuple[float, ...]:
    """Return the standard deviations of an octave's levels, and of one more on either side of those with maxima."""
    return tuple(first * exp(log(2.0) * k / scales) for k in range(scales + 2))


@cache
def _taps(before: float, after: float) -> Floats:
    sigma = math.sqrt(after * after - before * before)
    return read_only(half_gaussian(int(3.5 * sigma + 0.5), sigma))


def _blurred(data: Pixels, before: float, after: float, threads: int) -> Pixels:
    """Return an image of blur `before` with blur `after`."""
    return filtered(data, _taps(before, after), threads)


def _halved_mask(mask: Mask) -> Mask:
    """Return which of every other pixel have only neighbours that count."""
    if mask.all():
        return np.ascontiguousarray(mask[::2, ::2])
    inner = mask.copy()
    inner[1:] &= mask[:-1]
    inner[:-1] &= mask[1:]
    across = inner.copy()
    across[:, 1:] &= inner[:, :-1]
    across[:, :-1] &= inner[:, 1:]
    return np.ascontiguousarray(across[::2, ::2])


def _maxima(levels: list[Pixels], sigmas: tuple[float, ...], settings: DetectionSettings, threads: int) -> Pixels:
    """Return the maxima over an octave: row, column, scale and strength, shape (n, 4)."""
    from superpose._kernels.features import hessian, maxima

    strengths = []
    for level, sigma in zip(levels, sigmas, strict=True):
        out = np.empty_like(level)
        on_chunks(hessian, (level, sigma * sigma * sigma * sigma, out), chunks_of(level.shape), threads)
        strengths.append(out)

    def search(job: tuple[int, Chunk]) -> Pixels:
        scale, (first, last) = job
        # Of four pixels in a square one at most is a maximum.
        out = np.empty(((last - first + 2) * (levels[0].shape[1] + 2) // 4, 4), np.float32)
        below, here, above = strengths[scale - 1 : scale + 2]
        count = maxima(below, here, above, settings.least, settings.edge, out, first, last)
        found = out[:count].copy()
        # To third order, as two to the power of so many steps.
        step = found[:, 2] * np.float32(log(2.0) / settings.scales)
        found[:, 2] = np.float32(sigmas[scale]) * (1 + step + step * step / 2)
        return found

    jobs = [(scale, chunk) for scale in range(1, settings.scales + 1) for chunk in chunks_of(levels[0].shape)]
    return np.concatenate(ordered_map(search, jobs, threads))


@cache
def _window(side: int, width: float) -> Pixels:
    """Return a Gaussian along a patch's side, `width` in halves of it."""
    half = (side - 3) / 2
    return read_only(gaussian(np.arange(side) - (side - 1) // 2, width * half).astype(np.float32))


@cache
def _directions() -> Pixels:
    """Return the directions that the parts of a turn begin with, (cosine, sine)."""
    cosine = cosines(TURNS)
    return read_only(np.stack([cosine, np.roll(cosine, TURNS // 4)], -1).astype(np.float32))


def _patches(octave: _Octave, found: Pixels, settings: DetectionSettings, threads: int) -> Features:
    """Return the features at an octave's points."""
    from superpose._kernels.features import descriptors, shapes, turns

    def chunks(count: int) -> list[Chunk]:
        return [(k, min(k + PATCHES_PER_CHUNK, count)) for k in range(0, count, PATCHES_PER_CHUNK)]

    points = np.ascontiguousarray(found[:, :2])
    frames = (settings.shape_reach * found[:, 2, None, None] * np.eye(2)).astype(np.float32)
    usable, shaped = np.empty(len(found), bool), np.empty_like(frames)
    window = _window(SHAPE_SIDE, 0.5)
    on_chunks(
        shapes,
        (octave.data, points, frames, window, settings.shape_steps, settings.longest_shape, shaped, usable),
        chunks(len(found)),
        threads,
    )
    strength = found[usable, 3]
    points, frames = points[usable], shaped[usable] * np.float32(settings.reach / settings.shape_reach)
    turned, twice = np.empty((len(points), 2, 2, 2), np.float32), np.empty((len(points), 2), bool)
    on_chunks(
        turns,
        (
            octave.data,
            octave.mask,
            bool(octave.mask.all()),
            points,
            frames,
            settings.inner,
            _window(PATCH_SIDE, 0.5),
            _directions(),
            settings.second_turn,
            turned,
            twice,
        ),
        chunks(len(points)),
        threads,
    )
    which = np.nonzero(twice)[0]
    points, frames = points[which], turned[twice]
    out = np.empty((len(points), DESCRIPTOR_SIZE), np.int16)
    on_chunks(descriptors, (octave.data, points, frames, _window(PATCH_SIDE, 0.7), out), chunks(len(points)), threads)
    pixel = octave.pixel
    return Features(points.astype(float) * pixel, frames.astype(float) * pixel, out, strength[which].astype(float))
