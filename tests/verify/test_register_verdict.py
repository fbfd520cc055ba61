"""Verdicts where they are easily wrong: large images, mirrors, odd units, a small image in a large one, noise alone."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from skimage import data

import superpose
from superpose import register
from superpose._report.trust import evidence_of
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._solution import Undo
from superpose._verify.covariance import pose_covariance
from superpose._verify.rivals import score_rivals
from superpose._verify.settings import RivalSettings
from superpose.image import Grid, as_image
from superpose.metrics._prefilter import noise_floor, spectrum, white_noise
from superpose.metrics._squared_objective import SquaredObjective
from superpose.metrics.settings import DEFAULTS
from superpose.transforms.family import family_named

Pixels = NDArray[np.float64]
METRICS = DEFAULTS[2]
CAMERA: Pixels = data.camera()[::2, ::2] / 255.0


def noisy(image: Pixels, seed: int, sigma: float) -> Pixels:
    return image + np.random.default_rng(seed).normal(0, sigma, image.shape)


@pytest.mark.parametrize("side", [400, 800, 1200])
def test_the_error_of_a_large_pair_is_in_pixels_of_its_own(side: int) -> None:
    scene = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(side, side)), 3.0)
    scene /= scene.std()
    found = register(*(noisy(scene, k, 0.5) for k in (1, 2)), transform="translation", metric="ncc")
    assert found.covariance is not None
    own = float(np.sqrt(np.trace(found.covariance)))
    assert own <= found.uncertainty <= own + 0.02  # the rest is the calibration's floor
    assert np.abs(found.transform.shift).max() < 4 * found.uncertainty


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.slow
def test_mirrors_are_seen_through_heavy_noise(seed: int) -> None:
    fixed, moving = noisy(CAMERA, seed, 0.35), noisy(CAMERA[:, ::-1], seed + 100, 0.35)
    found = register(fixed, moving, on_unreliable="ignore")
    assert not found.reliable
    turned = register(fixed, moving, allow_flip=True, on_unreliable="ignore")
    assert np.linalg.det(turned.transform.matrix) < 0
    over = np.array([[1, 0, 0], [0, -1, 255.0], [0, 0, 1]])
    assert turned.transform.distance(superpose.from_matrix(over), turned.fixed_grid.corners) < 3


@pytest.mark.slow
def test_a_mirrored_pose_of_a_scipy_optimiser_is_verified_as_such() -> None:
    over = superpose.from_matrix([[1, 0, 0.3], [0, -1, 255.0], [0, 0, 1]])
    found = register(
        noisy(CAMERA, 1, 0.02),
        noisy(CAMERA[:, ::-1], 2, 0.02),
        transform="affine",
        initial=over,
        optimizer="powell",
        metric="ncc",
        levels=1,
        on_unreliable="ignore",
    )
    assert np.linalg.det(found.transform.matrix) < 0
    assert found.reliable and found.uncertainty < 0.2


@pytest.mark.parametrize("unit", [1e-7, 1e7])
def test_the_expected_error_knows_no_unit_of_intensity(unit: float) -> None:
    fixed, moving = (noisy(CAMERA[:128, 64:192], k, 0.02) for k in (1, 2))
    ways = [
        register(scale * fixed, scale * moving, transform="translation", optimizer="powell", metric="ncc", levels=2)
        for scale in (1.0, unit)
    ]
    assert ways[1].uncertainty == pytest.approx(ways[0].uncertainty, rel=0.05)


def test_noise_alone_determines_nothing() -> None:
    still, moved = (PreparedLevel(as_image(noisy(np.zeros((120, 120)), k, 1.0), "noise"), 1) for k in (1, 2))
    noise = white_noise(1.0, 0.0, METRICS.prefilter)
    objective = SquaredObjective(still, moved, family_named("translation"), 1, METRICS, cubic=True, noise=noise)
    grid = Grid((120, 120))
    found, error = pose_covariance(objective, np.eye(3), family_named("translation"), grid, Undo(), 1e-3)
    assert found is None or error > 50


@pytest.mark.parametrize("side", [16, 24, 48, 96, 128])
def test_white_noise_is_known_whatever_the_size(side: int) -> None:
    images = [as_image(noisy(np.zeros((side, side)), k, 1.0), "noise") for k in range(8)]
    found = [noise_floor(spectrum(each, METRICS.prefilter), METRICS.prefilter) for each in images]
    assert 0.5 < np.mean(found) < 1.1


def test_a_report_tells_what_is_known() -> None:
    made = register(noisy(CAMERA, 1, 0.05), noisy(CAMERA, 2, 0.05))
    assert len(evidence_of(made)) == 5
    older = {name: value for name, value in made.evidence.items() if name != "significance"}
    assert len(evidence_of(replace(made, evidence=older))) == 4
    assert evidence_of(replace(made, evidence={})) == []


def test_the_rivals_of_a_small_image_in_a_large_one_take_little_memory() -> None:
    large = ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(1500, 1500)), 1.5)
    small = large[700:828, 300:428]
    pair = LevelPair(*(PreparedLevel(as_image(each, "image"), 1) for each in (small, large)))
    pose = np.array([[1, 0, 700.0], [0, 1, 300.0], [0, 0, 1]])
    assert pair.moving.field is pair.moving.field  # made before what is measured
    tracemalloc.start()
    found = score_rivals(pair, pose, True, 1, RivalSettings())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6
    assert found.above > 20
    assert all(np.abs(each.pose - pose).max() > 3 for each in found.rivals)
    # A rival a hundred pixels away is seen where it is.
    large[700:828, 400:528] = small
    pair = LevelPair(pair.fixed, PreparedLevel(as_image(large, "image"), 1))
    seen = score_rivals(pair, pose, False, 1, RivalSettings()).rivals[0]
    np.testing.assert_allclose(seen.pose, np.array([[1, 0, 700.0], [0, 1, 400.0], [0, 0, 1]]), atol=1.5)
