"""Exhaustive search: turns on a grid, and for each all shifts at once by FFT, by the directions of surfaces."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from superpose._arithmetic.matrices import determinant, inverse, matmul
from superpose._parallel import ordered_map
from superpose._sampling.level import PreparedLevel
from superpose._sampling.tensors import TensorField, tensor_field
from superpose._sampling.warp import Source, warp
from superpose._search.null_distribution import NullDistribution
from superpose._search.scored_pose import PhysicalPoses, ScoredPose
from superpose._volumes.directions import averaged, turning
from superpose._volumes.settings import VolumeSearchSettings
from superpose.image import Grid, Raster
from superpose.transforms.geometry import PhysicalMap, about, max_corner_distance

Floats = NDArray[np.float64]
Complex = NDArray[np.complex64]


@dataclass(frozen=True, eq=False)
class Found:
    """The poses that score highest, best first, and what all of them score."""

    poses: PhysicalPoses
    null: NullDistribution

    @classmethod
    def best_of(cls, searches: list[Found], kept: int) -> Found:
        """Return what several searches found as one, no more poses than are wanted."""
        if len(searches) == 1:
            return searches[0]
        poses = sorted((pose for each in searches for pose in each.poses), key=lambda pose: -pose.score)
        sums = np.sum([each.null.sums for each in searches], axis=0)
        return cls(poses[:kept], NullDistribution.of_sums(*sums.tolist()))


@dataclass(frozen=True, eq=False)
class _Canvas:
    """Fixed's spectra on a canvas of a shape."""

    shape: tuple[int, ...]
    field: Complex
    mask: Complex
    energy: Complex


def search_fields(
    fixed: list[PreparedLevel], moving: list[PreparedLevel], side: float, threads: int, settings: VolumeSearchSettings
) -> tuple[TensorField, TensorField]:
    """Return the directions of both volumes on cubic voxels of one size, about `side` along the smaller one."""
    spacing = min(each[0].image.grid.side for each in (fixed, moving)) / side
    return tuple(_field(each, spacing, threads, settings) for each in (fixed, moving))  # type: ignore[return-value]


def _field(levels: list[PreparedLevel], spacing: float, threads: int, settings: VolumeSearchSettings) -> TensorField:
    fine = [each.image for each in levels if max(each.image.grid.spacing) * settings.detail <= spacing * 1.2]
    image = fine[-1] if fine else levels[0].image
    field = tensor_field(image, settings.damping)
    if image.weights is not None:
        # The score knows no weights: directions are the shorter the less they count.
        field = replace(field, parts=field.parts * image.parts)
    return averaged(field, cubic_grid(levels[0].image, spacing), threads)


def cubic_grid(image: Raster, spacing: float) -> Grid:
    """Return a grid of cubic voxels over a volume, with the same middle."""
    grid = image.grid
    lengths = [n * s for n, s in zip(grid.shape, grid.spacing, strict=True)]
    shape = tuple(max(4, math.ceil(length / spacing)) for length in lengths)
    first = grid.centre - (np.array(shape) - 1) / 2 * spacing
    return Grid(shape, tuple(first), (spacing,) * 3)


def search_volumes(
    fixed: TensorField,
    moving: TensorField,
    start: PhysicalMap,
    turns: Floats,
    reach: Floats,
    min_overlap: float,
    kept: int,
    threads: int,
    settings: VolumeSearchSettings,
) -> Found:
    """Score turns about `start`, each with every shift.

    Parameters
    ----------
    fixed, moving : TensorField
        On cubic voxels of one size.
    start : ndarray, shape (4, 4)
        From fixed to moving physical coordinates.
    turns : ndarray, shape (n, 3, 3)
        Tried after one another, before `start`; they may magnify.
    reach : ndarray, shape (3,)
        The largest shifts along fixed's axes, in physical units.
    min_overlap : float
        The smallest overlap, as part of the smaller volume.
    kept : int
        No more poses are wanted.
    threads : int
        The result does not depend on it.
    settings : VolumeSearchSettings
        How peaks are found.
    """
    spacing = fixed.grid.spacing[0]
    linears = [matmul(start[:-1, :-1], each) for each in turns]
    extents = [_extent(inverse(each), moving.grid) for each in linears]
    canvases: dict[tuple[int, ...], _Canvas] = {}
    shapes = []
    for extent in extents:
        shape = tuple(
            int(fft.next_fast_len(int(n + m - 0.25 * min(n, m)), real=True))
            for n, m in zip(fixed.grid.shape, extent, strict=True)
        )
        shapes.append(shape)
        if shape not in canvases:
            canvases[shape] = _spectra(fixed, shape)
    centre, there = fixed.grid.centre, matmul(start[:-1, :-1], fixed.grid.centre) + start[:-1, -1]
    fixed_count = float(fixed.mask.sum())
    fewer, sizes = min(fixed_count, float(moving.mask.sum())), [abs(determinant(each)) for each in turns]
    one_size = max(sizes) - min(sizes) < 1e-6
    source = Source(np.concatenate([moving.parts, moving.mask[None].astype(np.float32)]), np.ones_like(moving.mask), 1)
    floor = 1e-3 * min(fixed.energy, moving.energy)

    def task(k: int) -> tuple[list[ScoredPose[PhysicalMap]], Floats]:
        canvas, linear = canvases[shapes[k]], linears[k]
        # The canvas's middle shows moving's.
        middle = np.array([(n - 1) // 2 for n in canvas.shape], float)
        to_moving = matmul(moving.grid.physical_to_index, about(linear, moving.grid.centre, np.zeros(3)))
        onto = matmul(to_moving, about(spacing * np.eye(3), -spacing * middle, np.zeros(3)))
        pulled, inside = warp(source, onto, canvas.shape, 1)
        mask = np.where(inside, pulled[5], np.float32(0))
        parts = np.einsum("k...,kl->l...", pulled[:5] * inside, turning(linear).astype(np.float32))
        spectra = fft.rfftn(parts, axes=(1, 2, 3), workers=1)
        both = (spectra * canvas.field).sum(0)
        masks, energy = fft.rfftn(mask, workers=1), fft.rfftn((parts * parts).sum(0), workers=1)
        product, count, of_fixed, of_moving = (
            fft.irfftn(each, s=canvas.shape, workers=1)
            for each in (both, masks * canvas.mask, masks * canvas.energy, energy * canvas.mask)
        )
        # Canvas position d shows fixed's voxel 0 on canvas voxel d.
        smaller = max(1.0, min(fixed_count, float(mask.sum())))
        # Few voxels agree by chance more easily than many, and where one volume is magnified its voxels are the few.
        most = smaller if one_size else max(1.0, fewer / min(1.0, sizes[k]))
        allowed = count >= min_overlap * smaller
        # However near the limit, some shift has to be tried.
        shift, off = _shifts(canvas.shape, fixed.grid, middle), matmul(inverse(linear), moving.grid.centre - there)
        for axis in range(3):
            far = np.abs(shift[axis] * spacing - off[axis]) > max(float(reach[axis]), 0.75 * spacing)
            allowed &= ~far.reshape([-1 if j == axis else 1 for j in range(3)])
        least = floor * np.maximum(count, 1)
        norm = np.sqrt(np.maximum(of_fixed, least) * np.maximum(of_moving, least))
        score = np.where(allowed, product / np.maximum(norm, 1e-12), 0) * np.sqrt(np.clip(count / most, 0, 1))
        sums = np.array(
            [float(np.count_nonzero(allowed)), float(score.sum(dtype=float)), float((score * score).sum(dtype=float))]
        )
        out = []
        for at in _peaks(score, settings.peaks_of_each):
            value = float(score[at])
            if value <= 0:
                continue
            by = np.array([shift[axis][at[axis]] for axis in range(3)]) * spacing
            # T(x) = linear (x - centre - by) + moving's centre
            pose = about(linear, moving.grid.centre - centre - matmul(linear, by), centre)
            out.append(ScoredPose(PhysicalMap(pose), value, min(1.0, float(count[at]) / smaller)))
        return out, sums

    results = ordered_map(task, list(range(len(linears))), threads)
    found = sorted((each for poses, _ in results for each in poses), key=lambda each: -each.score)
    different = _different(found, fixed.grid, settings.apart, kept)
    return Found(different, NullDistribution.of_sums(*np.sum([sums for _, sums in results], axis=0).tolist()))


def _different(found: PhysicalPoses, grid: Grid, apart: float, most: int) -> PhysicalPoses:
    """Return the first poses of which none takes all of a grid's corners to where another one does."""
    out: PhysicalPoses = []
    for each in found:
        if all(max_corner_distance(each.pose, other.pose, grid) > apart for other in out):
            out.append(each)
            if len(out) == most:
                break
    return out


def _extent(back: Floats, moving: Grid) -> list[int]:
    """Return how many voxels moving's box spans along fixed's axes."""
    return [math.ceil(n) + 1 for n in np.abs(back * np.array(moving.shape)).sum(1).tolist()]


def _spectra(fixed: TensorField, shape: tuple[int, ...]) -> _Canvas:
    inside = tuple(slice(n) for n in fixed.grid.shape)
    field, mask, energy = np.zeros((5, *shape), np.float32), np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    field[:, *inside] = fixed.parts
    mask[inside] = fixed.mask
    energy[inside] = np.square(fixed.parts).sum(0)
    spectra = np.conj(fft.rfftn(field, axes=(1, 2, 3), workers=1))
    return _Canvas(shape, spectra, np.conj(fft.rfftn(mask, workers=1)), np.conj(fft.rfftn(energy, workers=1)))


def _shifts(shape: tuple[int, ...], fixed: Grid, middle: Floats) -> list[Floats]:
    """Return for each position along each axis by how many voxels moving's middle lies beyond fixed's."""
    out = []
    for n, size, at in zip(shape, fixed.shape, middle.tolist(), strict=True):
        # With fixed's voxel 0 on canvas voxel d, its middle is on d + (size - 1) / 2, and moving's on `at`.
        by = at - (np.arange(n) + (size - 1) / 2)
        out.append((by + n / 2) % n - n / 2)
    return out


def _peaks(score: NDArray[np.float32], count: int) -> list[tuple[int, ...]]:
    """Return the positions of the highest scores, none beside another one."""
    order = _highest(score, min(27 * count, score.size - 1))
    out: list[tuple[int, ...]] = []
    for flat in order:
        at = tuple(int(k) for k in np.unravel_index(flat, score.shape))
        if all(_apart(at, other, score.shape) > 2 for other in out):
            out.append(at)
            if len(out) == count:
                break
    return out


def _apart(one: tuple[int, ...], other: tuple[int, ...], shape: tuple[int, ...]) -> int:
    """Return by how many voxels two positions of a canvas are apart, along the axis where it is most."""
    return max(min(abs(a - b), n - abs(a - b)) for a, b, n in zip(one, other, shape, strict=True))


def _highest(score: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    flat = score.ravel()
    some = np.argpartition(-flat, count)[:count]
    some.sort()
    return some[np.argsort(-flat[some], kind="stable")]
