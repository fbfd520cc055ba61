"""Images with missing pixels all over: what lies among pixels that count is their weighted mean."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from superpose import InputError
from superpose._sampling.mended import closed, mended
from superpose._sampling.settings import MendingSettings
from superpose.image import Grid, Raster
from tests.reference.filters import separable

Mask = NDArray[np.bool_]
SETTINGS = MendingSettings()
ROWS, COLUMNS = np.indices((61, 72))

ALL_OVER: dict[str, Callable[[], Mask]] = {
    "rows": lambda: ROWS % 2 == 0,
    "columns": lambda: COLUMNS % 2 == 1,
    "every fourth row": lambda: ROWS % 4 == 0,
    "one of four": lambda: (ROWS % 2 == 1) & (COLUMNS % 2 == 0),
    "two of four": lambda: (ROWS + COLUMNS) % 2 == 0,
    "10 %": lambda: np.random.default_rng(1).random(ROWS.shape) > 0.1,
    "50 %": lambda: np.random.default_rng(2).random(ROWS.shape) > 0.5,
    "three of six rows": lambda: (ROWS - 1) % 6 < 3,
    "four of eight rows": lambda: (ROWS - 1) % 8 < 4,
    "75 %": lambda: np.random.default_rng(3).random(ROWS.shape) > 0.75,
    "95 %": lambda: np.random.default_rng(4).random(ROWS.shape) > 0.95,
    "rows of a disc": lambda: (np.hypot(ROWS - 30, COLUMNS - 36) < 25) & (ROWS % 2 == 0),
}
ELSEWHERE: dict[str, Callable[[], Mask]] = {
    "nothing": lambda: np.ones(ROWS.shape, bool),
    "few": lambda: np.random.default_rng(5).random(ROWS.shape) > 0.01,
    "outside a disc": lambda: np.hypot(ROWS - 30, COLUMNS - 36) < 25,
    "a hole": lambda: np.hypot(ROWS - 30, COLUMNS - 36) > 9,
    "a scratch": lambda: abs(ROWS - COLUMNS) > 2,
    "a margin": lambda: (ROWS > 7) & (COLUMNS < 50),
    "between patches": lambda: (ROWS % 30 < 12) & (COLUMNS % 30 < 12),
    "between small patches": lambda: (ROWS % 30 < 5) & (COLUMNS % 30 < 5),
    "a thin outline": lambda: abs(np.hypot(ROWS - 30, COLUMNS - 36) - 22) < 1,
}


def image_of(mask: Mask, seed: int = 0) -> Raster:
    data = np.random.default_rng(seed).normal(3, 1, mask.shape).astype(np.float32)
    return Raster(np.where(mask, data, np.float32(0)), mask, Grid(mask.shape), 2.5)


@pytest.mark.parametrize("reach", [1, 2, 3, 6])
@pytest.mark.parametrize("shape", [(40, 33), (7, 9), (4, 4)])
def test_a_closed_mask_is_dilated_and_eroded_beyond_a_mirror(shape: tuple[int, int], reach: int) -> None:
    mask = np.random.default_rng(6).random(shape) > 0.9
    mask[0, 1] = True
    size = 2 * reach + 1
    expected = ndimage.minimum_filter(ndimage.maximum_filter(mask, size, mode="mirror"), size, mode="mirror")
    np.testing.assert_array_equal(closed(mask, reach), expected)
    assert (closed(mask, reach) >= mask).all()


@pytest.mark.parametrize("kind", ALL_OVER)
def test_it_is_a_normalised_convolution_and_another_of_what_that_leaves(kind: str) -> None:
    image = image_of(ALL_OVER[kind]())
    found = mended(image, SETTINGS, "fixed")
    among = found.mask
    width = SETTINGS.width * np.sqrt(among.sum() / image.mask.sum())
    # Twice as far as any pixel of the engine's own filter matters.
    taps = np.exp(-0.5 * (np.arange(40) / width) ** 2)
    taps /= 2 * taps.sum() - 1
    weight = separable(image.mask, taps)
    data = separable(image.data, taps) / weight
    data += separable((image.data - data) * image.mask, taps) / weight
    assert among.mean() > 0.4
    # The engine's filter is cut where three deviations are.
    np.testing.assert_allclose(found.data[among], data[among], atol=0.03)
    assert abs(found.data[among] - data[among]).mean() < 0.003
    assert not found.data[~among].any()
    assert (found.grid, found.offset) == (image.grid, image.offset)


@pytest.mark.parametrize("kind", ALL_OVER)
def test_what_lies_all_over_is_no_longer_missing(kind: str) -> None:
    mask = ALL_OVER[kind]()
    found = mended(image_of(mask), SETTINGS, "fixed").mask
    inside = np.hypot(ROWS - 30, COLUMNS - 36) < 22 if "disc" in kind else ROWS < 61
    assert found[inside].mean() > (0.9 if kind == "95 %" else 0.999)
    if "disc" in kind:
        assert not found[np.hypot(ROWS - 30, COLUMNS - 36) > 26].any()


@pytest.mark.parametrize(("kind", "error"), [("rows", 0.01), ("one of four", 0.01), ("50 %", 0.03), ("75 %", 0.06)])
def test_a_scene_is_what_it_was(kind: str, error: float) -> None:
    mask = ALL_OVER[kind]()
    scene = (np.sin(ROWS / 5) + np.cos(COLUMNS / 6)).astype(np.float32)
    found = mended(Raster(np.where(mask, scene, np.float32(0)), mask, Grid(mask.shape)), SETTINGS, "fixed")
    inner = slice(3, -3), slice(3, -3)
    assert abs(found.data - scene)[inner].mean() < error


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_other_images_stay_as_they_are(kind: str) -> None:
    image = image_of(ELSEWHERE[kind]())
    assert mended(image, SETTINGS, "fixed") is image


@pytest.mark.parametrize("turned", [np.flipud, np.fliplr, np.transpose])
def test_a_mirrored_image_is_mended_alike(turned: Callable[..., NDArray[np.generic]]) -> None:
    image = image_of(ALL_OVER["75 %"]())
    data, mask = (np.ascontiguousarray(turned(each)) for each in (image.data, image.mask))
    other = mended(Raster(data, mask, Grid(mask.shape)), SETTINGS, "moving")
    found = mended(image, SETTINGS, "fixed")
    np.testing.assert_array_equal(other.mask, turned(found.mask))
    np.testing.assert_allclose(other.data, turned(found.data), atol=1e-5)


@pytest.mark.parametrize("kind", ["single pixels", "thin lines"])
def test_what_lies_too_far_apart_is_refused_by_name(kind: str) -> None:
    lattice = (ROWS % 16 == 8) & (COLUMNS % 16 == 8) if kind == "single pixels" else ROWS % 20 == 9
    share = f"{100 * (1 - lattice.mean()):.3g} %"
    with pytest.raises(InputError, match=f"moving has {share} of its pixels missing.*scattered-pixels"):
        mended(image_of(lattice), SETTINGS, "moving")
