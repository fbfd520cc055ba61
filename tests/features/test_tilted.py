"""Views from aside are simulated where they would be, and what is found in them is taken back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import ndimage
from skimage import data

from superpose._features.features import Features, features_of
from superpose._features.matching import matched
from superpose._features.settings import DetectionSettings, MatchSettings, TiltSettings
from superpose._features.tilted import tilted, tilted_features, views_of
from superpose.image import Grid, Raster

DETECTION, TILTS = DetectionSettings(), TiltSettings()


def image_of(pixels: Any, mask: Any = None) -> Raster:
    mask = np.ones(pixels.shape, bool) if mask is None else mask
    return Raster(np.where(mask, pixels, 0).astype(np.float32), mask, Grid(pixels.shape))


@pytest.mark.parametrize("angle", [0.0, 0.7, 2.0])
@pytest.mark.parametrize("tilt", [3.0, 6.0])
def test_a_spot_is_seen_where_the_matrix_takes_it(tilt: float, angle: float) -> None:
    rows, columns = np.mgrid[:90, :120]
    spot = np.exp(-((rows - 40) ** 2 + (columns - 77) ** 2) / (2 * 5.0**2)).astype(np.float32)
    mask = np.ones(spot.shape, bool)
    mask[60:70, 20:40] = False
    seen, counts, matrix = tilted(spot, mask, tilt, angle, TILTS.sharpness)
    place = np.array(ndimage.center_of_mass(np.where(counts, seen, 0)))
    np.testing.assert_allclose(place, matrix[:2, :2] @ (40, 77) + matrix[:2, 2], atol=0.1)
    # An area is `tilt` times smaller, and what is seen of it as bright.
    assert np.linalg.det(matrix[:2, :2]) == pytest.approx(1 / tilt)
    assert seen[counts].sum() == pytest.approx(spot.sum() / tilt, rel=0.02)
    back = np.linalg.inv(matrix)
    at = np.argwhere(counts) @ back[:2, :2].T + back[:2, 2]
    assert (at > -0.01).all() and (at < (89.01, 119.01)).all()
    # Where the mask is False nothing counts; elsewhere nearly everything does.
    inside = ((at > (60, 20)) & (at < (69, 39))).all(1)
    assert not inside.any()
    assert counts.sum() == pytest.approx(mask.sum() / tilt, rel=0.1)


def test_there_are_as_many_views_as_settings_say() -> None:
    views = views_of(TILTS)
    assert len(views) == 16 and {tilt for tilt, _ in views} == set(TILTS.tilts)
    assert all(0 <= angle < math.pi for _, angle in views)


@pytest.fixture(scope="module")
def pair() -> tuple[Raster, Raster]:
    """A photograph from the front, and shortened to a quarter along a diagonal."""
    front = ndimage.gaussian_filter(data.camera().astype(np.float32), 0.7)
    seen, counts, _ = tilted(front, np.ones(front.shape, bool), 4.0, 0.8, 0.7)
    return image_of(front), image_of(seen, counts)


@pytest.mark.slow
def test_a_view_from_aside_matches_what_is_simulated(pair: tuple[Raster, Raster]) -> None:
    front, aside = pair
    matrix = tilted(front.data, front.mask, 4.0, 0.8, 0.7)[2]

    def right(a: Features, b: Features) -> int:
        found = matched(a, b, MatchSettings(), 1)
        gaps = np.linalg.norm(found.fixed @ matrix[:2, :2].T + matrix[:2, 2] - found.moving, axis=1)
        return int((gaps < 3).sum())

    plain, other = features_of(front, DETECTION, 1), features_of(aside, DETECTION, 1)
    simulated = tilted_features(front, DETECTION, TILTS, 1)
    assert right(simulated, other) > max(60, 1.5 * right(plain, other))


@pytest.mark.slow
def test_threads_change_nothing(pair: tuple[Raster, Raster]) -> None:
    one, more = (tilted_features(pair[1], DETECTION, TILTS, threads) for threads in (1, 3))
    assert len(one) > 100
    for name in ("points", "frames", "descriptors", "responses"):
        np.testing.assert_array_equal(getattr(one, name), getattr(more, name))


@pytest.mark.parametrize("shape", [(4, 4), (5, 700), (30, 40)], ids=str)
def test_little_to_see_is_no_error(shape: tuple[int, int]) -> None:
    plain, noise = np.ones(shape), np.random.default_rng(0).normal(size=shape)
    assert len(tilted_features(image_of(plain), DETECTION, TILTS, 1)) == 0
    tilted_features(image_of(noise), DETECTION, TILTS, 1)
    tilted_features(image_of(noise, noise > 0), DETECTION, TILTS, 1)
