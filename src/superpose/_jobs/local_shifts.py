"""What a transform of whole exposures leaves over, by place: a smooth field of shifts that tiles say together."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import inverse, matmul
from superpose._jobs.large_settings import LargeSettings
from superpose._jobs.overviews import LargeImage
from superpose._jobs.plate_settings import LocalSettings
from superpose._jobs.running import Runner
from superpose._jobs.tile_pairs import TileTask, places_of_tiles
from superpose._names import public
from superpose._sampling.mapping import Bending, Box, PixelMap
from superpose._spatial import Image
from superpose.image import Mask
from superpose.result import Registration
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]


@public
@dataclass(frozen=True, eq=False)
class LocalShifts:
    """Where an exposure lies against where its alignment says: a polynomial of the place, in pixels.

    Attributes
    ----------
    coefficients : ndarray, shape (terms, 2)
        Of shifts (row, column): 1, y, x, then products of two and of three, as far as there are any.
    middle, reach : ndarray, shape (2,)
        Of the tiles, and half of what they span: y and x are -1 to 1 there. Beyond they are as at the rim.
    tiles : int
        How many tiles say so,
    before, after : float
        and how far they lie off the alignment, and off what the other tiles say; root mean square.
    """

    coefficients: Floats
    middle: Floats
    reach: Floats
    tiles: int
    before: float
    after: float

    def describe(self) -> str:
        """Return what was corrected, in words."""
        was, left = (f"{each:.2f} px" for each in (self.before, self.after))
        return f"corrected by place: {self.tiles} tiles lay {was} off (rms), {left} after"

    def __call__(self, points: Floats) -> Floats:
        """Return the shifts at points of the reference, shape (..., 2)."""
        terms = _terms(np.clip((points - self.middle) / self.reach, -1, 1), _degree(len(self.coefficients)))
        out = np.zeros(points.shape)
        for term, coefficient in zip(terms, self.coefficients, strict=True):
            out += term[..., None] * coefficient
        return out


@dataclass(frozen=True, eq=False)
class Bent(Bending):
    """Where points of the reference lie on an exposure: shifted first, then transformed."""

    transform: MatrixTransform
    shifts: LocalShifts

    def __call__(self, points: Floats) -> Floats:
        """Return them."""
        return self.transform(points + self.shifts(points))


def pixels_of(registration: Registration, shifts: LocalShifts | None) -> PixelMap:
    """Return where the reference's pixels lie on an exposure."""
    mapping = registration.transform if shifts is None else Bent(registration.transform, shifts)
    return PixelMap(mapping, registration.fixed_grid, registration.moving_grid)


def local_shifts(
    fixed: LargeImage,
    moving: LargeImage,
    registration: Registration,
    inside: Box,
    threads: int,
    settings: LocalSettings,
) -> LocalShifts | None:
    """Return what an alignment leaves over; None where it is nothing, or tiles do not agree what it is.

    Parameters
    ----------
    fixed, moving : LargeImage
        The exposures.
    registration : Registration
        How one lies on the other.
    inside : tuple of slice
        Where on fixed both are inside their borders.
    threads : int
        The result does not depend on it.
    settings : LocalSettings
        How it is looked for.
    """
    if not registration.reliable or max(fixed.grid.shape) <= settings.seen_whole:
        return None
    cut = LargeSettings(cells=settings.cells, side=settings.side)
    small = [each.overview(settings.seen_whole) for each in (fixed, moving)]
    small[0] = _only(small[0], inside, fixed)
    places = places_of_tiles(small[0], small[1], fixed.grid, registration.transform, cut)
    task = TileTask(fixed, moving, registration.transform, registration.metric, 1)
    pairs = [each for each in Runner(threads).map("tiles", task, places) if each is not None]
    if len(pairs) < settings.least:
        return None
    return smooth_shifts(np.stack([e.centre for e in pairs]), np.stack([e.shift for e in pairs]), settings)


def _only(small: Image, inside: Box, whole: LargeImage) -> Image:
    """Return a small copy in which what lies outside a part of the whole is missing."""
    by = [n // k for n, k in zip(whole.grid.shape, small.grid.shape, strict=True)]
    part = tuple(slice(-(-each.start // k), each.stop // k) for each, k in zip(inside, by, strict=True))
    pixels = np.full(small.grid.shape, np.nan, np.float32)
    pixels[part] = np.asarray(small.array)[part]
    return Image(pixels, small.spacing, small.origin, small.direction, unit=small.unit)


def smooth_shifts(centres: Floats, shifts: Floats, settings: LocalSettings) -> LocalShifts | None:
    """Return the field that tiles' shifts follow; None where none foretells a tile's shift from those of the others."""
    if len(centres) < settings.least:
        return None
    low, high = centres.min(0), centres.max(0)
    middle, reach = (low + high) / 2, np.maximum((high - low) / 2, 1.0)
    best, kept = None, np.ones(len(centres), bool)
    for degree in range(1, settings.degree + 1):
        # From the tiles that follow a simpler field: a richer one bends towards those that lie elsewhere.
        found = _fitted((centres - middle) / reach, shifts, degree, kept, settings)
        if found is not None:
            kept = found[1]
            best = found if best is None or found[2] < best[2] else best
    if best is None:
        return None
    coefficients, kept, after = best
    before = float(np.square(shifts[kept]).sum(1).mean())
    if after > settings.helps * before or before - after < settings.least_shift * settings.least_shift:
        return None
    return LocalShifts(coefficients, middle, reach, int(kept.sum()), math.sqrt(before), math.sqrt(after))


def _fitted(
    places: Floats, shifts: Floats, degree: int, kept: Mask, settings: LocalSettings
) -> tuple[Floats, Mask, float] | None:
    """Return a polynomial's coefficients, the tiles that follow it, and the mean square of what is left of each.

    It begins with the tiles that are `kept`. What is left of a tile is what the polynomial of the others is off by
    there. None where too few follow.
    """
    terms = np.stack(_terms(places, degree), -1)
    for _ in range(settings.rounds):
        some = terms[kept]
        covariance = inverse(matmul(some.T, some) + settings.steady * np.eye(some.shape[1]))
        coefficients = matmul(covariance, some.T, shifts[kept])
        squares = np.square(shifts - matmul(terms, coefficients)).sum(1)
        usual = max(settings.scatter * float(np.median(squares[kept])), settings.exact * settings.exact)
        now = squares <= settings.agrees * settings.agrees * usual
        if now.sum() < max(settings.most * len(places), settings.least, 2 * terms.shape[1]):
            return None
        if (now == kept).all():
            break
        kept = now
    own = (matmul(terms, covariance) * terms).sum(1)[kept]
    return coefficients, kept, float((squares[kept] / np.square(np.maximum(1 - own, 0.1))).mean())


def _terms(places: Floats, degree: int) -> list[Floats]:
    """Return the products of at most so many coordinates."""
    y, x = places[..., 0], places[..., 1]
    out = last = [np.ones(y.shape)]
    for _ in range(degree):
        last = [*(y * each for each in last), x * last[-1]]
        out = out + last
    return out


def _degree(terms: int) -> int:
    return next(degree for degree in range(terms) if (degree + 1) * (degree + 2) == 2 * terms)
