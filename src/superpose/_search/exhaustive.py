"""Exhaustive search on one level: all turns and scales of a grid, and for each all shifts at once by FFT."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from superpose._arithmetic.complex_numbers import times
from superpose._arithmetic.matrices import determinant, inverse, matmul
from superpose._parallel import ordered_map
from superpose._sampling.level import PreparedLevel
from superpose._search.null_distribution import NullDistribution
from superpose._search.scored_pose import IndexPoses, ScoredPose
from superpose._search.settings import DEFAULTS, SearchSettings
from superpose.transforms.geometry import IndexMap, about, heading

Floats = NDArray[np.float64]
Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class _Canvas:
    """The fixed image's spectra, and the canvas that the moving image is pulled onto."""

    shape: Shape
    field: NDArray[np.complex64]
    low: NDArray[np.complex64]


def canvas_shapes(
    fixed: Shape, moving: Shape, linears: list[Floats], block: int, wrapped: float, centre: Floats, reach: Floats
) -> list[Shape]:
    """Return the sizes of the FFT: what both images span side by side, less what may wrap around.

    Parameters
    ----------
    fixed, moving : tuple of int
        Shapes of the images.
    linears : list of ndarray, shape (2, 2)
        From fixed to moving pixels.
    block : int
        What sizes are multiples of.
    wrapped : float
        The part of the smaller image that may overlap by wrapping around the canvas.
    centre, reach : ndarray, shape (2,)
        What of moving lies on fixed's middle without a shift, and how far it is shifted: what lies farther away may
        wrap, however much of it.
    """
    inverses = np.array([inverse(each) for each in linears])
    sides = np.abs(inverses * np.array(moving, float))
    extents, short, long = sides.sum(2), sides.min(2), sides.max(2)
    turned_area = inverses[:, 0, 0] * inverses[:, 1, 1] - inverses[:, 0, 1] * inverses[:, 1, 0]
    area = math.prod(moving) * np.abs(turned_area)[:, None]
    lost = wrapped * np.minimum(math.prod(fixed), area)
    # What is within some depth of a turned image's outermost corner is a triangle, and grows by its full width then.
    width = area / long
    of_moving = np.where(2 * lost > width * short, lost / width + short / 2, np.sqrt(2 * short * lost / width))
    depth = np.minimum(np.maximum(of_moving, lost / np.array(fixed[::-1], float)), np.minimum(fixed, extents))
    least = np.maximum(fixed, extents) + np.minimum(fixed, extents) - depth
    off = np.abs(np.einsum("kij,j->ki", inverses, (np.array(moving) - 1) / 2 - centre))
    near = np.maximum((fixed + extents) / 2 + off + reach, np.maximum(fixed, extents + 2 * off)) + block
    least = np.minimum(least, near)
    # One of few sizes, an eighth apart, so that few canvases are needed; a multiple of the block and small primes.
    step = np.ldexp(0.125, np.frexp(np.maximum(least, 8.0))[1] - 1)
    blocks = np.ceil(np.ceil(least / step) * step / block).astype(int)
    return [tuple(block * int(fft.next_fast_len(n, real=True)) for n in each) for each in blocks.tolist()]


def may_overlap(fixed: Shape, moving: Shape, linear: Floats, min_overlap: float) -> bool:
    """Return whether two images turned like this can overlap by `min_overlap` of the smaller one at all.

    Two strips of widths a and b that cross at an angle share at most a b / sin(angle).
    """
    *across, scale = heading(linear)
    a, b = float(min(fixed)), min(moving) / max(scale, 1e-9)
    # The sine of the angle at which their long sides cross.
    sine = across[0 if (fixed[0] > fixed[1]) != (moving[0] > moving[1]) else 1]
    smaller = min(fixed[0] * fixed[1], moving[0] * moving[1] / max(scale, 1e-9) / max(scale, 1e-9))
    return bool(a * b >= abs(sine) * min_overlap * smaller)


def search(
    fixed: PreparedLevel,
    moving: PreparedLevel,
    linears: list[Floats],
    centre: Floats,
    reach: Floats,
    min_overlap: float,
    threads: int,
    settings: SearchSettings = DEFAULTS[2],
) -> tuple[IndexPoses, NullDistribution]:
    """Score every linear part with every shift by the contrast-blind orientation score.

    Parameters
    ----------
    fixed, moving : PreparedLevel
        One level of each.
    linears : list of ndarray, shape (2, 2)
        From fixed to moving pixels.
    centre : ndarray, shape (2,)
        Where the fixed image's centre comes to lie in moving when the shift is 0, in moving pixels.
    reach : ndarray, shape (2,)
        The largest shifts, in fixed pixels.
    min_overlap : float
        The smallest overlap, as part of the smaller image.
    threads : int
        The result does not depend on it.
    settings : SearchSettings
        How peaks are found.

    Returns
    -------
    candidates : list of ScoredPose
        Between pixels of the level, by falling score.
    null : NullDistribution
        Over all poses.
    """
    linears = [each for each in linears if may_overlap(fixed.shape, moving.shape, each, min_overlap)] or linears[:1]
    on_fixed, on_moving = _parted(fixed.shape, moving.shape, linears, reach, settings.magnified)
    found: IndexPoses = []
    sums = np.zeros(3)
    if on_fixed:
        found, sums = _search_on(fixed, moving, on_fixed, centre, reach, min_overlap, threads, settings)
    if on_moving:
        middle, far = (np.array(fixed.shape) - 1) / 2, settings.farthest_shift * np.array(moving.shape)
        backward = [inverse(each) for each in on_moving]
        others, seen = _search_on(moving, fixed, backward, middle, far, min_overlap, threads, settings)
        found = [*found, *(replace(each, pose=IndexMap(inverse(each.pose))) for each in others)]
        found.sort(key=lambda each: -each.score)
        sums = sums + seen
    return found[: settings.peaks], NullDistribution.of_sums(*sums.tolist())


def _parted(
    fixed: Shape, moving: Shape, linears: list[Floats], reach: Floats, magnified: float
) -> tuple[list[Floats], list[Floats]]:
    """Return the linear parts to score on fixed's pixels, and those to score on moving's.

    Where a pose magnifies moving, most of a canvas of fixed's pixels would be interpolated: on moving's it is smaller.
    But limits of the shift are along fixed's axes.
    """
    on_fixed: list[Floats] = []
    on_moving: list[Floats] = []
    for each in linears:
        # What costs little is asked first, for most linear parts magnify nothing.
        is_larger = heading(each)[2] < magnified and bool(
            (reach >= matmul(np.abs(inverse(each)), np.array(moving, float)) + fixed).all()
        )
        (on_moving if is_larger else on_fixed).append(each)
    return on_fixed, on_moving


def _search_on(
    fixed: PreparedLevel,
    moving: PreparedLevel,
    linears: list[Floats],
    centre: Floats,
    reach: Floats,
    min_overlap: float,
    threads: int,
    settings: SearchSettings,
) -> tuple[IndexPoses, Floats]:
    """Score linear parts on fixed's pixels; return candidates as `search` does, and count, sum and squares of all."""
    from superpose._kernels.shifts import best_shifts, spectral_products, turned

    block = settings.block
    canvases: dict[Shape, _Canvas] = {}
    wrapped = settings.wrapped * min_overlap
    shapes = canvas_shapes(fixed.shape, moving.shape, linears, block, wrapped, centre, reach)
    for shape in shapes:
        if shape not in canvases:
            canvases[shape] = _spectra(fixed, shape, block)
    middle, origin = (np.array(fixed.shape) - 1) / 2, np.zeros(len(fixed.shape))
    axes = tuple(range(-len(middle), 0))
    field = moving.field.weighed
    of_fixed = fixed.field.weighed
    fixed_size = float(of_fixed.pixel_count)
    fewer = max(1.0, min(fixed_size, float(field.pixel_count)))
    floors = fixed.settings.flat * np.array([of_fixed.energy, field.energy]) + 1e-12

    # Of few turns each has to propose more.
    kept = max(settings.peaks_of_each, settings.proposals // len(linears))

    def task(chosen: list[int]) -> tuple[Floats, Floats]:
        """Score some linear parts that share a canvas."""
        shape = shapes[chosen[0]]
        canvas, start = canvases[shape], anchor(shape, middle)
        pulled = np.empty((len(chosen), 2, *shape), np.float32)
        low = np.empty((len(chosen), 2, *(n // block for n in shape)), np.float32)
        shifts = centre - np.einsum("kij,j->ki", np.stack([linears[k] for k in chosen]), start)
        for n, k in enumerate(chosen):
            matrix = about(linears[k], shifts[n], origin)
            c, s, _ = heading(linears[k])
            turned(field.padded, field.usable, matrix, c * c - s * s, -2 * c * s, block, pulled[n], low[n])
        spectra, blocks = fft.rfftn(pulled, axes=axes, workers=1), fft.rfftn(low, axes=axes, workers=1)
        both = np.empty(spectra[:, 0].shape, np.complex64)
        spectral_products(
            *(each.view(np.float32).reshape(*each.shape[: -len(shape)], -1) for each in (spectra, canvas.field, both))
        )
        product = fft.irfftn(both, s=shape, axes=axes, workers=1)
        counts, energy = canvas.low
        pairs = np.stack([times(counts, blocks[:, 0]), times(energy, blocks[:, 0]), times(counts, blocks[:, 1])], 1)
        norms = fft.irfftn(pairs, s=low.shape[2:], axes=axes, workers=1)
        found, null = np.empty((len(chosen), kept, 5)), np.zeros(3)
        # Canvas position `start` shows moving's `centre`, which no shift is to lay on fixed's middle.
        base = start - middle
        limits = np.stack([base - reach, base + reach], 1).ravel()
        peaks, seen = np.empty((kept, 4)), np.empty(3)
        for n, k in enumerate(chosen):
            smaller = max(1.0, min(fixed_size, float(low[n, 0].sum())))
            # Few pixels agree by chance more easily than many, and where one image is magnified its pixels are the few.
            most = fewer / min(1.0, abs(determinant(linears[k])))
            best_shifts(product[n], norms[n], block, min_overlap, smaller, most, floors, limits, peaks, seen)
            found[n, :, :4], found[n, :, 4] = peaks, k
            null += seen
        return found.reshape(-1, 5), null

    groups: dict[Shape, list[int]] = {}
    for k, shape in enumerate(shapes):
        groups.setdefault(shape, []).append(k)
    # Of a few turns, too, there are two tasks at least.
    size = max(1, min(settings.task, -(-len(linears) // 2)))
    tasks = [each[k : k + size] for each in groups.values() for k in range(0, len(each), size)]
    results = ordered_map(task, tasks, threads)
    rows = np.concatenate([found for found, _ in results])
    rows = rows[rows[:, 0] > 0]
    rows = rows[np.argsort(-rows[:, 0], kind="stable")[: settings.peaks]]
    starts = np.array([anchor(shape, middle) for shape in shapes])
    return _candidates(rows, np.array(linears), starts, centre), np.sum([null for _, null in results], axis=0)


def _candidates(rows: Floats, linears: Floats, starts: Floats, centre: Floats) -> IndexPoses:
    """Return the poses of peaks: rows of score, shift, overlap, and which linear part."""
    chosen = rows[:, -1].astype(int)
    # T(x) = linear (x + shift - start) + centre
    poses = np.zeros((len(rows), len(centre) + 1, len(centre) + 1))
    poses[:, :-1, :-1] = linears[chosen]
    poses[:, :-1, -1] = centre + np.einsum("kij,kj->ki", poses[:, :-1, :-1], rows[:, 1:-2] - starts[chosen])
    poses[:, -1, -1] = 1.0
    return [ScoredPose(IndexMap(pose), float(row[0]), float(row[-2])) for pose, row in zip(poses, rows, strict=True)]


def anchor(shape: Shape, middle: Floats) -> Floats:
    """Return the canvas position that shows moving's centre; its fraction of a pixel is that of fixed's middle."""
    return np.asarray((np.array(shape) - 1) // 2 + middle % 1)


def _spectra(fixed: PreparedLevel, shape: Shape, block: int) -> _Canvas:
    inside, axes = tuple(slice(n) for n in fixed.shape), tuple(range(-len(shape), 0))
    own = fixed.field.weighed
    field, both = np.zeros((len(own.parts), *shape), np.float32), np.zeros((2, *shape), np.float32)
    for into, part in zip(field, own.parts, strict=True):
        into[inside] = part
    both[0][inside] = own.usable
    for part in field:
        both[1] += part * part
    spectra = [fft.rfftn(each, axes=axes, workers=1) for each in (field, _block_means(both, block))]
    return _Canvas(shape, *(np.conj(each, out=each) for each in spectra))


def _block_means(values: NDArray[np.float32], block: int) -> NDArray[np.float32]:
    """Return the means of (n, *shape) over blocks of so many pixels a side, of which each side is a multiple."""
    for axis in range(1, values.ndim):
        along = np.moveaxis(values, axis, 0)
        values = np.moveaxis(sum(along[k::block] for k in range(1, block)) + along[::block], 0, axis)
    return values * np.float32(1 / block ** (values.ndim - 1))
