"""A colour image is no volume: what an axis holds is said by `channel_axis`, and what was assumed is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from superpose import AssumptionWarning, Image, InputError
from superpose._spatial import with_channels

RNG = np.random.default_rng(8)
GREY = ndimage.gaussian_filter(RNG.normal(size=(72, 80)), 2)
COLOUR = np.stack([GREY, 0.5 * GREY + 0.2, GREY[::-1] * 0.1], -1)


@pytest.fixture(scope="module")
def found() -> superpose.Registration:
    block = ndimage.gaussian_filter(RNG.normal(size=(24, 26, 28)), 1.5)
    return superpose.register(block, np.roll(block, (1, 2, 0), (0, 1, 2)), transform="translation")


@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_colours_may_lie_on_any_axis(axis: int) -> None:
    moved = np.roll(COLOUR, (3, -2), (0, 1))
    plain = superpose.register(COLOUR, moved, transform="translation")
    arrays = [np.moveaxis(each, -1, axis) for each in (COLOUR, moved)]
    other = superpose.register(*arrays, transform="translation", channel_axis=axis)
    assert (other.transform.matrix == plain.transform.matrix).all()
    by_image = superpose.register(*(Image(each, channel_axis=axis) for each in arrays), transform="translation")
    assert (by_image.transform.matrix == plain.transform.matrix).all()
    # A grey image beside one in colour has no such axis.
    assert superpose.register(moved @ [0.299, 0.587, 0.114], arrays[1], channel_axis=axis).overlap > 0.99
    assert Image(arrays[0], channel_axis=axis).grid.shape == GREY.shape
    assert replace(Image(arrays[0], channel_axis=axis), unit="mm").shape == COLOUR.shape


def test_an_axis_of_one_channel_is_none() -> None:
    assert with_channels(GREY[None], 0, "fixed").shape == GREY.shape
    with pytest.raises(InputError, match=r"shape \(1, 72, 80\), whose axis 0 has one pixel only; drop that axis"):
        superpose.register(GREY[None], GREY)
    with pytest.raises(InputError, match=r"shape \(72, 80, 1\), whose axis 2 has one pixel only; drop that axis"):
        superpose.register(GREY[..., None], GREY)


def test_what_may_be_either_is_said() -> None:
    four = np.stack([GREY] * 4)
    with pytest.warns(AssumptionWarning, match=r"\(4, 72, 80\), and was taken for a volume of 4 planes; pass channel"):
        with_channels(four, "auto", "fixed", 1)
    with pytest.warns(AssumptionWarning, match="and was taken for an image in colour; pass channel_axis=None if"):
        with_channels(1000 * np.moveaxis(four, 0, -1), "auto", "moving", 1)
    volume = with_channels(np.moveaxis(four, 0, -1), None, "moving")
    assert volume.grid.shape == (72, 80, 4)
    # What is no more than usual is not talked of: warnings are errors here.
    for usual in (COLOUR, np.zeros((72, 80, 4), np.uint8), np.zeros((5, 72, 80)), np.zeros((4, 8, 9))):
        assert with_channels(usual, "auto", "fixed") is usual


@pytest.mark.parametrize("count", [2, 3])
def test_too_few_planes_name_their_axis(count: int) -> None:
    planes = np.stack([GREY] * count)
    said = rf"fixed has shape \({count}, 72, 80\), whose axis 0 has {count} pixels only, too few for a volume; pass ch"
    with pytest.raises(InputError, match=said):
        superpose.register(planes, GREY)


def test_a_colour_image_is_no_volume() -> None:
    with pytest.raises(InputError, match=r"moving is an image in colour, of shape \(72, 80, 3\), and fixed is a vol"):
        superpose.register(np.stack([GREY] * 9), COLOUR)


@pytest.mark.parametrize("axis", [3, -4, 0.5, "last", True])
def test_an_axis_that_is_none(axis: object) -> None:
    with pytest.raises(InputError, match="pass the number of its axis that holds colours or channels, or None"):
        superpose.register(COLOUR, COLOUR, channel_axis=axis)  # type: ignore[arg-type]


def test_several_channels_are_aligned_by_one(found: superpose.Registration) -> None:
    two = np.stack([np.asarray(found._moving.array)] * 2, 1)  # type: ignore[union-attr]
    with pytest.raises(InputError, match=r"2 channels along axis 1; align by one of them.*channel_axis=1"):
        superpose.register(two, two, channel_axis=1)


@pytest.mark.parametrize("axis", [0, 1, 2, 3])
def test_all_channels_are_resampled(found: superpose.Registration, axis: int) -> None:
    channels = RNG.integers(0, 4000, (5, *found.moving_grid.shape)).astype(np.uint16)
    array = np.moveaxis(channels, 0, axis)
    for order in (0, 1, 3):
        warped = found.warp(array, order=order, channel_axis=axis)
        alone = [found.warp(each, order=order) for each in channels]
        assert warped.dtype == np.uint16 and (np.moveaxis(warped, axis, 0) == alone).all()
    labels = found.warp_labels(array, channel_axis=axis)
    assert (np.moveaxis(labels, axis, 0) == [found.warp_labels(each) for each in channels]).all()


def test_channels_first_are_told(found: superpose.Registration) -> None:
    series = np.zeros((5, *found.moving_grid.shape))
    with pytest.raises(InputError, match=r"shape \(5, 24, 26, 28\).*pass channel_axis=0 if its first axis"):
        found.warp(series)
    with pytest.raises(InputError, match=r"image has shape \(5, 28, 26, 24\)"):
        found.warp(series.T[..., :24].T.transpose(0, 3, 2, 1))
    with pytest.raises(InputError, match="channel_axis is 4"):
        found.warp(series, channel_axis=4)


def test_as_many_labels_as_two_bytes_hold(found: superpose.Registration) -> None:
    labels = np.zeros(found.moving_grid.shape, np.uint16)
    labels.flat[:] = np.arange(labels.size) * 37 % 65536
    warped = found.warp_labels(labels)
    index = np.stack(np.meshgrid(*map(np.arange, found.fixed_grid.shape), indexing="ij"), -1)
    at = np.floor(found.transform(index) + 0.5).astype(int)
    inside = ((at >= 0) & (at < labels.shape)).all(-1)
    assert inside.mean() > 0.8 and (warped[inside] == labels[tuple(at[inside].T)]).all()
    assert (warped[~inside] == 0).all() and len(np.unique(warped)) > 10_000


def test_other_pixels_in_fixeds_space(found: superpose.Registration) -> None:
    grid = superpose.Grid((10, 12, 11), (4.0, 5.0, 3.0), (0.5, 1.0, 1.5))
    wide = np.pad(np.asarray(found.warp(order=1)), 0)
    out = found.warp(order=1, target=grid)
    assert out.shape == grid.shape
    on_voxels = out[::2]
    assert np.abs(on_voxels[:, :, ::2] - wide[4:9, 5:17, 3:19:3]).max() < 1e-5
    with pytest.raises(InputError, match="target is 5, and no grid"):
        found.warp(target=5)  # type: ignore[arg-type]


def test_a_chain_is_interpolated_once(found: superpose.Registration) -> None:
    first = superpose.rigid((0.1, 0.05, -0.1), (1.5, -0.7, 0.4), (12.0, 13.0, 14.0))
    second = superpose.rigid((-0.1, 0.15, 0.1), (-1.2, 0.6, 0.3), (12.0, 13.0, 14.0))
    fine = ndimage.gaussian_filter(RNG.normal(size=found.moving_grid.shape), 0.8)

    def warped(image: NDArray[np.float64], transform: superpose.MatrixTransform) -> NDArray[np.float64]:
        return replace(found, transform=transform).warp(image, order=3, clip=False)

    there_and_back = [second @ first, first.inverse() @ second.inverse()]
    chain = there_and_back[0] @ there_and_back[1]
    once, inside = warped(fine, chain), (slice(4, -4),) * 3
    assert np.abs(once - fine)[inside].max() < 1e-4
    twice = warped(warped(fine, there_and_back[0]), there_and_back[1])
    assert np.nanmax(np.abs(twice - fine)[inside]) > 0.05


@pytest.mark.parametrize("kind", ["cells", "tissue"])
def test_labels_are_no_intensities(found: superpose.Registration, kind: str) -> None:
    smooth = ndimage.gaussian_filter(np.random.default_rng(3).normal(size=found.moving_grid.shape), 2)
    cells = ndimage.label(smooth > 0.05)[0].astype(np.uint16)
    labels = cells if kind == "cells" else np.digitize(smooth, [-0.05, 0.0, 0.05]).astype(np.uint8)
    with pytest.warns(AssumptionWarning, match="looks like labels, and order=3 takes means of them; use .warp_labels"):
        found.warp(labels)
    found.warp_labels(labels)
    found.warp(labels, order=0)
    found.warp((labels > 0).astype(np.uint8))


@pytest.mark.parametrize("levels", [3, 4, 6, 16, 256])
def test_photographs_of_few_grey_levels_are_no_labels(levels: int) -> None:
    import skimage.data

    for photograph in (skimage.data.camera()[::2, ::2], skimage.data.coins(), skimage.data.moon()[::2, ::2]):
        grey = (photograph // (256 / levels) * (255 / (levels - 1))).clip(0, 255).astype(np.uint8)
        shape = superpose.Grid(grey.shape)
        plain = superpose.translation((0.5, 0.5))
        result = superpose.Registration(plain, 0.0, "ncc", "none", (), 1.0, plain, shape, shape)
        assert result.warp(grey).shape == grey.shape
