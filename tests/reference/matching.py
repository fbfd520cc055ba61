"""Matches one by one: nearest descriptors, what supports what, and how far a matrix misses."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def nearest_two(a: NDArray[Any], b: NDArray[Any], places: Floats, apart: float) -> list[tuple[int, int, int]]:
    """Return the nearest row of `b` to each of `a`, its squared distance, and that of the nearest one elsewhere."""
    found = []
    for row in a.astype(int):
        far = np.square(b.astype(int) - row).sum(1)
        best = int(far.argmin())
        elsewhere = np.linalg.norm(places - places[best], axis=1) > apart
        found.append((best, int(far[best]), int(far[elsewhere].min()) if elsewhere.any() else 2**31 - 1))
    return found


def are_alike(a: Floats, b: Floats, cosine: float) -> bool:
    """Return whether two linear maps have areas within four times of each other, and so much of a cosine."""
    ratio = np.linalg.det(b) / np.linalg.det(a)
    return bool(0.25 < ratio < 4 and (a * b).sum() > cosine * np.linalg.norm(a) * np.linalg.norm(b))


def support(
    fixed: Floats,
    moving: Floats,
    maps: Floats,
    weights: Floats,
    near: float,
    reach: float,
    pixels: float,
    relative: float,
    alike: float,
) -> Floats:
    """Return for each match the weight of the others that its map predicts."""
    out = np.zeros(len(fixed))
    for n, own in enumerate(maps):
        size = max(abs(np.linalg.det(own)) ** 0.5, 0.25)
        for m, other in enumerate(maps):
            gap = fixed[m] - fixed[n]
            to = own @ gap
            if (
                near <= np.linalg.norm(gap) <= reach
                and np.linalg.norm(to - (moving[m] - moving[n])) <= pixels * size + relative * np.linalg.norm(to)
                and are_alike(own, other, alike)
            ):
                out[n] += weights[m]
    return out


def jacobian(matrix: Floats, point: Floats, step: float = 1e-5) -> Floats:
    """Return a map's derivative at a point, by differences."""

    def at(p: Floats) -> Floats:
        q = matrix @ np.append(p, 1.0)
        return np.asarray(q[:2] / q[2])

    return np.stack([(at(point + way) - at(point - way)) / (2 * step) for way in step * np.eye(2)], -1)


def spread(matrix: Floats, point: Floats) -> Floats:
    """Return the covariance of what is left over, both points having errors of one pixel."""
    slope = jacobian(matrix, point)
    return np.asarray(np.eye(2) + slope @ slope.T)


def transfer_errors(fixed: Floats, moving: Floats, matrix: Floats, maps: Floats, alike: float) -> Floats:
    """Return Sampson's squared distances, infinite behind the horizon and where maps differ."""
    out = []
    for x, y, own in zip(fixed, moving, maps, strict=True):
        to = matrix @ np.append(x, 1.0)
        rest = y - to[:2] / to[2]
        seen = to[2] > 0 and are_alike(jacobian(matrix, x), own, alike)
        out.append(rest @ np.linalg.inv(spread(matrix, x)) @ rest if seen else np.inf)
    return np.array(out)


def transfer_sums(fixed: Floats, moving: Floats, matrix: Floats, weights: Floats) -> Floats:
    """Return the normal equations of a matrix's numbers without the last, and of the right side."""
    total = np.zeros((9, 9))
    for x, y, weight in zip(fixed, moving, weights, strict=True):
        point = np.append(x, 1.0)
        depth = matrix[2] @ point
        if depth > 0:
            rows = np.zeros((2, 9))
            rows[0, :3], rows[1, 3:6] = point, point
            rows[:, 6:8], rows[:, 8] = -np.outer(y, x), y
            total += weight * rows.T @ np.linalg.inv(spread(matrix, x)) @ rows / depth**2
    return total
