"""The pairs of the kinds that go wrong: drawn alike each time, true to their truths, and scored as they say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.cases import moved
from benchmarks.kinds import KINDS, draw
from benchmarks.kinds.bound import least_corner_error
from benchmarks.kinds.pair import Motion, Pair, grid, lattice
from benchmarks.kinds.scoring import Record, complaints, row, scored, table

Floats = NDArray[np.float64]
SEED = 5
# As many as a kind has variants.
FIRST = {"undetermined": 8, "fixed-pattern": 7, "two-motions": 7}
# Pixels a side. The median over tiles is the scene's, for what stays on a sensor is in the fewer.
TILE = 48
STAYS = {"fixed-pattern", "shaped-field"}
BESIDE = np.array([[6, 0], [-6, 0], [0, 6], [0, -6]])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.slow
def test_a_pair_is_drawn_from_seed_kind_and_number_alone(kind: str) -> None:
    first, other = draw(kind, SEED, 1), draw(kind, SEED, 2)
    again = draw(kind, SEED, 1)
    np.testing.assert_array_equal(first.fixed, again.fixed)
    np.testing.assert_array_equal(first.moving, again.moving)
    assert (first.name, first.family, first.answerable) == (again.name, again.family, again.answerable)
    for one, two in zip(first.right, again.right, strict=True):
        np.testing.assert_array_equal(one.targets, two.targets)
    assert not np.array_equal(first.fixed, other.fixed)
    assert not np.array_equal(first.fixed, draw(kind, SEED + 1, 1).fixed)


def details(image: Floats) -> Floats:
    """Return what is larger than noise and smaller than uneven light."""
    return ndimage.gaussian_filter(image, 1.2) - ndimage.gaussian_filter(image, 6)


def likeness(pair: Pair, motion: Motion, by: Floats) -> float:
    """Return how far grey values of moving, `by` off the truth, follow from fixed's where this motion's points lie."""
    fixed, moving = (details(each.astype(float)) for each in (pair.fixed, pair.moving))
    points, targets = motion.points, motion.targets
    if not pair.misfit:  # one matrix: compare all pixels about the points
        design = np.c_[points, np.ones(len(points))]
        matrix = np.eye(3)
        matrix[:2] = np.linalg.lstsq(design, targets, rcond=None)[0].T
        near = np.zeros(fixed.shape, bool)
        near[tuple(np.rint(points).astype(int).T)] = True
        points = grid(fixed.shape)[ndimage.binary_dilation(near, iterations=5).ravel()]
        targets = moved(matrix, points)
    one = ndimage.map_coordinates(fixed, points.T, order=1)
    two = ndimage.map_coordinates(moving, (targets + by).T, order=1, cval=np.nan)
    tiles = (points // (TILE if pair.kind in STAYS else max(fixed.shape))) @ (1000, 1)
    found = []
    for tile in np.unique(tiles):
        known = np.isfinite(two) & (tiles == tile)
        if known.sum() > 40 and one[known].std() > 1e-6 and two[known].std() > 1e-6:
            found.append(np.corrcoef(one[known], two[known])[0, 1])
    return float(abs(np.median(found)))


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "undetermined"])
def test_images_are_alike_under_the_truth_and_less_so_beside_it(kind: str) -> None:
    pairs = [draw(kind, SEED, number) for number in range(FIRST.get(kind, 6))]
    asked = [pair for pair in pairs if pair.answerable or pair.misfit]
    assert len(asked) >= 2
    for pair in asked:
        for motion in pair.right:
            here = likeness(pair, motion, np.zeros(2))
            assert here > max(likeness(pair, motion, by) for by in BESIDE), pair.name


def test_motions_of_one_pair_are_each_true_where_they_hold() -> None:
    pair = next(p for p in (draw("two-motions", SEED, k) for k in range(3, 200, 7)) if "halves" in p.what)
    assert len(pair.right) == 2 and not pair.answerable
    for motion in pair.right:
        assert likeness(pair, motion, np.zeros(2)) > 0.8
    first, second = pair.right
    assert np.linalg.norm((first.targets - first.points).mean(0) - (second.targets - second.points).mean(0)) > 4


@pytest.mark.slow
def test_what_did_not_move_did_not_move() -> None:
    for number in (3, 7, 11, 15):
        pair = draw("fixed-pattern", SEED, number)
        assert "still" in pair.what
        assert pair.error(np.eye(3)) == 0
        assert ("none" in pair.what) == (number % 8 == 7)
    assert draw("fixed-pattern", SEED, 4).error(np.eye(3)) > 2


def test_no_answer_is_right_for_the_undetermined() -> None:
    for number in range(FIRST["undetermined"]):
        pair = draw("undetermined", SEED, number)
        assert pair.right == () and not pair.answerable
        assert pair.error(np.eye(3)) == np.inf
    ramp = draw("undetermined", SEED, 0).fixed.astype(float)
    assert "ramp" in draw("undetermined", SEED, 0).what
    np.testing.assert_allclose(np.diff(ramp, axis=0), ramp[1, 0] - ramp[0, 0])
    np.testing.assert_allclose(np.diff(ramp, axis=1), ramp[0, 1] - ramp[0, 0])


@pytest.mark.slow
def test_no_affine_map_comes_within_tolerance_of_a_misfit() -> None:
    for number in range(4):
        pair = draw("misfit", SEED, number)
        (motion,) = pair.right
        design = np.c_[motion.points, np.ones(len(motion.points))]
        matrix = np.eye(3)
        matrix[:2] = np.linalg.lstsq(design, motion.targets, rcond=None)[0].T
        assert pair.error(matrix) > pair.tolerance


def test_an_error_is_a_distance_in_pixels_of_fixed() -> None:
    points = lattice((100, 100))
    doubled = np.diag([2.0, 2.0, 1.0])
    motion = Motion.of(doubled, points)
    assert motion.error(doubled) == 0
    assert motion.error(np.array([[2, 0, 6.0], [0, 2, 8.0], [0, 0, 1]])) == pytest.approx(5)
    assert motion.error(np.full((3, 3), np.nan)) == np.inf


def _record(**changed: object) -> Record:
    plain = Record(
        kind="x",
        number=0,
        name="x/0",
        answerable=True,
        misfit=False,
        has_answer=True,
        tolerance=1.5,
        error=0.05,
        uncertainty=0.02,
        reliable=True,
        confidence=0.99,
        metric="ncc",
        poses=1,
        listed=None,
        codes=(),
        failure="",
        seconds=0.1,
    )
    return replace(plain, **changed)  # type: ignore[arg-type]


def test_what_is_amiss_is_said() -> None:
    assert complaints(_record()) == ""
    assert complaints(_record(error=0.2)) == "understated"
    assert complaints(_record(error=0.09, uncertainty=0.001)) == ""  # less than a tenth of a pixel is no untruth
    assert complaints(_record(error=7.0, uncertainty=3.0)) == "SURE AND WRONG; not found"
    assert complaints(_record(error=2.0, uncertainty=1.0)) == "sure beyond tolerance; not found"
    assert complaints(_record(reliable=False)) == "right, refused"
    assert complaints(_record(reliable=False, error=9.0)) == "not found"
    unanswerable = _record(answerable=False, has_answer=False, error=np.inf, uncertainty=np.inf)
    assert complaints(unanswerable) == "SURE AND WRONG"
    assert complaints(replace(unanswerable, reliable=False)) == ""
    assert complaints(_record(answerable=False, poses=2)) == "sure of one of two motions"
    misfit = _record(answerable=False, misfit=True, error=3.0)
    assert complaints(misfit) == "sure beyond tolerance"


def test_the_table_counts_records() -> None:
    records = [_record(), _record(error=9.0, uncertainty=0.1), _record(reliable=False), _record(answerable=False)]
    records[0], records[1] = replace(records[0], listed=1.0), replace(records[1], listed=0.5)
    line = row("x", records)
    assert line == ("x", "4", "3", "1", "1", "1", "1 (33 %)", "1", "1 of 2", "0.0500", "0.10")
    assert table([line]).splitlines()[-1].startswith("| x | 4 | 3 | 1 |")


def test_a_pair_is_registered_and_what_is_raised_is_written_down() -> None:
    pair = draw("few-objects", SEED, 4)
    record = scored(pair, 1)
    assert record.failure == "" and np.isfinite(record.error) and record.seconds > 0
    broken = scored(replace(pair, family="affin"), 1)
    assert "affin" in broken.failure and broken.error == np.inf and not broken.reliable


@pytest.mark.parametrize("sigma", [0.01, 0.1])
def test_the_least_error_of_a_blob_is_that_of_its_shift(sigma: float) -> None:
    """The squares of a Gaussian blob's slopes along an axis sum to pi / 2, whatever its width."""

    def blob(points: Floats) -> Floats:
        return np.exp(-((points - 40.0) ** 2).sum(1) / (2 * 5.0**2))

    found = least_corner_error(blob, (81, 81), np.eye(3), "translation", sigma**2)
    assert found == pytest.approx(np.sqrt(2 * 2 * sigma**2 / (np.pi / 2)), rel=0.01)
    # How far it turned, nobody can know.
    assert least_corner_error(blob, (81, 81), np.eye(3), "rigid", sigma**2) > 1000 * found


def test_a_turn_is_told_less_exactly_by_a_smaller_thing() -> None:
    def bar(points: Floats, size: float) -> Floats:
        return np.exp(-(((points - 100.0) / (size * np.array([1.0, 3.0]))) ** 2).sum(1))

    errors = [
        least_corner_error(lambda points, size=size: bar(points, size), (201, 201), np.eye(3), "rigid", 1e-4)
        for size in (4.0, 8.0)
    ]
    # As its length: its outline grows as fast as its slopes fall off.
    assert errors[0] == pytest.approx(2 * errors[1], rel=0.05)


def test_objects_too_small_to_be_told_within_the_tolerance_are_not_asked_for() -> None:
    pairs = [draw("few-objects", 31337, number) for number in (3, 40)]
    assert [pair.answerable for pair in pairs] == [True, False]
    assert all(pair.right for pair in pairs)
