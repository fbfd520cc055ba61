"""What interpolation does to noise at a pose, against draws of noise and differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose._refine.algebra import Frame
from superpose._sampling.level import PreparedLevel
from superpose._sampling.warp import source, warp
from superpose.image import as_image
from superpose.metrics._interpolated import interpolated, odd
from superpose.metrics._prefilter import blurred, white_noise
from superpose.metrics.settings import DEFAULTS

Floats = NDArray[np.float64]
PREFILTER, LINES = DEFAULTS[2].prefilter, DEFAULTS[2].squared.noise_rows

SHAPE = (120, 140)
FRAME = Frame.over(SHAPE)
LARGE = (SHAPE[0] + 40, SHAPE[1] + 40)  # of moving: every pixel of fixed is seen
WHOLE, WHOLE_LARGE = (tuple(slice(0, n) for n in shape) for shape in (SHAPE, LARGE))
SHIFTED = np.array([[1.0, 0, 20.2], [0, 1, 19.4], [0, 0, 1]])
MAGNIFIED = np.array([[1.1, -0.08, 14.3], [0.05, 1.07, 12.7], [1e-4, -5e-5, 1.0]])


@pytest.mark.parametrize("matrix", [SHIFTED, MAGNIFIED], ids=["shifted", "magnified"])
@pytest.mark.parametrize("width", [0.0, 0.6, 1.25])
def test_the_mean_variance_is_that_of_noise(width: float, matrix: Floats) -> None:
    made = blurred(
        PreparedLevel(as_image(2.0 * np.random.default_rng(8).normal(size=LARGE), "noise"), 1), width, PREFILTER
    )
    values, inside = warp(source(made.image.data, made.image.mask, 3), matrix, SHAPE, 1)
    said, _, _ = interpolated(white_noise(4.0, width, PREFILTER), FRAME, (WHOLE, WHOLE_LARGE), matrix, LINES)
    assert inside.mean() > 0.9
    assert values[inside].var() == pytest.approx(said, rel=0.06)


def test_its_slope_is_by_the_generators() -> None:
    noise, h = white_noise(4.0, 0.5, PREFILTER), 1e-4
    _, slope, _ = interpolated(noise, FRAME, (WHOLE, WHOLE_LARGE), SHIFTED, LINES)
    expected = []
    for step in h * np.eye(8):
        ahead, behind = (
            interpolated(noise, FRAME, (WHOLE, WHOLE_LARGE), FRAME.moved(SHIFTED, sign * step), LINES)[0]
            for sign in (1, -1)
        )
        expected.append((ahead - behind) / (2 * h))
    # The table of fractions is coarse: its slopes are those of chords.
    np.testing.assert_allclose(slope, expected, atol=0.03 * np.abs(expected).max())
    assert np.abs(expected).max() > 0.1
    # A pose that meets all fractions of a pixel has no slope to speak of: none of them is preferred.
    assert (
        np.abs(interpolated(noise, FRAME, (WHOLE, WHOLE_LARGE), MAGNIFIED, LINES)[1]).max() < 0.01 * np.abs(slope).max()
    )


def test_slopes_of_noise_alone_have_its_matrix() -> None:
    """Gradients of variance 1 that have nothing to do with each other, at every pixel."""
    points = np.stack(np.indices(SHAPE), -1).reshape(-1, 2).astype(float)
    h, homogeneous = 1e-4, np.c_[points, np.ones(len(points))]
    flow = []
    for step in h * np.eye(8):
        ahead, behind = (homogeneous @ FRAME.moved(np.eye(3), sign * step).T for sign in (1, -1))
        flow.append((ahead[:, :2] / ahead[:, 2:] - behind[:, :2] / behind[:, 2:]) / (2 * h))
    expected = np.einsum("kna,mna->km", flow, flow) / len(points)
    for size in (1.0, 1.3):  # a magnified image's slopes are steeper in fixed's pixels
        matrix = np.diag([size, size, 1.0])
        _, _, alike = interpolated(
            white_noise(1.0, 0.0, PREFILTER), FRAME, (WHOLE, (slice(0, 200), slice(0, 220))), matrix, LINES
        )
        np.testing.assert_allclose(alike, size**2 * expected, atol=0.05 * size**2)


def test_nothing_in_common_adds_nothing() -> None:
    away = np.array([[1.0, 0, 1e4], [0, 1, 0], [0, 0, 1]])
    variance, slope, alike = interpolated(white_noise(4.0, 0.0, PREFILTER), FRAME, (WHOLE, WHOLE_LARGE), away, LINES)
    assert variance == 0 and not slope.any()
    np.testing.assert_array_equal(alike, np.eye(8))


def test_strides_are_odd() -> None:
    assert [odd(ratio) for ratio in (0.3, 1.0, 2.0, 3.9, 4.0)] == [1, 1, 3, 3, 5]


def test_margins_without_pixels_change_nothing() -> None:
    noise, first, second = white_noise(4.0, 0.5, PREFILTER), np.array([7.0, 12.0]), np.array([30.0, 3.0])
    plain = interpolated(noise, FRAME, (WHOLE, WHOLE_LARGE), SHIFTED, LINES)
    boxes = [
        tuple(slice(int(a), int(a) + n) for a, n in zip(at, shape, strict=True))
        for at, shape in ((first, SHAPE), (second, LARGE))
    ]
    into, onto = np.eye(3), np.eye(3)
    into[:2, 2], onto[:2, 2] = -first, second
    frame = replace(FRAME, centre=FRAME.centre + first)
    padded = interpolated(noise, frame, (boxes[0], boxes[1]), onto @ SHIFTED @ into, LINES)
    for one, other in zip(plain, padded, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-9)
