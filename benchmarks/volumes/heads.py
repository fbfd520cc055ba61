"""Heads that no two hemispheres share: the MNI152 template under a smooth seeded warp, with blobs on one side.

The template is exactly mirror-symmetric: without that a mirrored answer, or left taken for right, would pass unseen.
"Another head" is another warp of the same template: anatomy differs less than between people.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

Floats = NDArray[np.float64]
TEMPLATE = "mni_icbm152_t1_tal_nlin_sym_09a_converted.nii.gz"


@dataclass(frozen=True, eq=False)
class Pair:
    """Two volumes on grids in mm (axis order, LPS backwards) and the truth.

    `truth` takes fixed's physical points to moving's, (4, 4). `points` are fixed points within the brain, and `places`
    where moving shows the same anatomy: of another head that is no pose.
    """

    fixed: NDArray[np.float32]
    moving: NDArray[np.float32]
    fixed_spacing: tuple[float, ...]
    moving_spacing: tuple[float, ...]
    fixed_origin: tuple[float, ...]
    moving_origin: tuple[float, ...]
    truth: Floats
    points: Floats
    places: Floats

    def error(self, transform: Floats) -> float:
        """Return the target registration error of a transform, root mean square over the brain, in mm."""
        return self.between(transform, self.truth)

    def between(self, one: Floats, other: Floats) -> float:
        """Return how far apart two transforms take the brain, root mean square, in mm."""
        gap = self.points @ (one - other)[:3, :3].T + (one - other)[:3, 3]
        return float(np.sqrt((gap**2).sum(1).mean()))

    def off(self, transform: Floats) -> float:
        """Return how far from its own place in moving a transform takes the anatomy, root mean square, in mm."""
        gap = self.points @ transform[:3, :3].T + transform[:3, 3] - self.places
        return float(np.sqrt((gap**2).sum(1).mean()))


@lru_cache(maxsize=1)
def template() -> NDArray[np.float32]:
    """Return nilearn's packaged template, 1 mm, axes (plane, row, column) of LPS, values from 0 to 1."""
    import nibabel
    import nilearn

    path = Path(nilearn.__file__).parent / "datasets" / "data" / TEMPLATE
    image = nibabel.as_closest_canonical(nibabel.load(path))
    data = np.asarray(image.dataobj, np.float32)[::-1, ::-1].T
    return np.ascontiguousarray((data - data.min()) / (data.max() - data.min()))


@lru_cache(maxsize=4)
def head(seed: int) -> tuple[NDArray[np.float32], tuple[NDArray[np.float32], ...]]:
    """Return the template with blobs on its left, and the smooth warp (mm, to 8) that makes a head of it."""
    rng = np.random.default_rng([seed, 77])
    data = template().copy()
    shape = np.array(data.shape)
    grid = np.meshgrid(*[np.arange(n, dtype=np.float32) for n in shape], indexing="ij", sparse=True)
    for _ in range(4):
        centre = shape * [rng.uniform(0.35, 0.7), rng.uniform(0.3, 0.7), rng.uniform(0.55, 0.75)]
        width = rng.uniform(5, 10)
        sign = rng.choice([-0.25, 0.3])
        first, *rest = (np.exp(-((g - c) ** 2) / (2 * width * width)) for g, c in zip(grid, centre, strict=True))
        data += np.float32(sign) * first.astype(np.float32) * np.multiply(*rest).astype(np.float32) * (data > 0.1)
    coarse = rng.normal(size=(3, 7, 8, 7))
    # Along one axis after the other: what `zoom` makes of each number of an axis is the same everywhere.
    spread = [ndimage.zoom(np.eye(n), (to / n, 1), order=3) for n, to in zip(coarse.shape[1:], shape, strict=True)]
    moved = [np.einsum("abc,ia,jb,kc->ijk", part, *spread, optimize=True).astype(np.float32) for part in coarse]
    most = np.sqrt(sum(part**2 for part in moved)).max()
    return data, tuple(part * np.float32(8 / most) for part in moved)


def pair(
    seed: int,
    *,
    spacing: float | tuple[float, ...] = 2.0,
    moving_spacing: float | tuple[float, ...] | None = None,
    angle: float = 30.0,
    shift: float = 30.0,
    everywhere: bool = False,
    modalities: int = 1,
    affine: bool = False,
    noise: float = 0.02,
    half: bool = False,
    other_head: bool = False,
    order: int = 3,
    scaled: bool = False,
    bias: bool | None = None,
    whose: tuple[int, int] | None = None,
) -> Pair:
    """Return a pair of volumes under a known transform, each resampled once from the warped template.

    `whose` are the heads' own seeds; without it five pairs are of one head.
    """
    rng = np.random.default_rng([seed, 1])
    ours, others = (seed // 5, seed // 5 + 10**6) if whose is None else whose
    shown = others if other_head else ours
    truth_pose = _pose(rng, angle, shift, everywhere, affine)
    if scaled:
        truth_pose[:3, :3] *= rng.uniform(0.85, 1.18)
    own_pose = _pose(rng, 10.0, 5.0, False, False)
    fixed_grid = _grid(spacing, 0.5 if half else 1.0)
    moving_grid = _grid(moving_spacing or spacing, 1.0)
    fixed = _sampled(ours, own_pose, *fixed_grid, order)
    moving = _sampled(shown, own_pose @ np.linalg.inv(truth_pose), *moving_grid, order)
    if modalities == 2:
        moving = _curve(moving, rng)
    if modalities == 2 if bias is None else bias:
        fixed, moving = (_dimmed(each, rng) for each in (fixed, moving))
    fixed, moving = (_rician(each, noise, rng) for each in (fixed, moving))
    inside = np.argwhere(_sampled(ours, own_pose, *_grid(8.0, 1.0), 1) > 0.2)
    points = inside * 8.0 + np.array(_grid(8.0, 1.0)[2])
    return Pair(
        fixed,
        moving,
        fixed_grid[1],
        moving_grid[1],
        tuple(fixed_grid[2]),
        tuple(moving_grid[2]),
        truth_pose,
        points,
        _places(points, own_pose, truth_pose, head(ours)[1], head(shown)[1]),
    )


def _places(
    points: Floats,
    own_pose: Floats,
    truth: Floats,
    warp: tuple[NDArray[np.float32], ...],
    other: tuple[NDArray[np.float32], ...],
) -> Floats:
    """Return where moving shows what fixed shows at points: the template's same voxel."""
    middle = (np.array(warp[0].shape) - 1) / 2

    def at(field: tuple[NDArray[np.float32], ...], where: Floats) -> Floats:
        return np.stack([ndimage.map_coordinates(part, where.T, order=1, mode="nearest") for part in field], 1)

    own = points @ own_pose[:3, :3].T + own_pose[:3, 3] + middle
    template_voxel, there = own + at(warp, own), own
    for _ in range(20):
        there = template_voxel - at(other, there)
    back = truth @ np.linalg.inv(own_pose)
    return np.asarray((there - middle) @ back[:3, :3].T + back[:3, 3])


def _grid(spacing: float | tuple[float, ...], part: float) -> tuple[tuple[int, ...], tuple[float, ...], Floats]:
    spaced = (spacing,) * 3 if isinstance(spacing, (int, float)) else spacing
    size = np.array(template().shape, float) * [part, 1.0, 1.0]
    shape = tuple(int(n) for n in np.floor(size / spaced))
    # The middle of a whole grid is the origin of space.
    first = -(np.array(template().shape, float) - 1) / 2
    return shape, tuple(map(float, spaced)), first


def _pose(rng: np.random.Generator, angle: float, shift: float, everywhere: bool, affine: bool) -> Floats:
    pose = np.eye(4)
    if everywhere:
        turned = Rotation.random(random_state=int(rng.integers(2**31))).as_matrix()
    else:
        axis = rng.normal(size=3)
        turned = Rotation.from_rotvec(axis / np.linalg.norm(axis) * np.deg2rad(rng.uniform(0, angle))).as_matrix()
    if affine:
        turned = turned @ (np.eye(3) + rng.uniform(-0.08, 0.08, (3, 3)))
    along = rng.normal(size=3)
    pose[:3, :3], pose[:3, 3] = turned, along / np.linalg.norm(along) * rng.uniform(0, shift)
    return pose


def _sampled(
    seed: int,
    pose: Floats,
    shape: tuple[int, ...],
    spacing: tuple[float, ...],
    origin: Floats,
    order: int,
) -> NDArray[np.float32]:
    """Return a head at a pose, on a grid."""
    data, warp = head(seed)
    middle = (np.array(data.shape) - 1) / 2
    lines = [np.arange(n) * s + o for n, s, o in zip(shape, spacing, origin, strict=True)]
    at = np.stack(np.meshgrid(*lines, indexing="ij"))
    at = np.tensordot(pose[:3, :3], at, 1) + pose[:3, 3, None, None, None] + middle[:, None, None, None]
    at += np.stack([ndimage.map_coordinates(part, at, order=1, mode="nearest") for part in warp])
    out = ndimage.map_coordinates(_coefficients(seed, order), at, order=order, mode="constant", prefilter=False)
    # Thick slices average what they cover.
    for axis, each in enumerate(spacing):
        if each > 2 * min(spacing):
            out = ndimage.gaussian_filter1d(out, 0.3, axis=axis)
    return np.asarray(out, np.float32)


@lru_cache(maxsize=4)
def _coefficients(seed: int, order: int) -> NDArray[np.float32]:
    """Return what splines of an order interpolate a head from."""
    data = head(seed)[0]
    return data if order < 2 else ndimage.spline_filter(data, order, np.float32)


def _curve(data: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a volume through a curve that is not monotone, air left dark."""
    knots = np.linspace(0, 1.2, 7)
    values = rng.permutation(np.linspace(0.2, 1.0, 6))
    return np.interp(data, knots, np.concatenate([[0.0], values])).astype(np.float32)


def _dimmed(data: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a volume under a coil's smooth bias of up to 30 %."""
    coarse = rng.uniform(-0.3, 0.3, (3, 3, 3))
    field = ndimage.zoom(coarse, np.array(data.shape) / 3, order=2)[: data.shape[0], : data.shape[1], : data.shape[2]]
    return (data * (1 + field)).astype(np.float32)


def _rician(data: NDArray[np.float32], noise: float, rng: np.random.Generator) -> NDArray[np.float32]:
    real, other = rng.normal(0, noise, (2, *data.shape)).astype(np.float32)
    return np.sqrt((data + real) ** 2 + other**2)
