"""Whether any member of the pose's family fits: see `tile_shifts`.

Parallax, terrain and tissue that bends move the parts of a scene each by itself. The pose that fits best is then right
nowhere, or in some parts only, though it stands out of all others. Where the tiles lie instead says so.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.order import lower_quantile, median
from superpose._problem import Problem
from superpose._records import TileShifts
from superpose._sampling.outline import area, convex_hull
from superpose._solution import Solution
from superpose._verify.fields import Fields, Views
from superpose._verify.misfit_settings import MisfitSettings
from superpose._verify.settings import DEFAULTS
from superpose._verify.tile_shifts import place_tiles
from superpose._verify.verdict import Misfit
from superpose.image import Grid, Mask
from superpose.transforms.geometry import PhysicalMap, apply, inverse, volume_ratio

Floats = NDArray[np.float64]


def measure_misfit(
    problem: Problem, solution: Solution, other: PhysicalMap | None = None, settings: MisfitSettings | None = None
) -> Misfit:
    """Return how far the tiles of fixed lie from where a solution's pose says.

    The finer of two levels is looked at only where the tiles of the coarser one are few, or do not all lie there.

    Parameters
    ----------
    problem : Problem
        What the solution solves.
    solution : Solution
        Of it.
    other : PhysicalMap, optional
        The user's pose of an object that moved by itself, whose tiles are known to lie elsewhere.
    settings : MisfitSettings, optional
        Default: that of `DEFAULTS` of the images' dimension.
    """
    settings = settings or DEFAULTS[problem.fixed_grid.ndim].misfit
    own = solution.undo.to_solvers(solution.pose)
    views = Views.of_pairs(solution.pairs, problem.threads)
    channel = int(solution.metric.compares_intensities)
    seen = None
    coarse, fine = views.level_with(settings.coarse_side), views.level_with(settings.fine_side)
    finer = replace(settings.tiles, reach=settings.fine_reach)
    for level, tiles in ((coarse, settings.tiles), (fine, finer))[: 1 + (fine < coarse)]:
        placed = place_tiles(_of_one_contrast(views.under(own, level, (channel,))), tiles)
        grid = views.fixed[level].image.grid
        back = PhysicalMap(inverse(solution.pose)) if solution.undo.swapped else None
        scale = _pixel_of_fixed(grid, back, problem.fixed_grid)
        found = scene = _in_pixels_of_fixed(placed, grid, back, scale, problem.fixed_grid)
        if other is not None:
            found = scene = _without(found, solution.pose, other, problem.fixed_grid, settings.tiles.clear_errors)
        else:
            scene = without_object(found, 0.5 * tiles.side * scale, settings)
        size = misfit_of(scene, settings)
        if seen is None or size > seen.size:
            seen = Misfit(problem.family.name, found, size)
        if not _doubtful(placed, settings):
            break
    assert seen is not None
    return seen


def _of_one_contrast(fields: Fields) -> Fields:
    """Return fields that run the same way on the whole: those of a negative run against the image's."""
    fixed, moving = fields.fixed[0], fields.moving[0]
    along = (fixed.real * moving.real).sum(dtype=float) + (fixed.imag * moving.imag).sum(dtype=float)
    return fields if along >= 0 else replace(fields, fixed=-fields.fixed)


def misfit_of(seen: TileShifts, settings: MisfitSettings) -> float:
    """Return by how much tiles lie off, but for the part of them that may have moved by itself."""
    if len(seen.centres) < settings.min_tiles:
        return 0.0
    return lower_quantile(seen.distances, 1 - settings.may_move)


def without_object(tiles: TileShifts, half: float, settings: MisfitSettings) -> TileShifts:
    """Return the tiles, of which half a side is given, without those of one object that moved by itself.

    It may have many of the tiles that can be placed, beside faint ground most of all. It spans little of what all tiles
    span (beyond them nothing says what moved), its tiles agree where they lie, and nearly all others lie where they
    should.
    """
    size = misfit_of(tiles, settings)
    off = tiles.clear & (tiles.distances > 0.5 * size)
    if not size > 0 or not off.any():
        return tiles
    shift = np.array([median(each) for each in tiles.shifts[off].T])
    off &= np.square(tiles.shifts - shift).sum(1) <= np.square(settings.tiles.clear_errors * tiles.errors)
    rest = _kept(tiles, ~off)
    if len(rest.centres) < max(settings.min_tiles, int(np.count_nonzero(off))):
        return tiles
    spanned, seen = (_spanned(each, half) for each in (tiles.centres[off], tiles.centres))
    left = lower_quantile(rest.distances, 1 - settings.may_move * settings.doubtful_part)
    alone = left < 0.5 * size and spanned <= settings.object_spans * seen
    return rest if alone else tiles


def _spanned(centres: Floats, half: float) -> float:
    """Return the area of the outline of tiles of which half a side is given."""
    corners = [centres + half * np.array(each) for each in ((-1, -1), (-1, 1), (1, -1), (1, 1))]
    return area(convex_hull(np.rint(np.concatenate(corners)).astype(np.intp)))


def _doubtful(placed: TileShifts, settings: MisfitSettings) -> bool:
    """Return whether a closer look might show tiles that lie off."""
    if len(placed.centres) < settings.few_tiles:
        return True
    distances = np.sqrt(np.square(placed.shifts).sum(1))
    most, rest = (lower_quantile(distances, 1 - settings.may_move * part) for part in (1.0, settings.doubtful_part))
    return most > settings.exact or rest > settings.near


def _without(tiles: TileShifts, pose: PhysicalMap, other: PhysicalMap, fixed: Grid, deviations: float) -> TileShifts:
    """Return the tiles that do not lie where another pose says; those that lie where both do stay."""
    there = apply(other, apply(fixed.index_to_physical, tiles.centres))
    shifts = apply(fixed.physical_to_index, apply(PhysicalMap(inverse(pose)), there)) - tiles.centres
    near = np.square(tiles.shifts - shifts).sum(1) <= np.square(deviations * tiles.errors)
    return _kept(tiles, ~(near & tiles.clear))


def _kept(tiles: TileShifts, stays: Mask) -> TileShifts:
    return TileShifts(tiles.centres[stays], tiles.shifts[stays], tiles.errors[stays], tiles.clear[stays])


def _pixel_of_fixed(level: Grid, back: PhysicalMap | None, fixed: Grid) -> float:
    """Return how many pixels of the user's fixed image one of a level of the solver's is; `back` leads there."""
    scale = float(np.mean(level.spacing) / np.mean(fixed.spacing))
    return scale if back is None else scale * float(np.sqrt(volume_ratio(back)))


def _in_pixels_of_fixed(
    placed: TileShifts, level: Grid, back: PhysicalMap | None, scale: float, fixed: Grid
) -> TileShifts:
    """Return shifts on a level of the solver's fixed image in pixels of the user's.

    If that is the user's moving image, `back` leads from there to fixed. Errors are multiplied by `scale`.
    """
    said, seen = (apply(level.index_to_physical, each) for each in (placed.centres, placed.centres + placed.shifts))
    if back is not None:
        # Such a tile is one of the user's moving image: what it shows lies elsewhere on fixed than the pose says.
        said, seen = apply(back, seen), apply(back, said)
    centres, ends = (apply(fixed.physical_to_index, each) for each in (said, seen))
    return TileShifts(centres, ends - centres, placed.errors * scale, placed.clear)
