"""A head-like thing of ellipsoids, nowhere symmetric, sampled anywhere in space: volumes of known truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

import superpose

Floats = NDArray[np.float64]
CENTRE = np.zeros(3)


def density(points: Floats, seed: int = 0) -> Floats:
    """Return the brightness of points, (..., 3), in mm about the middle."""
    rng = np.random.default_rng(seed)
    out = 0.6 * _soft(points, np.zeros(3), np.array([34.0, 28.0, 24.0]), 0.0)
    for _ in range(24):
        centre, radii = rng.uniform(-18, 18, 3), rng.uniform(3, 9, 3)
        out = out + rng.uniform(-0.4, 0.5) * _soft(points, centre, radii, rng.uniform(0, np.pi))
    return out


def _soft(points: Floats, centre: Floats, radii: Floats, angle: float) -> Floats:
    turned = (points - centre) @ Rotation.from_rotvec([angle, 0.3 * angle, 0]).as_matrix()
    distance = np.sqrt(((turned / radii) ** 2).sum(-1))
    return 1 / (1 + np.exp(np.clip((distance - 1) * radii.mean() / 0.8, -40, 40)))


def pose(angles: tuple[float, float, float], shift: tuple[float, float, float]) -> Floats:
    """Return a rigid pose about the middle: a rotation vector in degrees, a shift in mm."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_rotvec(np.deg2rad(angles)).as_matrix()
    matrix[:3, 3] = shift
    return matrix


def volume(
    truth: Floats | None = None,
    shape: tuple[int, int, int] = (44, 40, 36),
    spacing: tuple[float, float, float] = (2.0, 2.0, 2.0),
    direction: Floats | None = None,
    noise: float = 0.01,
    seed: int = 0,
    scan: int = 0,
) -> superpose.Image:
    """Return a scan of the phantom: a point x of its space shows the phantom's ``truth^-1 x``."""
    turned = np.eye(3) if direction is None else direction
    origin = -turned @ ((np.array(shape) - 1) / 2 * spacing)
    grid = superpose.Grid(shape, tuple(origin), spacing, turned.tolist())
    points = grid.to_physical(np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1))
    back = np.linalg.inv(np.eye(4) if truth is None else truth)
    values = density(points @ back[:3, :3].T + back[:3, 3], seed)
    values = values + np.random.default_rng(scan + 100).normal(0, noise, shape)
    return superpose.Image(values.astype(np.float32), spacing, tuple(origin), turned)


def error(found: Floats, truth: Floats) -> float:
    """Return how far a transform is off within the phantom, root mean square, in mm."""
    points = np.random.default_rng(1).uniform(-24, 24, (200, 3))
    gap = points @ (found - truth)[:3, :3].T + (found - truth)[:3, 3]
    return float(np.sqrt((gap**2).sum(1).mean()))
