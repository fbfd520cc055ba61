"""Margins of an image that are missing."""

from __future__ import annotations

import numpy as np

from superpose._sampling.margins import present_area, present_box, without_missing_margins
from superpose.image import UserImage

RNG = np.random.default_rng(5)


def padded(widths: tuple[tuple[int, int], tuple[int, int]]) -> np.ndarray:
    return np.pad(RNG.random((30, 40)), widths, constant_values=np.nan)


def test_a_complete_image_has_none() -> None:
    image = UserImage(RNG.random((30, 40))).as_image("image")
    assert present_box(image) == (slice(0, 30), slice(0, 40)) and without_missing_margins(image) is image


def test_they_are_cut_off_and_what_is_left_lies_where_it_lay() -> None:
    image = UserImage(padded(((3, 5), (0, 7)))).as_image("image")
    left = without_missing_margins(image)
    assert present_box(image) == (slice(3, 33), slice(0, 40)) and present_area(image) == 1200
    assert left.complete and left.grid.shape == (30, 40) and left.grid.origin == (3.0, 0.0)
    np.testing.assert_array_equal(left.data, image.data[3:33, :40])


def test_holes_are_none_and_a_line_of_which_little_is_there_may_be() -> None:
    pixels = padded(((2, 0), (0, 0)))
    pixels[10:20, 10:20] = np.nan
    pixels[1, 3] = 0.5
    image = UserImage(pixels).as_image("image")
    assert present_box(image)[0] == slice(1, 32)
    assert present_box(image, 0.5)[0] == slice(2, 32)


def test_without_any_pixel_all_is_left() -> None:
    image = UserImage(RNG.random((30, 40))).as_image("image")
    image.mask[...] = False
    assert present_box(image) == (slice(0, 30), slice(0, 40))
