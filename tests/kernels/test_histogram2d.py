"""The histogram kernels against their naive twins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose._kernels.histogram2d import histogram_rows, slope_rows
from superpose._kernels.normal2d import COUNT, GRADIENT, MATRIX, SIZE, WEIGHT
from superpose._sampling.level import PreparedLevel
from superpose.image import Grid, Image
from tests.reference import histogram as reference

Floats = NDArray[np.float64]
RNG = np.random.default_rng(47)
MATRICES = {
    "identity": np.eye(3),
    "turned": np.array([[0.9013, -0.3027, 5.2], [0.3031, 0.9017, -2.1], [0, 0, 1.0]]),
    "in perspective": np.array([[1.0513, 0.1037, -0.7021], [-0.1029, 0.9517, 2.4033], [2e-3, -1e-3, 1.0]]),
    "nowhere": np.array([[1.0, 0, 500], [0, 1, 0], [0, 0, 1]]),
    "behind the horizon": np.array([[1.0, 0, 0.137], [0, 1, 0.219], [-0.1, 0, 1]]),
}
BINS, LOW, SCALE = 11, 0.1, 9.5


def prepare_levels(shape: tuple[int, int]) -> PreparedLevel:
    mask = RNG.random(shape) > (0.05 if min(shape) > 4 else 0.0)
    return PreparedLevel(Image(np.where(mask, RNG.random(shape), 0).astype(np.float32), mask, Grid(shape)), 1)


def bins_of(shape: tuple[int, int]) -> NDArray[np.int16]:
    return RNG.integers(-1, BINS, shape).astype(np.int16)


def counted(bins: Any, moving: PreparedLevel, matrix: Floats, cubic: bool) -> tuple[Floats, Any]:
    """Run the kernel in two bands."""
    out, total = np.empty((BINS, BINS)), np.zeros((BINS, BINS))
    sampled = tuple(np.full(bins.shape, np.nan, np.float32) for _ in range(3))
    middle = bins.shape[0] // 2
    for rows in ((0, middle), (middle, bins.shape[0])):
        image = moving.cubic if cubic else moving.linear
        histogram_rows(bins, image, moving.usable, cubic, matrix, LOW, SCALE, *rows, *sampled, out)
        total += out
    return total, sampled


# An image of fewer than three pixels along an axis is padded by repeating its edge, which the cubic twin does not.
@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize(
    "shape, cubic",
    [((1, 1), False), ((1, 7), False), ((6, 1), False), ((2, 2), False)]
    + [(shape, cubic) for shape in ((9, 13), (31, 26)) for cubic in (False, True)],
    ids=str,
)
def test_histogram_like_its_twin(shape: tuple[int, int], name: str, cubic: bool) -> None:
    moving, bins, matrix = prepare_levels(shape), bins_of((24, 29)), MATRICES[name]
    found, (place, *_) = counted(bins, moving, matrix, cubic)
    filled = moving.linear[1:-2, 1:-2]
    values, use = reference.sampled(filled, moving.image.mask, matrix, bins.shape, 3 if cubic else 1)
    places = reference.places_of(values, LOW, SCALE, BINS)
    use &= bins >= 0
    np.testing.assert_array_equal(place >= 0, use)
    np.testing.assert_allclose(place[use], places[use], atol=2e-5)
    np.testing.assert_allclose(found, reference.joint(bins, places, use, BINS, BINS), atol=1e-3)
    assert found.sum() == pytest.approx(use.sum(), rel=1e-6)


def test_narrow_images_are_read_within_their_arrays() -> None:
    for shape in ((1, 1), (1, 7), (6, 1), (2, 2)):
        for matrix in MATRICES.values():
            found, _ = counted(bins_of((9, 8)), prepare_levels(shape), matrix, True)
            assert np.isfinite(found).all() and (found >= 0).all()


@pytest.mark.parametrize("cubic", [False, True], ids=["linear", "cubic"])
@pytest.mark.parametrize("name", ["turned", "in perspective"])
def test_derivatives_of_places(name: str, cubic: bool) -> None:
    """What is kept beside a place is its derivative: shifting the output by a little shows it."""
    moving, bins, matrix = prepare_levels((31, 26)), np.zeros((24, 29), np.int16), MATRICES[name]
    _, (place, *slopes) = counted(bins, moving, matrix, cubic)
    for axis, slope in enumerate(slopes):
        h = 1e-4
        shifted = []
        for sign in (1, -1):
            shift = np.eye(3)
            shift[axis, 2] = sign * h
            values, use = reference.sampled(
                moving.linear[1:-2, 1:-2], moving.image.mask, matrix @ shift, bins.shape, 3 if cubic else 1
            )
            shifted.append(np.where(use & (place >= 0), (values - LOW) * SCALE, np.nan))
        expected = (shifted[0] - shifted[1]) / (2 * h)
        free = np.isfinite(expected) & (place > 1) & (place < BINS - 2)
        # A pixel line crossed within the difference is a kink of linear interpolation.
        wrong = np.abs(slope[free] - expected[free]) > 1e-3 * np.abs(expected[free]).max()
        assert free.sum() > 100
        assert wrong.mean() < 0.01
        held = (place == 1) | (place == BINS - 2)
        assert (slope[held] == 0).all()


def test_normal_equations_like_their_twin() -> None:
    moving, bins = prepare_levels((31, 26)), bins_of((24, 29))
    _, sampled = counted(bins, moving, MATRICES["turned"], True)
    slope = RNG.normal(size=(BINS, BINS)).astype(np.float32)
    curvature = RNG.random((BINS, BINS)).astype(np.float32)
    centre, radius = np.array([11.5, 14.0]), 18.1
    sums = np.zeros(SIZE)
    for rows in ((0, 7), (7, 24)):
        out = np.empty(SIZE)
        slope_rows(bins, *sampled, slope, curvature, centre, radius, *rows, out)
        sums += out
    gradient, matrix = reference.normal_equations(bins, *sampled, slope, curvature, centre, radius)
    assert sums[COUNT] == (sampled[0] >= 0).sum()
    assert sums[WEIGHT] > 0
    np.testing.assert_allclose(sums[GRADIENT : GRADIENT + 8], gradient, rtol=1e-4, atol=1e-4 * np.abs(gradient).max())
    lower = np.tril(sums[MATRIX:].reshape(10, 10)[:8, :8])
    np.testing.assert_allclose(lower, np.tril(matrix), rtol=1e-4, atol=1e-5 * np.abs(matrix).max())
