"""Where tiles of a large image lie in another one, and the transform that all of them say together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import inverse, matmul
from superpose._jobs.area_sums import area_sums
from superpose._jobs.large_settings import LargeSettings
from superpose._jobs.overviews import LargeImage, grey
from superpose._register import register
from superpose._sampling.later import WarpedLater
from superpose._sampling.mapping import Box, PixelMap
from superpose._sampling.stored import Stored
from superpose._spatial import Image
from superpose.grid import Grid
from superpose.transforms.family import Family
from superpose.transforms.geometry import apply
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TilePair:
    """Where the middle of a tile of fixed lies against where a transform says, in fixed's physical coordinates.

    Attributes
    ----------
    centre, shift : ndarray, shape (2,)
        Of the tile, and from where the transform says to where it was found.
    covariance : ndarray, shape (2, 2)
        Of the shift.
    """

    centre: Floats
    shift: Floats
    covariance: Floats


def places_of_tiles(
    fixed: Image, moving: Image, grid: Grid, transform: MatrixTransform, settings: LargeSettings
) -> list[Box]:
    """Return where on a large grid tiles are looked at: in each of so many cells where most structure is.

    Parameters
    ----------
    fixed, moving : Image
        Small copies of both images,
    grid : Grid
        and where the pixels of the large fixed one lie.
    transform : MatrixTransform
        Between these.
    settings : LargeSettings
        How many, and how large.
    """
    pixels = np.asarray(fixed.array, np.float32)
    down, right = np.zeros_like(pixels), np.zeros_like(pixels)
    down[1:], right[:, 1:] = np.abs(np.diff(pixels, axis=0)), np.abs(np.diff(pixels, axis=1))
    # What lies beside moving, or is missing, shows nothing.
    at = np.stack(np.meshgrid(*map(np.arange, fixed.grid.shape), indexing="ij"), -1)
    seen = moving.grid.contains(transform(fixed.grid.to_physical(at)))
    # In both directions: one edge alone says nothing of what lies along it.
    structure = np.where(seen & np.isfinite(down) & np.isfinite(right), np.minimum(down, right), -1e3)
    by = [round(a / b) for a, b in zip(fixed.grid.spacing, grid.spacing, strict=True)]
    side = min(settings.side, *grid.shape)
    reach = [min(max(1, side // k), n) for k, n in zip(by, pixels.shape, strict=True)]
    sums = area_sums(structure.astype(float))
    tall, wide = reach
    held = sums[tall:, wide:] - sums[:-tall, wide:] - sums[tall:, :-wide] + sums[:-tall, :-wide]
    places = []
    for cell in np.ndindex(settings.cells, settings.cells):
        first = [k * n // settings.cells for k, n in zip(cell, held.shape, strict=True)]
        last = [(k + 1) * n // settings.cells for k, n in zip(cell, held.shape, strict=True)]
        part = held[first[0] : last[0], first[1] : last[1]]
        if not part.size or part.max() <= 0:
            continue
        best = np.unravel_index(int(part.argmax()), part.shape)
        corner = [min((a + int(b)) * k, n - side) for a, b, k, n in zip(first, best, by, grid.shape, strict=True)]
        places.append(tuple(slice(start, start + side) for start in corner))
    return places


@dataclass(frozen=True, eq=False)
class TileTask:
    """Finds where a tile of fixed lies; a task for `Runner.map`.

    Attributes
    ----------
    fixed, moving : LargeImage
        Of full size.
    transform : MatrixTransform
        Where the tile should lie.
    metric : str
        As for `register`.
    threads : int
        Of a tile.
    """

    fixed: LargeImage
    moving: LargeImage
    transform: MatrixTransform
    metric: Any
    threads: int

    def __call__(self, box: Box) -> TilePair | None:
        """Return where it lies; None where that cannot be told."""
        grid = self.fixed.grid
        pixels = PixelMap(self.transform, grid, self.moving.grid)
        later = WarpedLater.of(Stored(GreyParts(self.moving), "moving"), pixels, 3, math.nan, False, self.threads)
        tile, seen = grey(self.fixed.stored.part(box)), later.part(box)
        known = ~np.isnan(seen), ~np.isnan(tile) if tile.dtype.kind == "f" else np.ones(tile.shape, bool)
        if any(
            2 * np.count_nonzero(each) < each.size or _is_flat(image[each])
            for each, image in zip(known, (seen, tile), strict=True)
        ):
            return None
        spacing, direction = grid.spacing, grid.direction or ()
        found = register(
            Image(tile, spacing=spacing, direction=direction),
            Image(seen, spacing=spacing, direction=direction),
            transform="translation",
            metric=self.metric,
            search="local",
            initial=np.eye(3),
            on_unreliable="ignore",
            threads=self.threads,
        )
        if not found.reliable or found.covariance is None or found.covariance.shape != (2, 2):
            return None
        middle = grid.to_physical([(each.start + each.stop - 1) / 2 for each in box])
        return TilePair(middle, found.transform.matrix[:2, 2].copy(), found.covariance)


def _is_flat(values: NDArray[Any]) -> bool:
    return bool(values.min() == values.max())


@dataclass(frozen=True, eq=False)
class GreyParts:
    """The luminance of a large image as 32-bit floats, of which parts are read."""

    image: LargeImage

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the image, without its colours."""
        return self.image.grid.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """32-bit floats."""
        return np.dtype(np.float32)

    def __getitem__(self, box: Box) -> NDArray[np.float32]:
        return grey(self.image.stored.part(box)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class TileFit:
    """What tiles say together.

    Attributes
    ----------
    transform : MatrixTransform
        From fixed to moving physical coordinates.
    covariance : ndarray, shape (n, n)
        Of the family's numbers about fixed's centre, of unit radius.
    uncertainty : float
        The expected error at fixed's corners, root mean square, in fixed's physical units.
    vector : ndarray, shape (n,)
        Of what follows the start.
    residuals : ndarray, shape (pairs, 2)
        Where tiles lie instead.
    errors : ndarray, shape (pairs,)
        Of each tile's own shift, one sigma, along the axis that it determines least.
    kept : ndarray of bool, shape (pairs,)
        Which of them agree with the others.
    """

    transform: MatrixTransform
    covariance: Floats
    uncertainty: float
    vector: Floats
    residuals: Floats
    errors: Floats
    kept: NDArray[np.bool_]


def fit_tiles(
    pairs: list[TilePair], start: MatrixTransform, family: Family, grid: Grid, settings: LargeSettings
) -> TileFit:
    """Return the transform of a family that tiles say together: those that disagree with most are left out.

    `start` is followed by what is fitted, near the identity, in fixed's coordinates.
    """
    centres, shifts = np.stack([each.centre for each in pairs]), np.stack([each.shift for each in pairs])
    middle, radius = grid.centre, grid.radius
    own = np.stack([each.covariance for each in pairs])
    stated = own.trace(axis1=1, axis2=2)
    # Where most tiles lie is near the start: what is far from there for them would draw all others along.
    squared = np.square(shifts).sum(1)
    kept = squared <= settings.agrees**2 * max(float(np.median(squared)), float(np.median(stated)))
    vector, extra = np.zeros(family.size), 0.0
    for _ in range(settings.rounds):
        residuals = centres + shifts - apply(family.matrix(vector, middle, radius), centres)
        slopes = _slopes(family, vector, middle, radius, centres)
        normal, right = np.zeros((family.size, family.size)), np.zeros(family.size)
        weights = np.stack([inverse(each + extra * np.eye(2)) for each in own])
        for k in np.flatnonzero(kept):
            weighed = matmul(slopes[k].T, weights[k])
            normal += matmul(weighed, slopes[k])
            right += matmul(weighed, residuals[k][:, None])[:, 0]
        covariance = inverse(normal)
        vector = vector + matmul(covariance, right[:, None])[:, 0]
        residuals = centres + shifts - apply(family.matrix(vector, middle, radius), centres)
        # What tiles scatter by beyond their own errors: a scene bends, lenses distort.
        squared = np.square(residuals).sum(1)
        extra = max(0.0, float(np.median(squared)) * settings.scatter - float(np.median(stated))) / 2
        kept = squared <= settings.agrees**2 * (stated + 2 * extra)
    count = int(kept.sum())
    free = max(1, 2 * count - family.size)
    chi = sum(
        float(matmul(matmul(residuals[k][None], weights[k]), residuals[k][:, None])[0, 0]) for k in np.flatnonzero(kept)
    )
    covariance = covariance * max(1.0, chi / free)
    matrix = matmul(start.matrix, family.matrix(vector, middle, radius))
    at_corners = _slopes(family, vector, middle, radius, grid.corners)
    spread = [float(matmul(matmul(each, covariance), each.T).trace()) for each in at_corners]
    # What is stated of a pair of images is never less, however many tiles say the same.
    error = math.hypot(math.sqrt(sum(spread) / len(spread)), settings.least_error * grid.pixel_side)
    transform = MatrixTransform(matrix, family.name, tuple(middle))
    half, apart = own.trace(axis1=1, axis2=2) / 2, (own[:, 0, 0] - own[:, 1, 1]) / 2
    errors = np.sqrt(half + np.sqrt(apart * apart + own[:, 0, 1] * own[:, 0, 1]))
    return TileFit(transform, covariance, error, vector, residuals, errors, kept)


def _slopes(family: Family, vector: Floats, middle: Floats, radius: float, points: Floats) -> Floats:
    """Return by how much points move with each number of a family's vector, shape (points, 2, size)."""
    small, out = 1e-3, []
    for k in range(family.size):
        step = small * np.eye(family.size)[k]
        ahead, behind = (apply(family.matrix(vector + each, middle, radius), points) for each in (step, -step))
        out.append((ahead - behind) / (2 * small))
    return np.stack(out, -1)
