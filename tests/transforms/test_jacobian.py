"""Derivatives of transforms, against finite differences."""

from __future__ import annotations

import numpy as np
import pytest

import superpose
from superpose import InputError, MatrixTransform, Transform

VOLUME = ((4.0, -7.0, 2.5), (10.0, 40.0, 50.0))
EACH = [
    superpose.translation((7.5, -3)),
    superpose.rigid(2.5, (7.5, -3), (100, 50)),
    superpose.affine([[0.9, 0.3], [-0.2, 1.1]], (7.5, -3), (100, 50)),
    superpose.homography([[0.9, 0.3, 0], [-0.2, 1.1, 0], [4e-4, -3e-4, 1]], (7.5, -3), (250, 250)),
    superpose.similarity((0.3, -1.1, 0.7), 1.7, *VOLUME),
    superpose.affine([[0.9, 0.3, 0.1], [-0.2, 1.1, 0], [0, 0.4, 1.3]], *VOLUME),
]


@pytest.mark.parametrize("t", EACH, ids=lambda t: f"{t.family}-{t.ndim}D")
def test_it_is_the_derivative(t: MatrixTransform) -> None:
    points = np.random.default_rng(1).uniform(0, 500, (3, 4, t.ndim))
    step = 1e-3 * np.eye(t.ndim)
    sides = t(points[..., None, :] + step) - t(points[..., None, :] - step)
    found = t.jacobian(points)
    assert found.shape == (3, 4, t.ndim, t.ndim)
    np.testing.assert_allclose(found, np.swapaxes(sides, -1, -2) / 2e-3, atol=1e-6)
    # The chain rule: what the inverse does at the mapped points undoes it.
    back = t.inverse().jacobian(t(points))
    np.testing.assert_allclose(back @ found, np.broadcast_to(np.eye(t.ndim), found.shape), atol=1e-9)
    assert t.jacobian(points[0, 0]).shape == (t.ndim, t.ndim)


def test_it_is_the_caller_s_own() -> None:
    t = superpose.rigid(0.3)
    t.jacobian((0, 0))[:] = 7
    assert t.jacobian(np.zeros((0, 2))).shape == (0, 2, 2)
    assert np.abs(t.jacobian((0, 0))).max() <= 1


def test_there_is_none_behind_the_horizon() -> None:
    tilted = superpose.homography([[1, 0, 0], [0, 1, 0], [-1 / 200, 0, 1]], centre=(100, 100))
    found = tilted.jacobian([[299, 5], [300, 5], [301, 5]])
    assert np.isfinite(found[0]).all() and np.isnan(found[1:]).all()


def test_points_of_another_dimension_are_refused() -> None:
    with pytest.raises(InputError, match=r"^points has shape \(3,\); pass an array of shape \(..., 2\)"):
        superpose.rigid(0.3).jacobian((1, 2, 3))


def test_what_lacks_one_is_no_transform() -> None:
    assert all(isinstance(t, Transform) for t in EACH)
    assert not isinstance(np.sin, Transform)
