"""One finer image of a burst: nearer to the scene than any frame, and than their mean, and honest about the rest."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from skimage import data

import superpose
from superpose._jobs.cameras import Cameras, response_of
from superpose._jobs.resolving import conjugate_gradients
from superpose._jobs.super_settings import SuperSettings
from tests.jobs.bursts import Floats, bicubic, burst_of, decibels

SETTINGS = SuperSettings()


def scene(side: int = 120) -> Floats:
    return data.camera()[60 : 60 + side, 160 : 160 + side] / 255.0


@pytest.fixture(scope="module")
def burst() -> tuple[list[Floats], list[superpose.MatrixTransform]]:
    return burst_of(scene(), 7, 2, 3)


def test_a_pixel_sees_its_square_blurred() -> None:
    from scipy.special import ndtr

    found = response_of(0.4, SETTINGS)
    away = np.arange(len(found)) / SETTINGS.steps
    np.testing.assert_allclose(found, ndtr((away + 0.5) / 0.4) - ndtr((away - 0.5) / 0.4), atol=1e-6)
    assert found[-1] < 1e-3


def test_the_transpose_is_one_and_an_even_image_is_seen_as_it_is() -> None:
    rng = np.random.default_rng(1)
    poses = [superpose.rigid(angle, (3 * angle, 0.3), (10, 12)).matrix for angle in (0.0, 0.1, -0.7)]
    finer = np.array([[0.5, 0, -2.25], [0, 0.5, -2.25], [0, 0, 1]])
    cameras = Cameras.of((52, 56), (22, 24), poses, finer, 0.35, SETTINGS, 2)
    image, frames = (rng.normal(size=size).astype(np.float32) for size in ((2, 52, 56), (3, 2, 22, 24)))
    one = float((cameras.seen(image).astype(float) * frames).sum())
    other = float((cameras.gathered(frames).astype(float) * image).sum())
    assert abs(one) > 1
    assert one == pytest.approx(other, rel=1e-5)
    np.testing.assert_allclose(cameras.seen(np.ones((1, 52, 56), np.float32))[0], 1, atol=5e-3)


def test_conjugate_gradients_solve_each_plane_by_itself() -> None:
    rng = np.random.default_rng(2)
    root = rng.normal(size=(12, 12))
    matrix = root @ root.T + np.eye(12)
    right = rng.normal(size=(3, 3, 4)).astype(np.float32)
    right[1] = 0

    def times(planes: np.ndarray) -> np.ndarray:
        return (planes.reshape(3, 12) @ matrix).reshape(3, 3, 4).astype(np.float32)

    found = conjugate_gradients(times, right, np.zeros_like(right), 40)
    np.testing.assert_allclose(found.reshape(3, 12), np.linalg.solve(matrix, right.reshape(3, 12).T).T, atol=1e-3)


@pytest.mark.slow
def test_it_is_nearer_to_the_scene(burst: tuple[list[Floats], list[superpose.MatrixTransform]]) -> None:
    frames, poses = burst
    found = superpose.super_resolve(frames)
    assert found.image.shape == (120, 120) and found.image.dtype == frames[0].dtype
    corners = superpose.Grid(frames[0].shape).corners
    assert max(each.distance(pose, corners) for each, pose in zip(found.transforms, poses, strict=True)) < 0.05
    one = decibels(bicubic(frames[0], 2), scene())
    mean = superpose.stack(frames, transform="rigid", reference="first", combine="mean").image
    assert mean is not None
    of_mean = decibels(bicubic(np.nan_to_num(mean.astype(float), nan=0.5), 2), scene())
    assert decibels(found.image, scene()) > max(one + 3, of_mean + 1.5)
    assert found.noise == pytest.approx(0.01, rel=0.15)
    assert not found.warnings
    assert found.coverage.max() == 7 and found.coverage[20:-20, 20:-20].min() == 7
    assert found.grid.spacing == (0.5, 0.5) and found.grid.origin == (-0.25, -0.25)
    assert "7 of 7 frames" in repr(found)
    assert len(found.to_csv().splitlines()) == 8
    assert found.plot().axes


def test_threads_change_no_bit(burst: tuple[list[Floats], list[superpose.MatrixTransform]]) -> None:
    frames, poses = burst
    one, two = (superpose.super_resolve(frames[:4], 1.5, transforms=poses[:4], threads=k) for k in (1, 2))
    assert np.array_equal(one.image, two.image)
    assert one.image.shape == (90, 90)


@pytest.mark.slow
def test_colour_and_16_bit_are_kept(burst: tuple[list[Floats], list[superpose.MatrixTransform]]) -> None:
    frames, poses = burst
    coloured = [np.stack([each, 1 - each, 0.5 * each], -1) for each in frames]
    deep = [np.rint(each.clip(0, 1) * 65535).astype(np.uint16) for each in coloured]
    found = superpose.super_resolve(deep, transforms=poses)
    assert found.image.dtype == np.uint16 and found.image.shape == (120, 120, 3)
    image = found.image / 65535
    assert decibels(image[..., 0], scene()) > decibels(bicubic(frames[0], 2), scene()) + 3
    np.testing.assert_allclose(image[..., 0] + image[..., 1], 1, atol=0.02)


@pytest.mark.slow
def test_a_stranger_is_named_and_left_out(burst: tuple[list[Floats], list[superpose.MatrixTransform]]) -> None:
    frames, _ = burst
    other = np.ascontiguousarray(data.coins()[:60, :60] / 255.0)
    with pytest.warns(superpose.UnreliableWarning, match=r"1 of the 8 frames could not be placed: 4 \("):
        found = superpose.super_resolve([*frames[:4], other, *frames[4:]])
    assert [each.used for each in found.table] == [True] * 4 + [False] + [True] * 3
    assert np.isnan(found.counted[4])
    assert decibels(found.image, scene()) > decibels(bicubic(frames[0], 2), scene()) + 3


@pytest.mark.slow
def test_what_moves_in_one_frame_hardly_counts(burst: tuple[list[Floats], list[superpose.MatrixTransform]]) -> None:
    frames, poses = burst
    passer_by = [each.copy() for each in frames]
    passer_by[3][20:40, 20:40] = 0.9
    usual, found = (superpose.super_resolve(each, transforms=poses) for each in (frames, passer_by))
    place = slice(46, 74), slice(46, 74)
    assert np.abs(found.image - usual.image)[place].max() < 0.1
    assert found.counted[3] < usual.counted[3] - 0.03
    assert found.coverage[place].max() == 6


def test_detail_finer_than_pixels_is_not_taken_for_motion() -> None:
    # Spokes that no frame can show: of all frames something is left there at first.
    down, right = np.indices((80, 80)) - 39.5
    away = np.hypot(down, right)
    spokes = 0.5 + 0.3 * np.sign(np.cos(20 * np.arctan2(down, right)))
    image = np.where(away < 30, spokes, scene(80))
    frames, poses = burst_of(image, 8, 2, 3)
    found = superpose.super_resolve(frames, transforms=poses)
    assert (found.coverage[away < 28] >= 5).mean() > 0.98
    fine = (away > 12) & (away < 16)
    assert np.std(found.image[fine]) > 0.5 * np.std(image[fine])


@pytest.mark.slow
def test_missing_pixels_are_filled_by_other_frames(
    burst: tuple[list[Floats], list[superpose.MatrixTransform]],
) -> None:
    frames, poses = burst
    holed = [each.copy() for each in frames]
    holed[0][20:26, 20:26] = np.nan
    found = superpose.super_resolve(holed, transforms=poses)
    assert np.isfinite(found.image).all()
    assert found.coverage[45, 45] == 6
    everywhere = [np.where(np.arange(60) < 9, np.nan, each) for each in frames]
    nowhere = superpose.super_resolve(everywhere, transforms=poses)
    assert np.isnan(nowhere.image[:, 0]).all() and nowhere.coverage[:, 0].max() == 0


@pytest.mark.slow
def test_frames_that_moved_by_whole_pixels_have_nothing_to_gain() -> None:
    frames, poses = burst_of(scene(), 5, 2, 4, angle=0, whole=True)
    with pytest.warns(superpose.UnreliableWarning, match="moved by whole pixels only"):
        superpose.super_resolve(frames, transforms=poses)
    halved = [np.roll(scene(), (0, k), (0, 1)).reshape(60, 2, 60, 2).mean((1, 3)) for k in range(4)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = superpose.super_resolve(halved, transform="translation")
    assert any("only along rows" in each for each in found.warnings)


@pytest.mark.slow
def test_few_frames_are_said(burst: tuple[list[Floats], list[superpose.MatrixTransform]]) -> None:
    frames, poses = burst
    found = superpose.super_resolve(frames[:4], 3, transforms=poses[:4])
    assert any("are few for an image 3 times finer; take 9 or more" in each for each in found.warnings)


@pytest.mark.filterwarnings("ignore::superpose.UnreliableWarning")
def test_a_first_frame_that_cannot_be_read_is_left_out(
    burst: tuple[list[Floats], list[superpose.MatrixTransform]],
) -> None:
    found = superpose.super_resolve(["no such file.tif", *(np.stack([each] * 2, -1) for each in burst[0])], channel=1)
    assert "of 7 of 8 frames" in repr(found) and any(each.endswith("[first-left-out]") for each in found.warnings)


@pytest.mark.parametrize("scale", [1, 0, -2, 1000, 4.1, np.nan, np.inf, "2", None, True])
def test_scales_that_cannot_be(scale: object) -> None:
    with pytest.raises(superpose.InputError, match=r"scale is .*; pass how many times finer .* more than 1, at most 4"):
        superpose.super_resolve([scene(), scene()], scale)  # type: ignore[arg-type]


@pytest.mark.parametrize("blur", [-0.1, 5.5, np.nan, "0.3"])
def test_blurs_that_cannot_be(blur: object) -> None:
    with pytest.raises(superpose.InputError, match=r"blur is .*; pass what the lens adds"):
        superpose.super_resolve([scene(), scene()], blur=blur)  # type: ignore[arg-type]


def test_bursts_that_are_none() -> None:
    with pytest.raises(superpose.InputError, match="frames has 1 images, and more detail than one shows takes several"):
        superpose.super_resolve([scene()])
    with pytest.raises(superpose.InputError, match="of a volume one plane"):
        superpose.super_resolve(np.random.default_rng(0).random((2, 24, 24, 24)), transform="translation")
    with pytest.raises(superpose.UnreliableError, match="fewer than two of the 2 frames could be placed"):
        superpose.super_resolve([scene(), scene()[:100]])
    grey, colour = scene(), np.stack([scene()] * 3, -1)
    with pytest.raises(superpose.InputError, match="frame 1 has 3 channels, and a frame before it one channel"):
        superpose.super_resolve([grey, colour], transforms=[superpose.translation((0, 0))] * 2)
