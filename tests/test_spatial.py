"""Images with a place in space, and masks that lie elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

import superpose
from superpose import Image, InputError
from superpose._opened import opened_mask
from superpose._spatial import user_image
from tests.io import making

SCAN = Image.from_itk(making.itk_scan())


def test_a_mask_on_other_pixels_is_brought_onto_the_image_s() -> None:
    rng = np.random.default_rng(1)
    turned = np.array(SCAN.direction)[:, [2, 0, 1]]
    mask = Image(rng.random((30, 20, 26)) > 0.5, (0.61, 2.3, 1.13), SCAN.grid.to_physical((1.1, 2.23, 3.37)), turned)
    ours = Image(SCAN.array, SCAN.spacing, SCAN.origin, SCAN.direction, mask=mask).mask
    index = np.stack(np.meshgrid(*map(np.arange, SCAN.shape), indexing="ij"))
    there = mask.grid.to_index(SCAN.grid.to_physical(np.moveaxis(index, 0, -1)))
    expected = ndimage.map_coordinates(
        mask.array.astype(np.uint8), np.moveaxis(np.floor(there + 0.5), -1, 0), order=0, mode="constant"
    )
    assert 0.05 < expected.mean() < 0.95
    np.testing.assert_array_equal(ours, expected > 0)
    np.testing.assert_array_equal(user_image(SCAN, mask, "fixed").mask, ours)


def test_a_mask_on_the_same_pixels_stays(tmp_path: Path) -> None:
    kept = SCAN.array > 0
    superpose.write(tmp_path / "mask.nii.gz", Image(kept, SCAN.spacing, SCAN.origin, SCAN.direction, unit="mm"))
    mask = opened_mask(tmp_path / "mask.nii.gz", "fixed_mask")
    np.testing.assert_array_equal(user_image(SCAN, mask, "fixed").mask, kept)
    # Bare pixels have no place; the shape has to do.
    np.testing.assert_array_equal(user_image(np.asarray(SCAN.array), mask, "fixed").mask, kept)
    assert np.asarray(opened_mask(kept, "fixed_mask")) is kept


def test_masks_that_cannot_be() -> None:
    with pytest.raises(InputError, match=r"mask has shape \(30, 20\), and its image has shape \(12, 15, 18\)"):
        Image(SCAN.array, mask=Image(np.ones((30, 20), bool)))
    away = Image(np.ones(SCAN.shape, bool), origin=(1e4, 0, 0))
    with pytest.raises(InputError, match="mask lies elsewhere: by its grid nothing that counts of it is on a pixel"):
        Image(SCAN.array, SCAN.spacing, mask=away)


def test_repr() -> None:
    half = np.arange(24).reshape(2, 3, 4) < 12
    assert repr(Image(np.zeros((2, 3, 4)), mask=half)) == (
        "<Image: 2 planes x 3 rows x 4 columns, 1 x 1 x 1, axes (plane, row, column), float64, 50 % of its "
        "pixels count>"
    )
    assert repr(Image(np.zeros((5, 6, 3), np.uint8), (0.5, 0.5), unit="µm")) == (
        "<Image: 5 rows x 6 columns, 0.5 x 0.5 µm, axes (row, column), uint8 in colour>"
    )
    with pytest.raises(InputError, match=r"^unit is 3"):
        Image(np.zeros((5, 6)), unit=3)  # type: ignore[arg-type]
