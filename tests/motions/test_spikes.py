"""Single pixels that both images have are the sensor's."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from superpose._motions.settings import MotionSettings, StillSettings
from superpose._motions.spikes import Spikes, beyond_chance, common_spikes
from superpose._problem import Problem
from tests.motions.making import SHAPE, image_of, noisy, scene

SETTINGS = MotionSettings()
# Where a scene is steep, a pixel has to stand out of its slopes.
VIEWS = noisy(0.15 * scene(), 1), noisy(0.15 * scene(9, -7), 2)


def planted(count: int, seed: int = 3) -> np.ndarray:
    """Return the places of so many pixels, none near another or the border."""
    cells = np.random.default_rng(seed).permutation((SHAPE[0] // 8 - 2) * (SHAPE[1] // 8 - 2))[:count]
    rows, columns = np.divmod(cells, SHAPE[1] // 8 - 2)
    return (8 * rows + 8) * SHAPE[1] + 8 * columns + 8


def hot(view: np.ndarray, at: np.ndarray, height: float = 60.0) -> np.ndarray:
    out = view.copy()
    out.ravel()[at] += height
    return out


def found_in(first: np.ndarray, second: np.ndarray) -> Spikes | None:
    return common_spikes(image_of(first), image_of(second), SETTINGS)


@pytest.mark.parametrize("height", [60.0, -60.0])
def test_all_of_them_are_found_and_nothing_else(height: float) -> None:
    at = planted(60)
    found = found_in(*(hot(view, at, height) for view in VIEWS))
    assert found is not None and found.count == len(found.at)
    assert np.isin(found.at, at).all()
    assert found.count >= 54


def test_what_only_one_image_has_is_no_spike_of_the_sensor() -> None:
    assert found_in(*VIEWS) is None
    assert found_in(hot(VIEWS[0], planted(60)), VIEWS[1]) is None
    assert found_in(hot(VIEWS[0], planted(60)), hot(VIEWS[1], planted(60) + 3)) is None
    assert found_in(hot(VIEWS[0], planted(60)), hot(VIEWS[1], planted(60), -60.0)) is None
    assert found_in(hot(VIEWS[0], planted(60)), hot(VIEWS[1], planted(60), 600.0)) is None


def test_a_few_may_be_chance() -> None:
    few = SETTINGS.still.least - 1
    assert found_in(*(hot(view, planted(few)) for view in VIEWS)) is None


def test_texture_has_none() -> None:
    # In the smaller part of the image, so that noise is measured in the other.
    texture = 50 * ndimage.gaussian_filter(np.random.default_rng(5).normal(size=SHAPE), 0.7)
    texture[80:] = 0
    assert found_in(noisy(texture, 1), noisy(texture, 2)) is None


def test_they_are_taken_out_of_a_problem_and_nothing_else_is() -> None:
    at = planted(60)
    views = [hot(view, at).astype(np.float32) for view in VIEWS]
    problem = Problem.checked(*views, transform="translation", threads=1)
    spikes = common_spikes(problem.fixed.image, problem.moving.image, SETTINGS)
    assert spikes is not None
    left = spikes.removed(problem)
    rest = np.setdiff1d(np.arange(views[0].size), spikes.at)
    for part, before, plain in ((left.fixed, problem.fixed, VIEWS[0]), (left.moving, problem.moving, VIEWS[1])):
        data, old = part.image.data.ravel(), before.image.data.ravel()
        np.testing.assert_array_equal(data[rest], old[rest])
        np.testing.assert_array_equal(part.image.mask, before.image.mask)
        # The median around it, which has noise and the scene's slope.
        assert np.abs(data[spikes.at] + part.image.offset - plain.ravel()[spikes.at]).max() < 20
        assert (old[spikes.at] - data[spikes.at] > 40).all()


def test_they_are_marked_in_a_mask() -> None:
    mask = np.zeros((4, 5), bool)
    mask[0, 0] = True
    spikes = Spikes(np.array([7, 19]), np.zeros(2, np.float32), np.zeros(2, np.float32))
    assert np.flatnonzero(spikes.marked_in(mask)).tolist() == [0, 7, 19]
    assert np.flatnonzero(mask).tolist() == [0]


@pytest.mark.parametrize(
    "found, chance, more",
    [
        (30, [0, 0, 0, 0], False),  # 6 deviations of root 25
        (31, [0, 0, 0, 0], True),
        (31, [0, 0, 0, 900], True),  # one shift may be the scene's own
        (159, [100] * 4, False),
        (200, [100] * 4, True),
        (160, [100, 140, 60, 100], False),  # they scatter
        (1500, [1000] * 4, False),  # less than half as many again
        (1600, [1000] * 4, True),
    ],
)
def test_more_than_chance(found: int, chance: list[int], more: bool) -> None:
    assert beyond_chance(found, chance, StillSettings()) is more
