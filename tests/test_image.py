"""What a user's array becomes, and what is refused, by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose import Grid, InputError
from superpose._sampling.resample import has_data
from superpose.image import as_image, as_mask, masked_of

RNG = np.random.default_rng(41)
PLAIN = RNG.integers(0, 200, (9, 11)).astype(np.uint8)


class Labelled:
    """Like an xarray.DataArray: no array, and yet one for NumPy."""

    def __init__(self, values: NDArray[Any]) -> None:
        self.values = values

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        return np.array(self.values, dtype=dtype)


@pytest.mark.parametrize(
    "dtype", ["?", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", "g", ">u2", ">f8"]
)
def test_every_real_dtype(dtype: str) -> None:
    given = (PLAIN > 100) if dtype == "?" else (PLAIN // 2).astype(dtype)
    image = as_image(given, "fixed")
    assert image.data.dtype == np.float32 and image.data.flags.c_contiguous
    np.testing.assert_array_equal(image.data, given.astype(float))
    assert image.mask.all() and image.complete
    assert image.grid == Grid((9, 11))


def test_odd_containers(tmp_path: Path) -> None:
    path = tmp_path / "pixels.dat"
    PLAIN.tofile(path)
    still = PLAIN.copy()
    still.flags.writeable = False
    mapped = np.memmap(path, np.uint8, "r", shape=PLAIN.shape)
    wide = np.repeat(np.repeat(PLAIN, 2, 0), 3, 1)[::2, ::3]
    for same in (
        still,
        mapped,
        wide,
        np.asfortranarray(PLAIN),
        PLAIN.tolist(),
        Labelled(PLAIN),
        memoryview(PLAIN),
    ):
        np.testing.assert_array_equal(as_image(same, "fixed").data, PLAIN)


def test_nan_is_missing() -> None:
    given = PLAIN.astype(float)
    given[2, 3] = np.nan
    image = as_image(given, "fixed")
    assert not image.mask[2, 3] and image.mask.sum() == 98
    assert image.data[2, 3] == 0
    assert not image.complete


def test_masked_elements_are_missing() -> None:
    image = as_image(np.ma.masked_greater(PLAIN, 150), "fixed")
    np.testing.assert_array_equal(image.mask, PLAIN <= 150)
    assert (image.data[~image.mask] == 0).all()
    assert as_image(np.ma.masked_array(PLAIN), "fixed").complete


def test_infinity_under_a_mask_is_no_matter() -> None:
    given = np.where(PLAIN > 150, np.inf, PLAIN)
    np.testing.assert_array_equal(as_image(np.ma.masked_invalid(given), "fixed").mask, PLAIN <= 150)
    np.testing.assert_array_equal(as_image(given, "fixed", PLAIN <= 150).mask, PLAIN <= 150)


def test_a_mask_is_true_where_a_pixel_counts() -> None:
    keep = np.zeros(PLAIN.shape, int)
    keep[2:7] = 3
    image = as_image(PLAIN, "fixed", keep)
    np.testing.assert_array_equal(image.mask, keep > 0)


def test_a_mask_that_is_a_view_of_other_numbers() -> None:
    keep = np.zeros(PLAIN.shape, np.uint8)
    keep[2:7] = 255
    keep[7] = 2
    view, out = keep.view(bool), keep == 0
    for image in (
        as_image(PLAIN, "fixed", view),
        as_image(PLAIN, "fixed", np.asfortranarray(keep).view(bool)),
        as_image(np.ma.masked_array(PLAIN, ~view), "fixed"),
        as_image(np.ma.masked_array(PLAIN, np.where(out, 255, 0).astype(np.uint8).view(bool)), "fixed", view),
    ):
        np.testing.assert_array_equal(image.mask.view(np.uint8), keep > 0)
        assert image.pixel_count == np.count_nonzero(keep)
    kept = as_mask(view, PLAIN.shape, "mask")
    assert np.count_nonzero(kept) == kept.view(np.uint8).sum() == np.count_nonzero(keep)
    masked = np.ma.masked_array(PLAIN, view)
    assert masked_of(masked).view(np.uint8).max() == 1
    np.testing.assert_array_equal(has_data(masked), out)
    # No copy where none is called for.
    assert np.shares_memory(as_mask(out, PLAIN.shape, "mask"), out)


def test_colour_is_its_luminance() -> None:
    colour = RNG.integers(0, 256, (9, 11, 3)).astype(np.uint8)
    expected = colour @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(as_image(colour, "fixed").data, expected, rtol=1e-6)


def test_transparent_pixels_are_missing() -> None:
    colour = RNG.integers(1, 256, (9, 11, 4)).astype(np.uint8)
    colour[3:5, 2:9, 3] = 0
    np.testing.assert_array_equal(as_image(colour, "fixed").mask, colour[..., 3] > 0)


def test_a_missing_channel_is_a_missing_pixel() -> None:
    colour = RNG.random((9, 11, 3))
    colour[4, 5, 1] = np.nan
    assert not as_image(colour, "fixed").mask[4, 5]
    masked = np.ma.masked_array(np.nan_to_num(colour), np.isnan(colour))
    np.testing.assert_array_equal(as_image(masked, "fixed").mask, as_image(colour, "fixed").mask)


def test_offset() -> None:
    smooth = RNG.random((9, 11))
    image = as_image(smooth + 1e9, "fixed", None, None)
    assert image.offset == pytest.approx(1e9 + 0.5, abs=0.5)
    np.testing.assert_allclose(image.data.astype(float) + image.offset, smooth + 1e9, rtol=0, atol=2e-7)
    assert as_image(smooth, "fixed").offset == 0


def test_the_user_s_array_is_left_alone() -> None:
    for given in (PLAIN.astype(np.float32), PLAIN.astype(float)):
        given[2, 3] = np.nan
        before = given.copy()
        as_image(given, "fixed")
        as_image(given, "fixed", np.ones(given.shape, bool), None)
        np.testing.assert_array_equal(given, before)


BAD: dict[str, tuple[Any, str]] = {
    "text": ("photo.png", r"^fixed is 'photo.png', which is not an array of numbers; pass a NumPy array"),
    "None": (None, "^fixed is None, which is not an array"),
    "ragged": ([[1, 2], [3]], "^fixed is list .*which is not an array"),
    "strings": (np.full((9, 9), "a"), "^fixed is an array of <U1"),
    "dates": (np.zeros((9, 9), "M8[s]"), "^fixed is an array of datetime64"),
    "records": (np.zeros((9, 9), [("a", float)]), "^fixed is an array of"),
    "objects": (np.zeros((9, 9), object), r"^fixed has dtype object.*fixed.astype\(float\)"),
    "complex": (np.zeros((9, 9), complex), r"^fixed has dtype complex128.*np.abs\(fixed\)"),
    "number": (5.0, r"^fixed has shape \(\); pass a 2D image"),
    "1D": (np.arange(9), r"^fixed has shape \(9,\); pass a 2D image"),
    "3D": (np.zeros((9, 9, 9)), r"^fixed has shape \(9, 9, 9\); pass a 2D image"),
    "2 channels": (RNG.random((9, 9, 2)), r"^fixed has shape \(9, 9, 2\); pass a 2D image"),
    "empty": (np.zeros((0, 9)), r"^fixed has shape \(0, 9\) and so no pixels"),
    "empty list": ([], r"^fixed has shape \(0,\) and so no pixels"),
    "one pixel": (np.zeros((1, 1)), r"^fixed has shape \(1, 1\), too small to align; .*at least 4 pixels"),
    "3 rows": (RNG.random((3, 99)), r"^fixed has shape \(3, 99\), too small"),
    "one infinite": (np.where(np.eye(9), np.inf, PLAIN[:9, :9]), "^fixed has 9 infinite pixels.*np.isinf"),
    "minus infinite": (np.where(np.eye(9), -np.inf, PLAIN[:9, :9]), "^fixed has 9 infinite pixels"),
    "all NaN": (np.full((9, 9), np.nan), "^fixed has no pixel to use: all 81"),
    "all masked": (np.ma.masked_all((9, 9)), "^fixed has no pixel to use: all 81"),
    "all transparent": (np.zeros((9, 9, 4)), "^fixed has no pixel to use: all 81"),
    "constant": (np.full((9, 9), 7), "^fixed is constant: every pixel that counts is 7"),
    "constant but for NaN": (
        np.where(np.eye(9), np.nan, 7),
        "^fixed is constant: every pixel that counts is 7",
    ),
    "huge": (
        RNG.random((9, 9)) * 1e20,
        r"^fixed reaches \S+e\+\d+, and superpose works with values up to 1e15",
    ),
}


@pytest.mark.parametrize("given, words", BAD.values(), ids=BAD.keys())
def test_bad_images_are_named(given: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        as_image(given, "fixed")


def test_bad_masks_are_named() -> None:
    with pytest.raises(InputError, match=r"^fixed_mask has shape \(11, 9\), and its image has shape \(9, 11\)"):
        as_image(PLAIN, "fixed", np.ones((11, 9), bool))
    with pytest.raises(InputError, match=r"^fixed_mask keeps 0 of 99 pixels; .*invert it"):
        as_image(PLAIN, "fixed", np.zeros((9, 11), bool))
    with pytest.raises(InputError, match=r"^fixed has no pixel to use"):
        as_image(np.where(PLAIN > 100, np.nan, PLAIN), "fixed", PLAIN > 100)
    with pytest.raises(InputError, match=r"^fixed is constant"):
        as_image(PLAIN, "fixed", PLAIN[0, 0] == PLAIN)
    with pytest.raises(InputError, match=r"^fixed_mask is"):
        as_image(PLAIN, "fixed", np.full((9, 11), "yes"))
    with pytest.raises(InputError, match=r"^fixed_mask is"):
        as_image(PLAIN, "fixed", [[True], [True, False]])  # type: ignore[arg-type]
