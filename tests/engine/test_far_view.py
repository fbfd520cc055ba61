"""Planes seen from far aside: looked at from where a start or features say, then a pair like any other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.planar import planar_pair
from superpose import SearchRange, register
from superpose._engine import engine
from superpose._engine.engine import Engine
from superpose._engine.far_view import FarView, admits, is_far
from superpose._engine.settings import DEFAULTS
from superpose._problem import Problem
from superpose._verify.covariance import pose_covariance
from superpose.image import Grid
from superpose.result import Level
from superpose.transforms.geometry import PhysicalMap, about, apply, inverse, normalised
from tests.scenes import blobs, pose, problem_of

Floats = NDArray[np.float64]

SHAPE = (160, 200)
SETTINGS = DEFAULTS[2]
# A plane turned away by some 60 degrees: no similarity comes near.
TRUTH = PhysicalMap(np.array([[0.9, 0.25, 6.0], [-0.1, 0.38, 40.0], [-4e-4, -1.6e-3, 1.0]]))


def view(shape: tuple[int, int], truth: Floats, noise: int = 0) -> Floats:
    """Return the scene from where `truth` is the map from its own view, rendered at four times the resolution."""
    n = 4
    fine = (np.moveaxis(np.indices((shape[0] * n, shape[1] * n)), 0, -1) + 0.5) / n - 0.5
    corner = (400 - np.array(SHAPE)) / 2
    places = apply(np.linalg.inv(truth), fine) + corner
    image = ndimage.map_coordinates(blobs(400, 2.2), np.moveaxis(places, -1, 0), order=1, mode="reflect")
    image = image.reshape(shape[0], n, shape[1], n).mean((1, 3))
    return image + 0.05 * np.random.default_rng(noise).normal(size=shape)


FIXED, MOVING = view(SHAPE, np.eye(3), 1), view(SHAPE, TRUTH, 2)


def error(found: Floats) -> float:
    """Return the root mean square error over what both show, in pixels."""
    places = np.moveaxis(np.indices(SHAPE), 0, -1)[::8, ::8].reshape(-1, 2)
    there = apply(TRUTH, places)
    inside = ((there >= 0) & (there <= np.array(SHAPE) - 1)).all(1)
    return float(np.sqrt(np.square(apply(found, places[inside]) - there[inside]).sum(1).mean()))


def far(problem: Problem | None = None) -> FarView:
    return Engine()._scene(problem or problem_of(FIXED, MOVING, transform="homography")).far(SETTINGS)


def near_truth(by: float = 2.5) -> PhysicalMap:
    """Return a pose some pixels off."""
    return normalised(PhysicalMap(about(np.eye(2), np.array([by, -by]), np.zeros(2)) @ TRUTH))


@pytest.mark.parametrize(
    ("truth", "expected"),
    [
        (pose(80, (30, 4), SHAPE, 1.9), False),
        (PhysicalMap(np.array([[1.0, 0.1, 0], [0, 1.0, 3], [0, 1e-4, 1]])), False),
        (PhysicalMap(np.array([[1.0, 0, 0], [0, 1.7, 3], [0, 0, 1]])), True),
        (PhysicalMap(np.array([[1.0, 0, 0], [0, 1.0, 3], [0, 2e-3, 1]])), True),
        (TRUTH, True),
    ],
    ids=["similarity", "nearly one", "sheared", "bent", "far"],
)
def test_far_is_what_no_similarity_comes_near(truth: PhysicalMap, expected: bool) -> None:
    assert is_far(truth, Grid(SHAPE), SETTINGS.far) is expected
    assert is_far(inverse(truth), Grid(SHAPE), SETTINGS.far) is expected


def test_a_right_pose_shows_images_alike_and_a_wrong_one_does_not() -> None:
    here = far()
    ordered = np.array_equal(here.problem.fixed.array, FIXED)
    right, wrong = near_truth(), PhysicalMap(pose(20, (0, 5), SHAPE) @ near_truth())
    poses = [each if ordered else inverse(each) for each in (right, normalised(wrong))]
    assert here.likeness(poses[0]) > 3 * here.likeness(poses[1])
    away = PhysicalMap(about(np.eye(2), np.array([9000.0, 0]), np.zeros(2)))
    assert here.likeness(away) == 0 and here.found(away) is None


@pytest.mark.parametrize("exchanged", [False, True])
def test_a_start_from_far_aside_is_kept_and_refined(exchanged: bool) -> None:
    pair, start = (FIXED, MOVING), near_truth()
    if exchanged:
        pair, start = pair[::-1], inverse(start)
    found = register(*pair, transform="homography", initial=start)
    matrix = np.linalg.inv(found.transform.matrix) if exchanged else found.transform.matrix
    assert error(start if not exchanged else np.linalg.inv(start)) > 2
    assert error(matrix) < 0.15
    assert found.reliable
    assert error(matrix) < 3 * found.uncertainty


def test_exchanging_the_images_gives_the_inverse() -> None:
    one = register(FIXED, MOVING, transform="homography", initial=near_truth()).transform.matrix
    other = register(MOVING, FIXED, transform="homography", initial=inverse(near_truth())).transform.inverse().matrix
    places = np.array([[0.0, 0], [0, 150], [100, 0], [90, 140]])
    np.testing.assert_allclose(apply(one, places), apply(other, places), atol=1e-6)


@pytest.mark.parametrize("search", ["auto", "global"])
@pytest.mark.slow
def test_a_wrong_start_from_far_aside_is_left_where_limits_reach_farther(search: str) -> None:
    turned = PhysicalMap(pose(70, (0, 0), SHAPE))
    moving = ndimage.affine_transform(FIXED, inverse(turned)[:2, :2], inverse(turned)[:2, 2], order=1, cval=np.nan)
    start = np.diag([1.6, 1, 1])
    found = register(FIXED, moving, transform="affine", initial=start, search=search, on_unreliable="ignore")
    assert found.reliable == (search == "global")
    if found.reliable:
        np.testing.assert_allclose(found.transform.matrix, turned, atol=0.2)


def test_which_image_is_shown_does_not_depend_on_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    errors: list[float] = []

    def recorded(*arguments: Any) -> Any:
        found = pose_covariance(*arguments)
        errors.append(found[1])
        return found

    monkeypatch.setattr(engine, "pose_covariance", recorded)
    register(FIXED, MOVING, transform="homography", initial=near_truth())
    register(MOVING, FIXED, transform="homography", initial=inverse(near_truth()))
    assert len(errors) == 4 and errors[0] != errors[1]
    assert errors[:2] == pytest.approx(errors[2:], rel=1e-6)


def test_what_lies_on_another_plane_does_not_bend_the_pose() -> None:
    moving = MOVING.copy()
    moving[110:] = view(SHAPE, pose(0, (-40, 33), SHAPE), 3)[110:]
    found = register(FIXED, moving, transform="homography", initial=near_truth(1.0), on_unreliable="ignore")
    assert error(found.transform.matrix) < 0.4


def bent(fold: int) -> Floats:
    """Return a view of a wall with a fold: another plane from a column on, a little off where the first would be."""
    off = PhysicalMap(about(np.array([[1.0, 0.0], [0.03, 1.04]]), np.array([2.5, 1.0]), np.array([80.0, 150.0])))
    moving, other = MOVING.copy(), PhysicalMap(TRUTH @ off)
    moving[:, fold:] = view(SHAPE, other, 2)[:, fold:]
    return moving


@pytest.mark.parametrize("fold", [70, 110])
def test_of_both_grids_poses_the_one_that_explains_more_is_taken(fold: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[float, float]] = []

    def recorded(self: FarView, side: Any, pose: PhysicalMap) -> float:
        seen.append((float(np.abs(pose).sum()), explained(self, side, pose)))
        return seen[-1][1]

    explained = FarView.area_explained
    monkeypatch.setattr(FarView, "area_explained", recorded)
    moving = bent(fold)
    one = register(FIXED, moving, transform="homography", initial=near_truth(), on_unreliable="ignore")
    first, seen[:] = list(seen), []
    other = register(moving, FIXED, transform="homography", initial=inverse(near_truth()), on_unreliable="ignore")
    assert len(first) == 4 and sorted(each[1] for each in first) == pytest.approx(sorted(each[1] for each in seen))
    places = np.array([[0.0, 0], [0, 150], [100, 0], [90, 140]])
    np.testing.assert_allclose(
        apply(one.transform.matrix, places), apply(other.transform.inverse().matrix, places), atol=1e-6
    )


def test_intensities_that_serve_on_one_grid_serve_on_the_other() -> None:
    engine, blind = Engine(), problem_of(FIXED, MOVING, transform="homography", metric="orientation")
    scenes = [engine._scene(each) for each in (problem_of(FIXED, MOVING, transform="homography"), blind)]
    truth = inverse(TRUTH) if scenes[0].undo.swapped else TRUTH
    views = []
    for scene in scenes:
        side = scene.far(SETTINGS).found(truth)
        assert side is not None
        views.append(engine._seen_on(scene, side))
    assert [each.solution.metric.name for each in views] == ["ncc", "orientation"]
    assert [each.solution.metric.name for each in engine._by_one_metric(views)] == ["ncc", "ncc"]
    assert engine._by_one_metric(views[1:]) == views[1:]


def test_what_a_pose_explains_is_larger_where_it_is_right() -> None:
    here = far()
    ordered = np.array_equal(here.problem.fixed.array, FIXED)
    truth = TRUTH if ordered else inverse(TRUTH)
    side = here.found(truth)
    assert side is not None
    off = PhysicalMap(about(np.eye(2), np.array([3.0, 2.0]), np.zeros(2)) @ truth)
    right, wrong = (here.area_explained(side, each) for each in (truth, normalised(off)))
    assert right > 1.2 * wrong
    # In pixels of the image that shows it smaller: it is no more than either has.
    assert 0.1 * MOVING.size < right < MOVING.size


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "slant"), [(777004, 40.0), (777005, 40.0), (777007, 75.0)])
def test_a_wall_that_repeats_itself_is_found_where_it_is(seed: int, slant: float) -> None:
    pair = planar_pair(seed, slant)
    assert pair.name == "brick"
    found = register(pair.fixed, pair.moving, transform="homography")
    assert found.reliable and pair.error(found.transform.matrix) < 0.5


@pytest.mark.parametrize("family", ["affine", "homography"])
@pytest.mark.slow
def test_features_are_asked_where_the_answer_is_not_to_be_trusted(family: str) -> None:
    found = register(FIXED, MOVING, transform=family, on_unreliable="ignore")
    if family == "homography":
        assert found.reliable and error(found.transform.matrix) < 0.15
        assert [each.shape for each in found.levels] == sorted({each.shape for each in found.levels})
    else:
        assert not found.reliable and "[misfit]" in " ".join(found.warnings)


@pytest.mark.slow
def test_clear_features_come_before_a_closer_look(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, asked = problem_of(FIXED, MOVING, transform="homography"), []
    blurred = engine.or_blurred
    monkeypatch.setattr(engine, "or_blurred", lambda *rest: asked.append(1) or blurred(*rest))
    nothing_stands_out = replace(SETTINGS, sides=replace(SETTINGS.sides, significant=np.inf))
    found = Engine(settings=nothing_stands_out).solve(problem, lambda _: True)
    assert error(found.pose) < 0.15 and not asked
    # Where it is not to be trusted all the same, what the search finds comes next, then what features propose.
    searched = next(iter(found.seen_otherwise(lambda _: True)))
    assert asked and error(searched.pose) > 1
    few = replace(nothing_stands_out, far=replace(SETTINGS.far, clear_votes=np.inf))
    assert error(Engine(settings=few).solve(problem, lambda _: True).pose) > 1


def test_features_are_not_asked_where_the_search_sees_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FarView, "clearly_proposed", lambda _: pytest.fail("asked"))
    turned = PhysicalMap(pose(10, (3, 4), SHAPE))
    moving = ndimage.affine_transform(FIXED, inverse(turned)[:2, :2], inverse(turned)[:2, 2], order=1, cval=np.nan)
    assert register(FIXED, moving, transform="homography").reliable


@pytest.mark.slow
def test_features_keep_to_a_users_limits() -> None:
    problem = problem_of(FIXED, MOVING, transform="homography")
    assert admits(SearchRange(), problem, TRUTH)
    assert admits(SearchRange(angle=30, scale=2), problem, TRUTH)
    assert not admits(SearchRange(angle=1), problem, TRUTH)
    assert not admits(SearchRange(shift=0.01), problem, TRUTH)
    larger = PhysicalMap(about(1.3 * np.eye(2), np.zeros(2), Grid(SHAPE).centre))
    assert admits(SearchRange(scale=1.4), problem, larger) and not admits(SearchRange(scale=1.2), problem, larger)
    few = register(FIXED, MOVING, transform="homography", search=SearchRange(angle=2), on_unreliable="ignore")
    assert not few.reliable and error(few.transform.matrix) > 1


def test_who_wants_a_far_view_to_end_is_told_no_more() -> None:
    told: list[Level] = []
    register(FIXED, MOVING, transform="homography", initial=near_truth(), progress=told.append)
    assert [each.shape for each in told] == sorted({each.shape for each in told})
    calls: list[Level] = []
    found = register(
        FIXED, MOVING, transform="homography", initial=near_truth(), progress=lambda each: bool(calls.append(each))
    )
    assert len(calls) == 1 and found.reliable


@pytest.mark.parametrize(("shift", "expected"), [((30, 0), False), ((0, 30), True), ((0, 70), False), ((5, -50), True)])
def test_limits_of_a_shift_are_parts_of_fixeds_sides_whichever_way_the_start_turns(
    shift: tuple[int, int], expected: bool
) -> None:
    scene = blobs(400, 2.2)
    upright = PhysicalMap(np.array([[0, -2.0, 799], [2, 0, 0], [0, 0, 1]]))
    problem = problem_of(scene[:60], scene[:, :60], transform="homography", initial=upright)
    aside = PhysicalMap(upright @ about(np.eye(2), np.array(shift, float), np.zeros(2)))
    assert admits(SearchRange(angle=5, scale=1.1, shift=0.15), problem, aside) is expected
