"""Pairs of any size: photographs enlarged, with the detail that an enlarged photograph lacks laid over."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.cases import NOISE_VARIANCE, pose
from benchmarks.photographs import NAMES, SIDE, grey

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]

# Laid over at their own size, side by side and mirrored in turn, so that no seam shows.
TEXTURES = ("brick", "grass", "gravel")
# Spacing of the random detail's grids, in pixels; each adds `DETAIL` of standard deviation.
OCTAVES, DETAIL, TEXTURE = (4, 16, 64), 0.03, 0.25


def large_scene(rng: np.random.Generator, side: int) -> tuple[str, Pixels]:
    """Return the photograph's name and side x side pixels, float32 from 0 to 1."""
    name = str(rng.choice(NAMES))
    image = _enlarged(grey(name).astype(np.float32), side)
    tile = grey(str(rng.choice(TEXTURES))).astype(np.float32)
    tile = np.block([[tile, tile[:, ::-1]], [tile[::-1], tile[::-1, ::-1]]])
    tile = TEXTURE * (tile - tile.mean())
    for top in range(0, side, 2 * SIDE):
        for left in range(0, side, 2 * SIDE):
            part = image[top : top + 2 * SIDE, left : left + 2 * SIDE]
            part += tile[: part.shape[0], : part.shape[1]]
    for spacing in OCTAVES:
        if side // spacing >= 8:
            image += _enlarged(rng.normal(0, DETAIL, (side // spacing,) * 2).astype(np.float32), side)
    return name, np.clip(image, 0, 1, out=image)


def _enlarged(image: Pixels, side: int) -> Pixels:
    out: Pixels = ndimage.zoom(image, side / image.shape[0], order=1 if side > 4 * image.shape[0] else 3)
    return out[:side, :side]


def large_motion(side: int, rng: np.random.Generator) -> Floats:
    """Return a turn of any angle and a shift of up to a tenth of the side."""
    centre = np.full(2, (side - 1) / 2)
    return pose(rng.uniform(-180, 180), 1.0, rng.uniform(-0.1, 0.1, 2) * side, centre, centre)


def large_pair(side: int, rng: np.random.Generator, matrix: Floats) -> tuple[str, Floats, Floats]:
    """Return a noisy pair, float32: at these sizes memory counts."""
    name, image = large_scene(rng, side)
    inverse = np.linalg.inv(matrix)
    view: Pixels = ndimage.affine_transform(image, inverse[:2, :2], inverse[:2, 2], order=3, output=np.float32)
    for each in (image, view):
        each += rng.normal(0, np.sqrt(NOISE_VARIANCE), each.shape).astype(np.float32)
        np.clip(each, 0, 1, out=each)
    return name, image, view
