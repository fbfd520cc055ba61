"""Where the tiles of an image lie against where a pose says: each is looked for where moving shows it.

A tile is compared by the directions of its edges, with its neighbours', and placed where their correlation is highest.
What it scores at all the shifts that are looked at is its own yardstick: a tile counts if it stands out of them, and it
lies elsewhere if the pose's own place scores clearly less.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy import fft

from superpose._arithmetic.complex_numbers import squared_size, times
from superpose._records import TileShifts
from superpose._verify.fields import Fields
from superpose._verify.misfit_settings import TileShiftSettings
from superpose.image import Mask

Floats = NDArray[np.float64]


def place_tiles(fields: Fields, settings: TileShiftSettings) -> TileShifts:
    """Return where the tiles lie that stand out of their own scores at all shifts, in pixels of the fields."""
    side, reach = settings.side, settings.reach
    shape = fields.both.shape
    counts = [n // side for n in shape]
    nothing = TileShifts(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0), np.zeros(0, bool))
    if min(counts) < 2:
        return nothing
    starts = [(n - count * side) // 2 for n, count in zip(shape, counts, strict=True)]
    scores, seen, enough = _scores(fields, counts, starts, settings)
    flat = scores.reshape(*counts, -1)
    # Scores one shift apart are much the same.
    some = scores[:, :, ::2, ::2].reshape(*counts, -1)
    middle = _middle(some)
    spread = np.maximum(settings.normal * _middle(np.abs(some - middle[..., None])), 1e-6)
    best = flat.argmax(-1)
    rows, columns = best // (2 * reach + 1), best % (2 * reach + 1)
    top, zero = flat.max(-1), scores[:, :, reach, reach]
    stands_out = enough & (seen >= settings.min_seen) & (top - middle > settings.stands_out * spread)
    # A peak at the end of the reach is none.
    inside = (np.minimum(rows, columns) > 0) & (np.maximum(rows, columns) < 2 * reach)
    use = stands_out & inside
    if np.count_nonzero(use) < settings.min_placed * np.count_nonzero(seen >= settings.min_seen):
        return nothing
    shifts, least, bends = _summits(scores, rows, columns, reach)
    # Where a tile fits well there is little of another kind that could move its peak.
    part = np.sqrt(np.maximum(1 - top * top, settings.least_noise))
    slopes = part * _usual_slope(scores, settings)
    # Scores elsewhere slope more along the axis along which the peak bends more, and in that ratio.
    errors = slopes / np.sqrt(least * bends)
    sizes = np.sqrt(np.square(shifts).sum(-1))
    # Of two places on one slope chance tells less apart than of two that have nothing in common.
    clear = top - zero > settings.clear * np.minimum(part * spread, sizes * slopes)
    clear &= sizes > settings.clear_errors * errors
    tiles = np.argwhere(use)
    centres = tiles * side + np.array(starts) + (side - 1) / 2
    return TileShifts(centres, shifts[use], errors[use], clear[use])


def _scores(
    fields: Fields, counts: list[int], starts: list[int], settings: TileShiftSettings
) -> tuple[NDArray[np.float32], Floats, Mask]:
    """Return each tile's correlation, its neighbours' added, at all shifts (rows, columns, 2 reach + 1, ...).

    Also which part of each tile is seen in both images, and whether it holds enough to be placed.
    """
    side, reach = settings.side, settings.reach
    span, whole = 2 * reach + 1, side + 2 * reach
    inner = tuple(slice(start, start + count * side) for start, count in zip(starts, counts, strict=True))

    def cut(values: NDArray[Any]) -> NDArray[Any]:
        return values.reshape(counts[0], side, counts[1], side).swapaxes(1, 2)

    def windows_of(values: NDArray[Any], length: int) -> NDArray[Any]:
        """Return the squares of a length that begin where the tiles do, less the reach."""
        every = sliding_window_view(values, (length, length))
        return every[starts[0] :: side, starts[1] :: side][: counts[0], : counts[1]]

    mine, both = cut(fields.fixed[0][inner]), cut(fields.both[inner])
    count = np.maximum(both.sum((2, 3), dtype=np.float32), 1)
    # A direction that prevails all over agrees with itself at any shift.
    mine = np.where(both, mine - (mine.sum((2, 3)) / count)[..., None, None], 0)
    around = np.pad(fields.moving[0], reach)
    windows, rows = windows_of(around, whole), max(1, settings.together // counts[1])
    parts = [slice(k, k + rows) for k in range(0, counts[0], rows)]
    alike = np.concatenate([_correlations(mine[part], windows[part], span) for part in parts])
    energy = windows_of(_box_sums(squared_size(around), side), span)
    ours = squared_size(mine).sum((2, 3))
    shared, theirs, own = (_with_neighbours(each, settings.neighbour) for each in (alike, energy, ours))
    # Next to nothing correlates with anything.
    here = theirs[..., reach, reach].ravel()
    floor = max(float(np.float32(settings.flat) * _middle(here)), settings.faint * _usual(here))
    theirs = np.maximum(theirs, np.float32(floor))
    least = np.float32(settings.faint * _usual(own.ravel()))
    enough, own = np.asarray(own > least), np.maximum(own, least)
    return np.asarray(shared / np.sqrt(own[..., None, None] * theirs + np.float32(1e-9))), both.mean((2, 3)), enough


def _correlations(tiles: NDArray[Any], windows: NDArray[Any], span: int) -> NDArray[np.float32]:
    """Return the real parts of the products of tiles with their windows, at all shifts but those that wrap around."""
    whole = windows.shape[-1]
    # What is 0 along one axis needs no transform along the other; and what is not asked for none back.
    first = fft.fft(fft.fft(tiles, whole, -1, workers=1), whole, -2, workers=1)
    product = times(np.conj(first, out=first), fft.fft2(windows, workers=1))
    shifted = fft.ifft(product, axis=-2, workers=1, overwrite_x=True)[..., :span, :]
    return np.asarray(fft.ifft(shifted, axis=-1, workers=1)[..., :span].real)


def _middle(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the median along the last axis, of an even number the upper one."""
    middle = values.shape[-1] // 2
    return np.asarray(np.partition(values, middle, -1)[..., middle])


def _usual_slope(scores: NDArray[np.float32], settings: TileShiftSettings) -> Floats:
    """Return how steep each tile's scores are over all shifts: what moves its peak where they are added to it."""
    some = scores[:, :, ::2, ::2]
    steps = some[:, :, 1:] - some[:, :, :-1], some[..., 1:] - some[..., :-1]
    down, right = (_middle(np.abs(each).reshape(*some.shape[:2], -1)).astype(float) for each in steps)
    return np.asarray(0.5 * settings.normal * np.sqrt(np.maximum(down * down + right * right, 1e-12)))


def _usual(energies: NDArray[np.float32]) -> float:
    """Return the energy of the tiles that hold most of it, where most tiles may hold nothing."""
    energies = energies.astype(float)
    return float((energies * energies).sum() / max(energies.sum(), 1e-300))


def _box_sums(values: NDArray[Any], side: int) -> NDArray[Any]:
    """Return the sums over all squares of a side, by where they begin."""
    for axis in range(values.ndim):
        values = np.moveaxis(_sums_along(np.moveaxis(values, axis, 0), side), 0, axis)
    return values


def _sums_along(values: NDArray[Any], count: int) -> NDArray[Any]:
    """Return the sums of so many in a row along the first axis: those of half as many, twice."""
    if count == 1:
        return values
    half = count // 2
    sums = _sums_along(values, half)
    both = sums[:-half] + sums[half:]
    return both if count % 2 == 0 else np.asarray(both[:-1] + values[count - 1 :])


def _with_neighbours(tiles: NDArray[Any], weight: float) -> NDArray[np.float32]:
    """Return tiles (rows, columns, ...), each with those beside it added by a weight, along either axis."""
    tiles = np.asarray(tiles, np.float32)
    for axis in (0, 1):
        before, after = ((slice(None),) * axis + (part,) for part in (slice(None, -1), slice(1, None)))
        total = tiles.copy()
        total[after] += np.float32(weight) * tiles[before]
        total[before] += np.float32(weight) * tiles[after]
        tiles = total
    return tiles


def _summits(
    scores: NDArray[np.float32], rows: NDArray[np.intp], columns: NDArray[np.intp], reach: int
) -> tuple[Floats, Floats, Floats]:
    """Return where the parabolas through the highest scores peak, and how they bend: where least, and along both axes.

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
    return np.stack(places, -1), np.maximum(least, 1e-6), bends[0] + bends[1]
