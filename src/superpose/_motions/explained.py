"""What of the images' structure a pose explains, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._motions.settings import ChoiceSettings, MotionSettings
from superpose._motions.structure import compared, gradients_of, noise_of
from superpose._sampling.outline import area, convex_hull
from superpose._sampling.warp import Source, filled_from_nearest, warp
from superpose.image import Mask, Raster
from superpose.transforms.geometry import PhysicalMap, inverse, to_index

Counts = NDArray[np.number[Any]]


@dataclass(frozen=True, eq=False)
class Explained:
    """Masks on fixed's pixels: where structure is the same under a pose, where another, and where fixed has any.

    `covered` is the part of fixed that moving covers.
    """

    same: Mask
    contradicts: Mask
    structure: Mask
    covered: float

    @property
    def share(self) -> float:
        """The part of fixed's structure that is explained."""
        return float(np.count_nonzero(self.same)) / max(int(np.count_nonzero(self.structure | self.same)), 1)


def explained_by(
    fixed: Raster,
    moving: Raster,
    pose: PhysicalMap,
    other: Mask,
    blind: bool,
    threads: int,
    settings: MotionSettings,
    noises: tuple[float, float] | None = None,
) -> Explained:
    """Return what a pose explains.

    Parameters
    ----------
    fixed, moving : Raster
        On one level.
    pose : PhysicalMap
        From fixed to moving physical coordinates.
    other : ndarray of bool
        What of fixed's structure is another's, and not this pose's to explain.
    blind : bool
        Whether opposite gradients are the same everywhere; if not, moving may still be fixed's negative as a whole.
    threads : int
        The result does not depend on it.
    settings : MotionSettings
        What structure is.
    noises : tuple of float, optional
        Of either image; default: what they show.
    """
    structure = settings.structure
    index = to_index(pose, fixed.grid, moving.grid)
    warped, both = warp(Source(moving.data, moving.mask, 1), index, fixed.grid.shape, threads)
    both &= fixed.mask
    same, against, seen = np.zeros((3, *both.shape), bool)
    if not both.any():
        return Explained(same, against, seen, 0.0)
    own = both & ~other
    parts = []
    # Interpolation takes more from noise's finest detail, by which it is measured, than from its gradients.
    noises = noises or (noise_of(fixed.data, fixed.mask, structure), noise_of(moving.data, moving.mask, structure))
    for data, noise in zip((fixed.data, warped), noises, strict=True):
        parts.append((data if both.all() else filled_from_nearest(data, both), noise))
    for width in structure.widths:
        ours, theirs = (gradients_of(data, both, width, noise, threads, structure) for data, noise in parts)
        if blind:
            ours, theirs = ours.blind(), theirs.blind()
        elif float((ours.rows * theirs.rows + ours.columns * theirs.columns)[own].sum(dtype=float)) < 0:
            theirs = theirs.negative()
        found = compared(ours, theirs, threads, structure)
        same |= found.same & own
        against |= found.other & own
        seen |= (ours.energy > structure.seen) & both
    return Explained(same, against, seen, float(both.mean()))


@dataclass(frozen=True, eq=False)
class Extent:
    """How far what one of two motions explains reaches.

    `tiles` is the part of all tiles in which it explains more than the other does, `spanned` what their outline spans.
    """

    tiles: float
    spanned: float


def extents_of(moved: Explained, still: Mask, settings: ChoiceSettings) -> tuple[Extent, Extent]:
    """Return how far what a pose explains reaches, and what lies still: each in tiles where it is more than the other.

    Where structure contradicts a pose more often than `chance` allows, what it explains is chance.
    """
    ours, against, rest = (_in_tiles(each, settings.tiles) for each in (moved.same, moved.contradicts, still))
    return _extent(ours, np.maximum(rest, settings.chance * against), settings), _extent(rest, ours, settings)


def extents_between(first: Explained, second: Explained, settings: ChoiceSettings) -> tuple[Extent, Extent]:
    """Return how far what two poses explain reaches, each in tiles where it explains more than the other."""
    ours, theirs = (_in_tiles(each.same, settings.tiles) for each in (first, second))
    against = [settings.chance * _in_tiles(each.contradicts, settings.tiles) for each in (first, second)]
    return _extent(ours, np.maximum(theirs, against[0]), settings), _extent(
        theirs, np.maximum(ours, against[1]), settings
    )


def held(found: Explained, settings: ChoiceSettings) -> Mask:
    """Return what is explained in tiles where that is more than chance."""
    same, against = (_in_tiles(each, settings.tiles) for each in (found.same, found.contradicts))
    kept = (same > settings.least_in_tile) & (same > settings.chance * against)
    rows, columns = (np.arange(n) * settings.tiles // n for n in found.same.shape)
    return np.asarray(found.same & kept[rows[:, None], columns])


def extents_against(against: Mask, same: Mask, settings: ChoiceSettings) -> tuple[Extent, Extent]:
    """Return how far tiles reach in which more structure contradicts than is the same, and those where less does."""
    counts = [_in_tiles(each, settings.tiles) for each in (against, same)]
    return _extent(counts[0], counts[1], settings), _extent(counts[1], counts[0], settings)


def solid(own: Mask, other: Mask, against: Mask, settings: ChoiceSettings) -> float:
    """Return the part of all tiles in which a mask holds more than another, and next to nothing stands against it."""
    counts = [_in_tiles(each, settings.tiles) for each in (own, other, against)]
    held = (counts[0] > settings.least_in_tile) & (counts[0] > counts[1])
    return float((held & (counts[2] < settings.overlaid * counts[0])).mean())


def _in_tiles(mask: Mask, count: int) -> Counts:
    """Return how many pixels of a mask are True in each of `count` x `count` tiles."""
    sides = [np.arange(n) * count // n for n in mask.shape]
    at = (sides[0][:, None] * count + sides[1]).ravel()
    return np.bincount(at[mask.ravel()], minlength=count * count).reshape(count, count)


def _extent(own: Counts, other: Counts, settings: ChoiceSettings) -> Extent:
    held = (own > settings.least_in_tile) & (own > other)
    # The outline is that of whole tiles: of their corners.
    corners = np.concatenate([np.argwhere(held) + step for step in ((0, 0), (0, 1), (1, 0), (1, 1))])
    if not len(corners):
        return Extent(0.0, 0.0)
    return Extent(float(held.mean()), area(convex_hull(corners)) / held.size)


def moved_mask(mask: Mask, fixed: Raster, moving: Raster, pose: PhysicalMap, threads: int) -> Mask:
    """Return a mask on fixed's pixels as one on moving's, under a pose from fixed to moving."""
    index = to_index(inverse(pose), moving.grid, fixed.grid)
    part, _ = warp(Source(mask.astype(np.float32), np.ones_like(mask), 1), index, moving.grid.shape, threads)
    return np.asarray(part > 0)
