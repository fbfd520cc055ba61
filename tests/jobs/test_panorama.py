"""Photographs from one viewpoint: the focal length, where each looks, all around, and what cannot be one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from superpose._jobs.layouts import unrolled
from superpose._jobs.mosaic_settings import BlendSettings, MosaicSettings
from superpose._jobs.overlaps import Overlap, by_shift, common
from superpose._jobs.viewpoint import doubt_of_told, viewpoint

Floats = NDArray[np.float64]
SHAPE, FOCAL = (240, 320), 350.0


def looking(count: int, degrees: float, seed: int = 0, shaken: float = 0.03) -> list[Floats]:
    """Return rotations of a camera that is turned to the right, not quite level."""
    rng = np.random.default_rng(seed)
    pans = [superpose.rigid((math.radians(degrees) * k, 0, 0)).matrix[:3, :3] for k in range(count)]
    return [superpose.rigid(tuple(rng.normal(0, shaken, 3))).matrix[:3, :3] @ each for each in pans]


def said(rotations: list[Floats], sigma: float, wrong: dict[int, Floats] | None = None) -> list[Overlap]:
    """Return what pairs that overlap say, to an error, some of it wrong."""
    rng, out = np.random.default_rng(1), []
    to_ahead = by_shift(-(np.array(SHAPE) - 1) / 2)
    camera = np.diag([1, 1, FOCAL])
    for a in range(len(rotations)):
        for b in range(a + 1, len(rotations)):
            turn = rotations[b] @ rotations[a].T
            if turn[2, 2] < math.cos(math.radians(45)):
                continue
            pose = np.linalg.inv(to_ahead) @ np.linalg.inv(camera) @ turn @ camera @ to_ahead
            pose = by_shift(rng.normal(0, sigma, 2)) @ pose / pose[2, 2]
            pose = (wrong or {}).get(len(out), np.eye(3)) @ pose
            points, overlap = common(SHAPE, SHAPE, pose)
            if len(points) < 20:
                continue
            out.append(Overlap(a, b, pose, points, sigma * sigma * np.eye(2), overlap, 0.99))
    return out


def seams(found: dict[int, Floats], focal: float, rotations: list[Floats]) -> float:
    """Return how far an image is laid elsewhere on another than it is, at the most, in pixels near the middle."""
    gaps = []
    for a, b in zip(sorted(found)[:-1], sorted(found)[1:], strict=True):
        true, ours = rotations[b] @ rotations[a].T, found[b] @ found[a].T
        points = np.array([(0, 0, FOCAL), (80, 60, FOCAL), (-80, 60, FOCAL)])
        there, here = points @ true.T, (points * (1, 1, focal / FOCAL)) @ ours.T
        gaps.append(np.abs(FOCAL * there[:, :2] / there[:, 2:] - focal * here[:, :2] / here[:, 2:]).max())
    return max(gaps)


def test_eight_views_tell_focal_length_and_rotations() -> None:
    rotations = looking(8, 20)
    overlaps = said(rotations, 0.05, {3: by_shift(np.array([0.0, 9])), 6: by_shift(np.array([-60.0, 200]))})
    found = viewpoint([SHAPE] * 8, overlaps, None, MosaicSettings())
    assert np.flatnonzero(~found.placed.fits).tolist() == [3, 6] and len(found.placed.poses) == 8
    assert found.focal == pytest.approx(FOCAL, rel=0.005)
    # Each link is as exact as the settings let one be: the length's error is no less than its own.
    assert abs(found.focal - FOCAL) < 3 * found.sigma < 0.03 * FOCAL
    assert seams(found.placed.poses, found.focal, rotations) < 0.3
    # The horizon is level, and the middle looks straight ahead.
    ahead = np.array([found.placed.poses[k][2] for k in range(8)])
    assert np.abs(ahead[:, 0]).max() < 0.1 and abs(ahead[:, 1].sum()) < 0.2
    assert np.ptp(np.degrees(np.arctan2(ahead[:, 1], ahead[:, 2]))) == pytest.approx(140, abs=6)


def test_all_around_the_two_ends_are_one() -> None:
    rotations = looking(18, 20)
    overlaps = said(rotations, 0.05)
    found = viewpoint([SHAPE] * 18, overlaps, None, MosaicSettings())
    assert found.placed.fits.all() and found.focal == pytest.approx(FOCAL, rel=0.001)
    assert seams(found.placed.poses, found.focal, rotations) < 0.1
    layout = unrolled(found.placed.poses, found.focal, "sphere", [SHAPE] * 18, BlendSettings())
    assert layout.grid is not None and layout.grid.shape[1] == math.floor(2 * math.pi * found.focal)
    # One image lies at both ends, at least, and none of the canvas is further to a side than half a turn.
    twice = [k for k in range(18) if sum(each.number == k for each in layout.pieces) == 2]
    assert twice and all(each.box[1].stop <= layout.grid.shape[1] for each in layout.pieces)


def test_a_view_straight_up_is_on_a_sphere_and_on_no_cylinder() -> None:
    rotations = {0: np.eye(3), 1: superpose.rigid((0, math.radians(80), 0)).matrix[:3, :3]}
    layout = unrolled(rotations, FOCAL, "sphere", [SHAPE] * 2, BlendSettings())
    assert layout.grid is not None and layout.grid.shape[1] == math.floor(2 * math.pi * FOCAL)
    assert unrolled(rotations, FOCAL, "cylinder", [SHAPE] * 2, BlendSettings()).grid is None


def test_a_focal_length_that_is_told_stays() -> None:
    found = viewpoint([SHAPE] * 4, said(looking(4, 20), 0.05), 350.0, MosaicSettings())
    assert found.focal == 350 and found.sigma == 0 and found.placed.fits.all()


@pytest.mark.parametrize("told, fits", [(343.0, "9 of 9 overlaps, to 0.1"), (700.0, "0 of 9 overlaps")])
def test_a_focal_length_that_the_images_contradict_is_blamed(told: float, fits: str) -> None:
    overlaps = said(looking(6, 20), 0.05)
    view = viewpoint([SHAPE] * 6, overlaps, told, MosaicSettings())
    doubt = doubt_of_told(view, [SHAPE] * 6, overlaps, MosaicSettings())
    assert f"focal is {told:g} pixels, and the 349.8" in doubt and f"and focal {fits}" in doubt
    right = viewpoint([SHAPE] * 6, overlaps, FOCAL, MosaicSettings())
    assert doubt_of_told(right, [SHAPE] * 6, overlaps, MosaicSettings()) == ""


def test_turns_about_the_axis_tell_no_focal_length() -> None:
    rolls = [np.eye(3), superpose.rigid((0, 0, 0.6)).matrix[:3, :3]]
    found = viewpoint([SHAPE] * 2, said(rolls, 0.05), None, MosaicSettings())
    assert not found.sigma < 0.1 * found.focal


@pytest.fixture(scope="module")
def views() -> tuple[list[Floats], list[Floats]]:
    """Return three views from inside a sphere that is papered with photographs, unlike in exposure."""
    rng = np.random.default_rng(0)
    pictures = [getattr(skimage.data, name)() for name in ("camera", "astronaut", "coffee", "brick")]
    scene = np.hstack([(each.mean(-1) if each.ndim == 3 else each)[:400, :400] for each in pictures])
    y, x = (each - (n - 1) / 2 for each, n in zip(np.mgrid[:160, :200], (160, 200), strict=True))
    images, rotations = [], looking(3, 20)
    for k, turn in enumerate(rotations):
        down, right, on = np.moveaxis(np.stack([y, x, np.full(y.shape, 220.0)], -1) @ turn, -1, 0)
        places = [200 + 400 * np.arctan2(down, np.hypot(right, on)), 400 + 400 * np.arctan2(right, on)]
        seen = ndimage.map_coordinates(scene, places, order=3)
        images.append(seen * (1 + 0.2 * k) + rng.normal(0, 1, seen.shape))
    return images, rotations


@pytest.mark.parametrize("projection", ["cylinder", "sphere"])
@pytest.mark.slow
def test_views_of_a_made_sphere(views: tuple[list[Floats], list[Floats]], projection: str) -> None:
    images, rotations = views
    found = superpose.mosaic(images, projection=projection, blend="mean" if projection == "cylinder" else "multi-band")
    assert found.projection == projection and found.focal == pytest.approx(220, rel=0.005)
    assert all(each.placed_by == "overlaps" and each.links == 2 for each in found.table)
    assert found.gains[0] / found.gains[2] == pytest.approx(1.4, rel=0.03)
    for k, (one, other) in enumerate(zip(found.rotations[:-1], found.rotations[1:], strict=True)):
        assert one is not None and other is not None
        between = other @ one.T @ (rotations[k + 1] @ rotations[k].T).T
        assert np.abs(between - np.eye(3)).max() < 0.001
    assert found.image is not None and found.coverage is not None
    # What the mosaic shows is what each image does, where its own transform says.
    view = found.transforms[1]
    assert isinstance(view, superpose.ViewTransform)
    middle = view.inverse()([80, 100])
    row, column = np.rint(middle - found.grid.origin).astype(int)
    there = view(np.array([row, column]) + found.grid.origin)
    own = ndimage.map_coordinates(images[1] * found.gains[1], there[:, None], order=3)[0]
    assert found.image[row, column] == pytest.approx(own, abs=6)
    assert len(found.plot().axes[0].lines) == 3 + 3


@pytest.mark.slow
def test_it_is_the_same_with_more_threads(views: tuple[list[Floats], list[Floats]]) -> None:
    one, two = (superpose.mosaic(views[0][:2], projection="sphere", threads=n) for n in (1, 2))
    assert one.focal == two.focal and np.array_equal(one.image, two.image, equal_nan=True)


@pytest.mark.parametrize(
    "wrong, says",
    [
        ({"projection": "spere"}, "did you mean 'sphere'"),
        ({"projection": "sphere", "transform": "rigid"}, "for photographs from one viewpoint"),
        ({"projection": "cylinder", "positions": [(0, 0), (0, 90)]}, "positions are those of a plane"),
        ({"projection": "sphere", "focal": -3}, "focal"),
        ({"focal": 300}, "a plane has no focal length"),
    ],
)
def test_what_no_panorama_is_made_of(
    views: tuple[list[Floats], list[Floats]], wrong: dict[str, Any], says: str
) -> None:
    with pytest.raises(superpose.InputError, match=says):
        superpose.mosaic(views[0][:2], **wrong)


def test_two_of_the_same_view_tell_no_focal_length(views: tuple[list[Floats], list[Floats]]) -> None:
    image = views[0][0]
    with pytest.raises(superpose.InputError, match="do not tell their focal length"):
        superpose.mosaic([image[:, :-2], image[:, 2:]], projection="sphere")
