"""Exponential, logarithm and mean of affine maps."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import expm, logm
from scipy.spatial.transform import Rotation

from superpose._arithmetic.lie import exponential, logarithm, mean_of, part_way

Floats = NDArray[np.float64]


def made(ndim: int, angle: float, seed: int, *, scale: float = 0.0, shear: float = 0.0) -> Floats:
    """Return an affine map that turns by an angle, and moves far."""
    rng = np.random.default_rng(seed)
    matrix = np.eye(ndim + 1)
    axis = rng.normal(size=3) if ndim == 3 else np.array([0.0, 0.0, 1.0])
    matrix[:-1, :-1] = Rotation.from_rotvec(axis / np.linalg.norm(axis) * angle).as_matrix()[:ndim, :ndim]
    matrix[:-1, :-1] *= np.exp(rng.normal(0, scale))
    matrix[:-1, :-1] = matrix[:-1, :-1] @ (np.eye(ndim) + rng.uniform(-shear, shear, (ndim, ndim)))
    matrix[:-1, -1] = rng.uniform(-500, 500, ndim)
    return matrix


@pytest.mark.parametrize("ndim", [2, 3])
@pytest.mark.parametrize("angle", [0.0, 1e-9, 0.02, 0.7, 2.0, 3.1])
def test_they_are_scipy_s(ndim: int, angle: float) -> None:
    for seed in range(4):
        matrix = made(ndim, angle, seed, scale=0.3, shear=0.1 * (angle < 2))
        rate = logarithm(matrix)
        assert rate is not None
        assert np.abs(rate - logm(matrix).real).max() < 1e-9 * np.abs(rate).max()
        assert np.abs(exponential(rate) - expm(rate)).max() < 1e-10 * np.abs(matrix).max()
        assert np.abs(exponential(rate) - matrix).max() < 1e-11 * np.abs(matrix).max()


def test_half_a_turn_and_a_mirror_have_no_logarithm() -> None:
    assert logarithm(np.diag([-1.0, -1.0, 1.0])) is None
    assert logarithm(np.diag([-1.0, 1.0, 1.0])) is None


def test_the_mean_of_rotations_is_that_of_least_squared_angles() -> None:
    maps = [made(3, 0.4 + 0.1 * k, k) for k in range(6)]
    mean = mean_of(maps)

    def cost(turned: Floats) -> float:
        return sum(float(np.square(Rotation.from_matrix(turned.T @ each[:3, :3]).magnitude())) for each in maps)

    least = cost(mean[:3, :3])
    for step in 1e-4 * np.vstack([np.eye(3), -np.eye(3)]):
        assert cost(Rotation.from_rotvec(step).as_matrix() @ mean[:3, :3]) > least


@pytest.mark.parametrize("ndim", [2, 3])
def test_the_mean_knows_no_frame_and_no_direction(ndim: int) -> None:
    maps = [made(ndim, 0.3 * k, k, scale=0.1, shear=0.05) for k in range(5)]
    mean, frame, other = mean_of(maps), made(ndim, 2.5, 9, scale=0.2), made(ndim, 1.2, 10, shear=0.1)
    moved = mean_of([frame @ each @ other for each in maps])
    assert np.abs(moved - frame @ mean @ other).max() < 1e-9 * np.abs(moved).max()
    back = mean_of([np.linalg.inv(each) for each in maps])
    assert np.abs(back @ mean - np.eye(ndim + 1)).max() < 1e-8


def test_the_mean_of_scales_is_geometric() -> None:
    mean = mean_of([np.diag([s, s, 1.0]) for s in (0.5, 1.0, 4.0)])
    assert mean[0, 0] == pytest.approx(2.0 ** (1 / 3), abs=1e-12)


def test_half_of_the_way() -> None:
    start, end = made(3, 0.5, 1), made(3, 1.1, 2)
    half = part_way(start, end, 0.5)
    assert np.abs(part_way(half, end, 1.0) - end).max() < 1e-9
    assert np.abs(half @ np.linalg.inv(start) - end @ np.linalg.inv(half)).max() < 1e-9
