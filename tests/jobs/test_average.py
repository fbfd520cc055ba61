"""The average of images of which none is the reference."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

import superpose
from superpose import AverageResult, InputError, UnreliableWarning
from superpose._arithmetic.lie import mean_of
from superpose._jobs.average_settings import AverageSettings
from superpose._jobs.group import pairs_of
from superpose._jobs.members import Named, members_of
from superpose._jobs.templates import template_grid
from superpose._sampling.mapping import PixelMap
from superpose._sampling.resample import resample

Floats = NDArray[np.float64]
SCENE = skimage.data.camera()[::2, ::2].astype(float)


def views(count: int, seed: int, degrees: float = 20.0, noise: float = 3.0) -> tuple[list[Any], list[Floats]]:
    """Return views of a scene, each turned, shifted, of its own size and brightness, and from where in it they are."""
    rng = np.random.default_rng(seed)
    images, poses = [], []
    for k in range(count):
        shape = (130 + 6 * k, 140)
        shift = rng.uniform(-8, 8, 2) + (np.array(SCENE.shape) - shape) / 2
        pose = superpose.rigid(np.radians(rng.uniform(-degrees, degrees)), shift, (np.array(shape) - 1) / 2)
        seen = resample(SCENE, PixelMap(pose, superpose.Grid(shape), superpose.Grid(SCENE.shape)), 3, np.nan, 1)
        seen = seen * rng.uniform(0.8, 1.3) + rng.uniform(0, 30) + rng.normal(0, noise, shape)
        images.append(seen.astype(np.float32))
        poses.append(pose.matrix)
    return images, poses


def apart(found: AverageResult, poses: Sequence[Floats]) -> float:
    """Return how far from each other images say that the average's corners lie in the scene, at most."""
    corners = np.c_[found.grid.corners, np.ones(len(found.grid.corners))].T
    pairs = zip(poses, found.transforms, strict=True)
    at = np.array([pose @ each.matrix @ corners for pose, each in pairs if each is not None])
    return float(np.ptp(at, 0).max())


def middles(found: AverageResult, images: Sequence[Any]) -> list[Floats]:
    """Return transforms as they are about the middles of the average and of each image."""
    out = []
    for transform, image in zip(found.transforms, images, strict=True):
        assert transform is not None
        into, back = np.eye(3), np.eye(3)
        into[:2, 2] = found.grid.centre
        back[:2, 2] = -(np.array(np.shape(image)[:2]) - 1) / 2
        out.append(back @ transform.matrix @ into)
    return out


def test_it_lies_where_the_images_lie_on_average() -> None:
    images, poses = views(4, 0)
    found = superpose.average(images)
    assert apart(found, poses) < 0.05 and found.moved <= 0.01 and not found.warnings
    # Their turns about it add up to nothing, and so do the ways to all of them.
    turns = [np.arctan2(each[1, 0], each[0, 0]) for each in middles(found, images)]
    assert abs(sum(turns)) < 1e-9 and max(np.abs(turns)) > 0.1
    assert [each.turn for each in found.table] == pytest.approx(np.degrees(np.abs(turns)))
    assert all(each.used and each.sigma < 0.02 and each.confidence > 0.9 for each in found.table)


def test_it_shows_the_scene_with_less_noise() -> None:
    images, poses = views(3, 0, noise=12.0)
    found = superpose.average(images)
    assert found.image is not None and found.coverage is not None and found.transforms[0] is not None
    onto = superpose.from_matrix(poses[0] @ found.transforms[0].matrix)
    truth = resample(SCENE, PixelMap(onto, found.grid, superpose.Grid(SCENE.shape)), 3, np.nan, 1)
    known = (found.coverage == 3) & np.isfinite(truth)
    gain, offset = np.polyfit(truth[known], found.image[known], 1)
    left = found.image[known] - gain * truth[known] - offset
    # Interpolation takes some of the noise as well.
    assert left.std() < 1.1 * 12 * gain / np.sqrt(3) and known.mean() > 0.5
    assert {each.used for each in found.table} == {True}
    # Each image's brightness follows from the average's.
    for image, row, pose in zip(images, found.table, poses, strict=True):
        back = superpose.from_matrix(pose)
        own = resample(SCENE, PixelMap(back, superpose.Grid(image.shape), superpose.Grid(SCENE.shape)), 3, np.nan, 1)
        here = np.isfinite(own)
        a, b = np.polyfit(own[here], image[here], 1)
        assert row.gain * gain == pytest.approx(a, rel=0.03)
        assert row.offset + row.gain * offset == pytest.approx(b, abs=4)


@pytest.mark.slow
def test_their_order_makes_no_difference_to_any_bit() -> None:
    images, _ = views(3, 1, degrees=8)
    images.append(images[1].copy())
    with pytest.warns(UnreliableWarning, match="1 of the 5 images"):
        found = superpose.average([*images, np.zeros((40, 40))])
    assert found.image is not None
    for order in ((3, 1, 4, 0, 2), (4, 3, 2, 1, 0)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            other = superpose.average([[*images, np.zeros((40, 40))][k] for k in order], threads=2)
        assert np.array_equal(found.image, other.image, equal_nan=True) and other.moved == found.moved
        for at, k in enumerate(order):
            one, same = found.transforms[k], other.transforms[at]
            assert (one is None) == (same is None) == (k == 4)
            assert one is None or same is None or np.array_equal(one.matrix, same.matrix)
            assert found.table[k].sigma == other.table[at].sigma or k == 4


@pytest.mark.slow
def test_a_stranger_is_named_and_left_out() -> None:
    images, poses = views(4, 2, degrees=8)
    images.insert(2, skimage.data.coins()[:140, :140].astype(np.float32))
    with pytest.warns(UnreliableWarning, match="1 of the 5 images could not be placed: image 2"):
        found = superpose.average(images)
    assert [each.used for each in found.table] == [True, True, False, True, True]
    assert found.transforms[2] is None and found.table[2].why_not and "image 2" in found.warnings[0]
    poses.insert(2, np.eye(3))
    assert apart(found, poses) < 0.05


@pytest.mark.slow
def test_images_that_have_nothing_in_common_make_no_average() -> None:
    images = [
        skimage.data.coins()[:120, :120],
        skimage.data.camera()[100:220, 150:270],
        skimage.data.moon()[:120, :120],
    ]
    with pytest.warns(UnreliableWarning, match="3 of the 3 images"):
        found = superpose.average(images)
    assert found.image is None and found.transforms == (None,) * 3
    with pytest.raises(InputError, match="no two images belong together"):
        _ = found.template
    with pytest.raises(InputError, match="no two images belong together"):
        found.plot()


def test_one_image_twice_is_its_own_average() -> None:
    image = views(1, 3)[0][0]
    found = superpose.average([image, image])
    assert found.image is not None and "same-frames" in found.warnings[0]
    assert np.abs(found.image - image).max() < 1e-3 and found.transforms[0] == superpose.rigid(0.0)
    assert found.coverage is not None and (found.coverage == 2).all()


def test_half_a_turn_has_no_middle() -> None:
    """Neither way from one to the other is the shorter one; there is an average all the same."""
    image = views(1, 4)[0][0]
    found = superpose.average([image, image[::-1, ::-1].copy()])
    assert found.image is not None
    assert sorted(round(each.turn) for each in found.table) in ([0, 180], [90, 90])


@pytest.mark.parametrize("family", ["translation", "similarity", "affine"])
@pytest.mark.slow
def test_other_families(family: str) -> None:
    images, poses = [], []
    for k in range(3):
        linear = np.eye(2)
        if family == "similarity":
            linear = (0.9, 1.0, 1.25)[k] * np.array([[1.0, -0.1 * k], [0.1 * k, 1.0]]) / np.hypot(1, 0.1 * k)
        if family == "affine":
            linear = np.array([[1.0, 0.08 * k], [0.03 * k, 1 - 0.05 * k]])
        pose = superpose.affine(linear, (60 + 3 * k, 55 - 2 * k), (65, 70))
        seen = resample(SCENE, PixelMap(pose, superpose.Grid((130, 140)), superpose.Grid(SCENE.shape)), 3, np.nan, 1)
        images.append(seen.astype(np.float32))
        poses.append(pose.matrix)
    found = superpose.average(images, transform=family)
    assert apart(found, poses) < 0.1
    mean = mean_of(middles(found, images))
    assert np.abs(mean[:2, :2] - np.eye(2)).max() < 1e-9 and np.abs(mean[:2, 2]).max() < 2
    if family == "similarity":
        assert np.prod([each.scale for each in found.table]) == pytest.approx(1, abs=1e-9)


def test_colours_stay() -> None:
    scene = skimage.data.coffee()[100:300, 150:350]
    images = [scene[k : 150 + k, 20 - k : 170 - k] for k in (0, 4, 9)]
    found = superpose.average(images, transform="translation")
    assert found.image is not None and found.image.shape == (*found.grid.shape, 3)
    moved = [each.motion for each in found.table]
    assert np.diff(moved, axis=0) == pytest.approx(np.array([[-4, 4], [-5, 5]]), abs=0.05)
    assert found.coverage is not None
    inner = found.coverage == 3
    first = np.argwhere(inner)[0] + np.round(
        np.array(moved[0]) + (np.array((149, 149)) - np.array(inner.shape) + 1) / 2
    )
    assert np.abs(found.image[inner][0] - images[0][tuple(first.astype(int))]).max() < 25


def blob(shape: tuple[int, ...], pose: Floats, spacing: Floats, origin: Floats, seed: int = 3) -> Floats:
    """Return a drawn volume, of which a point x shows what lies at pose(x)."""
    index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1)
    at = (index * spacing + origin) @ pose[:3, :3].T + pose[:3, 3]
    rng, out = np.random.default_rng(seed), np.zeros(shape)
    for k in range(24):
        centre = np.zeros(3) if k == 0 else rng.uniform(-22, 22, 3)
        radii = np.array([36.0, 32.0, 28.0]) if k == 0 else rng.uniform(4, 11, 3)
        distance = np.sqrt((((at - centre) / radii) ** 2).sum(-1))
        bright = 0.5 if k == 0 else rng.uniform(-0.4, 0.5)
        out += bright / (1 + np.exp(np.clip((distance - 1) * radii.mean() / 2, -40, 40)))
    return out


def test_what_hardly_counts_is_not_averaged() -> None:
    shown = SCENE[50:178, 50:178]
    weights = np.ones(shown.shape)
    weights[:64] = 0.01
    junk = shown.copy()
    junk[10:50, 10:50] = 5000
    pair = [superpose.Image(junk, mask=weights), shown]
    found = superpose.average(pair, transform="translation", max_rounds=2)
    assert found.image is not None and found.coverage is not None
    assert np.nanmax(found.image) < 300 and abs(np.nanmean(found.image[5:55]) - shown[5:55].mean()) < 2
    assert (found.coverage[1:60, 1:-1] == 1).all() and (found.coverage[66:-1, 1:-1] == 2).all()
    assert [each.gain for each in found.table] == pytest.approx([1, 1], abs=0.002)


def test_images_that_differ_in_their_weights_are_not_the_same() -> None:
    shown = SCENE[50:178, 50:178]
    weights = np.ones(shown.shape)
    weights[:64] = 0.6
    pair = [superpose.Image(shown, mask=each) for each in (weights, np.ones(shown.shape))]
    members, _ = members_of(Named(pair, None), 10**9)
    assert len(members) == 2


@pytest.mark.slow
def test_volumes_are_averaged_in_space() -> None:
    rng = np.random.default_rng(6)
    images, poses = [], []
    for k in range(3):
        pose = np.eye(4)
        pose[:3, :3] = Rotation.from_rotvec(rng.uniform(-0.15, 0.15, 3)).as_matrix()
        pose[:3, 3] = rng.uniform(-4, 4, 3)
        spacing = np.array([3.0, 3.0, 3.0]) if k else np.array([4.0, 2.5, 2.5])
        shape = (28, 28, 28) if k else (22, 34, 34)
        origin = -(np.array(shape) - 1) / 2 * spacing
        seen = blob(shape, pose, spacing, origin) + rng.normal(0, 0.01, shape)
        images.append(superpose.Image(seen.astype(np.float32), tuple(spacing), tuple(origin), unit="mm"))
        poses.append(pose)
    found = superpose.average(images)
    assert apart(found, poses) < 0.4 and found.moved <= 0.01 and found.unit == "mm"
    assert found.grid.spacing == (3.0, 3.0, 3.0) and found.grid.ndim == 3
    matrices = [each.matrix for each in found.transforms if each is not None]
    assert np.abs(mean_of(matrices) - np.eye(4)).max() < 1e-6
    assert found.template.grid == found.grid and found.coverage is not None and found.coverage.max() == 3
    middle = f"plane {found.grid.shape[0] // 2}"
    assert middle in [each.get_title(where) for each in found.plot().axes for where in ("left", "center")]


@pytest.mark.slow
def test_things_that_differ_are_averaged_where_they_fit_best() -> None:
    """Six scenes, each bent by a smooth warp of up to 4 px, turned to 15 degrees: an atlas of them."""
    rng = np.random.default_rng(8)
    images, fits = [], []
    grid = np.stack(np.meshgrid(np.arange(256.0), np.arange(256.0), indexing="ij"), -1)
    for _ in range(6):
        pose = superpose.rigid(np.radians(rng.uniform(-15, 15)), rng.uniform(-6, 6, 2), (127.5, 127.5))
        coarse = rng.normal(size=(2, 5, 5))
        warp = np.stack([ndimage.zoom(part, 256 / 5, order=3) for part in coarse], -1)
        warp *= 4 / np.sqrt(np.square(warp).sum(-1)).max()
        at = pose(grid)
        at = at + np.stack(
            [ndimage.map_coordinates(warp[..., k], at.T.swapaxes(1, 2), order=1, mode="nearest") for k in (0, 1)], -1
        )
        images.append(ndimage.map_coordinates(SCENE, np.moveaxis(at, -1, 0), order=3, mode="mirror")[50:-50, 50:-50])
        inner = at[50:-50:10, 50:-50:10].reshape(-1, 2)
        own = (grid[50:-50:10, 50:-50:10] - 50).reshape(-1, 2)
        fits.append(superpose.fit_transform(own, inner, transform="rigid").transform.matrix)
    found = superpose.average(images)
    assert all(each.used for each in found.table) and found.moved <= 0.01
    assert apart(found, fits) < 4


def test_a_template_has_the_axes_of_most_and_the_median_spacing() -> None:
    """The second volume's array runs along other axes of the same space."""
    swapped = ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
    rng = np.random.default_rng(0)
    given = [
        superpose.Image(rng.random((20, 24, 30)), (3.0, 2.0, 2.0), (-28.5, -23.0, -29.0)),
        superpose.Image(rng.random((30, 24, 20)), (1.5, 2.0, 3.5), (-33.0, -23.0, -22.0), swapped),
        superpose.Image(rng.random((20, 24, 30)), (3.0, 2.0, 1.0), (-28.5, -23.0, -14.5)),
    ]
    members, why = members_of(Named(given, None), 2**28)
    grid = template_grid(members, [np.eye(4)] * 3, 0.5, 48)
    assert not why and not grid.direction and grid.spacing == (3.0, 2.0, 1.5)
    # Two of them at least reach so far.
    for at in grid.corners:
        near = 2.5 * np.sign(at) * grid.spacing
        assert sum(bool(each.grid.contains(at - near)) for each in members) >= 2
        assert sum(bool(each.grid.contains(at + near)) for each in members) < 2


def test_each_is_compared_with_several() -> None:
    settings = AverageSettings()
    assert pairs_of(2, settings) == [(0, 1)] and len(pairs_of(5, settings)) == 10
    for count in (6, 7, 8, 20, 40):
        pairs = pairs_of(count, settings)
        degree = np.bincount(np.ravel(pairs), minlength=count)
        assert len(set(pairs)) == len(pairs) and degree.min() >= 3 and all(a < b for a, b in pairs)


@pytest.mark.parametrize(
    "images, said",
    [
        ([SCENE], "1 entries and fewer than two"),
        ([], "0 entries and fewer than two"),
        ("nofile.png", "^images .*nofile.png"),
        ([SCENE, np.zeros((50, 50))], r"fewer than two .*image 1: image 1 is .*constant"),
        (SCENE, r"an array of shape \(256, 256\), and not several images"),
        (3, "images is 3, and not several images"),
        (
            [SCENE, np.random.default_rng(0).random((20, 30, 40))],
            "images are of two kinds: image 0 has 2 axes, and image 1 has 3 axes",
        ),
        ([np.dstack([SCENE] * 3), SCENE], "image 0 has colours, and image 1 has no colours"),
        ([SCENE, superpose.Image(SCENE + 1, (2.0, 2.0))], "image 0 has no spacing, and image 1 has a spacing"),
    ],
)
def test_bad_images(images: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        superpose.average(images)


def test_bad_arguments() -> None:
    images = views(2, 0)[0]
    for named, said in (
        ({"transform": "homography"}, "transform is 'homography'|'homography' is not known"),
        ({"metric": "nccc"}, "did you mean 'ncc'"),
        ({"combine": "maen"}, "did you mean 'mean'"),
        ({"max_rounds": 0}, "max_rounds is 0"),
        ({"tolerance": -1}, "tolerance is -1"),
    ):
        with pytest.raises(InputError, match=said):
            superpose.average(images, **named)  # type: ignore[arg-type]


def test_what_is_not_stable_yet_is_said() -> None:
    images, _ = views(2, 5, noise=20)
    found = superpose.average(images, max_rounds=1, tolerance=1e-9)
    assert found.rounds == 1 and "not stable yet" in found.warnings[0]


def test_the_table_and_the_figure() -> None:
    images, _ = views(2, 0)
    found = superpose.average(images, combine="median")
    rows = found.to_csv().splitlines()
    assert rows[0] == "image,name,used,row,column,turn,scale,sigma,misfit,confidence,gain,offset,why not"
    assert len(rows) == 3 and rows[1].startswith("0,image 0,yes,")
    assert "2 of 2 images" in repr(found)
    assert found.plot().axes[1].get_xlabel() == "shift from the average, px"
