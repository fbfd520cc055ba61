"""Lengths in two units, and images that say no place: what is measured in one is never taken for another's."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import superpose
from superpose._describe import describe
from superpose._io.transforms.files import write_transform
from superpose._memory import Room, _of_cgroup
from superpose._problem import starting_pose
from tests.volumes.phantom import pose, volume

Pair = tuple[superpose.Image, superpose.Image, superpose.Registration]


@pytest.fixture(scope="module")
def small(camera: NDArray[np.uint8]) -> NDArray[np.float64]:
    return camera[::4, ::4][:96, :96].astype(float)


@pytest.fixture(scope="module")
def in_micrometres(small: NDArray[np.float64]) -> Pair:
    fixed = superpose.Image(small, spacing=(2, 2), unit="µm")
    moving = superpose.Image(np.roll(small, 3, 0), spacing=(2, 2), unit="µm")
    return fixed, moving, superpose.register(fixed, moving, transform="translation")


def in_millimetres(image: superpose.Image) -> superpose.Image:
    return superpose.Image(image.array, spacing=(0.002, 0.002), unit="mm")


def test_a_mask_that_says_no_place_lies_on_the_images_own_pixels(small: NDArray[np.float64]) -> None:
    """It was taken for one at spacing 1, and three quarters of it were lost."""
    for spacing in ((2.0, 2.0), (0.1, 0.1)):
        image = superpose.Image(small, spacing=spacing, mask=superpose.Image(np.ones(small.shape, bool)))
        assert image.mask is not None and image.mask.all()


def test_no_channels_are_no_channels(small: NDArray[np.float64]) -> None:
    """A square image was transposed."""
    found = superpose.register(small, np.roll(small, 3, 0), transform="translation")
    with pytest.raises(superpose.InputError, match="other-grid"):
        found.warp(small, channel_axis=0)


def test_colours_first_come_back_first(small: NDArray[np.float64]) -> None:
    colours = np.stack([small, small.T, small[::-1]]).astype(np.uint8)
    found = superpose.register(colours, np.roll(colours, 3, 1), transform="translation", channel_axis=0)
    first = found.warp(channel_axis=0)
    assert first.shape == colours.shape and (np.moveaxis(first, 0, -1) == found.warp()).all()


def test_a_target_in_another_unit(in_micrometres: Pair) -> None:
    fixed, _, found = in_micrometres
    np.testing.assert_array_equal(found.warp(target=in_millimetres(fixed)), found.warp())


def test_a_landscape_of_two_units(in_micrometres: Pair) -> None:
    fixed, moving, _ = in_micrometres
    over = np.arange(-10.0, 11.0, 2.0)
    assert superpose.landscape(fixed, in_millimetres(moving), "row shift", over).minimum() == (6.0,)


def test_transforms_for_those_who_know_millimetres_only(in_micrometres: Pair, tmp_path: Path) -> None:
    fixed, moving, found = in_micrometres
    assert isinstance(found.transform, superpose.MatrixTransform)
    for grid in (moving, in_millimetres(moving)):
        _, offset = found.transform.as_ndimage(fixed, grid)
        np.testing.assert_allclose(offset, (3, 0), atol=1e-3)
    np.testing.assert_allclose(found.transform.as_nifti(found.unit)[1, 3], -0.006, atol=1e-6)
    with pytest.raises(superpose.InputError, match="unit"):
        found.transform.as_nifti("furlong")
    write_transform(tmp_path / "pose.tfm", found, "path")
    written = superpose.transforms.read(tmp_path / "pose.tfm")
    np.testing.assert_allclose(written.matrix[:2, 2], (0.006, 0), atol=1e-6)
    write_transform(tmp_path / "pose.json", found, "path")
    assert json.loads((tmp_path / "pose.json").read_text())["transform"]["matrix"][0][2] == pytest.approx(6, abs=1e-3)


def test_small_voxels_move_by_something() -> None:
    """A shift by whole voxels of 4 µm, told in millimetres, was "moving lies exactly on fixed"."""
    fine = superpose.from_matrix(pose((0, 0, 0), (0.004, 0.004, 0.0)), "rigid")
    grid = volume(shape=(24, 24, 24), spacing=(0.004,) * 3).grid
    assert "lies (0.00400, 0.00400, 0.00000)" in describe(fine, grid, "mm")


@pytest.mark.slow
def test_bare_pixels_say_no_place() -> None:
    """Beside a header with an origin they began where that says 0, and a warning spoke of both headers."""
    fixed, moving = volume(shape=(24, 26, 22)), volume(pose((2, 3, -2), (1, 2, 0)), scan=1, shape=(24, 26, 22))
    far = superpose.Image(moving.array, spacing=moving.spacing, origin=(500.0, 500.0, 500.0))
    bare = superpose.register(np.asarray(fixed.array), far, on_unreliable="ignore")
    assert not any("positions-apart" in each for each in bare.warnings)


def test_what_the_kernel_gives_back_is_there(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("512000000\n")
    (tmp_path / "memory.current").write_text("510000000\n")
    (tmp_path / "memory.stat").write_text("anon 60000000\ninactive_file 5\nactive_file 440000000\nslab_reclaimable 7\n")
    assert _of_cgroup(tmp_path) == 442000012
    assert Room.of(float("inf")).limit == float("inf") and Room.of(8e9).limit == 8e9


def test_a_start_in_another_unit_is_taken_to_the_images(in_micrometres: Pair, tmp_path: Path) -> None:
    fixed, moving, found = in_micrometres
    here = in_millimetres(fixed), in_millimetres(moving)
    found.save(tmp_path / "found.json")
    write_transform(tmp_path / "found.tfm", found, "path")
    for start in (found, tmp_path / "found.json", str(tmp_path / "found.tfm")):
        again = superpose.register(*here, transform="translation", initial=start)
        np.testing.assert_allclose(again.initial.shift, np.array(found.transform.shift) / 1000, atol=1e-12)
        np.testing.assert_allclose(again.transform.shift, np.array(found.transform.shift) / 1000, atol=1e-6)
    # A bare transform is in the images' own unit, as it always was.
    bare = superpose.register(*here, transform="translation", initial=again.transform)
    np.testing.assert_array_equal(bare.initial.shift, again.transform.shift)


def test_a_homography_in_another_unit_is_the_same_map(in_micrometres: Pair) -> None:
    fixed, moving, _ = in_micrometres
    matrix = np.array([[1.01, 0.02, 3.0], [-0.01, 0.99, -2.0], [1e-5, -2e-5, 1.0]])
    family, mm = superpose.transforms.family.family_named("homography", 2), in_millimetres(fixed).grid
    start = starting_pose(matrix, family, mm, in_millimetres(moving).grid, "µm")
    points = np.array([[10.0, 20.0], [150.0, 90.0]])
    np.testing.assert_allclose(1000 * start(points / 1000), superpose.from_matrix(matrix)(points), rtol=1e-12)


def test_a_start_in_pixels_is_none_in_space(in_micrometres: Pair, small: NDArray[np.float64]) -> None:
    fixed, moving, found = in_micrometres
    in_pixels = superpose.register(small, np.roll(small, 3, 0), transform="translation")
    with pytest.raises(superpose.InputError, match="initial is measured in px, and the images in µm: it is not known"):
        superpose.register(fixed, moving, initial=in_pixels)
    with pytest.raises(superpose.InputError, match="initial is measured in µm, and the images in px"):
        superpose.register(small, small, initial=found)
    ells = superpose.Image(small, spacing=(2, 2), unit="ell")
    with pytest.raises(superpose.InputError, match="initial is measured in µm, and the images in ell"):
        superpose.register(ells, ells, initial=found)
