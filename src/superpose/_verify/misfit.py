"""Whether the pose's family fits at all: tiles of fixed, each looked for where moving shows it under the pose.

Parallax, terrain and tissue that bends move the parts of a scene each by itself. The pose that fits best is then right
nowhere, or in some parts only, though it stands out of all others. Where its tiles lie instead says so, and by how much.

A tile is compared by the directions of its edges, with its neighbours', and places itself where their correlation is
highest. What it scores at all the shifts that are looked at is its own yardstick: a tile counts if it stands out of
them, and its shift counts if the pose's own place scores clearly less. The finest level is looked at only where the
tiles of a coarser one do not all lie where the pose says.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft

from superpose._arithmetic.complex_numbers import squared_size, times
from superpose._verify.fields import Fields, Views
from superpose._verify.settings import MisfitSettings
from superpose.image import Grid
from superpose.transforms.geometry import PhysicalMap, apply, inverse

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TileShifts:
    """Where the tiles of an image lie against where a pose says, for those that can be placed.

    Attributes
    ----------
    centres : ndarray, shape (n, 2)
        Of the tiles.
    shifts : ndarray, shape (n, 2)
        From where the pose says to where each tile is found.
    errors : ndarray, shape (n,)
        One sigma of each shift, along either axis.
    clear : ndarray of bool, shape (n,)
        Whether a tile fits clearly better where it is found.
    """

    centres: Floats
    shifts: Floats
    errors: Floats
    clear: NDArray[np.bool_]

    @property
    def distances(self) -> Floats:
        """How far off each tile lies; 0 where that is not clear."""
        return np.where(self.clear, np.sqrt(np.square(self.shifts).sum(1)), 0.0)

    def misfit(self, settings: MisfitSettings) -> float:
        """Return by how much the tiles lie off, but for the part of them that may have moved by itself."""
        if len(self.centres) < settings.min_tiles:
            return 0.0
        return float(np.quantile(self.distances, 1 - settings.may_move, method="lower"))

    def doubtful(self, settings: MisfitSettings) -> bool:
        """Return whether a closer look might show what lies off."""
        if len(self.centres) < settings.min_tiles:
            return True
        distances = np.sqrt(np.square(self.shifts).sum(1))
        return float(np.quantile(distances, 1 - settings.may_move, method="lower")) > settings.exact


def tile_shifts(
    views: Views, own: PhysicalMap, users: PhysicalMap, swapped: bool, channel: int, fixed: Grid, settings: MisfitSettings
) -> TileShifts:
    """Return where the tiles of fixed lie against where a pose says, in pixels of fixed.

    Parameters
    ----------
    views : Views
        Of the pair as the solver worked on it.
    own, users : PhysicalMap, shape (3, 3)
        The pose, between that pair's and between the user's physical coordinates.
    swapped : bool
        Whether that pair's fixed image is the user's moving one.
    channel : int
        Of the directions that are compared: see `Fields`.
    fixed : Grid
        Of the user's fixed image.
    settings : MisfitSettings
        How tiles are cut and compared.
    """
    found, last, doubtful = None, None, True
    for side in (settings.coarse_side, settings.fine_side):
        level = views.level_with(side)
        if not doubtful or level == last:
            break
        placed = place_tiles(views.under(own, level, (channel,)), settings)
        doubtful = placed.doubtful(settings)
        last, made = level, _in_users_pixels(placed, views.fixed[level].image.grid, users, swapped, fixed)
        if found is None or made.misfit(settings) > found.misfit(settings):
            found = made
    assert found is not None
    return found


def _in_users_pixels(
    placed: TileShifts, level: Grid, pose: PhysicalMap, swapped: bool, fixed: Grid
) -> TileShifts:
    """Return shifts on a level of the solver's fixed image as such in pixels of the user's."""
    said, seen = (apply(level.index_to_physical, each) for each in (placed.centres, placed.centres + placed.shifts))
    scale = float(np.mean(level.spacing))
    if swapped:
        # Such a tile is one of the user's moving image: it shows what the pose lays elsewhere on fixed.
        back = inverse(pose)
        said, seen = apply(back, seen), apply(back, said)
        scale *= float(np.sqrt(np.abs(back[0, 0] * back[1, 1] - back[0, 1] * back[1, 0])))
    centres, ends = (apply(fixed.physical_to_index, each) for each in (said, seen))
    return TileShifts(centres, ends - centres, placed.errors * (scale / float(np.mean(fixed.spacing))), placed.clear)


def place_tiles(fields: Fields, settings: MisfitSettings) -> TileShifts:
    """Return where the tiles lie that stand out of their own scores at all shifts, in pixels of the fields."""
    side, reach = settings.side, settings.reach
    shape = fields.both.shape
    counts = [n // side for n in shape]
    if min(counts) < 2:
        return TileShifts(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros(0, bool))
    starts = [(n - count * side) // 2 for n, count in zip(shape, counts, strict=True)]
    scores, seen = _scores(fields, counts, starts, settings)
    flat = scores.reshape(*counts, -1)
    middle = np.median(flat, -1)
    spread = np.maximum(settings.normal * np.median(np.abs(flat - middle[..., None]), -1), 1e-6)
    best = flat.argmax(-1)
    rows, columns = best // (2 * reach + 1), best % (2 * reach + 1)
    top, zero = flat.max(-1), scores[:, :, reach, reach]
    stands_out = (seen >= settings.min_seen) & (top - middle > settings.stands_out * spread)
    # A peak at the end of the reach is none.
    inside = (np.minimum(rows, columns) > 0) & (np.maximum(rows, columns) < 2 * reach)
    use = stands_out & inside
    shifts, bends = _summits(scores, rows, columns, reach)
    errors = spread / bends
    clear = top - zero > settings.clear * spread
    clear &= np.square(shifts).sum(-1) > np.square(settings.clear_errors * errors)
    tiles = np.argwhere(use)
    centres = tiles * side + np.array(starts) + (side - 1) / 2
    return TileShifts(centres, shifts[use], errors[use], clear[use])


def _scores(
    fields: Fields, counts: list[int], starts: list[int], settings: MisfitSettings
) -> tuple[NDArray[np.float32], Floats]:
    """Return each tile's correlation, its neighbours' added, at all shifts (rows, columns, 2 reach + 1, ...).

    Also which part of each tile is seen in both images.
    """
    side, reach = settings.side, settings.reach
    span, whole = 2 * reach + 1, side + 2 * reach
    inner = tuple(slice(start, start + count * side) for start, count in zip(starts, counts, strict=True))

    def cut(values: NDArray[np.generic]) -> NDArray[np.generic]:
        return values.reshape(counts[0], side, counts[1], side).swapaxes(1, 2)

    mine, both = cut(fields.fixed[0][inner]), cut(fields.both[inner])
    count = np.maximum(both.sum((2, 3), dtype=np.float32), 1)
    # A direction that prevails all over agrees with itself at any shift.
    mine = (mine - (mine.sum((2, 3)) / count)[..., None, None]) * both
    around = np.pad(fields.moving[0], reach)
    windows = sliding_window_view(around, (whole, whole))[starts[0] :: side, starts[1] :: side][: counts[0], : counts[1]]
    first = fft.fft2(mine, (whole, whole), workers=1)
    product = times(np.conj(first, out=first), fft.fft2(windows, workers=1))
    alike = fft.ifft2(product, workers=1)[..., :span, :span].real
    energy = sliding_window_view(_box_sums(squared_size(around), side), (span, span))
    theirs = energy[starts[0] :: side, starts[1] :: side][: counts[0], : counts[1]]
    ours = squared_size(mine).sum((2, 3))
    shared = [_with_neighbours(np.asarray(each, np.float32), settings.neighbour) for each in (alike, theirs, ours)]
    alike, theirs, ours = shared
    # Next to nothing correlates with anything.
    theirs = np.maximum(theirs, np.float32(settings.flat) * np.median(theirs))
    return alike / np.sqrt(ours[..., None, None] * theirs + np.float32(1e-9)), both.mean((2, 3))


def _box_sums(values: NDArray[np.float32], side: int) -> Floats:
    """Return the sums over all squares of a side, by where they begin."""
    sums = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    np.cumsum(np.cumsum(values, 0, dtype=float), 1, out=sums[1:, 1:])
    return np.maximum(sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side], 0)


def _with_neighbours(tiles: NDArray[np.float32], weight: float) -> NDArray[np.float32]:
    """Return tiles (rows, columns, ...), each with those beside it added by a weight, along either axis."""
    for axis in (0, 1):
        before, after = ((slice(None),) * axis + (part,) for part in (slice(None, -1), slice(1, None)))
        total = tiles.copy()
        total[after] += np.float32(weight) * tiles[before]
        total[before] += np.float32(weight) * tiles[after]
        tiles = total
    return tiles


def _summits(
    scores: NDArray[np.float32], rows: NDArray[np.intp], columns: NDArray[np.intp], reach: int
) -> tuple[Floats, Floats]:
    """Return where the parabolas through the highest scores peak, and how they bend where they bend least.

    Along a straight edge they do not bend at all, and where such a tile lies along it is not known.
    """
    tile = np.ogrid[: rows.shape[0], : rows.shape[1]]
    inner = [np.clip(each, 1, 2 * reach - 1) for each in (rows, columns)]

    def at(down: int, right: int) -> Floats:
        return np.asarray(scores[*tile, inner[0] + down, inner[1] + right], float)

    here, places, bends = at(0, 0), [], []
    for axis, (low, high) in enumerate(((at(-1, 0), at(1, 0)), (at(0, -1), at(0, 1)))):
        bends.append(np.maximum(2 * here - low - high, 1e-9))
        places.append(inner[axis] + np.clip(0.5 * (high - low) / bends[axis], -1, 1) - reach)
    twist = 0.25 * (at(1, -1) + at(-1, 1) - at(1, 1) - at(-1, -1))
    half = 0.5 * (bends[0] - bends[1])
    least = 0.5 * (bends[0] + bends[1]) - np.sqrt(half * half + twist * twist)
    return np.stack(places, -1), np.maximum(least, 1e-6)
