"""Masks of volumes: whole numbers, on grids of their own, and what is interpolated next to what is missing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

import superpose
from superpose import Image, InputError
from superpose.cli.main import main
from tests.volumes.phantom import error, pose, volume

TRUTH = pose((8.0, -5.0, 6.0), (4.0, -3.0, 2.0))
COARSE = (3.0, 3.0, 3.0)


@pytest.fixture(scope="module")
def pair() -> tuple[Image, Image]:
    return volume(shape=(30, 28, 26), spacing=COARSE), volume(TRUTH, shape=(27, 31, 28), spacing=COARSE, scan=1)


@pytest.mark.parametrize("ndim", [2, 3])
@pytest.mark.parametrize("wrong, count", [(-0.1, 1), (1.5, 1), (np.nan, 1), (np.inf, 1)])
def test_weights_beyond_0_to_1_are_refused_by_name(
    pair: tuple[Image, Image], ndim: int, wrong: float, count: int
) -> None:
    fixed, moving = (np.asarray(each.array) if ndim == 3 else np.asarray(each.array)[14] for each in pair)
    weights = np.linspace(0, 1, fixed.size).reshape(fixed.shape)
    weights.flat[7] = wrong
    said = f"mask is of floats, which are weights from 0 to 1, and {count} of its {fixed.size} numbers are not"
    with pytest.raises(InputError, match=said):
        superpose.register(fixed, moving, fixed_mask=weights)
    with pytest.raises(InputError, match=said):
        Image(fixed, mask=weights)


def test_weights_are_for_the_engine(pair: tuple[Image, Image]) -> None:
    fixed, moving = (np.asarray(each.array) for each in pair)
    weights = np.linspace(0.1, 1, moving.size).reshape(moving.shape)
    with pytest.raises(InputError, match=r"moving_mask is of weights, which are for the engine"):
        superpose.register(fixed, moving, moving_mask=weights, optimizer="powell")
    with pytest.raises(InputError, match=r"mask is of weights, and here a pixel counts or does not"):
        superpose.metrics.NCC().value(fixed[3], fixed[4], weights[3, :28, :26])


def test_whole_numbers_are_a_mask_and_floats_of_0_and_1_the_same(pair: tuple[Image, Image]) -> None:
    fixed = np.asarray(pair[0].array)
    kept = np.zeros(fixed.shape, bool)
    kept[3:25] = True
    for mask in (kept.astype(np.uint8) * 255, kept * 7, kept.astype(float), kept.astype(np.float16)):
        assert Image(fixed, mask=mask).mask.dtype == bool
        assert (Image(fixed, mask=mask).mask == kept).all()


# Metrics whose kernels differ.
@pytest.mark.parametrize(
    "metric", ["auto", *(pytest.param(each, marks=pytest.mark.slow) for each in ("nmi", "orientation"))]
)
def test_what_counts_little_holds_no_volume(pair: tuple[Image, Image], metric: str) -> None:
    """The upper half of moving is one of another pose, which wins where both halves count alike."""
    fixed, moving = pair
    other = volume(pose((-6.0, 4.0, 9.0), (-7.0, 8.0, -5.0)), shape=moving.shape, spacing=COARSE, scan=2)
    both, weights = np.asarray(moving.array).copy(), np.ones(moving.shape, np.float32)
    both[:17], weights[:17] = np.asarray(other.array)[:17], 0.02
    mixed = Image(both, moving.spacing, moving.origin, mask=weights)
    result = superpose.register(fixed, mixed, metric=metric, on_unreliable="ignore")
    # In millimetres, of voxels of three: what counts little still counts a little.
    assert error(result.transform.matrix, TRUTH) < (0.5 if metric == "auto" else 1.0)
    if metric == "auto":
        alike = superpose.register(fixed, replace(mixed, mask=None), on_unreliable="ignore")
        assert error(alike.transform.matrix, TRUTH) > 1
        swapped = superpose.register(mixed, fixed, on_unreliable="ignore")
        np.testing.assert_allclose(swapped.transform.inverse().matrix, result.transform.matrix, atol=1e-9)


def test_a_landscape_heeds_weights_that_have_a_peak(pair: tuple[Image, Image]) -> None:
    fixed, _ = pair
    weights = np.full(fixed.shape, 0.3)
    weights[10, 12, 12] = 1
    sampled = superpose.landscape(replace(fixed, mask=weights), fixed, "column shift", over=np.arange(-9.0, 10.0, 3.0))
    assert sampled.minimum() == (0.0,)
    assert np.ptp(sampled.values) > 0.1


@pytest.mark.slow
def test_weights_that_are_all_alike_change_nothing_to_speak_of(pair: tuple[Image, Image]) -> None:
    fixed, moving = pair
    plain = superpose.register(fixed, moving)
    half = superpose.register(replace(fixed, mask=np.full(fixed.shape, 0.5)), moving)
    assert np.abs(half.transform.matrix - plain.transform.matrix).max() < 2e-3
    ones = superpose.register(replace(fixed, mask=np.ones(fixed.shape)), moving)
    np.testing.assert_array_equal(ones.transform.matrix, plain.transform.matrix)


@pytest.mark.parametrize("ndim", [2, 3])
def test_a_mask_that_keeps_nothing_asks_whether_it_is_inverted(pair: tuple[Image, Image], ndim: int) -> None:
    fixed, moving = (np.asarray(each.array) if ndim == 3 else np.asarray(each.array)[14] for each in pair)
    with pytest.raises(InputError, match=rf"moving_mask keeps 0 of {moving.size} pixels.*invert it \(~moving_mask\)"):
        superpose.register(fixed, moving, moving_mask=np.zeros(moving.shape))
    with pytest.raises(InputError, match=r"fixed_mask has shape \(3, 4\), and its image has shape"):
        superpose.register(fixed, moving, fixed_mask=np.ones((3, 4)))


@pytest.mark.slow
def test_a_mask_lies_where_its_file_says(pair: tuple[Image, Image], tmp_path: Path) -> None:
    fixed, moving = pair
    spoilt = np.asarray(fixed.array).copy()
    spoilt[:8] = np.random.default_rng(5).normal(size=spoilt[:8].shape)
    # Twice as fine, and no larger than what counts.
    fine = tuple(each / 2 for each in COARSE)
    first = fixed.grid.to_physical([8 - 0.25, -0.25, -0.25])
    mask = Image(np.ones((44, 56, 52), np.uint8), fine, tuple(first), unit="mm")
    paths = [tmp_path / f"{name}.mha" for name in ("fixed", "moving", "mask", "out")]
    for path, image in zip(paths, (replace(fixed, array=spoilt), moving, mask), strict=False):
        superpose.write(path, replace(image, unit="mm"))
    own = np.zeros(fixed.grid.shape, bool)
    own[8:] = True
    expected = superpose.register(replace(fixed, array=spoilt), moving, fixed_mask=own)
    found = superpose.register(*paths[:2], fixed_mask=paths[2])
    assert np.abs(found.transform.matrix - expected.transform.matrix).max() < 1e-9
    assert error(found.transform.matrix, TRUTH) < 0.1
    pose_file = tmp_path / "pose.json"
    files = [str(each) for each in paths]
    options = ["--fixed-mask", files[2], "--save-transform", str(pose_file), "--quiet"]
    assert main(["align", *files[:2], "-o", files[3], *options]) == 0
    assert np.abs(superpose.load(pose_file).transform.matrix - expected.transform.matrix).max() < 1e-9


@pytest.mark.parametrize("order", [1, 3])
def test_a_missing_voxel_leaves_no_larger_hole(order: int) -> None:
    smooth = ndimage.gaussian_filter(np.random.default_rng(2).normal(size=(24, 26, 28)), 2.0) * 100
    shift = superpose.translation((0.3, -0.4, 0.25))
    grid = superpose.Grid(smooth.shape)
    result = superpose.Registration(shift, 0.0, "ncc", "none", (), 1.0, shift, grid, grid)
    whole = result.warp(smooth, order=order)
    spoilt = smooth.copy()
    spoilt[12, 13, 14] = np.nan
    warped = result.warp(spoilt, order=order)
    holes = np.isnan(warped) & ~np.isnan(whole)
    # At no place has a single voxel half of linear interpolation's weight here.
    assert not holes.any()
    assert np.nanmax(np.abs(warped - whole)) < 0.2 * smooth.std()
    # A block of missing ones has a hole of its own size, and no border of what was filled in.
    spoilt[8:14, 8:14, 8:14] = np.nan
    warped = result.warp(spoilt, order=order)
    holes = np.isnan(warped) & ~np.isnan(whole)
    assert 5**3 <= np.count_nonzero(holes) <= 7**3
    near = ndimage.binary_dilation(holes, iterations=3) & ~np.isnan(warped)
    assert np.abs(warped - whole)[near].max() < 1.0 * smooth.std()
    assert np.abs(warped - whole)[near].mean() < 0.1 * smooth.std()


def test_a_mask_that_lies_elsewhere_is_told_from_an_inverted_one(pair: tuple[Image, Image]) -> None:
    fixed, moving = pair
    far = Image(np.ones((6, 7, 8), bool), (4.0,) * 3, origin=(500.0, 0.0, 0.0))
    with pytest.raises(
        InputError, match=r"fixed_mask lies elsewhere: by its grid nothing that counts of it is on a pixel"
    ):
        superpose.register(fixed, moving, fixed_mask=far)
    with pytest.raises(InputError, match=r"^mask lies elsewhere"):
        Image(fixed.array, fixed.spacing, fixed.origin, mask=far)
