"""Two things that moved each their own way: the moon before the sun, a large thing before a scene."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from skimage import data

from tests.cases.making import as_bytes, codes, found, off, shifted

SUN, MOTION = (180.0, 240.0), (10.4, 20.2)


def eclipse(sun: tuple[float, float], moon: tuple[float, float], seed: int) -> np.ndarray:
    rows, columns = np.mgrid[:360, :480]
    from_sun, from_moon = (np.hypot(rows - at[0], columns - at[1]) for at in (sun, moon))
    darkening = 0.6 + 0.4 * np.sqrt(np.clip(1 - (from_sun / 90) ** 2, 0, 1))
    light = 200 * np.clip(90.5 - from_sun, 0, 1) * np.clip(from_moon - 87.5, 0, 1) * darkening
    return np.random.default_rng(seed).normal(gaussian_filter(light, 1) + 5, 2)


@pytest.mark.parametrize("moons", [((140, 180), (158, 210)), ((110, 160), (150, 215))])
@pytest.mark.parametrize("family", ["translation", "rigid"])
def test_an_eclipse_is_the_sun_s_or_in_doubt(moons: tuple[tuple[float, float], ...], family: str) -> None:
    fixed = eclipse(SUN, moons[0], 1)
    moving = eclipse((SUN[0] + MOTION[0], SUN[1] + MOTION[1]), moons[1], 2)
    result = found(fixed, moving, transform=family)
    assert not result.reliable or off(result, shifted(*MOTION), [SUN]) < 0.5


def test_either_of_two_motions_is_listed_and_neither_is_believed() -> None:
    rng = np.random.default_rng(6)
    ground, thing = data.gravel().astype(float), data.brick().astype(float)[100:300, 100:300]
    views = []
    for (top, left), (row, column) in (((30, 40), (60, 70)), ((18, 60), (85, 60))):
        view = ground[top : top + 320, left : left + 320].copy()
        view[row : row + 200, column : column + 200] = thing
        views.append(as_bytes(view + rng.normal(0, 3, view.shape)))
    result = found(*views, transform="translation")
    motions = sorted(tuple(each.basin.transform.shift.round(1)) for each in result.explained)
    np.testing.assert_allclose(motions, sorted([(12, -20), (25, -10)]), atol=0.2)
    assert not result.reliable
    assert "two-motions" in codes(result)
    assert result.explained[0].share >= result.explained[1].share
