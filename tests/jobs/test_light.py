"""Light that falls off towards the sensor's corners does not draw frames, and is told from the scene."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.color
import skimage.data
from numpy.typing import NDArray

import superpose
from superpose._jobs.doubt_settings import LightSettings
from superpose._jobs.light import Evened, Light, light_of

Floats = NDArray[np.float64]
SIDE, COUNT, ROOM = 240, 16, 12


def falling_off(depth: float) -> Floats:
    """Return light that has lost so much in the corners."""
    rows, columns = np.indices((SIDE, SIDE)) / (SIDE - 1) * 2 - 1
    return np.asarray(1 - depth * (rows * rows + columns * columns) / 2)


def series(depth: float) -> tuple[NDArray[np.uint16], Floats]:
    """Return frames of a smooth scene as counts, and by how much their content is moved."""
    rng = np.random.default_rng(11)
    scene = 300 * skimage.color.rgb2gray(skimage.data.retina())[500 : 500 + SIDE + ROOM, 400 : 400 + SIDE + ROOM] + 10
    places = rng.integers(0, ROOM + 1, (COUNT, 2))
    frames = [scene[row : row + SIDE, column : column + SIDE] for row, column in places]
    return rng.poisson(np.array(frames) * falling_off(depth)).astype(np.uint16), -places.astype(float)


def off(found: superpose.StackResult, moved: Floats) -> float:
    """Return how far off frames are, root mean square along an axis."""
    shifts = np.array([each.matrix[:2, 2] for each in found.transforms if each is not None])
    assert len(shifts) == COUNT
    return float(np.sqrt(np.var(shifts - moved, axis=0).mean()))


@pytest.mark.slow
def test_light_draws_no_frames() -> None:
    frames, moved = series(0.85)
    found = superpose.stack(frames, transform="translation")
    assert any(each.endswith("[sensor-light]") for each in found.warnings)
    # In even light they are off by 0.045; drawn by this one, some do not fit the others any more.
    assert off(found, moved) < 0.1
    assert off(found, moved) < 2 * float(np.median([each.sigma for each in found.table]))


def test_the_light_is_told_from_the_scene() -> None:
    frames, moved = series(0.6)
    light = light_of(lambda k: frames[k].astype(np.float32), moved, LightSettings())
    assert light is not None
    truth = falling_off(0.6)
    assert np.corrcoef(light.field.ravel(), truth.ravel())[0, 1] > 0.97
    assert light.field.max() == 1 and np.abs(light.field - truth)[20:-20, 20:-20].max() < 0.15
    assert light_of(lambda k: frames[k].astype(np.float32), np.zeros_like(moved), LightSettings()) is None


def test_even_light_is_none_and_fading_is_no_light() -> None:
    drift = np.linspace(0, ROOM, COUNT).round()
    scene = 300 * skimage.color.rgb2gray(skimage.data.retina())[500 : 500 + SIDE + ROOM, 400:640] + 10
    moved = np.stack([-drift, np.zeros(COUNT)], 1)
    shown = np.array([scene[int(row) : int(row) + SIDE] for row in drift])
    # The middle of the scene bleaches while it drifts.
    rows, columns = np.indices(scene.shape)
    middle = np.exp(-(((rows - 125) / 60.0) ** 2) - ((columns - 120) / 60.0) ** 2)
    bleached = [1 - 0.4 * k / COUNT * middle[int(row) : int(row) + SIDE] for k, row in enumerate(drift)]
    rng = np.random.default_rng(2)
    across = np.linspace(-1, 1, SIDE)
    shadow = [np.tile(1 - 0.6 / (1 + np.exp(-8 * (across - (k - COUNT / 2) / 6))), (SIDE, 1)) for k in range(COUNT)]
    for each in (shown, shown * np.array(bleached), shown * np.array(shadow)):
        counts = rng.poisson(each).astype(np.float32)
        assert light_of(lambda k, counts=counts: counts[k], moved, LightSettings()) is None
    told = rng.poisson(shown * falling_off(0.85)).astype(np.float32)
    assert light_of(lambda k: told[k], moved, LightSettings()) is not None


def test_frames_in_even_light() -> None:
    light = Light((3, 5), np.array([-1.0, 0.0, 0.0]), 2, -1.0, 0.0)
    # Of the powers 0 2, 1 1 and 2 0 of rows and columns.
    assert (light.field[:, 2] == 1).all() and light.field[:, 0].tolist() == pytest.approx([1 / np.e] * 3)
    assert light.lost == pytest.approx(1 - 1 / np.e)
    evened = Evened(lambda k: np.full((3, 5), np.float32(k)), light)(4)
    assert evened[1].tolist() == pytest.approx([4 * np.e, 4 * np.exp(0.25), 4, 4 * np.exp(0.25), 4 * np.e])
