"""Fields of directions: of an image's own level, and made coarse from a finer one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from superpose._sampling.field import Field
from superpose._sampling.level import Detail, PreparedLevel
from superpose._sampling.pyramid import halved, levels_of, resized
from superpose._sampling.settings import FieldSettings
from superpose.image import Raster, as_image
from tests.reference import filters, orientation

RNG = np.random.default_rng(73)
Complex = NDArray[np.complex128]


def holed(values: NDArray[np.float64]) -> Raster:
    values = values.copy()
    values[28:42, 20:37] = np.nan
    return as_image(values, "image")


def inner(field: Field) -> Complex:
    return np.asarray(field.padded[1:-2, 1:-2] @ np.array([1, 1j]))


def lined(place: tuple[slice, slice]) -> Raster:
    """Return thin lines, four pixels apart, around a piece with lines across: what a coarser image no longer shows."""
    rows, columns = np.indices((96, 96)) % 4 == 0
    across = np.zeros((96, 96), bool)
    across[place] = True
    return as_image(np.where(np.where(across, rows, columns), 1.0, 0.5), "image")


def freed_of_mean(field: Complex, usable: NDArray[np.bool_]) -> Complex:
    """Return a field less its own local mean, of what counts."""
    total, weight = (ndimage.gaussian_filter(each, 2.0, radius=7, mode="mirror") for each in (field, usable * 1.0))
    return np.asarray(np.where(usable, field - total / np.maximum(weight, 1e-9), 0))


def test_the_own_field_like_its_twin() -> None:
    image = holed(RNG.random((64, 51)))
    field = PreparedLevel(image, 1).field
    expected, usable = orientation.field_of(image.data, image.mask, FieldSettings().damping)
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
    field = PreparedLevel(levels[-1], 1, detail=Detail(PreparedLevel(levels[0], 1), halvings)).field
    expected, usable = orientation.field_of(levels[0].data, levels[0].mask, FieldSettings().damping)
    for _ in range(halvings):
        (real, mask, part), (imaginary, _, _) = (
            filters.halved(each, usable) for each in (expected.real, expected.imag)
        )
        assert not np.any(np.abs(part - 0.5) < 1e-6)
        expected, usable = real + 1j * imaginary, mask
    assert field.padded.shape == (*(n + 3 for n in levels[-1].data.shape), 2)
    np.testing.assert_array_equal(field.usable, usable)
    np.testing.assert_allclose(inner(field), freed_of_mean(expected, usable), rtol=0, atol=1e-4)


def test_detail_keeps_lines_that_halving_loses() -> None:
    """The two edges of a line cancel when the image is blurred; their doubled directions agree."""
    levels = levels_of(lined((slice(40, 56), slice(40, 56))), 3)
    assert np.ptp(levels[2].data[3:-3, 3:-3]) < 0.15 * np.ptp(levels[0].data)
    direction = inner(PreparedLevel(levels[2], 1, detail=Detail(PreparedLevel(levels[0], 1), 2)).field)
    # Lines across: the gradient is a real number, its square positive; and what is everywhere alike is taken away.
    assert direction.real[11:13, 11:13].min() > 0.2
    assert np.abs(direction[4:-4, 3]).max() < 0.02
    assert np.abs(direction.imag[11:13, 11:13]).max() < 0.02


def test_detail_by_a_factor_lies_on_the_resized_grid() -> None:
    fine = holed(RNG.random((80, 61)))
    coarse = resized(halved(fine), 1.3)
    field = PreparedLevel(coarse, 1, detail=Detail(PreparedLevel(fine, 1), 1, 1.3)).field
    assert field.usable.shape == coarse.data.shape
    own, usable = orientation.field_of(fine.data, fine.mask, FieldSettings().damping)
    real, imaginary = (
        resized(halved(Raster(part.astype(np.float32), usable, fine.grid)), 1.3) for part in (own.real, own.imag)
    )
    np.testing.assert_array_equal(field.usable, real.mask)
    expected = freed_of_mean(real.data + 1j * imaginary.data, real.mask)
    np.testing.assert_allclose(inner(field), expected, rtol=0, atol=1e-4)


def test_contrast_changes_no_field() -> None:
    values = RNG.random((64, 51))
    one, other = (PreparedLevel(holed(each), 1).field for each in (values, 3 - 2 * values))
    np.testing.assert_allclose(one.padded, other.padded, rtol=0, atol=1e-4)
