"""Slopes: one whatever the noise where the images show the same, less where outlines are a pixel or two apart."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from superpose._sampling.level import PreparedLevel
from superpose._verify.fields import Views
from superpose._verify.settings import SlopeSettings
from superpose._verify.slopes import Slopes, as_evidence
from superpose.image import as_image

Floats = NDArray[np.float64]
SETTINGS = SlopeSettings()


def ellipse(a: float, b: float, binary: bool = False) -> Floats:
    rows, columns = np.indices((128, 128)) - 63.5
    inside = np.clip((1 - np.hypot(rows / a, columns / b)) * min(a, b) + 0.5, 0, 1)
    return np.rint(inside) if binary else inside


def at_identity(a: Floats, b: Floats, settings: SlopeSettings = SETTINGS) -> float:
    views = Views([PreparedLevel(as_image(a, "a"), 1)], [PreparedLevel(as_image(b, "b"), 1)], 1)
    return Slopes(views, np.eye(3), settings).correlation()


@pytest.mark.parametrize("binary", [False, True])
def test_an_outline_is_told_from_another_one(binary: bool) -> None:
    own = ellipse(30, 20, binary)
    assert at_identity(own, own) > 0.999
    assert at_identity(own, 7 - 3 * own) > 0.999
    assert at_identity(own, ellipse(32, 18, binary)) < 0.9
    # By their area the two are nearly the same.
    assert np.corrcoef(own.ravel(), ellipse(32, 18, binary).ravel())[0, 1] > 0.9


@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_noise_on_plain_ground_is_taken_off(noise: float) -> None:
    rng = np.random.default_rng(1)
    a, b = (ellipse(30, 20) + noise * rng.normal(size=(128, 128)) for _ in range(2))
    other = ellipse(33, 17) + noise * rng.normal(size=(128, 128))
    assert at_identity(a, b) > 0.9
    assert at_identity(a, other) < at_identity(a, b) - 0.15


def test_unrelated_textures_have_unrelated_slopes() -> None:
    a, b = (ndimage.gaussian_filter(np.random.default_rng(k).normal(size=(128, 128)), 1.5) for k in (1, 2))
    assert at_identity(a, b) < 0.5


def test_missing_pixels_and_their_border_take_no_part() -> None:
    own, holes = ellipse(30, 20), ellipse(30, 20)
    holes[70:, :] = np.nan
    other = np.where(np.isnan(holes), 5 * np.random.default_rng(1).normal(size=own.shape), own)
    assert at_identity(holes, own) > 0.99
    assert at_identity(holes, other) > 0.97
    strip = np.where(np.indices(own.shape)[0] // 4 == 16, own, np.nan)
    assert at_identity(strip, own) == 0.0


def test_near_one_a_hundredth_counts_as_much_as_a_half_near_zero() -> None:
    assert as_evidence(0.0, SETTINGS) == 0.0
    assert as_evidence(0.5, SETTINGS) == pytest.approx(np.arctanh(0.5))
    assert as_evidence(1.0, SETTINGS) == pytest.approx(np.arctanh(SETTINGS.highest))
    assert as_evidence(0.99, SETTINGS) - as_evidence(0.97, SETTINGS) > as_evidence(0.5, SETTINGS)
