"""Series that no program can place surely, and rims of the sensor's that would hold frames where they are."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from superpose._jobs.doubt_settings import SensorRimSettings
from superpose._jobs.sensor_rims import sensor_rim
from superpose.errors import InputError, UnreliableWarning
from tests.jobs.test_stack import off

Floats = NDArray[np.float64]
SETTINGS = SensorRimSettings()


def moving(scene: Floats, speed: float, count: int = 8, side: int = 160, seed: int = 3) -> tuple[list[Floats], Floats]:
    """Return frames of a scene that wanders, with little noise, and by how much its content is moved in each."""
    rng = np.random.default_rng(seed)
    moved = np.cumsum(rng.normal(0, speed, (count, 2)), 0)
    waves, frames = np.fft.fft2(scene), []
    at = (np.array(scene.shape) - side) // 2
    for each in moved:
        image = np.fft.ifft2(ndimage.fourier_shift(waves, each)).real[at[0] : at[0] + side, at[1] : at[1] + side]
        frames.append(image + rng.normal(0, 2, image.shape))
    return frames, moved


def checks(period: int) -> Floats:
    rows, columns = np.indices((320, 320)) // (period // 2)
    return ndimage.gaussian_filter(np.where((rows + columns) % 2, 150.0, 50.0), 1, mode="wrap")


@pytest.mark.parametrize("period", [16, 32])
def test_a_scene_that_repeats_itself_is_refused(period: int) -> None:
    frames, _ = moving(checks(period), 5)
    with pytest.warns(UnreliableWarning, match="frames-left-out"):
        found = superpose.stack(frames)
    assert not any(found.transforms)
    assert all("repeats itself" in each.why_not or "in common" in each.why_not for each in found.table)


def test_bricks_are_no_such_scene() -> None:
    frames, moved = moving(skimage.data.brick().astype(float), 2)
    assert np.abs(off(superpose.stack(frames), moved, 8)).max() < 0.02


def rim(frame: Floats) -> Floats:
    """Return a frame with ten dark pixels all around."""
    return np.pad(frame[10:-10, 10:-10], 10)


def disc(frame: Floats) -> Floats:
    """Return a frame seen through a round aperture."""
    rows, columns = np.indices(frame.shape) - (len(frame) - 1) / 2
    return np.where(rows**2 + columns**2 < 77**2, frame, 0)


def bar(frame: Floats) -> Floats:
    """Return a frame with a bright bar to the left."""
    return np.where(np.arange(frame.shape[1]) < 12, 255.0, frame)


@pytest.mark.parametrize("seen", [rim, disc, bar])
@pytest.mark.parametrize("speed", [0.3, 3.0])
def test_a_rim_of_the_sensor_does_not_hold_frames(seen: type, speed: float) -> None:
    frames, moved = moving(skimage.data.moon().astype(float), speed)
    found = superpose.stack([seen(each) for each in frames])
    assert np.abs(off(found, moved, 8)).max() < 0.03
    assert [each for each in found.warnings if each.endswith("[sensor-rim]")]


def test_the_ground_around_a_thing_moves_along_with_it() -> None:
    scene = skimage.data.moon().astype(float)
    rows, columns = np.indices(scene.shape) - 256
    frames, moved = moving(np.where(rows**2 + columns**2 < 70**2, scene, 0), 0.3)
    found = superpose.stack(frames)
    assert np.abs(off(found, moved, 8)).max() < 0.03
    assert not found.warnings


@pytest.mark.parametrize("name", ["camera", "coins", "moon", "brick"])
@pytest.mark.parametrize("speed", [0.3, 3.0])
def test_a_photograph_has_no_rim(name: str, speed: float) -> None:
    frames, _ = moving(getattr(skimage.data, name)().astype(float), speed)
    assert sensor_rim(lambda k: frames[k].astype(np.float32), range(8), SETTINGS) is None


@pytest.mark.parametrize("transform", ["translation", "rigid"])
@pytest.mark.parametrize("shape", [(4, 4), (12, 200)])
def test_frames_of_few_rows_are_too_small(shape: tuple[int, int], transform: str) -> None:
    frames = list(np.random.default_rng(0).normal(size=(5, *shape)))
    with pytest.raises(InputError, match=r"frames has shape .* too small to align; .* at least 16 pixels"):
        superpose.stack(frames, transform=transform)


def test_an_array_that_is_one_colour_image_is_named() -> None:
    with pytest.raises(InputError, match=r"an array of shape \(5, 4, 4\), one image in colour"):
        superpose.stack(np.ones((5, 4, 4)))


def test_dim_frames_that_stand_still_are_trusted_by_their_means() -> None:
    rng = np.random.default_rng(0)
    scene = skimage.data.camera()[100:228, 100:228] / 255
    found = superpose.stack(rng.poisson(20 * scene, (16, *scene.shape)))
    assert min(each.confidence for each in found.table) > 0.9
    assert np.abs([each.motion for each in found.table]).max() < 0.2


@pytest.mark.parametrize("factor", [1e-30, 1e-9, 1e12])
def test_intensities_may_be_of_any_size(factor: float) -> None:
    frames, moved = moving(skimage.data.camera().astype(float), 1, side=128)
    assert np.abs(off(superpose.stack([each * factor for each in frames]), moved, 8)).max() < 0.02


@pytest.mark.parametrize("first", [0.0, 1e-30, 1e-20, 1e20])
def test_one_odd_frame_does_not_say_of_what_size_intensities_are(first: float) -> None:
    frames, moved = moving(skimage.data.camera().astype(float), 1, side=128)
    frames[0] = np.random.default_rng(1).random(frames[0].shape) * first
    with pytest.warns(UnreliableWarning, match="frames-left-out"):
        found = superpose.stack(frames)
    assert [each.used for each in found.table] == [False] + [True] * 7
    assert np.abs(off(found, moved, 7)).max() < 0.02


@pytest.mark.filterwarnings("error::RuntimeWarning", "ignore::superpose.errors.UnreliableWarning")
def test_noise_is_told_of_frames_of_few_rows() -> None:
    frames, moved = moving(skimage.data.camera().astype(float), 0.5, side=133)
    assert np.abs(off(superpose.stack([each[:16] for each in frames]), moved, 6)).max() < 0.1


def stars(count: int, seed: int) -> tuple[list[Floats], Floats]:
    """Return frames of some stars of unequal flux, and by how much they are moved in each."""
    rng = np.random.default_rng(seed)
    places, fluxes = rng.uniform(20, 108, (count, 2)), 60 * rng.uniform(0.5, 2, count)
    moved = np.cumsum(rng.normal(0, 0.5, (12, 2)), 0)
    rows, columns = np.indices((128, 128))
    frames = []
    for by in moved:
        image = rng.normal(10, 1, (128, 128))
        for (row, column), flux in zip(places + by, fluxes, strict=True):
            image += flux * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 4.5)
        frames.append(image)
    return frames, moved


@pytest.mark.parametrize(("count", "seed"), [(3, 12), (3, 13), (4, 16), (5, 11)])
@pytest.mark.slow
def test_some_stars_are_no_such_scene(count: int, seed: int) -> None:
    frames, moved = stars(count, seed)
    assert np.abs(off(superpose.stack(frames), moved, 12)).max() < 0.03


def test_dark_parts_of_the_scene_do_not_hide_an_aperture() -> None:
    frames, moved = moving(skimage.data.immunohistochemistry()[..., 1].astype(float), 1.5, 12, 200, 2)
    rows, columns = np.indices((200, 200)) - 100
    seen = 1 / (1 + np.exp((np.hypot(rows, columns) - 80) / 0.7))
    found = superpose.stack([each * seen for each in frames])
    assert np.abs(off(found, moved, 12)).max() < 0.03
    assert [each for each in found.warnings if each.endswith("[sensor-rim]")]
