"""Bursts made of a photograph: what a camera that moves sees of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

import superpose

Floats = NDArray[np.float64]


def burst_of(
    scene: Floats,
    count: int,
    scale: int,
    seed: int,
    *,
    blur: float = 0.35,
    noise: float = 0.01,
    angle: float = 1.0,
    shift: float = 2.0,
    whole: bool = False,
) -> tuple[list[Floats], list[superpose.MatrixTransform]]:
    """Return frames, the first of which is not moved, and where they lie.

    A frame's pixel is the mean of `scale` by `scale` pixels of the scene, which a lens has blurred (a Gaussian's
    standard deviation, in a frame's pixels), at 2 * scale places along each axis, by cubic splines.
    """
    rng = np.random.default_rng(seed)
    size = tuple(n // scale for n in scene.shape)
    lens = ndimage.spline_filter(ndimage.gaussian_filter(scene, blur * scale, mode="mirror"), 3, mode="mirror")
    inside = (np.arange(2 * scale) + 0.5) / (2 * scale) - 0.5
    frames, poses = [], []
    for number in range(count):
        turn, move = (rng.uniform(-angle, angle), rng.uniform(-shift, shift, 2)) if number else (0.0, np.zeros(2))
        move = np.rint(move) if whole else move
        pose = superpose.rigid(np.radians(turn), move, superpose.Grid(size).centre)
        frame = np.zeros(size)
        for row in inside:
            for column in inside:
                places = np.moveaxis(np.indices(size, float), 0, -1) + np.array([row, column])
                at = scale * (pose.inverse()(places) + 0.5) - 0.5
                frame += ndimage.map_coordinates(lens, np.moveaxis(at, -1, 0), order=3, mode="mirror", prefilter=False)
        frames.append(frame / inside.size**2 + rng.normal(0, noise, size))
        poses.append(pose)
    return frames, poses


def bicubic(frame: Floats, scale: int) -> Floats:
    """Return a frame on a finer grid, by cubic splines."""
    lines = [(np.arange(n * scale) + 0.5) / scale - 0.5 for n in frame.shape]
    return ndimage.map_coordinates(frame, np.meshgrid(*lines, indexing="ij"), order=3, mode="mirror")


def decibels(image: Floats, scene: Floats, border: int = 12) -> float:
    """Return the ratio of the scene's whole range, 1, to what an image is off by inside its borders."""
    inner = (slice(border, -border),) * 2
    return float(-10 * np.log10(np.square(image - scene)[inner].mean()))
