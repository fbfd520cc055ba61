"""Where points of a panorama lie in an image."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

import superpose
from superpose.transforms.base import Transform

TURN = superpose.rigid((0.3, 0.1, -0.2)).matrix[:3, :3]


def view(projection: str) -> superpose.ViewTransform:
    return superpose.ViewTransform(projection, TURN, 300.0, (100, 120))


@pytest.mark.parametrize("projection", ["cylinder", "sphere"])
def test_there_and_back(projection: str) -> None:
    there = view(projection)
    points = np.random.default_rng(0).uniform(0, 200, (4, 7, 2))
    back = there.inverse()
    assert isinstance(there, Transform) and isinstance(back, Transform) and back.inverse() is there
    assert np.abs(there(back(points)) - points).max() < 1e-10
    at = back(points)
    steps = [(there(at + step) - there(at - step)) / 2e-4 for step in 1e-4 * np.eye(2)]
    assert np.allclose(there.jacobian(at), np.stack(steps, -1), atol=1e-7)
    assert np.allclose(back.jacobian(points) @ there.jacobian(at), np.eye(2), atol=1e-12)
    again = pickle.loads(pickle.dumps(there))
    assert np.array_equal(again(at), there(at)) and projection in repr(there)


@pytest.mark.parametrize("projection", ["cylinder", "sphere"])
def test_straight_ahead_and_a_right_angle_to_the_right(projection: str) -> None:
    ahead = superpose.ViewTransform(projection, np.eye(3), 200.0, (50, 60))
    assert np.allclose(ahead([0, 0]), [50, 60])
    # A tenth of a radian to the right, and downwards.
    assert ahead([0, 20])[1] == pytest.approx(60 + 200 * np.tan(0.1))
    assert ahead([20, 0])[0] == pytest.approx(50 + 200 * (0.1 if projection == "cylinder" else np.tan(0.1)))
    assert np.isnan(ahead([0, 400])).all() and np.isnan(ahead.jacobian([0, 400])).all()
    # All around and back.
    assert np.allclose(ahead([0, 20 + 2 * np.pi * 200]), ahead([0, 20]))


@pytest.mark.parametrize(
    "wrong, says",
    [
        ({"projection": "spere"}, "did you mean 'sphere'"),
        ({"rotation": np.eye(2)}, "no rotation"),
        ({"rotation": 2 * np.eye(3)}, "no rotation"),
        ({"rotation": np.diag([1, 1, -1])}, "no rotation"),
        ({"focal": 0}, "no focal length"),
        ({"focal": np.nan}, "no focal length"),
        ({"centre": (1, 2, 3)}, "centre"),
    ],
)
def test_what_is_no_view(wrong: dict[str, Any], says: str) -> None:
    given = {"projection": "sphere", "rotation": np.eye(3), "focal": 300, "centre": (1, 2)} | wrong
    with pytest.raises(superpose.InputError, match=says):
        superpose.ViewTransform(**given)
