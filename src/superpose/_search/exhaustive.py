"""Exhaustive search on one level: all turns and scales of a grid, and for each all shifts at once by FFT."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from superpose._parallel import ordered_map
from superpose._sampling.level import PreparedLevel
from superpose._search.null_distribution import NullDistribution
from superpose._search.scored_pose import IndexPoses, ScoredPose
from superpose._search.settings import DEFAULTS, SearchSettings
from superpose.transforms.geometry import IndexMap, about, nearest_turn

Floats = NDArray[np.float64]
Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class _Canvas:
    """The fixed image's spectra, and the canvas that the moving image is pulled onto."""

    shape: Shape
    field: NDArray[np.complex64]
    low: NDArray[np.complex64]


def canvas_shape(fixed: Shape, moving: Shape, linear: Floats, block: int) -> Shape:
    """Return the size of the FFT, so large that shifts which wrap around overlap too little to count."""
    extent = np.abs(np.linalg.inv(linear)) @ np.array(moving, float)
    sizes = []
    for n, m in zip(fixed, extent, strict=True):
        least = float(max(n, m) + 0.6 * min(n, m))
        # One of few sizes, an eighth apart, so that few canvases are needed; a multiple of the block and small primes.
        step = 2.0 ** np.floor(np.log2(max(least, 8.0))) / 8
        blocks = int(np.ceil(np.ceil(least / step) * step / block))
        sizes.append(block * int(fft.next_fast_len(blocks, real=True)))
    return tuple(sizes)


def may_overlap(fixed: Shape, moving: Shape, linear: Floats, min_overlap: float) -> bool:
    """Return whether two images turned like this can overlap by `min_overlap` of the smaller one at all.

    Two strips of widths a and b that cross at an angle share at most a b / sin(angle).
    """
    angle, scale = nearest_turn(linear)
    a, b = float(min(fixed)), min(moving) / max(scale, 1e-9)
    across = angle + (np.pi / 2 if (fixed[0] > fixed[1]) != (moving[0] > moving[1]) else 0.0)
    smaller = min(fixed[0] * fixed[1], moving[0] * moving[1] / max(scale, 1e-9) ** 2)
    return bool(a * b >= abs(np.sin(across)) * min_overlap * smaller)


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
    from superpose._kernels.shifts import best_shifts, turned

    block = settings.block
    linears = [each for each in linears if may_overlap(fixed.shape, moving.shape, each, min_overlap)] or linears[:1]
    canvases: dict[Shape, _Canvas] = {}
    shapes = [canvas_shape(fixed.shape, moving.shape, linear, block) for linear in linears]
    for shape in shapes:
        if shape not in canvases:
            canvases[shape] = _spectra(fixed, shape, block)
    middle, origin = (np.array(fixed.shape) - 1) / 2, np.zeros(len(fixed.shape))
    axes = tuple(range(-len(middle), 0))
    field = moving.field
    fixed_size = float(fixed.field.usable.sum())
    fewer = max(1.0, min(fixed_size, float(field.usable.sum())))
    floors = fixed.settings.flat * np.array([fixed.field.energy, moving.field.energy]) + 1e-12

    def task(chosen: list[int]) -> tuple[Floats, Floats]:
        """Score some linear parts that share a canvas."""
        shape = shapes[chosen[0]]
        canvas, start = canvases[shape], anchor(shape, middle)
        pulled = np.empty((len(chosen), 2, *shape), np.float32)
        low = np.empty((len(chosen), 2, *(n // block for n in shape)), np.float32)
        for n, k in enumerate(chosen):
            matrix = about(linears[k], centre - linears[k] @ start, origin)
            angle = 2 * nearest_turn(linears[k])[0]
            turned(field.padded, field.usable, matrix, np.cos(angle), -np.sin(angle), block, pulled[n], low[n])
        spectra, blocks = fft.rfftn(pulled, axes=axes, workers=1), fft.rfftn(low, axes=axes, workers=1)
        spectra *= canvas.field
        product = fft.irfftn(spectra[:, 0] + spectra[:, 1], s=shape, axes=axes, workers=1)
        counts, energy = canvas.low
        pairs = np.stack([counts * blocks[:, 0], energy * blocks[:, 0], counts * blocks[:, 1]], 1)
        norms = fft.irfftn(pairs, s=low.shape[2:], axes=axes, workers=1)
        found, null = np.empty((len(chosen), settings.peaks_of_each, 5)), np.zeros(3)
        # Canvas position `start` shows moving's `centre`, which no shift is to lay on fixed's middle.
        base = start - middle
        limits = np.stack([base - reach, base + reach], 1).ravel()
        peaks, seen = np.empty((settings.peaks_of_each, 4)), np.empty(3)
        for n, k in enumerate(chosen):
            smaller = max(1.0, min(fixed_size, float(low[n, 0].sum())))
            # Few pixels agree by chance more easily than many, and where one image is magnified its pixels are the few.
            most = fewer / min(1.0, abs(float(np.linalg.det(linears[k]))))
            best_shifts(product[n], norms[n], block, min_overlap, smaller, most, floors, limits, peaks, seen)
            found[n, :, :4], found[n, :, 4] = peaks, k
            null += seen
        return found.reshape(-1, 5), null

    groups: dict[Shape, list[int]] = {}
    for k, shape in enumerate(shapes):
        groups.setdefault(shape, []).append(k)
    tasks = [each[k : k + settings.task] for each in groups.values() for k in range(0, len(each), settings.task)]
    results = ordered_map(task, tasks, threads)
    rows = np.concatenate([found for found, _ in results])
    rows = rows[rows[:, 0] > 0]
    candidates = []
    for score, *place, overlap, k in rows[np.argsort(-rows[:, 0], kind="stable")[: settings.peaks]]:
        linear, start = linears[int(k)], anchor(shapes[int(k)], middle)
        # T(x) = linear (x + shift - start) + centre
        pose = IndexMap(about(linear, centre + linear @ (np.array(place) - start), origin))
        candidates.append(ScoredPose(pose, float(score), float(overlap)))
    count, total, squares = np.sum([null for _, null in results], axis=0)
    mean = total / max(count, 1)
    return candidates, NullDistribution(int(count), mean, float(np.sqrt(max(squares / max(count, 1) - mean**2, 1e-12))))


def anchor(shape: Shape, middle: Floats) -> Floats:
    """Return the canvas position that shows moving's centre; its fraction of a pixel is that of fixed's middle."""
    return np.asarray((np.array(shape) - 1) // 2 + middle % 1)


def _spectra(fixed: PreparedLevel, shape: Shape, block: int) -> _Canvas:
    inside, axes = tuple(slice(n) for n in fixed.shape), tuple(range(-len(shape), 0))
    parts = fixed.field.parts
    field, counts = np.zeros((len(parts), *shape), np.float32), np.zeros(shape, np.float32)
    field[:, *inside], counts[inside] = parts, fixed.field.usable
    both = np.stack([counts, (field**2).sum(0)])
    blocks = [size for n in shape for size in (n // block, block)]
    low = both.reshape(2, *blocks).mean(tuple(range(2, 1 + len(blocks), 2)))
    return _Canvas(
        shape, np.conj(fft.rfftn(field, axes=axes, workers=1)), np.conj(fft.rfftn(low, axes=axes, workers=1))
    )
