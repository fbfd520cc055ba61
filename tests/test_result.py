"""Registrations: they name spaces, keep their bits, and cannot be changed."""

from __future__ import annotations

import base64
import copy
import dataclasses
import json
import pickle
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import superpose
from superpose import Basin, Explained, InputError, Level, MatrixTransform, Registration
from superpose._describe import describe, describe_explained
from superpose._io.transforms.masks import mask_from_dict
from superpose.image import Grid, UserImage, frozen

TURN = superpose.rigid(0.2, (4.25, -1.5), (31.5, 39.5))
PIXELS = np.random.default_rng(51).integers(0, 256, (64, 80)).astype(np.uint8)


def made(transform: MatrixTransform = TURN, moving: NDArray[np.generic] | None = PIXELS) -> Registration:
    level = Level((64, 80), transform.parameters, 0.9, 17, 0.1)
    return Registration(
        transform=transform,
        value=0.1 + 0.2,
        metric="ncc",
        optimizer="powell",
        levels=(level,),
        overlap=1 / 3,
        initial=superpose.translation((0, 0)),
        fixed_grid=Grid((64, 80)),
        moving_grid=Grid((64, 80)),
        warnings=("look at it",),
        versions={"superpose": "1"},
        reliable=True,
        confidence=0.987,
        uncertainty=1 / 7,
        covariance=np.diag([1e-9, 0.25, 1 / 3]),
        margin=0.5,
        evidence={"lead": 20.0},
        _moving=None if moving is None else UserImage(moving).frozen(),
        _fixed=None if moving is None else UserImage(moving).frozen(),
    )


def same(a: Registration, b: Registration) -> bool:
    kept = [field.name for field in dataclasses.fields(a) if not field.name.startswith("_")]
    pairs = [(getattr(a, name), getattr(b, name)) for name in kept]
    # What is not known is NaN, and no NaN is equal to another.
    alike = all(np.array_equal(x, y) if isinstance(x, np.ndarray) else x == y or (x != x and y != y) for x, y in pairs)
    return alike and a.transform.centre == b.transform.centre


# --- points -------------------------------------------------------------------------------------------------
def test_points_come_back() -> None:
    result = made()
    points = np.random.default_rng(1).uniform(5, 55, (20, 2))
    np.testing.assert_array_equal(result.to_moving(points), TURN(points))
    np.testing.assert_allclose(result.to_fixed(result.to_moving(points)), points, rtol=0, atol=1e-12)


def test_points_follow_the_pixels() -> None:
    # A mark on the moving image is seen in the warped one where to_fixed() says.
    moving = np.zeros((64, 80))
    moving[20, 50] = 1
    result = made(moving=moving)
    seen = np.unravel_index(np.nanargmax(result.warp()), (64, 80))
    np.testing.assert_allclose(result.to_fixed((20, 50)), seen, rtol=0, atol=0.71)


def test_order_xy() -> None:
    result = made()
    points = np.array([[5.0, 50.0], [10.0, 20.0]])
    for method in (result.to_fixed, result.to_moving):
        np.testing.assert_array_equal(method(points[:, ::-1], order="xy")[:, ::-1], method(points))


def test_points_outside_are_an_error_that_says_what_to_do() -> None:
    result = dataclasses.replace(made(), moving_grid=Grid((512, 512)))
    points = np.tile([600.0, 3.0], (120, 1))
    with pytest.raises(InputError) as caught:  # noqa: PT011
        result.to_fixed(points)
    assert str(caught.value) == (
        "0 of 120 points lie inside moving (0..511, 0..511): are they (x, y)? pass order='xy' [points-outside]"
    )
    with pytest.raises(InputError, match=r"^0 of 120 points lie inside fixed \(0..63, 0..79\): are they \(x, y\)"):
        result.to_moving(points)
    with pytest.raises(InputError, match=r"inside moving .*: are they \(row, column\)\? pass order='rc'"):
        result.to_fixed(points, order="xy")
    one_inside = np.vstack([points, [[5, 5]]])
    assert result.to_fixed(one_inside).shape == (121, 2)
    assert result.to_fixed(np.zeros((0, 2))).shape == (0, 2)


@pytest.mark.parametrize("order", ["yx", "x", None, 3, ["xy"]])
def test_unknown_order(order: object) -> None:
    with pytest.raises(InputError, match=r"^order=.* is not known; (did you mean 'xy'. )?choose one of rc, xy"):
        made().to_fixed([[5, 5]], order=order)  # type: ignore[arg-type]


def test_bad_points() -> None:
    with pytest.raises(InputError, match=r"^points has shape \(3,\)"):
        made().to_fixed([1, 2, 3])


# --- frozen, kept, copied -----------------------------------------------------------------------------------
def test_frozen() -> None:
    result = made()
    with pytest.raises(dataclasses.FrozenInstanceError, match="value"):
        result.value = 1  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError, match="shape"):
        result.levels[0].shape = (1, 1)  # type: ignore[misc]


def test_a_later_change_of_the_user_s_array_changes_nothing() -> None:
    mine = PIXELS.copy()
    result = made(moving=mine)
    before = result.warp()
    mine[:] = 0
    np.testing.assert_array_equal(result.warp(), before)
    view = PIXELS.copy()
    locked = view[:]
    locked.flags.writeable = False
    result = made(moving=locked)
    view[:] = 0
    np.testing.assert_array_equal(result.warp(), before)


def test_what_nobody_can_change_is_not_copied(tmp_path: Path) -> None:
    still = PIXELS.copy()
    still.flags.writeable = False
    assert frozen(still) is still
    PIXELS.tofile(tmp_path / "pixels.dat")
    mapped = np.memmap(tmp_path / "pixels.dat", np.uint8, "r", shape=PIXELS.shape)
    assert np.shares_memory(frozen(mapped), mapped)
    assert not frozen(PIXELS.tolist()).flags.writeable
    masked = np.ma.masked_greater(PIXELS, 100)
    np.testing.assert_array_equal(frozen(masked).mask, masked.mask)  # type: ignore[attr-defined]


def test_pickle_and_copy_keep_every_bit() -> None:
    result = made()
    for other in (pickle.loads(pickle.dumps(result)), copy.copy(result), copy.deepcopy(result)):
        assert same(result, other)
        np.testing.assert_array_equal(other.warp(), result.warp())
        assert not other.transform.matrix.flags.writeable


def test_save_and_load_keep_every_bit(tmp_path: Path) -> None:
    result = made(superpose.rigid(1 / 3, (np.pi, -1e-17), (0.1, 1e5)))
    result.save(tmp_path / "t.json")
    loaded = superpose.load(tmp_path / "t.json")
    assert same(result, loaded)
    assert loaded.levels == result.levels
    np.testing.assert_array_equal(loaded.warp(PIXELS), result.warp())
    np.testing.assert_array_equal(loaded.with_images(PIXELS, PIXELS).warp(), result.warp())


def test_a_file_with_a_volume_s_transform_of_images_is_refused(tmp_path: Path) -> None:
    made().save(tmp_path / "t.json")
    document = json.loads((tmp_path / "t.json").read_text())
    document["transform"] |= {"matrix": np.eye(4).tolist(), "centre": [0, 0, 0]}
    (tmp_path / "t.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"\(4, 4\); pass a 3 x 3 matrix .*\[not-a-transform-file\]"):
        superpose.load(tmp_path / "t.json")


def test_what_is_not_a_number_is_kept_too(tmp_path: Path) -> None:
    unknown = dataclasses.replace(
        made(), value=np.nan, confidence=np.nan, uncertainty=np.inf, covariance=None, margin=np.nan
    )
    unknown.save(tmp_path / "t.json")
    loaded = superpose.load(tmp_path / "t.json")
    assert np.isnan([loaded.value, loaded.confidence, loaded.margin]).all()
    assert loaded.uncertainty == np.inf and loaded.covariance is None


def moved(on_sensor: bool = True) -> Registration:
    """Return a registration of two motions, the second one of what lies still, that explains what no basin does."""
    masks = np.random.default_rng(2).random((2, 64, 80)) < 0.3
    masks[1, :40] = False
    first, other = Basin(TURN, 0.5, 0.9, (32, 40), share=0.7), Basin(TURN.inverse(), 0.4, 0.7)
    still = Basin(superpose.rigid(0.0), 0.3, 1.0, share=1 / 3)
    explained = Explained(first, masks[0]), Explained(still, masks[1], on_sensor)
    return dataclasses.replace(made(), basins=(first, still, other), explained=explained)


def test_motions_are_kept(tmp_path: Path) -> None:
    result = moved()
    result.save(tmp_path / "t.json")
    for other in (superpose.load(tmp_path / "t.json"), pickle.loads(pickle.dumps(result))):
        assert other.basins == result.basins
        assert [each.share for each in other.basins[:2]] == [0.7, 1 / 3] and np.isnan(other.basins[2].share)
        for each, before in zip(other.explained, result.explained, strict=True):
            np.testing.assert_array_equal(each.mask, before.mask)
            assert each.mask.dtype == bool and each.on_sensor is before.on_sensor
            assert any(each.basin is basin for basin in other.basins)
        assert [each.share for each in other.explained] == [0.7, 1 / 3]
    with pytest.raises(ValueError, match="read-only"):
        superpose.load(tmp_path / "t.json").explained[0].mask[0, 0] = True


def test_masks_take_little_room(tmp_path: Path) -> None:
    caption = np.zeros((1000, 1200), bool)
    caption[-80:, 100:900] = True
    result = dataclasses.replace(
        made(), fixed_grid=Grid(caption.shape), explained=(Explained(Basin(TURN, 0.5, 0.9), caption),)
    )
    result.save(tmp_path / "t.json")
    assert (tmp_path / "t.json").stat().st_size < 5000
    np.testing.assert_array_equal(superpose.load(tmp_path / "t.json").explained[0].mask, caption)


def test_a_file_from_before_motions_were_told_apart(tmp_path: Path) -> None:
    moved().save(tmp_path / "t.json")
    document = json.loads((tmp_path / "t.json").read_text())
    del document["explained"]
    for basin in document["basins"]:
        del basin["share"]
    (tmp_path / "t.json").write_text(json.dumps(document))
    loaded = superpose.load(tmp_path / "t.json")
    assert loaded.explained == () and all(np.isnan(each.share) for each in loaded.basins)
    assert loaded.basins == moved().basins


@pytest.mark.parametrize(
    "change, says",
    [
        ({"shape": [64, 81]}, r"a mask has shape \[64, 81\], and fixed \[64, 80\]"),
        ({"bits": "eJw="}, "does not have the 5120 pixels"),
        ({"bits": "AAAA"}, "cannot be unpacked"),
        ({"bits": "*"}, r"\[not-a-transform-file\]"),
        ({"bits": base64.b64encode(zlib.compress(bytes(10**7))).decode()}, "does not have the 5120 pixels"),
    ],
)
def test_a_mask_that_is_none_is_refused(tmp_path: Path, change: dict[str, object], says: str) -> None:
    moved().save(tmp_path / "t.json")
    document = json.loads((tmp_path / "t.json").read_text())
    document["explained"][1]["mask"] |= change
    (tmp_path / "t.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match=says):
        superpose.load(tmp_path / "t.json")


def test_no_more_of_a_mask_is_unpacked_than_it_has() -> None:
    bomb = {"shape": [64, 80], "bits": base64.b64encode(zlib.compress(bytes(3 * 10**7))).decode()}
    tracemalloc.start()
    with pytest.raises(ValueError, match="does not have the 5120 pixels"):
        mask_from_dict(bomb, (64, 80))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10**6


@pytest.mark.slow
def test_each_motion_for_an_answer(tmp_path: Path) -> None:
    result = moved()
    result.save(tmp_path / "t.json")
    for one in (result, superpose.load(tmp_path / "t.json").with_images(PIXELS, PIXELS)):
        first, second = one.explained
        there = one.at(second.basin)
        np.testing.assert_array_equal(there.warp(), PIXELS)
        assert there.explained == (second, first) and there.warnings == ()
        assert one.at(first.basin).explained == (first, second)
        assert one.at(one.basins[2]).explained == (first, second)
        there.report(tmp_path / "there.html")
        there.save(tmp_path / "there.json")
        assert superpose.load(tmp_path / "there.json").explained[0].on_sensor


def test_motions_in_words() -> None:
    first, second = moved().explained
    grid = Grid((64, 80))
    assert describe_explained(first, grid) == (
        "70 % of the structure moved by 4.2 px down, 1.5 px left, turned by 11.5 degrees counter-clockwise"
    )
    assert describe_explained(second, grid) == "33 % of the structure stays where it is on the sensor"
    still = dataclasses.replace(second, on_sensor=False)
    assert describe_explained(still, grid) == "33 % of the structure does not move"
    for share, said in ((1e-4, "less than 1 % of"), (np.nan, "some of"), (0.006, "1 % of")):
        basin = dataclasses.replace(second.basin, share=share)
        assert describe_explained(dataclasses.replace(second, basin=basin), grid).startswith(said)


def test_a_file_from_before_alignments_were_verified(tmp_path: Path) -> None:
    made().save(tmp_path / "t.json")
    document = json.loads((tmp_path / "t.json").read_text())
    for name in ("reliable", "confidence", "uncertainty", "covariance", "margin", "evidence"):
        del document[name]
    (tmp_path / "t.json").write_text(json.dumps(document))
    loaded = superpose.load(tmp_path / "t.json")
    assert not loaded.reliable and np.isnan(loaded.confidence) and loaded.trust == ""
    assert loaded.transform == made().transform


def test_another_basin_for_an_answer() -> None:
    other = Basin(superpose.rigid(0.2 + np.pi, (1, 2), (31.5, 39.5)), 0.4, 0.7)
    result = dataclasses.replace(made(), basins=(Basin(TURN, 0.5, 0.9), other))
    there = result.at(other)
    assert there.transform == other.transform and there.overlap == 0.7
    assert not there.reliable and np.isnan([there.value, there.confidence, there.uncertainty]).all()
    assert there.warp().shape == (64, 80)
    assert (there.warp() != result.warp()).any()


def test_a_homography_is_saved_whichever_side_is_seen(tmp_path: Path) -> None:
    tilted = superpose.homography([[1, 0.1, 0], [0, 1, 0], [1e-3, -2e-3, 1]], (1 / 3, -2), (31.5, 39.5))
    # The centre of this one lies behind the horizon of what (0, 0) sees.
    beyond = superpose.homography([[1, 0, 0], [0, 1, 0], [0.05, 0, 1]], (0, 0), (31.5, 39.5))
    for transform in (tilted, beyond):
        result = made(transform)
        result.save(tmp_path / "t.json")
        loaded = superpose.load(tmp_path / "t.json")
        assert same(result, loaded)
        assert loaded.levels == result.levels
        assert loaded.describe() == result.describe()
        np.testing.assert_array_equal(loaded.warp(PIXELS), result.warp())
    assert np.isnan(result.to_moving((5, 5))).all() and not result.valid[5, 5] and result.valid[31, 39]


def test_a_homography_s_points_come_back() -> None:
    result = made(superpose.homography([[1, 0.1, 0], [0, 1, 0], [1e-3, -2e-3, 1]], (3, -2), (31.5, 39.5)))
    points = np.random.default_rng(1).uniform(10, 50, (20, 2))
    np.testing.assert_allclose(result.to_fixed(result.to_moving(points)), points, rtol=0, atol=1e-11)
    assert "its corners moved by up to" in result.describe()


def test_a_loaded_registration_holds_no_pixels(tmp_path: Path) -> None:
    made().save(tmp_path / "t.json")
    with pytest.raises(InputError, match=r"^image is None, and .*no pixels; pass the moving image"):
        superpose.load(tmp_path / "t.json").warp()


def test_save_leaves_an_earlier_file_whole_when_it_cannot_write(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^path is .*does not exist; make the folder first"):
        made().save(tmp_path / "nowhere" / "t.json")
    assert list(tmp_path.iterdir()) == []


# --- words --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "transform, sentence",
    [
        (superpose.translation((0, 0)), "moving lies exactly on fixed"),
        (superpose.translation((4.2, -1.1)), "moving lies 4.2 px down, 1.1 px left of fixed"),
        (superpose.translation((-4.2, 1.1)), "moving lies 4.2 px up, 1.1 px right of fixed"),
        (superpose.translation((0.04, 50)), "moving lies 50.0 px right of fixed"),
        (superpose.rigid(np.radians(12.3)), "moving is turned 12.30 degrees counter-clockwise as displayed"),
        (superpose.rigid(np.radians(-0.5)), "moving is turned 0.50 degrees clockwise as displayed"),
        (
            superpose.rigid(np.radians(12.3), (4.2, -1.1)),
            "moving is turned 12.30 degrees counter-clockwise as displayed and lies 4.2 px down, 1.1 px left of fixed",
        ),
        (superpose.similarity(0, 2), "moving shows the scene 2.0000 times as large"),
    ],
)
def test_sentences(transform: MatrixTransform, sentence: str) -> None:
    assert describe(transform) == sentence


def test_mirrored_is_said() -> None:
    assert describe(superpose.affine([[1, 0], [0, -1]])).startswith("moving is mirrored")


def test_three_parts_read_as_a_sentence() -> None:
    words = describe(superpose.similarity(0.1, 1.5, (10, 0)))
    assert words == (
        "moving is turned 5.73 degrees counter-clockwise as displayed, shows the scene 1.5000 times as large "
        "and lies 10.0 px down of fixed"
    )


def test_describe_is_about_the_middle_and_in_the_repr() -> None:
    result = made(superpose.rigid(0.2, (4.25, -1.5), (31.5, 39.5)).about((0, 0)))
    assert result.describe().endswith("lies 4.2 px down, 1.5 px left of fixed")
    assert result.describe() in repr(result)
    assert "ncc 0.3" in repr(result) and "overlap 33 %" in repr(result)
