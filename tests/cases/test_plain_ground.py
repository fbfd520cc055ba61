"""Drawings, silhouettes and masks on a plain ground; a plane of grey values."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data, draw, transform

from tests.cases.making import codes, found, off, shifted, turned


def drawing() -> np.ndarray:
    plan = np.full((640, 900), 255, np.uint8)
    for r0, c0, r1, c1 in ((10, 10, 629, 889), (140, 150, 330, 420)):
        for k in range(2):
            plan[draw.rectangle_perimeter((r0 + k, c0 + k), (r1 - k, c1 - k))] = 0
    for k in range(6):
        plan[draw.circle_perimeter(210, 480 + 40 * k, 10)] = 0
    plan[draw.line(140, 150, 330, 420)] = 0
    return plan


@pytest.mark.parametrize(("name", "angle"), [("horse", 0.5), ("drawing", 0.2), ("drawing", 0.8), ("drawing", 3.0)])
@pytest.mark.parametrize("metric", ["auto", "mse", "orientation"])
def test_edges_hold_the_pose_of_what_is_mostly_plain(name: str, angle: float, metric: str) -> None:
    fixed = data.horse().astype(np.uint8) * 255 if name == "horse" else drawing()
    moving = transform.rotate(fixed, angle, mode="edge", order=3, preserve_range=True).clip(0, 255).astype(np.uint8)
    result = found(fixed, moving, metric=metric)
    error = off(result, turned(angle, (np.array(fixed.shape) - 1) / 2))
    assert result.reliable
    assert error < 0.11
    assert error < 5 * result.uncertainty


def cells(places: tuple[tuple[float, ...], ...], down: float, right: float) -> np.ndarray:
    rows, columns = np.mgrid[:256, :256]
    image = np.zeros((256, 256), np.uint8)
    for row, column, a, b, turn in places:
        u = (rows - row - down) * np.cos(turn) + (columns - column - right) * np.sin(turn)
        v = (columns - column - right) * np.cos(turn) - (rows - row - down) * np.sin(turn)
        image[(u / a) ** 2 + (v / b) ** 2 < 1] = 1
    return image


ONE, OTHER = (120, 120, 26, 16, 0.4), (150, 170, 22, 15, -0.7)


@pytest.mark.parametrize(
    ("places", "family"), [((ONE,), "translation"), ((ONE, OTHER), "translation"), ((ONE, OTHER), "rigid")]
)
def test_few_cells_are_enough(places: tuple[tuple[float, ...], ...], family: str) -> None:
    result = found(cells(places, 0, 0), cells(places, 9, -14), transform=family)
    assert result.reliable
    assert off(result, shifted(9, -14)) < 0.1


def test_one_ellipse_does_not_say_which_way_round_it_is() -> None:
    result = found(cells((ONE,), 0, 0), cells((ONE,), 9, -14), transform="rigid")
    assert not result.reliable


@pytest.mark.parametrize("kind", ["plane", "ramp"])
def test_what_a_plane_of_grey_does_not_determine_is_named(kind: str) -> None:
    plane = np.add.outer(np.arange(300.0), np.arange(300.0))
    ramp = np.tile(np.arange(256.0), (256, 1))
    pair = (plane[:256, :256], plane[20:276, :256]) if kind == "plane" else (ramp, ramp + 30)
    result = found(*pair)
    assert not result.reliable
    assert np.isinf(result.uncertainty)
    assert result.free_directions
    assert codes(result) & {"free-direction", "undetermined"}
