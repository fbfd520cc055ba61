"""How far an answer is off, for situations that users have reported."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

import superpose

Floats = NDArray[np.float64]
Truth = Callable[[Floats], Floats]


def shifted(*shift: float) -> Truth:
    """Return the truth of a pair that was shifted, from fixed's points to moving's."""
    return lambda points: points + np.array(shift)


def turned(degrees: float, centre: ArrayLike, *shift: float) -> Truth:
    """Return the truth of a pair that was turned about a centre and shifted."""
    a, middle = np.deg2rad(degrees), np.asarray(centre, float)
    matrix = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    return lambda points: (points - middle) @ matrix.T + middle + np.array(shift or (0.0, 0.0))


def off(result: superpose.Registration, truth: Truth, points: ArrayLike | None = None) -> float:
    """Return the mean error over the central half of fixed, or at points, in pixels."""
    rows, columns = (np.linspace(n / 4, 3 * n / 4, 9) for n in result.fixed_grid.shape)
    given = np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2)
    where = given if points is None else np.asarray(points, float)
    return float(np.linalg.norm(result.to_moving(where) - truth(where), axis=1).mean())


def found(fixed: ArrayLike, moving: ArrayLike, **options: object) -> superpose.Registration:
    """Return the registration, whatever it says of itself."""
    return superpose.register(fixed, moving, on_unreliable="ignore", **options)  # type: ignore[arg-type]


def as_bytes(image: Floats) -> NDArray[np.uint8]:
    """Return an image as a camera stores it."""
    return np.clip(image, 0, 255).astype(np.uint8)


def codes(result: superpose.Registration) -> set[str]:
    """Return the codes of its warnings."""
    return {each.rsplit("[", 1)[-1].rstrip("]") for each in result.warnings}
