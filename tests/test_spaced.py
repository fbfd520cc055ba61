"""Images of two dimensions that lie in space: known truths, in units of their spacing, wherever they lie."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import skimage.data
from scipy.ndimage import gaussian_filter, map_coordinates

import superpose
from superpose import Image, InputError
from superpose.grid import Grid

Floats = np.ndarray


def turned(degrees: float, shift: tuple[float, float] = (0, 0), centre: tuple[float, float] = (150, 150)) -> Floats:
    angle = np.deg2rad(degrees)
    out = np.eye(3)
    out[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    out[:2, 2] = np.array(centre) + shift - out[:2, :2] @ centre
    return out


def photograph(name: str) -> Floats:
    found = {"coins": skimage.data.coins, "moon": skimage.data.moon, "camera": skimage.data.camera}[name]()
    return found[:300, :300].astype(float)


def taken(scene: Floats, pose: Floats, grid: Grid, seed: int, noise: float = 2.0) -> Image:
    """Return a scene, whose pixels lie at their indices, as seen on a grid: a point x shows the scene's pose x."""
    points = grid.to_physical(np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), -1))
    places = points @ pose[:2, :2].T + pose[:2, 2]
    spacing = np.abs(np.array(grid.direction or np.eye(2))) @ grid.spacing
    smooth = gaussian_filter(scene, 0.45 * np.sqrt(np.maximum(0, spacing**2 - 0.5)))
    values = map_coordinates(smooth, places.transpose(2, 0, 1), order=5, cval=np.nan)
    values = values + np.random.default_rng(seed).normal(0, noise, grid.shape)
    return Image(values, grid.spacing, grid.origin, grid.direction, unit=grid.unit)


def off(found: superpose.Registration, truth: Floats) -> float:
    """Return how far fixed's corners lie from where they should, root mean square, in the images' unit."""
    corners = found.fixed_grid.corners
    return float(np.sqrt(((found.transform(corners) - (corners @ truth[:2, :2].T + truth[:2, 2])) ** 2).sum(1).mean()))


MOVED = turned(13, (5, -7))
TRUTH = np.linalg.inv(MOVED)


@pytest.mark.parametrize("ratio", [1.0, 1.06, 1.54, 2.0, 3.1])
def test_pixels_of_two_sizes(ratio: float) -> None:
    # 0.325 and 0.5 µm are such a pair.
    scene, n = photograph("coins"), int(280 / ratio)
    fixed = taken(scene, np.eye(3), Grid((280, 280), unit="µm"), 1)
    moving = taken(scene, MOVED, Grid((n, n), (), (ratio, ratio), unit="µm"), 2)
    found, back = superpose.register(fixed, moving), superpose.register(moving, fixed)
    assert found.reliable and back.reliable and found.unit == "µm"
    assert off(found, TRUTH) < 0.03 * ratio and off(back, MOVED) < 0.03 * ratio
    assert off(found, TRUTH) < 4 * found.uncertainty
    # A turn in space: its pixels are turned and magnified.
    assert found.transform.family == "rigid"
    np.testing.assert_allclose(found.transform.inverse().matrix, back.transform.matrix, atol=0.01 * ratio)


@pytest.mark.parametrize("family", ["rigid", "affine"])
@pytest.mark.parametrize(("fixed", "moving"), [((1.0, 2.0), (1.0, 1.0)), ((1.0, 2.5), (2.0, 1.0))])
def test_pixels_that_are_no_squares(family: str, fixed: tuple[float, float], moving: tuple[float, float]) -> None:
    scene = photograph("camera")
    grids = [Grid((int(280 / a), int(280 / b)), (), (a, b)) for a, b in (fixed, moving)]
    pair = taken(scene, np.eye(3), grids[0], 1), taken(scene, MOVED, grids[1], 2)
    found = superpose.register(*pair, transform=family)
    assert found.reliable and off(found, TRUTH) < 0.15 and found.unit == "units"
    assert found.warp().shape == grids[0].shape
    assert np.nanmedian(np.abs(found.warp() - pair[0].array)) < 4


def test_one_spacing_is_that_of_bare_pixels_to_the_bit() -> None:
    scene = photograph("moon")
    bare = [taken(scene, pose, Grid((256, 256)), seed).array for seed, pose in enumerate((np.eye(3), MOVED))]
    plain = superpose.register(*bare, transform="similarity")
    spaced = superpose.register(*(Image(each, (0.25, 0.25), unit="mm") for each in bare), transform="similarity")
    np.testing.assert_allclose(spaced.transform.matrix[:2, :2], plain.transform.matrix[:2, :2], atol=1e-14)
    np.testing.assert_allclose(spaced.transform.matrix[:2, 2], plain.transform.matrix[:2, 2] / 4, atol=1e-12)
    assert (spaced.value, spaced.confidence, spaced.evidence) == (plain.value, plain.confidence, plain.evidence)
    assert spaced.uncertainty == pytest.approx(plain.uncertainty / 4, rel=1e-12)
    assert spaced.covariance is not None and plain.covariance is not None
    units = np.array([1, 1, 0.25, 0.25])
    np.testing.assert_allclose(spaced.covariance, plain.covariance * np.outer(units, units), rtol=1e-5, atol=1e-20)
    assert plain.unit == "px" and spaced.unit == "mm"
    assert spaced.describe() == plain.describe().replace(" px", " mm").replace(
        *(f"{abs(found.transform.shift[0]):.{digits}f} " for found, digits in ((plain, 1), (spaced, 2)))
    ).replace(*(f"{abs(found.transform.shift[1]):.{digits}f} " for found, digits in ((plain, 1), (spaced, 2))))


@pytest.mark.parametrize(
    "direction", [((0.0, 1.0), (-1.0, 0.0)), ((0.8, 0.6), (-0.6, 0.8)), ((-1.0, 0.0), (0.0, 1.0))], ids=str
)
def test_directions_and_origins(direction: tuple[tuple[float, ...], ...]) -> None:
    # Both mirrored, or neither, as one instrument's images are.
    scene = photograph("coins")
    grids = Grid((200, 220), (40, 30), (1, 1)), Grid((130, 140), (30, 50), (1.5, 1.5))
    pair = [taken(scene, pose, grid, k) for k, (pose, grid) in enumerate(zip((np.eye(3), MOVED), grids, strict=True))]
    # The same pixels, in another frame: each point of the user's is `direction` times what it was, plus a shift.
    turn, where = np.array(direction), np.array([1000.0, -500.0])
    placed = [Image(each.array, each.spacing, turn @ np.array(each.origin) + where, turn, unit="µm") for each in pair]
    frame = np.eye(3)
    frame[:2, :2], frame[:2, 2] = turn, where
    found = superpose.register(*placed, transform="affine")
    truth = frame @ TRUTH @ np.linalg.inv(frame)
    assert found.reliable and off(found, truth) < 0.1 and off(found, truth) < 4 * found.uncertainty
    assert not [each for each in found.warnings if "positions-apart" in each]
    # The stated error of the parameters is of the user's: what it says at the centre is that of the shift.
    assert found.covariance is not None and (np.linalg.eigvalsh(found.covariance) > 0).all()
    assert np.sqrt(np.trace(found.covariance[-2:, -2:])) < 2 * found.uncertainty


@pytest.mark.slow
def test_unrelated_images_are_not_reliable() -> None:
    pair = photograph("coins"), photograph("moon")
    wrong = 0
    for seed, spacing in enumerate([(1.0, 3.0), (2.0, 2.0), (1.0, 1.4)]):
        grids = Grid((280, 90), (), (1.0, 3.0)), Grid((int(280 / spacing[0]), int(280 / spacing[1])), (), spacing)
        images = [taken(*each, seed + k) for k, each in enumerate(zip(pair, (np.eye(3), MOVED), grids, strict=True))]
        wrong += superpose.register(*images, transform="affine", on_unreliable="ignore").reliable
    assert not wrong


def aligned(**grid: object) -> superpose.Registration:
    scene = photograph("coins")
    fixed = taken(scene, np.eye(3), Grid((200, 200), (), (1.0, 1.0), unit="µm"), 1)
    moving = taken(scene, MOVED, Grid((140, 140), (), (1.5, 1.5), unit="µm"), 2)
    return superpose.register(fixed, replace(moving, **grid))


@pytest.fixture(scope="module")
def found() -> superpose.Registration:
    return aligned()


def test_points_in_pixels(found: superpose.Registration) -> None:
    points = np.array([[20.0, 30.0], [100.0, 60.0]])
    physical = found.to_fixed(found.moving_grid.to_physical(points))
    np.testing.assert_allclose(found.to_fixed(points, units="pixel"), found.fixed_grid.to_index(physical))
    np.testing.assert_allclose(found.to_moving(found.to_fixed(points, units="pixel"), units="pixel"), points)
    np.testing.assert_allclose(
        found.to_fixed(points[:, ::-1], "xy", units="pixel"), found.to_fixed(points, units="pixel")[:, ::-1]
    )
    with pytest.raises(InputError, match=r"moving \(-?0..208.5, .* µm\): .*pass order='xy', or units='pixel' \["):
        found.to_fixed([[5000.0, 1.0]])
    with pytest.raises(InputError, match=r"fixed \(0..199, 0..199 pixels\): .*, or units='physical' \["):
        found.to_moving([[5000.0, 1.0]], units="pixel")
    with pytest.raises(InputError, match="units='mm' is not known"):
        found.to_moving([[1.0, 1.0]], units="mm")


def test_tolerance_is_in_the_unit(found: superpose.Registration) -> None:
    scene = photograph("coins")
    fixed, moving = (
        Image(taken(scene, pose, Grid((200, 200)), k).array, (0.01, 0.01), unit="mm")
        for k, pose in enumerate((np.eye(3), MOVED))
    )
    exact = superpose.register(fixed, moving)
    assert superpose.register(fixed, moving, tolerance=1.5 * exact.uncertainty).reliable
    refused = superpose.register(fixed, moving, tolerance=0.5 * exact.uncertainty, on_unreliable="ignore")
    assert not refused.reliable and f"more than {0.5 * exact.uncertainty:.3g} mm" in refused.warnings[0]


def test_units_are_taken_to_fixeds(found: superpose.Registration) -> None:
    in_mm = aligned(spacing=(0.0015, 0.0015), unit="mm")
    assert in_mm.moving_grid.unit == "µm"
    np.testing.assert_allclose(in_mm.transform.matrix, found.transform.matrix, atol=1e-9)
    with pytest.raises(InputError, match="is no pair in one unit"):
        aligned(spacing=(1500.0, 1500.0))


def test_positions(found: superpose.Registration) -> None:
    assert not [each for each in found.warnings if "positions-apart" in each]
    # Where the headers say so: near that place alone.
    near = aligned(origin=(-20.0, 10.0))
    np.testing.assert_allclose(near.initial.matrix, np.eye(3))
    apart = aligned(origin=(1000.0, 0.0))
    said = [each for each in apart.warnings if "positions-apart" in each]
    assert len(said) == 1 and "moving lies at 1000..1208.5, 0..208.5 µm and fixed at 0..199, 0..199 µm" in said[0]
    assert apart.reliable and apart.initial.distance(superpose.transforms.translation((1004.75, 4.75)), [[0, 0]]) < 1e-9
    scene = photograph("coins")
    pair = taken(scene, np.eye(3), Grid((200, 200), unit="µm"), 1), taken(scene, MOVED, Grid((200, 200), (9, 0)), 2)
    centred = superpose.register(*pair, use_position=False)
    np.testing.assert_allclose(centred.initial.shift, (9, 0))
    assert off(centred, TRUTH) < 0.05
    with pytest.raises(InputError, match="use_position"):
        superpose.register(*pair, use_position="no")


@pytest.mark.slow
def test_in_files_and_pages(found: superpose.Registration, tmp_path: Path) -> None:
    found.save(tmp_path / "pose.json")
    document = json.loads((tmp_path / "pose.json").read_text())
    assert document["fixed_grid"]["unit"] == document["moving_grid"]["unit"] == "µm"
    again = superpose.load(tmp_path / "pose.json")
    assert again.unit == "µm" and again.describe() == found.describe() and "µm" in found.describe()
    page = str(found.report(tmp_path / "page.html").html)
    assert "µm in rows (down)" in page and " px in rows" not in page and "still off (µm)" in page
    found.plot(), found.plot_convergence(), found.plot_landscape()


def test_masks_come_back_on_fixeds_pixels() -> None:
    scene = photograph("coins")
    fixed, moving = (
        np.array(taken(scene, pose, Grid((140, 140), (), (2.0, 2.0)), k).array)
        for k, pose in enumerate((np.eye(3), MOVED))
    )
    caption = np.zeros((12, 90), float)
    caption[::3] = 250
    for each in (fixed, moving):
        each[120:132, 20:110] = caption
    plain = superpose.register(fixed, moving)
    turn = ((-1.0, 0.0), (0.0, 1.0))
    spaced = superpose.register(*(Image(each, (0.5, 0.5), direction=turn) for each in (fixed, moving)))
    assert len(plain.explained) == len(spaced.explained) == 2
    for one, other in zip(plain.explained, spaced.explained, strict=True):
        assert one.on_sensor == other.on_sensor and one.mask.any()
        # Rows run the other way there, and halved pixels lie a little aside.
        assert (other.mask != one.mask).mean() < 0.1 < (other.mask[::-1] != one.mask).mean()


def test_prepared_images_are_used_again(found: superpose.Registration) -> None:
    scene = photograph("coins")
    fixed = superpose.prepare(taken(scene, np.eye(3), Grid((200, 200), (), (1.0, 1.0), unit="µm"), 1))
    moving = taken(scene, MOVED, Grid((140, 140), (), (1.5, 1.5), unit="µm"), 2)
    for _ in range(2):
        again = superpose.register(fixed, moving)
        np.testing.assert_array_equal(again.transform.matrix, found.transform.matrix)
    assert len([name for name in fixed._parts if name[0] == "in units"]) == 1


def test_simpleitk_gets_our_image(found: superpose.Registration, tmp_path: Path) -> None:
    direction = ((0.8, 0.6), (-0.6, 0.8))
    scene = photograph("coins")
    fixed = taken(scene, np.eye(3), Grid((200, 180), (3.0, -4.0), (1.0, 1.25), unit="mm"), 1)
    moving = taken(scene, MOVED, Grid((140, 150), (2.0, 1.0), (1.5, 1.5), direction, unit="mm"), 2)
    moving = replace(moving, array=np.nan_to_num(moving.array))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours = superpose.register(fixed, moving)
    superpose.transforms.write(tmp_path / "pose.tfm", ours.transform)
    theirs = sitk.Resample(
        moving.to_itk(), fixed.to_itk(), sitk.ReadTransform(str(tmp_path / "pose.tfm")), sitk.sitkLinear, -1.0
    )
    got, wanted = sitk.GetArrayFromImage(theirs), ours.warp(order=1)
    both = np.isfinite(wanted) & (got >= 0)
    assert both.mean() > 0.3
    np.testing.assert_allclose(got[both], wanted[both], atol=0.05)
