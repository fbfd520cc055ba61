"""Directions that the images leave free: named, with an infinite error, whatever the noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

import superpose
from benchmarks.trust_kinds import draw
from superpose._sampling.level import prepare_levels
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.pyramid import levels_of
from superpose._verify.determined import clearly_determined, free_steps
from superpose._verify.settings import StructureSettings
from superpose.image import as_image
from superpose.transforms.family import family_named

SIDE = 160
ROWS, COLUMNS = np.indices((SIDE, SIDE)).astype(float)
PLANE = np.add.outer(np.arange(200.0), np.arange(200.0))
STRIPES = np.tile(255.0 * (np.sin(np.arange(SIDE) / 5) > 0), (SIDE, 1))
DISC = 255.0 * (np.hypot(ROWS - 50, COLUMNS - 110) < 34)
TEXTURE = ndimage.gaussian_filter(np.random.default_rng(3).normal(size=(SIDE, SIDE)), 3.0)


def found(fixed: np.ndarray, moving: np.ndarray, noise: float = 0.0, **options: str) -> superpose.Registration:
    rng = np.random.default_rng(0)
    views = [each + noise * rng.normal(size=each.shape) for each in (fixed, moving)]
    return superpose.register(*views, on_unreliable="ignore", **{"search": "local", "metric": "ncc", **options})


BOTH = {"shifts along rows", "shifts along columns"}
SCENES = {
    "plane": (
        PLANE[:SIDE, :SIDE],
        PLANE[12 : 12 + SIDE, :SIDE],
        "rigid",
        {"shifts along rows", "shifts along columns"},
    ),
    "ramp": (
        np.tile(COLUMNS[0], (SIDE, 1)),
        30 + COLUMNS,
        "translation",
        {"shifts along rows", "shifts along columns"},
    ),
    "stripes": (STRIPES, STRIPES, "translation", {"shifts along columns"}),
    "lying stripes": (STRIPES.T, STRIPES.T, "rigid", {"shifts along rows"}),
    "disc": (DISC, DISC, "rigid", {"the turn about row 50, column 110"}),
    "texture": (TEXTURE, np.roll(TEXTURE, 2, 1), "affine", set()),
}


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("noise", [0.0, 0.04])
def test_free_directions_are_named(name: str, noise: float) -> None:
    fixed, moving, family, expected = SCENES[name]
    answer = found(fixed, moving, noise * fixed.std(), transform=family)
    words = {
        each.words.removesuffix(" not determined").removesuffix(" are").removesuffix(" is")
        for each in answer.free_directions
    }
    assert words == expected
    assert np.isinf(answer.uncertainty) == bool(expected)
    said = [each for each in answer.warnings if "[free-direction]" in each]
    if expected:
        assert not answer.reliable
        assert all(any(each in one for one in said) for each in expected)
    else:
        assert not said


def test_an_oblique_direction_is_named_by_its_angle() -> None:
    oblique = np.sin((0.5 * ROWS + np.sqrt(0.75) * COLUMNS) / 4)  # constant 60 degrees up to the right, as displayed
    answer = found(oblique, oblique, transform="translation")
    (direction,) = answer.free_directions
    assert direction.words in {
        f"shifts at {angle} degrees to the rows (counter-clockwise) are not determined" for angle in (59, 60, 61)
    }
    np.testing.assert_allclose(np.abs(direction.corners), np.tile([np.sqrt(0.75), 0.5], (4, 1)), atol=0.02)


def test_a_direction_is_a_step_of_the_parameters_and_of_the_corners() -> None:
    answer = found(STRIPES, STRIPES, transform="rigid")
    (direction,) = answer.free_directions
    np.testing.assert_allclose(np.abs(direction.parameters), [0, 1, 0], atol=0.01)
    np.testing.assert_allclose(np.abs(direction.corners), np.tile([1.0, 0.0], (4, 1)), atol=0.01)
    if answer.covariance is not None:  # along rows it is known, along columns it may be anywhere
        assert answer.covariance[1, 1] > SIDE**2 > 1e4 * answer.covariance[2, 2]


def levels(fixed: np.ndarray, moving: np.ndarray) -> list[LevelPair]:
    """Return a pair's levels, finest first."""
    both = (prepare_levels(levels_of(as_image(each, "image"), 4), 1) for each in (fixed, moving))
    return [LevelPair(*each) for each in zip(*both, strict=True)]


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("noise", [0.0, 0.04, 0.5])
@pytest.mark.parametrize("alike", [True, False])
def test_what_is_clear_from_few_pixels_is_so_from_all(name: str, noise: float, alike: bool) -> None:
    fixed, moving, family, expected = SCENES[name]
    rng = np.random.default_rng(1)
    pairs = levels(*(each + noise * each.std() * rng.normal(size=each.shape) for each in (fixed, moving)))
    asked = np.eye(3), family_named(family), alike, StructureSettings()
    clear = clearly_determined(pairs[1], *asked)
    assert not (clear and len(free_steps(pairs[0], *asked)))
    # By itself an image's noise is as good as structure.
    assert not (clear and expected and (alike or noise < 0.1))
    assert clear or name != "texture" or noise > 0.1


@pytest.mark.parametrize("metric", ["auto", "orientation", "mi"])
def test_whatever_the_metric(metric: str) -> None:
    answer = found(STRIPES, STRIPES, transform="translation", metric=metric)
    assert [each.words for each in answer.free_directions] == ["shifts along columns are not determined"]


def test_a_small_mark_determines_what_a_symmetric_scene_does_not() -> None:
    notched = DISC.copy()
    notched[46:54, 76:86] = 0
    assert found(notched, notched, 10.0, transform="rigid").free_directions == ()


def test_they_are_saved_and_loaded(tmp_path) -> None:
    answer = found(DISC, DISC, transform="rigid")
    answer.save(tmp_path / "answer.json")
    assert superpose.load(tmp_path / "answer.json").free_directions == answer.free_directions != ()


def test_a_reliable_answer_is_within_the_tolerance() -> None:
    noisy = {"fixed": TEXTURE, "moving": np.roll(TEXTURE, 2, 1), "noise": 0.1 * TEXTURE.std()}
    usual = found(**noisy, transform="translation")
    assert usual.reliable and usual.uncertainty <= 1.0
    strict = found(**noisy, transform="translation", tolerance=usual.uncertainty / 2)
    assert not strict.reliable and strict.confidence == usual.confidence
    assert f"{usual.uncertainty:.2g} px" in strict.warnings[0] and "[not-exact-enough]" in strict.warnings[0]
    assert found(**noisy, transform="translation", tolerance=np.inf).reliable
    with pytest.raises(superpose.UnreliableError, match="not-exact-enough"):
        superpose.register(TEXTURE, TEXTURE[:, ::-1][:, ::-1] + 0.1, tolerance=1e-9, on_unreliable="raise")


@pytest.mark.parametrize("tolerance", [0, -1.0, np.nan, "1px", None.__class__, True])
def test_a_tolerance_is_above_none(tolerance: object) -> None:
    with pytest.raises(superpose.InputError, match=r"tolerance is .*number above 0"):
        superpose.register(TEXTURE, TEXTURE, tolerance=tolerance)


def test_slopes_that_run_opposite_ways_are_of_two_modalities() -> None:
    """What compares intensities may find such a pair's pose, but their slopes' products say nothing of it."""
    down, across = (ndimage.gaussian_filter1d(np.random.default_rng(k).normal(size=SIDE), 3.0) for k in range(2))
    (pair, *_) = levels(np.add.outer(down, across), np.add.outer(down, -across))
    asked = np.eye(3), family_named("translation")
    assert not len(free_steps(pair, *asked, True, StructureSettings()))
    assert len(free_steps(pair, *asked, True, StructureSettings(opposed=np.inf))) == 1


@pytest.mark.parametrize("degrees", [0.0, 20.0])
def test_weak_structure_is_a_grids_own_only_where_the_pose_is_a_shift(degrees: float) -> None:
    """Along columns there is a two-hundredth of the structure; steps of edges would leave as much where pixels meet."""
    curves = [ndimage.gaussian_filter1d(np.random.default_rng(k).normal(size=4 * SIDE), 4.0) for k in range(2)]
    places = np.arange(4 * SIDE) - 2.0 * SIDE
    turned = superpose.rigid(np.radians(degrees), (0.0, 0.0), (SIDE / 2, SIDE / 2))

    def seen(points: np.ndarray) -> np.ndarray:
        row, column = (
            np.interp(each, places, curve) for each, curve in zip(np.moveaxis(points, -1, 0), curves, strict=True)
        )
        return row + 0.07 * column

    points = np.stack([ROWS, COLUMNS], -1)
    (pair, *_) = levels(seen(points), seen(turned.inverse()(points)))
    settings = StructureSettings(even_ratio=np.inf)  # where what is not as steep is seen, it does not count
    free = free_steps(pair, np.asarray(turned.matrix), family_named("translation"), True, settings)
    assert len(free) == (degrees == 0.0)


@pytest.mark.parametrize("family", ["rigid", "affine", "homography"])
@pytest.mark.parametrize("holds", ["a scene", "noise", "nothing"])
def test_a_steep_rim_does_not_hide_what_it_holds(family: str, holds: str) -> None:
    """The slopes of the rim are far steeper than those of what lies in it, and their squares all there is beside."""
    rng = np.random.default_rng(7)
    inside = ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE)), 2.0)
    scene = 25 * inside * (holds == "a scene")
    views = []
    for _ in range(2):
        noise = rng.normal(size=(SIDE, SIDE)) * (holds == "noise")
        views.append(np.where(np.hypot(ROWS - 80, COLUMNS - 78) < 60, 200 + scene + noise, 0.0))
    pair = levels(*views)[1]
    asked = np.eye(3), family_named(family), True
    assert bool(len(free_steps(pair, *asked, StructureSettings()))) == (holds != "a scene")
    assert len(free_steps(pair, *asked, StructureSettings(even_ratio=np.inf)))


def test_a_few_steep_pixels_do_not_hide_the_rest() -> None:
    scenes = [TEXTURE / TEXTURE.std() for _ in range(2)]
    for scene, column in zip(scenes, (70, 72), strict=True):
        scene[80:84, column : column + 4] += 400.0
    (pair, *_) = levels(*scenes)
    assert not len(free_steps(pair, np.eye(3), family_named("translation"), True, StructureSettings()))


def test_turned_by_much_a_rim_hides_even_less() -> None:
    """Of a scene in a round field, seen turned and a little from aside, a forty-fourth of the structure says how."""
    pair = draw("round-field", 2026, 15, 0)
    result = superpose.register(pair.fixed, pair.moving, transform=pair.family)
    assert result.reliable and pair.error(result.transform.matrix) < 0.5
