"""Fields of directions: of an image's own level, and made coarse from a finer one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose._sampling.prepared import DAMPING, Detail, Field, Prepared
from superpose._sampling.pyramid import halved, levels_of, resized
from superpose.image import Image, as_image
from tests.reference import filters, orientation

RNG = np.random.default_rng(73)
Complex = NDArray[np.complex128]


def holed(values: NDArray[np.float64]) -> Image:
    values = values.copy()
    values[28:42, 20:37] = np.nan
    return as_image(values, "image")


def inner(field: Field) -> Complex:
    return np.asarray(field.padded[1:-2, 1:-2] @ np.array([1, 1j]))


def lined(shape: tuple[int, int]) -> Image:
    """Return thin lines, four pixels apart, on grey: what a coarser image no longer shows."""
    image = np.full(shape, 0.5)
    image[:, ::4] = 1.0
    return as_image(image, "image")


def test_the_own_field_like_its_twin() -> None:
    image = holed(RNG.random((64, 51)))
    field = Prepared(image, 1).field
    expected, usable = orientation.field_of(image.data, image.mask, DAMPING)
    np.testing.assert_array_equal(field.usable, usable)
    np.testing.assert_allclose(inner(field), expected, rtol=0, atol=1e-4)
    assert field.energy == pytest.approx((np.abs(expected) ** 2).sum() / usable.sum(), rel=1e-4)
    border = field.padded.copy()
    border[1:-2, 1:-2] = 0
    assert (border == 0).all()


@pytest.mark.parametrize("halvings", [1, 2])
def test_a_field_from_detail_is_the_fine_field_averaged(halvings: int) -> None:
    # Of a shape and with a hole that leave no coarse pixel with exactly half of its weight.
    levels = levels_of(holed(RNG.random((97, 75))), halvings + 1)
    field = Prepared(levels[-1], 1, detail=Detail(levels[0], halvings)).field
    expected, usable = orientation.field_of(levels[0].data, levels[0].mask, DAMPING)
    for _ in range(halvings):
        (real, mask, part), (imaginary, _, _) = (
            filters.halved(each, usable) for each in (expected.real, expected.imag)
        )
        assert not np.any(np.abs(part - 0.5) < 1e-6)
        expected, usable = real + 1j * imaginary, mask
    assert field.padded.shape == (*(n + 3 for n in levels[-1].data.shape), 2)
    np.testing.assert_array_equal(field.usable, usable)
    np.testing.assert_allclose(inner(field), expected, rtol=0, atol=1e-4)


def test_detail_keeps_lines_that_halving_loses() -> None:
    """The two edges of a line cancel when the image is blurred; their doubled directions agree."""
    levels = levels_of(lined((96, 96)), 3)
    assert np.ptp(levels[2].data[4:-4, 4:-4]) < 0.01 * np.ptp(levels[0].data)
    direction = inner(Prepared(levels[2], 1, detail=Detail(levels[0], 2)).field)[4:-4, 4:-4]
    # Along columns: the gradient is i times a number, its square is negative.
    assert direction.real.max() < -0.2
    assert np.abs(direction.imag).max() < 1e-5


def test_detail_by_a_factor_lies_on_the_resized_grid() -> None:
    fine = holed(RNG.random((80, 61)))
    coarse = resized(halved(fine), 1.3)
    field = Prepared(coarse, 1, detail=Detail(fine, 1, 1.3)).field
    assert field.usable.shape == coarse.data.shape
    own, usable = orientation.field_of(fine.data, fine.mask, DAMPING)
    for part, channel in ((own.real, 0), (own.imag, 1)):
        image = Image(part.astype(np.float32), usable, fine.grid)
        expected = resized(halved(image), 1.3)
        np.testing.assert_array_equal(field.usable, expected.mask)
        np.testing.assert_allclose(field.padded[1:-2, 1:-2, channel], expected.data, rtol=0, atol=1e-4)


def test_contrast_changes_no_field() -> None:
    values = RNG.random((64, 51))
    one, other = (Prepared(holed(each), 1).field for each in (values, 3 - 2 * values))
    np.testing.assert_allclose(one.padded, other.padded, rtol=0, atol=1e-4)
