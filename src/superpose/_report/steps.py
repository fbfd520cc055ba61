"""What each level of the pyramid did, told by where it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from superpose.result import Registration
from superpose.transforms.constructors import affine, homography, rigid, similarity, translation
from superpose.transforms.matrix import MatrixTransform


@dataclass(frozen=True)
class Step:
    """One level: its name, how far fixed's corners ended from the final answer (in its unit), and the work done."""

    name: str
    away: float
    value: float
    evaluations: int
    seconds: float


def steps_of(registration: Registration) -> list[Step]:
    """Return a registration's levels, coarsest first."""
    corners = registration.fixed_grid.corners
    return [
        Step(
            " × ".join(map(str, level.shape)),
            _without_rounding(transform_of(level.parameters).distance(registration.transform, corners)),
            level.value,
            level.evaluations,
            level.seconds,
        )
        for level in registration.levels
    ]


def start_away(registration: Registration) -> float:
    """Return how far fixed's corners were from the final answer at the start."""
    return registration.initial.distance(registration.transform, registration.fixed_grid.corners)


def pixels_in_words(distance: float, pixel: float = 1.0) -> str:
    """Return a distance as a short number, to hundredths of a pixel at most."""
    if not np.isfinite(distance):
        return "beyond a horizon"
    if 0 < distance < 0.01 * pixel:
        return f"< {0.01 * pixel:.2g}"
    if pixel != 1:
        return f"{distance:.3g}"
    return f"{distance:.2f}" if 0 < distance < 10 else f"{distance:.3g}" if distance < 1000 else f"{distance:.0f}"


def _without_rounding(pixels: float) -> float:
    return 0.0 if pixels < 1e-9 else pixels


def transform_of(parameters: dict[str, Any]) -> MatrixTransform:
    """Return the transform of which `MatrixTransform.parameters` returned `parameters`."""
    shift, centre = parameters["shift"], parameters["centre"]
    if "matrix" in parameters:
        return homography(parameters["matrix"], shift, centre)
    if "linear" in parameters:
        return affine(parameters["linear"], shift, centre)
    if "scale" in parameters:
        return similarity(parameters["angle"], parameters["scale"], shift, centre)
    if "angle" in parameters:
        return rigid(parameters["angle"], shift, centre)
    return translation(shift)
