"""A fundus camera's round field with its notch stays, and the eye behind it turns and shifts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates, shift
from skimage import data, transform

from tests.cases.making import as_bytes, codes, found, off, turned


def eye(side: int, contrast: float) -> tuple[np.ndarray, np.ndarray]:
    rng, retina = np.random.default_rng(0), data.retina()[..., 1].astype(float)[250:1150, 250:1150]
    big = transform.resize(retina, (round(1.6 * side),) * 2, anti_aliasing=True, preserve_range=True)
    ground = gaussian_filter(big, 12)
    big = ground * 0.6 + 40 + contrast * (big - ground)
    centre, start = (side - 1) / 2, (big.shape[0] - side) // 2
    rows, columns = np.mgrid[:side, :side]
    points = np.stack([rows, columns], -1).reshape(-1, 2).astype(float)
    a = np.deg2rad(40)
    back = (points - centre - (18, -22)) @ np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]]) + centre
    fixed = big[start : start + side, start : start + side]
    moving = map_coordinates(big, (back + start).T, order=3, mode="reflect").reshape(side, side)
    field = np.hypot(rows - centre, columns - centre) < 0.47 * side
    field |= np.hypot(rows - 0.02 * side, columns - 0.5 * side) < 0.03 * side
    views = [gaussian_filter(np.where(field, view, 3), 0.7) for view in (fixed, 255 - moving * 0.8)]
    first, second = (as_bytes(view + rng.normal(0, 1.5, view.shape)) for view in views)
    return first, second


@pytest.mark.parametrize("side", [300, 400, 600])
@pytest.mark.parametrize("contrast", [1.0, 0.5, 0.25])
@pytest.mark.parametrize("family", ["rigid", "similarity"])
def test_the_rim_does_not_hold_the_eye(side: int, contrast: float, family: str) -> None:
    result = found(*eye(side, contrast), transform=family)
    centre = ((side - 1) / 2,) * 2
    assert result.reliable
    assert off(result, turned(40, centre, 18, -22)) < 0.15
    assert "field-of-view" in codes(result)


@pytest.mark.parametrize("ground", [0.0, 0.9])
@pytest.mark.parametrize("degrees", [-20, 35])
def test_a_dish_that_turned_with_its_rim_is_one_motion(degrees: int, ground: float) -> None:
    rng, side = np.random.default_rng(0), 180
    scene = transform.resize(data.camera(), (side, side), anti_aliasing=True)
    rows, columns = np.indices((side, side)) - (side - 1) / 2
    rim = np.clip((0.4 * side - np.hypot(rows, columns)) / 1.5 + 0.5, 0, 1)
    dish = ground + rim * (0.5 + 0.6 * (scene - scene.mean()) - ground)
    moved = transform.rotate(dish, degrees, center=((side - 1) / 2,) * 2, order=3, cval=ground)
    moved = shift(moved, (2, -1), order=3, cval=ground)
    first, second = (as_bytes(255 * each + rng.normal(0, 2.5, each.shape)) for each in (dish, moved))
    result = found(first, second, transform="rigid")
    assert result.reliable
    assert {"two-motions", "part-moved", "fixed-pattern"}.isdisjoint(codes(result))
    assert abs(np.degrees(result.transform.angle)) == pytest.approx(abs(degrees), abs=0.05)
