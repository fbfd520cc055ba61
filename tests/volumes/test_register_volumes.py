"""Volumes are aligned as users have them: any axes, any spacing, any order, and refused where they do not match."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

import superpose
from superpose import Image, InputError, UnreliableWarning
from tests.volumes.phantom import error, pose, volume

pytestmark = pytest.mark.slow  # each aligns volumes, for seconds
TRUTH = pose((12.0, -8.0, 15.0), (5.0, -3.0, 4.0))


@pytest.fixture(scope="module")
def pair() -> tuple[Image, Image]:
    return volume(), volume(TRUTH, shape=(40, 46, 42), scan=1)


@pytest.fixture(scope="module")
def coarse() -> tuple[Image, Image]:
    """The same of a third of the voxels, for what is no question of how exact."""
    spacing = (3.0, 3.0, 3.0)
    return volume(shape=(30, 28, 26), spacing=spacing), volume(TRUTH, shape=(27, 31, 28), spacing=spacing, scan=1)


@pytest.fixture(scope="module")
def found(pair: tuple[Image, Image]) -> superpose.Registration:
    return superpose.register(*pair)


def test_a_turned_volume_is_found(found: superpose.Registration) -> None:
    assert found.reliable and found.warnings == ()
    assert error(found.transform.matrix, TRUTH) < 0.05
    assert found.metric == "ncc" and found.unit == "units" and 0 < found.uncertainty < 0.2
    assert found.describe().startswith("moving is turned 20.")
    assert "reliable: confidence" in repr(found) and "units at the corners" in repr(found)
    assert [level.shape for level in found.levels][-1] == (44, 40, 36)


def test_exchanged_volumes_give_the_inverse(pair: tuple[Image, Image], found: superpose.Registration) -> None:
    back = superpose.register(*pair[::-1])
    assert np.abs(back.transform.matrix @ found.transform.matrix - np.eye(4)).max() < 1e-9


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_no_bit(pair: tuple[Image, Image], found: superpose.Registration, threads: int) -> None:
    other = superpose.register(*pair, threads=threads)
    assert (other.transform.matrix == found.transform.matrix).all()
    assert other.uncertainty == found.uncertainty and other.confidence == found.confidence


def test_the_warped_volume_lies_on_fixed(pair: tuple[Image, Image], found: superpose.Registration) -> None:
    warped, fixed = found.warp(), np.asarray(pair[0].array)
    there = found.valid
    assert warped.shape == fixed.shape and np.isfinite(warped[there]).all() and there.mean() > 0.6
    assert np.abs(warped - fixed)[there].std() < 0.02
    point = np.array([3.0, -4.0, 5.0])
    assert found.to_moving(point) == pytest.approx((TRUTH @ [*point, 1])[:3], abs=0.1)
    assert found.to_fixed(found.to_moving(point)) == pytest.approx(point, abs=1e-9)


def test_axes_of_any_order_and_direction(pair: tuple[Image, Image], found: superpose.Registration) -> None:
    fixed, moving = pair
    array = np.asarray(fixed.array)
    last = fixed.grid.to_physical([0, 0, array.shape[2] - 1])
    flipped = Image(array[:, :, ::-1].copy(), fixed.spacing, tuple(last), np.diag([1.0, 1.0, -1.0]))
    exchanged = Image(
        array.transpose(2, 0, 1).copy(), fixed.spacing, fixed.origin, np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    )
    for other in (flipped, exchanged):
        assert other.grid.to_physical(np.zeros(3)) is not None
        result = superpose.register(other, moving)
        assert np.abs(result.transform.matrix - found.transform.matrix).max() < 0.05
        assert result.reliable


def test_an_oblique_scan_of_other_voxels() -> None:
    oblique = Rotation.from_rotvec([0.2, -0.1, 0.3]).as_matrix()
    fixed = volume(shape=(18, 60, 64), spacing=(5.0, 1.5, 1.5), direction=oblique)
    moving = volume(TRUTH, shape=(44, 44, 44), scan=1)
    result = superpose.register(fixed, moving)
    assert result.reliable and error(result.transform.matrix, TRUTH) < 0.3


def test_plain_arrays_are_told_in_pixels(pair: tuple[Image, Image]) -> None:
    result = superpose.register(*(each.array for each in pair))
    assert result.reliable and result.unit == "px"
    # In voxels about their own corners: the same turn.
    turned = Rotation.from_matrix(result.transform.matrix[:3, :3]).magnitude()
    assert np.degrees(turned) == pytest.approx(np.linalg.norm([12.0, -8.0, 15.0]), abs=0.1)


def test_contrast_does_not_matter(pair: tuple[Image, Image]) -> None:
    fixed, moving = pair
    values = np.asarray(moving.array)
    other = np.where(values < 0.08, 0.0, np.sin(4 * values)).astype(np.float32)
    result = superpose.register(fixed, Image(other, moving.spacing, moving.origin))
    assert result.metric == "orientation" and error(result.transform.matrix, TRUTH) < 0.4


@pytest.mark.parametrize("metric", ["nmi", "mi", "ncc", "mse", "correlation-ratio", "orientation"])
def test_every_metric_leads_there(pair: tuple[Image, Image], metric: str) -> None:
    result = superpose.register(*pair, metric=metric, on_unreliable="ignore")
    assert result.metric == metric and error(result.transform.matrix, TRUTH) < 0.3


@pytest.mark.parametrize("family", ["similarity", "affine"])
def test_wider_families(family: str) -> None:
    truth = TRUTH @ np.diag([1.06, 1.06, 1.06, 1.0])
    if family == "affine":
        truth[:3, :3] = truth[:3, :3] @ np.array([[1, 0.05, 0], [0, 1, -0.04], [0, 0, 1]])
    result = superpose.register(volume(), volume(truth, scan=1), transform=family)
    assert result.reliable and error(result.transform.matrix, truth) < 0.1


def test_a_shift_only() -> None:
    truth = pose((0, 0, 0), (7.0, -5.0, 3.0))
    result = superpose.register(volume(), volume(truth, scan=1), transform="translation")
    assert result.reliable and error(result.transform.matrix, truth) < 0.05
    assert (result.transform.matrix[:3, :3] == np.eye(3)).all()


def test_any_turn_is_found_by_a_global_search(coarse: tuple[Image, Image]) -> None:
    truth = pose((40.0, 130.0, -70.0), (3.0, 6.0, -8.0))
    fixed, moving = coarse[0], volume(truth, shape=(30, 28, 26), spacing=(3.0, 3.0, 3.0), scan=1)
    result = superpose.register(fixed, moving, search="global")
    assert result.reliable and error(result.transform.matrix, truth) < 0.1
    near = superpose.register(fixed, moving, on_unreliable="ignore")
    assert not near.reliable


def test_masks_and_missing_voxels(coarse: tuple[Image, Image]) -> None:
    fixed, moving = coarse
    keep = np.ones(fixed.grid.shape, bool)
    keep[:8] = False
    spoilt = np.asarray(fixed.array).copy()
    spoilt[:8] = np.random.default_rng(5).normal(size=spoilt[:8].shape)
    by_argument = superpose.register(Image(spoilt, fixed.spacing, fixed.origin), moving, fixed_mask=keep)
    by_image = superpose.register(Image(spoilt, fixed.spacing, fixed.origin, mask=keep), moving)
    missing = np.where(keep, spoilt, np.nan)
    by_nan = superpose.register(Image(missing, fixed.spacing, fixed.origin), moving)
    assert error(by_argument.transform.matrix, TRUTH) < 0.15
    assert (by_argument.transform.matrix == by_image.transform.matrix).all()
    assert np.abs(by_argument.transform.matrix - by_nan.transform.matrix).max() < 1e-6


def test_what_does_not_match_is_refused(pair: tuple[Image, Image]) -> None:
    fixed = pair[0]
    rng = np.random.default_rng(3)
    noise = Image(rng.normal(size=(40, 40, 40)), fixed.spacing)
    for other in (noise, volume(seed=9, scan=2)):
        with pytest.warns(UnreliableWarning, match="chance|fits all over|another one"):
            assert not superpose.register(fixed, other).reliable


def test_a_mirrored_volume_is_refused(pair: tuple[Image, Image]) -> None:
    fixed, moving = pair
    mirrored = Image(np.asarray(moving.array)[:, :, ::-1].copy(), moving.spacing, moving.origin)
    with pytest.warns(UnreliableWarning, match="fits all over|another one"):
        assert not superpose.register(fixed, mirrored).reliable


def test_noise_is_no_misfit() -> None:
    # A fifth of the contrast.
    result = superpose.register(volume(noise=0.12), volume(TRUTH, shape=(40, 46, 42), noise=0.12, scan=1))
    assert result.reliable and error(result.transform.matrix, TRUTH) < 0.2
    assert result.tile_shifts is not None and result.tile_shifts.clear.mean() < 0.1
    assert result.evidence["at_home"] > 0.5


def test_a_family_too_narrow_is_refused(pair: tuple[Image, Image]) -> None:
    result = superpose.register(*pair, transform="translation", on_unreliable="ignore")
    assert not result.reliable and result.evidence["at_home"] < 0.2
    assert any("no translation transform fits all over" in each for each in result.warnings)


def test_a_start_is_refined(pair: tuple[Image, Image]) -> None:
    start = TRUTH @ pose((6.0, 0, 4.0), (2.0, 1.0, 0))
    result = superpose.register(*pair, initial=start)
    assert error(result.transform.matrix, TRUTH) < 0.05


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"transform": "homography"}, "transform='homography' is for two dimensions"),
        ({"search": "wide"}, "search='wide' is not known"),
    ],
)
def test_options_that_volumes_do_not_know(pair: tuple[Image, Image], options: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        superpose.register(*pair, **options)


def test_ranks_that_do_not_go_together(pair: tuple[Image, Image]) -> None:
    fixed, moving = pair
    with pytest.raises(InputError, match=r"moving is an image, of shape \(46, 42\), and fixed is a volume"):
        superpose.register(fixed, np.asarray(moving.array)[20])
    with pytest.raises(InputError, match="drop that axis"):
        superpose.register(np.asarray(fixed.array)[:1], moving)
    keep = np.ones(fixed.grid.shape, bool)
    with pytest.raises(InputError, match="a mask of its own"):
        superpose.register(Image(fixed.array, fixed.spacing, mask=keep), moving, fixed_mask=keep)


def shape_of(kind: str, turned: float, seed: int) -> np.ndarray:
    points = np.stack(np.meshgrid(*[np.arange(40) - 19.5] * 3, indexing="ij"), -1)
    points = points @ Rotation.from_rotvec(np.deg2rad([turned, 0, 0])).as_matrix()
    inside = {
        "ball": 12 - np.linalg.norm(points, axis=-1),
        "cube": 10 - np.abs(points).max(-1),
        "box": np.minimum.reduce([14 - np.abs(points[..., 0]), 9 - np.abs(points[..., 1]), 6 - np.abs(points[..., 2])]),
    }
    return 1 / (1 + np.exp(-inside[kind])) + np.random.default_rng(seed).normal(0, 0.02, (40, 40, 40))


@pytest.mark.parametrize("kind", ["ball", "cube", "box"])
def test_what_fits_in_several_ways_is_refused(kind: str) -> None:
    with pytest.warns(UnreliableWarning, match="cannot be told from another one"):
        result = superpose.register(shape_of(kind, 0, 1), shape_of(kind, 20, 2))
    assert any("may be symmetric" in each for each in result.warnings)
    assert result.margin < 0.05 and len(result.basins) > 1


def test_what_repeats_itself_is_refused() -> None:
    points = np.meshgrid(*[np.arange(32)] * 3, indexing="ij")
    lattice = [
        sum(np.cos((each - by) * np.pi / 4) for each, by in zip(points, shift, strict=True))
        for shift in ((0, 0, 0), (3, 0, 0))
    ]
    noise = np.random.default_rng(0).normal(0, 0.02, (2, 32, 32, 32))
    result = superpose.register(
        lattice[0] + noise[0], lattice[1] + noise[1], transform="translation", on_unreliable="ignore"
    )
    assert not result.reliable and any("may repeat itself" in each for each in result.warnings)


def test_volumes_in_two_units_are_told(pair: tuple[Image, Image]) -> None:
    fixed, moving = pair
    with pytest.raises(InputError, match="that is no pair in one unit"):
        superpose.register(fixed, Image(moving.array, tuple(1000 * each for each in moving.spacing)))


def test_an_image_that_lies_elsewhere_is_not_warped(found: superpose.Registration, pair: tuple[Image, Image]) -> None:
    moving = pair[1]
    shifted = Image(moving.array, moving.spacing, tuple(each + 10 for each in moving.origin))
    with pytest.raises(InputError, match="image lies on a grid of its own"):
        found.warp(shifted)
    assert np.array_equal(found.warp(moving), found.warp(moving.array), equal_nan=True)


def test_a_narrow_search_is_one(pair: tuple[Image, Image]) -> None:
    fixed = pair[0]
    result = superpose.register(
        fixed, volume(pose((0, 0, 1), (1.0, 0, 0)), scan=4), search=superpose.SearchRange(5, 1, 0)
    )
    assert result.reliable


def test_positions_say_where_to_start(coarse: tuple[Image, Image]) -> None:
    fixed, moving = coarse
    away = Image(moving.array, moving.spacing, np.array(moving.origin) + 500, unit="mm")
    found = superpose.register(fixed, away)
    said = [each for each in found.warnings if "positions-apart" in each]
    assert len(said) == 1 and f"moving lies at {away.grid.extent} mm and fixed at {fixed.grid.extent} mm" in said[0]
    assert not superpose.register(fixed, away, use_position=False).warnings
    # A start that the headers give, and one from middle to middle.
    aside = Image(moving.array, moving.spacing, moving.grid.origin + np.array([9.0, 0, 0]))
    np.testing.assert_array_equal(superpose.register(fixed, aside).initial.matrix, np.eye(4))
    ignored = superpose.register(fixed, aside, use_position=False).initial
    np.testing.assert_allclose(ignored.shift, aside.grid.centre - fixed.grid.centre)


def test_points_of_volumes_in_pixels(found: superpose.Registration) -> None:
    points = np.array([[10.0, 20.0, 30.0], [12.5, 5.0, 7.0]])
    there = found.to_moving(points, units="pixel")
    physical = found.to_moving(found.fixed_grid.to_physical(points))
    np.testing.assert_allclose(found.moving_grid.to_physical(there), physical)
    np.testing.assert_allclose(found.to_fixed(there, units="pixel"), points, atol=1e-9)
