"""How exactly a pair can be aligned at best: the Cramer-Rao bound, from the scene itself and the noise it was given."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import moved
from benchmarks.kinds.pair import grid

Floats = NDArray[np.float64]
# Pixels either way between which slopes of the scene are taken: it may be drawn as sharp as one pixel.
STEP = 0.125


def least_corner_error(
    scene: Callable[[Floats], Floats], shape: tuple[int, int], truth: Floats, family: str, variance: float
) -> float:
    """Return the least expected error at fixed's corners, root mean square, in pixels of fixed.

    No unbiased estimate of the pose is better, which is to be found with gain and offset from two images whose noise
    has `variance` each. Infinite where the scene does not determine the pose.

    Parameters
    ----------
    scene : callable
        The grey value at places of fixed, (places, 2), without noise.
    shape : tuple of int
        Fixed's and moving's.
    truth : ndarray, shape (3, 3)
        Where fixed is found in moving; of size 1.
    family : {"translation", "rigid", "similarity"}
        What is asked for.
    variance : float
        Of each image's noise, what rounding adds included.
    """
    places = grid(shape)
    there = moved(truth, places)
    places = places[((there >= 0) & (there <= np.array(shape) - 1)).all(1)]
    slopes = [(scene(places + step) - scene(places - step)) / (2 * STEP) for step in STEP * np.eye(2)]
    centre, values = (np.array(shape) - 1) / 2, scene(places)
    rates = _rates(places - centre, family)
    derivative = [slopes[0] * rate[:, 0] + slopes[1] * rate[:, 1] for rate in rates]
    columns = np.stack([*derivative, values, np.ones_like(values)], 1)
    size = np.maximum(np.sqrt((columns**2).sum(0)), 1e-30)
    information = (columns / size).T @ (columns / size)
    if np.linalg.cond(information) > 1e12:
        return np.inf
    covariance = 2 * variance * np.linalg.inv(information) / np.multiply.outer(size, size)
    count = len(rates)
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]) * (np.array(shape) - 1) - centre
    steps = np.stack(_rates(corners, family), -1)
    return float(np.sqrt(np.einsum("cip,pq,ciq->", steps, covariance[:count, :count], steps) / len(corners)))


def _rates(away: Floats, family: str) -> list[Floats]:
    """Return how each parameter moves places, (places, 2); they are counted from the centre."""
    down, across = (np.broadcast_to(axis, away.shape) for axis in np.eye(2))
    turn = np.stack([away[:, 1], -away[:, 0]], 1)
    return {
        "translation": [down, across],
        "rigid": [down, across, turn],
        "similarity": [down, across, turn, away],
    }[family]
