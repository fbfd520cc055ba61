"""A field of view: told from its ground and rim, and from objects on a plain ground by where both images have it."""

from __future__ import annotations

import numpy as np
import pytest
import skimage
from numpy.typing import NDArray
from scipy import ndimage

from superpose._sampling.field_of_view import FieldOfView, cut_discs, same_field
from superpose._sampling.ground import ground_of, possible_parts
from superpose._sampling.prepared import Prepared, WorkSize
from superpose._sampling.rim import depth_in, gradients, has_structure, rim_depth
from superpose._sampling.settings import FieldOfViewSettings
from superpose.image import UserImage
from tests.fields import MIDDLE, SHAPE, depth_in_disc, depth_in_octagon, seen_through
from tests.scenes import image_of, pose

Floats = NDArray[np.float64]
SETTINGS = FieldOfViewSettings()
STILL = np.eye(3)
TURNED = pose(40, (9, -11), SHAPE)
ROWS, COLUMNS = np.indices(SHAPE)


def found(image: Floats) -> FieldOfView | None:
    """Return the field of view as the engine tells it."""
    prepared = Prepared.of(UserImage(image), "image", kept=False)
    return prepared.field_of_view(prepared.levels(WorkSize(), 1), 1)


def same(one: Floats, other: Floats) -> bool:
    first, second = found(one), found(other)
    return first is not None and second is not None and same_field(first, second, SETTINGS)


FIELDS = {
    "disc": depth_in_disc(),
    "cut by the frame": depth_in_disc(170),
    "cut flat": np.minimum(depth_in_disc(), 110 - np.abs(ROWS - MIDDLE[0])),
    "octagon": depth_in_octagon(),
}
LOOKS = {"plain": {}, "soft": {"soft": 4.0}, "weak": {"contrast": 4.0}, "bright ground": {"ground": 250.0}}


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_found_and_its_rim_is_left_out(name: str, look: str) -> None:
    depth = FIELDS[name]
    images = [seen_through(depth, truth, seed, **LOOKS[look]) for truth, seed in ((STILL, 1), (TURNED, 2))]
    assert same(*images)
    view = found(images[0])
    assert view is not None
    kept = view.inside(image_of(images[0])).mask
    # Where the frame cuts the outline, a few pixels of it are nearer to what is not seen.
    assert np.count_nonzero(kept[depth < 2]) <= 12
    assert kept[depth > 30].all()


def test_a_glow_around_the_field_is_ground_as_well() -> None:
    depth = depth_in_disc()
    glow = 14 * np.exp(np.minimum(depth, 0) / 15) + 8 * COLUMNS / SHAPE[1]
    images = [seen_through(depth, truth, seed) + glow for truth, seed in ((STILL, 1), (TURNED, 2))]
    assert same(*images)


def test_light_that_falls_off_to_the_rim_costs_no_more_of_the_field() -> None:
    depth = depth_in_disc()
    image = seen_through(depth, STILL, 1)
    view = found(np.where(depth > 0, image * (0.4 + 0.6 * np.clip(depth / 135, 0, 1)), image))
    assert view is not None
    assert view.inside(image_of(image)).mask[depth > 40].all()


def test_an_outline_that_moved_is_that_of_an_object() -> None:
    still = seen_through(depth_in_disc(120), STILL, 1)
    assert same(still, seen_through(depth_in_disc(120), TURNED, 2))
    for shift in (1.5, 4, 12):
        assert not same(still, seen_through(depth_in_disc(120, (MIDDLE[0] + shift, MIDDLE[1] - shift)), TURNED, 2))


def test_discs_that_the_frame_cuts_are_fields_wherever_they_lie() -> None:
    views = {
        name: found(seen_through(depth, STILL, 1))
        for name, depth in {
            "whole": depth_in_disc(130),
            "cut": depth_in_disc(150, (MIDDLE[0] + 15, MIDDLE[1] - 20)),
            "octagon": depth_in_octagon(),
        }.items()
    }
    whole, cut, octagon = (views[name] for name in ("whole", "cut", "octagon"))
    assert whole is not None and cut is not None and octagon is not None
    assert not same_field(whole, cut, SETTINGS)
    assert cut_discs(whole, cut, SETTINGS) and cut_discs(cut, whole, SETTINGS)
    assert not cut_discs(whole, whole, SETTINGS)
    assert not cut_discs(octagon, cut, SETTINGS)


def test_what_is_no_field() -> None:
    noise = np.random.default_rng(3).normal(0, 1.5, SHAPE)
    away = np.hypot(ROWS - MIDDLE[0], COLUMNS - MIDDLE[1])
    limb = 200 * (0.6 + 0.4 * np.sqrt(np.clip(1 - (away / 120) ** 2, 0, 1)))
    sky = ndimage.gaussian_filter((np.random.default_rng(5).random(SHAPE) < 1e-3) * 4000.0, 1.5)
    frame = np.where((away < 130) & (away > 126), 0.0, 255)
    texture = 20 * ndimage.gaussian_filter(np.random.default_rng(7).normal(size=SHAPE), 3)
    star = away < 80 + 40 * np.sin(5 * np.arctan2(ROWS - MIDDLE[0], COLUMNS - MIDDLE[1]))
    images = {
        "sun": np.where(away < 120, limb, 5),
        "plain disc": np.where(away < 120, 150.0, 5),
        "stars": sky,
        "drawing": frame,
        "a star of texture": np.where(star, 150 + 10 * texture, 5),
        "sea under a plain sky": np.where(ROWS > 150, 150 + 10 * texture, 5),
    }
    for name, image in images.items():
        assert found(ndimage.gaussian_filter(image, 0.7) + noise) is None, name


@pytest.mark.parametrize("name", ["camera", "coins", "brick", "chelsea", "coffee", "horse", "page", "text", "moon"])
def test_photographs_have_none(name: str) -> None:
    image = getattr(skimage.data, name)().astype(float)
    assert found(image.mean(-1) if image.ndim == 3 else image) is None


def test_a_ground_is_what_three_corners_share() -> None:
    image = np.full((60, 60), 7.0)
    image[20:40, 20:40] = np.arange(20) * 10
    image[:5, :5] = 150
    ground = ground_of(image_of(image), SETTINGS)
    assert ground is not None and ground.value == 7
    image[-5:, :5] = 150
    assert ground_of(image_of(image), SETTINGS) is None


def test_what_a_coarse_level_rules_out() -> None:
    image = np.full((40, 44), 3.0)
    image[4:36, 5:40] = 100
    assert possible_parts(image_of(image), SETTINGS) == list(SETTINGS.tolerances)
    image[12:36, 12:20] = 3  # a bay, bent inwards
    assert possible_parts(image_of(image), SETTINGS) == []


def test_the_rim_ends_where_gradients_run_no_more_along_the_depth() -> None:
    depth = depth_in(np.hypot(ROWS - 149.5, COLUMNS - 159.5) < 120)
    texture = 5 * ndimage.gaussian_filter(np.random.default_rng(9).normal(size=SHAPE), 2)
    for wide in (4, 10):
        data = (texture + 100 * np.clip(depth / wide, 0, 1)).astype(np.float32)
        along, _ = gradients(data, depth)
        assert wide - 1 <= rim_depth(along, depth, 30, 0.3) <= wide + 2


def test_noise_and_a_darkened_limb_are_no_structure() -> None:
    depth = depth_in(np.hypot(ROWS - 149.5, COLUMNS - 159.5) < 120)
    noise = np.random.default_rng(9).normal(0, 2, SHAPE)
    limb = np.clip(depth, 0, None)
    assert not has_structure(image_of(limb + noise), depth, 3, SETTINGS)
    assert has_structure(image_of(limb + noise + 9 * ndimage.gaussian_filter(noise, 3)), depth, 3, SETTINGS)


@pytest.mark.parametrize("name", ["disc", "octagon"])
def test_a_field_is_the_same_in_images_that_were_padded(name: str) -> None:
    """By margins of any widths, other ones each: where it lies on the sensor is counted from where that begins."""
    images = [seen_through(FIELDS[name], truth, seed) for truth, seed in ((STILL, 1), (TURNED, 2))]
    widths = ((34, 20), (37, 1)), ((28, 13), (29, 10))
    padded = [np.pad(each, by, constant_values=np.nan) for each, by in zip(images, widths, strict=True)]
    assert same(*padded)
    moved = np.roll(padded[1], (0, 6), (0, 1))
    assert np.isfinite(moved).sum() == np.isfinite(padded[1]).sum()
    # Within its frame it must not move.
    elsewhere = np.pad(np.roll(images[1], (0, 6), (0, 1)), widths[1], constant_values=np.nan)
    assert not same(padded[0], elsewhere) and same(padded[0], moved)
