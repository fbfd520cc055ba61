"""Missing pixels as users have them: fields of interlaced video, a Bayer mosaic's sites, dead pixels all over."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from skimage import data

import superpose
from tests.cases.making import Truth, codes, found, off

Floats = NDArray[np.float64]
Cut = Callable[[Floats, np.random.Generator], Floats]


def without(image: Floats, kept: NDArray[np.bool_]) -> Floats:
    return np.where(kept, image, np.nan)


def scattered(share: float) -> Cut:
    return lambda image, rng: without(image, rng.random(image.shape) >= share)


KINDS: dict[str, Cut] = {
    "every second row": lambda image, rng: without(image, np.indices(image.shape)[0] % 2 == 0),
    "one site of four": lambda image, rng: without(image, (np.indices(image.shape) % 2).max(0) == 0),
    "two sites of four": lambda image, rng: without(image, np.indices(image.shape).sum(0) % 2 == 0),
    "10 %": scattered(0.1),
    "30 %": scattered(0.3),
    "50 %": scattered(0.5),
    "75 %": scattered(0.75),
}


def pair(side: int, family: str, seed: int) -> tuple[Floats, Floats, Truth]:
    """Return two views of a photograph, both of which were resampled, and the truth."""
    rng = np.random.default_rng(seed)
    scene = ndimage.gaussian_filter(np.asarray([data.camera, data.gravel, data.coins][seed % 3](), float), 0.8)
    scene = scene[:300, :380] / scene.std()
    step, centre = min(2.0, 250 / side), (side - 1) / 2
    linear = np.eye(2)
    if family != "translation":
        a = np.deg2rad(rng.uniform(-8, 8))
        linear = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    if family == "affine":
        linear = linear @ (np.eye(2) + rng.uniform(-0.05, 0.05, (2, 2)))
    shift = rng.uniform(-0.05, 0.05, 2) * side

    def truth(points: Floats) -> Floats:
        return np.asarray((points - centre) @ linear.T + centre + shift)

    points = np.stack(np.mgrid[:side, :side], -1).reshape(-1, 2).astype(float)
    back = (points - centre - shift) @ np.linalg.inv(linear).T + centre
    middle = (np.array(scene.shape) - 1) / 2
    views = [
        ndimage.map_coordinates(scene, ((each - centre) * step + middle).T, order=3, mode="reflect")
        for each in (points, back)
    ]
    noisy = [each.reshape(side, side) + rng.normal(0, 0.02, (side, side)) for each in views]
    return noisy[0], noisy[1], truth


@pytest.mark.parametrize("which", ["fixed", "moving", "both"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("side", "family"), [(64, "translation"), (96, "rigid"), (128, "affine"), (256, "rigid")])
def test_they_are_aligned(side: int, family: str, kind: str, which: str) -> None:
    fixed, moving, truth = pair(side, family, seed=1)
    rng = np.random.default_rng(side)
    if which != "moving":
        fixed = KINDS[kind](fixed, rng)
    if which != "fixed":
        moving = KINDS[kind](moving, rng)
    result = found(fixed, moving, transform=family)
    assert result.reliable
    assert off(result, truth) < min(0.3, 3 * result.uncertainty)
    assert not codes(result) & {"fixed-pattern", "two-motions"}


@pytest.mark.parametrize("metric", ["mse", "mi", "nmi", "correlation-ratio", "orientation"])
@pytest.mark.parametrize("kind", ["every second row", "one site of four", "50 %"])
def test_any_metric_serves(kind: str, metric: str) -> None:
    fixed, moving, truth = pair(128, "rigid", seed=2)
    rng = np.random.default_rng(7)
    result = found(KINDS[kind](fixed, rng), KINDS[kind](moving, rng), metric=metric)
    assert result.reliable
    assert off(result, truth) < 0.2


@pytest.mark.parametrize("kind", ["every second row", "one site of four", "50 %", "75 %"])
def test_pixels_that_both_images_lack_do_not_hold_them(kind: str) -> None:
    fixed, moving, truth = pair(128, "translation", seed=1)
    result = found(*(KINDS[kind](each, np.random.default_rng(3)) for each in (fixed, moving)), transform="translation")
    assert result.reliable
    assert off(result, truth) < 0.2
    assert "fixed-pattern" not in codes(result)


def test_a_mask_serves_as_well_as_nan_and_a_prepared_image_as_the_image_itself() -> None:
    fixed, moving, _ = pair(96, "rigid", seed=1)
    kept = np.indices(fixed.shape)[0] % 2 == 0
    first = found(without(fixed, kept), without(moving, kept))
    masked = found(np.ma.masked_array(fixed, ~kept), np.ma.masked_array(moving, ~kept))
    prepared = superpose.prepare(without(fixed, kept))
    again = found(prepared, without(moving, kept))
    assert "50 % of its pixels count" in repr(prepared)
    for other in (masked, again):
        np.testing.assert_array_equal(other.transform.matrix, first.transform.matrix)
        assert other.uncertainty == first.uncertainty


def test_exchanged_images_have_the_inverse_answer() -> None:
    fixed, moving, _ = pair(96, "rigid", seed=2)
    rng = np.random.default_rng(4)
    fixed, moving = KINDS["50 %"](fixed, rng), KINDS["every second row"](moving, rng)
    there, back = found(fixed, moving), found(moving, fixed)
    assert there.transform.distance(back.transform.inverse(), there.fixed_grid.corners) < 1e-6


@pytest.mark.slow
def test_a_refusal_says_how_much_of_which_image_is_missing() -> None:
    fixed, moving, _ = pair(128, "rigid", seed=1)
    moving = scattered(0.985)(moving, np.random.default_rng(5))
    share = f"{100 * np.isnan(moving).mean():.3g} %"
    with pytest.raises(superpose.UnreliableError, match=rf"the alignment \({share} of moving missing\)"):
        superpose.register(fixed, moving, on_unreliable="raise")
    few = np.full(fixed.shape, np.nan)
    few[5::20, 5::20] = fixed[5::20, 5::20]
    with pytest.raises(superpose.InputError, match=r"fixed has 99\.7 % of its pixels missing.*scattered-pixels"):
        superpose.register(few, moving)


def test_patches_of_which_a_coarse_level_has_nothing_are_no_surprise() -> None:
    fixed, moving, _ = pair(256, "rigid", seed=1)
    rows, columns = np.indices(fixed.shape)
    patches = (rows % 64 < 4) & (columns % 64 < 4)
    assert not found(without(fixed, patches), moving).reliable
