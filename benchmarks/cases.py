"""Pairs of images with known truth. Each case is drawn from (set's seed, number of the case) alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import interpolate, ndimage

from benchmarks.photographs import COLOUR, NAMES, SIDE, grey, photograph

Floats = NDArray[np.float64]
CENTRE = np.full(2, (SIDE - 1) / 2)
NOISE_VARIANCE = 1e-3


@dataclass(frozen=True, eq=False)
class Case:
    """One pair: `truth` (3, 3) maps fixed (row, column, 1) to moving; an error below `limit` px is a success."""

    name: str
    fixed: Floats
    moving: Floats
    truth: Floats
    family: str
    search: str = "global"
    limit: float = 1.0
    allow_flip: bool = False

    @property
    def angle(self) -> float:
        """The truth's turn at the fixed image's centre, in degrees from -180 to 180; of its columns if it mirrors."""
        middle = (np.array(self.fixed.shape) - 1) / 2
        ends = moved(self.truth, middle + 0.5 * np.array([[-1.0, 0], [1, 0], [0, -1], [0, 1]]))
        (a, c), (b, d) = ends[1] - ends[0], ends[3] - ends[2]
        return float(np.degrees(np.arctan2(c - b, a + d) if a * d > b * c else np.arctan2(c, a)))

    @property
    def overlap(self) -> float:
        """The part of the smaller image that the other covers, in pixels of fixed."""
        return overlap(self.truth, self.fixed.shape, self.moving.shape)

    def error(self, matrix: Floats | None) -> float:
        """Return the mean target registration error in moving pixels over the central half of fixed."""
        if matrix is None or not np.isfinite(matrix).all():
            return np.inf
        rows, columns = (np.linspace(0.25 * (n - 1), 0.75 * (n - 1), 17) for n in self.fixed.shape)
        points = np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2)
        return float(np.linalg.norm(moved(matrix, points) - moved(self.truth, points), axis=1).mean())


def moved(matrix: Floats, points: Floats) -> Floats:
    """Return points mapped by a homogeneous matrix."""
    out = np.c_[points, np.ones(len(points))] @ matrix.T
    return out[:, :2] / out[:, 2:]


def overlap(matrix: Floats, fixed: tuple[int, ...], moving: tuple[int, ...]) -> float:
    """Return the part of the smaller image that the other covers under a matrix, on 96 x 96 points of fixed."""
    rows, columns = ((np.arange(96) + 0.5) / 96 * n - 0.5 for n in fixed)
    points = moved(matrix, np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2))
    inside = ((points >= -0.5) & (points <= np.array(moving) - 0.5)).all(1).mean()
    smaller = min(1.0, np.prod(moving) / abs(np.linalg.det(matrix[:2, :2])) / np.prod(fixed))
    return float(min(1.0, inside / smaller))


def pose(angle: float, scale: float, shift: Floats, fixed: Floats = CENTRE, moving: Floats = CENTRE) -> Floats:
    """Return the matrix of a turn (degrees) and magnification about the images' centres, then a shift."""
    a = np.radians(angle)
    matrix = np.eye(3)
    matrix[:2, :2] = scale * np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    matrix[:2, 2] = moving + shift - matrix[:2, :2] @ fixed
    return matrix


def pulled(image: Floats, matrix: Floats, shape: tuple[int, int] = (SIDE, SIDE), fill: float = 0.0) -> Floats:
    """Return the image a camera at the pose `matrix` (image to output) sees; `fill` (black) where it sees nothing."""
    rows, columns = np.indices(shape)
    points = moved(np.linalg.inv(matrix), np.stack([rows.ravel(), columns.ravel()], 1).astype(float))
    smooth = image
    shrink = 1 / np.sqrt(abs(np.linalg.det(matrix[:2, :2])))
    if shrink > 1.05:  # a smaller view of a scene is blurred by its pixels' size
        smooth = ndimage.gaussian_filter(image, 0.5 * np.sqrt(shrink**2 - 1))
    return ndimage.map_coordinates(smooth, points.T, order=3, mode="constant", cval=fill).reshape(shape)


def noisy(rng: np.random.Generator, image: Floats) -> Floats:
    """Return the image with white noise, clipped to its range as a camera does."""
    return np.clip(image + rng.normal(0, np.sqrt(NOISE_VARIANCE), image.shape), 0, 1)


def curve(rng: np.random.Generator, values: Floats) -> Floats:
    """Return the values through a random smooth curve that is not monotone."""
    while True:
        heights = rng.uniform(0, 1, 6)
        bend = interpolate.PchipInterpolator(np.linspace(0, 1, 6), heights)
        turns = np.sign(np.diff(heights))
        if np.ptp(heights) > 0.5 and (turns[1:] != turns[:-1]).any():
            return np.clip(bend(np.clip(values, 0, 1)), 0, 1)


def _one_modality(rng: np.random.Generator, matrix: Floats) -> tuple[str, Floats, Floats]:
    name = str(rng.choice(NAMES))
    image = grey(name)
    return name, noisy(rng, image), noisy(rng, pulled(image, matrix))


def _several_modalities(rng: np.random.Generator, matrix: Floats) -> tuple[str, Floats, Floats]:
    name = str(rng.choice(COLOUR))
    first, second = rng.permutation(3)[:2]
    image = photograph(name)
    moving = pulled(curve(rng, image[..., second]), matrix)
    return name, noisy(rng, image[..., first]), noisy(rng, moving)


def _affine(rng: np.random.Generator) -> Floats:
    matrix = pose(rng.uniform(-180, 180), 1.0, rng.uniform(-0.1, 0.1, 2) * SIDE)
    stretch = np.eye(3)
    stretch[:2, :2] += rng.uniform(-0.15, 0.15, (2, 2))
    stretch[:2, 2] = CENTRE - stretch[:2, :2] @ CENTRE
    return matrix @ stretch


def _homography(rng: np.random.Generator) -> Floats:
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]) * (SIDE - 1.0)
    targets = corners + rng.uniform(-0.15, 0.15, (4, 2)) * SIDE
    rows = []
    for (r, c), (u, v) in zip(corners, targets, strict=True):
        rows.append([r, c, 1, 0, 0, 0, -u * r, -u * c, -u])
        rows.append([0, 0, 0, r, c, 1, -v * r, -v * c, -v])
    matrix = np.linalg.svd(np.array(rows))[2][-1].reshape(3, 3)
    return matrix / matrix[2, 2]


def _wide(rng: np.random.Generator) -> Floats:
    return pose(rng.uniform(-180, 180), 1.0, rng.uniform(-0.2, 0.2, 2) * SIDE)


def _narrow(rng: np.random.Generator) -> Floats:
    return pose(rng.uniform(-10, 10), 1.0, rng.uniform(-0.05, 0.05, 2) * SIDE)


def _translation(rng: np.random.Generator) -> Floats:
    return pose(0, 1.0, rng.uniform(-0.4, 0.4, 2) * SIDE)


def _similarity(rng: np.random.Generator) -> Floats:
    return pose(rng.uniform(-180, 180), 2 ** rng.uniform(-1, 1), rng.uniform(-0.1, 0.1, 2) * SIDE)


@dataclass(frozen=True)
class CaseSet:
    """A kind of pair, drawn as often as wanted."""

    name: str
    about: str
    family: str
    search: str
    motion: Callable[[np.random.Generator], Floats]
    images: Callable[[np.random.Generator, Floats], tuple[str, Floats, Floats]]
    allow_flip: bool = False

    def case(self, seed: int, number: int) -> Case:
        """Return case `number` of the draw `seed`: the motion is drawn before, and apart from, the images."""
        motion_seed, image_seed = np.random.SeedSequence([seed, number]).spawn(2)
        truth = self.motion(np.random.default_rng(motion_seed))
        name, fixed, moving = self.images(np.random.default_rng(image_seed), truth)
        label = f"{self.name}/{seed}/{number}/{name}"
        return Case(label, fixed, moving, truth, self.family, self.search, allow_flip=self.allow_flip)


SETS: dict[str, CaseSet] = {
    s.name: s
    for s in (
        CaseSet("one-wide", "one modality, rotation ±180°, shift ±20 %", "rigid", "global", _wide, _one_modality),
        CaseSet("one-narrow", "one modality, rotation ±10°, shift ±5 %", "rigid", "local", _narrow, _one_modality),
        CaseSet("several", "several modalities, ±180°, ±20 %", "rigid", "global", _wide, _several_modalities),
        CaseSet("translation", "one modality, shift ±40 %", "translation", "global", _translation, _one_modality),
        CaseSet("similarity", "scale 0.5-2, ±180°, ±10 %", "similarity", "global", _similarity, _one_modality),
        CaseSet("affine", "±180°, ±10 %, shear and stretch ±15 %", "affine", "global", _affine, _one_modality),
        CaseSet("homography", "corner shifts to 15 %", "homography", "global", _homography, _one_modality),
    )
}
