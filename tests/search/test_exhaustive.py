"""The exhaustive search against a plain scan of all turns and shifts on small images."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from superpose._sampling.level import PreparedLevel
from superpose._sampling.settings import FieldSettings
from superpose._search.exhaustive import canvas_shapes, search
from superpose._search.scored_pose import ScoredPose
from superpose.image import as_image
from superpose.transforms.geometry import nearest_turn, turn
from tests.reference import orientation as reference

Floats = NDArray[np.float64]
FIXED, MOVING = (36, 44), (41, 38)
LEAST = 0.3


HOME = np.array([61.0, 61.5])


def scene(angle: float, place: Floats, shape: tuple[int, int], size: float = 1.0) -> Floats:
    """Return a picture of blobs, seen turned and magnified with its middle at `place`."""
    blobs = ndimage.gaussian_filter(np.random.default_rng(71).normal(size=(120, 120)), 1.7)
    at = (np.moveaxis(np.indices(shape), 0, -1) - (np.array(shape) - 1) / 2) @ turn(angle).T * size + place
    return ndimage.map_coordinates(blobs, np.moveaxis(at, -1, 0), order=3)


def scanned(fixed: Floats, moving: Floats, linears: list[Floats], centre: Floats, reach: Floats) -> ScoredPose:
    """Return the best of all poses by adding up each in space."""
    (field, usable), (other, there) = (reference.field_of(each, np.ones(each.shape, bool)) for each in (fixed, moving))
    # A square canvas that holds moving at any turn, its middle where `centre` comes to lie.
    middle = (np.array(fixed.shape) - 1) / 2
    start = 60 + middle % 1
    rows, columns = (
        range(int(np.ceil(s - m - r)), int(np.floor(s - m + r)) + 1)
        for s, m, r in zip(start, middle, reach, strict=True)
    )
    floors = tuple(
        FieldSettings().flat * (np.abs(f) ** 2).sum() / u.sum() for f, u in ((field, usable), (other, there))
    )
    fewer = min(usable.sum(), there.sum())
    best = ScoredPose(np.eye(3), -1.0, 0.0)
    for linear in linears:
        matrix = np.eye(3)
        matrix[:2, :2], matrix[:2, 2] = linear, centre - linear @ start
        pulled, seen = reference.turned(other, there, matrix, -2 * nearest_turn(linear)[0], (121, 121))
        found = reference.scores(field, usable, pulled, seen, rows, columns)
        smaller = min(usable.sum(), seen.sum())
        score = found.score(fewer / min(1.0, abs(np.linalg.det(linear))), floors)
        score[found.overlap < LEAST * smaller] = -1
        i, j = np.unravel_index(score.argmax(), score.shape)
        if score[i, j] > best.score:
            matrix[:2, 2] = centre + linear @ (np.array([rows[i], columns[j]]) - start)
            best = ScoredPose(matrix, float(score[i, j]), float(found.overlap[i, j] / smaller))
    return best


@pytest.mark.parametrize("size", [1.0, 1.15])
@pytest.mark.parametrize("angle, away", [(0.0, (7.0, -6.5)), (1.1, (-5.0, 8.0)), (-2.6, (2.0, 9.0))])
def test_the_best_pose_is_that_of_a_plain_scan(angle: float, away: tuple[float, float], size: float) -> None:
    fixed, moving = scene(0.0, HOME, FIXED), scene(angle, HOME + away, MOVING, size)
    # Among others, the true turn and scale: from fixed to moving.
    linears = [turn(-a) / s for s in (1.0, size) for a in np.r_[angle, np.arange(-3, 3, 0.8)]]
    centre, reach = (np.array(MOVING) - 1) / 2, np.array([13.0, 14.0])
    best = scanned(fixed, moving, linears, centre, reach)
    prepared = [PreparedLevel(as_image(each, "fixed"), 1) for each in (fixed, moving)]
    found, null = search(*prepared, linears, centre, reach, LEAST, 1)
    np.testing.assert_allclose(found[0].pose, best.pose, rtol=0, atol=1e-9)
    assert found[0].score == pytest.approx(best.score, rel=0.03)
    assert found[0].overlap == pytest.approx(best.overlap, abs=0.15)
    assert found[0].score > null.highest > null.mean
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    # It is the true one, to the pixel.
    truth = np.linalg.inv(size * turn(angle))
    np.testing.assert_allclose(found[0].pose[:2, :2], truth, atol=1e-9)
    shift = centre - truth @ ((np.array(FIXED) - 1) / 2 + away)
    np.testing.assert_allclose(found[0].pose[:2, 2], shift, atol=0.75)


def test_shifts_end_at_their_reach() -> None:
    shape = (35, 43)
    pair = [scene(0.0, HOME + by, shape) for by in ((0, 0), (0, 9))]
    prepared = [PreparedLevel(as_image(each, "fixed"), 1) for each in pair]
    centre = (np.array(shape) - 1) / 2
    for reach, inside in ((9.0, True), (8.0, False)):
        found, _ = search(*prepared, [np.eye(2)], centre, np.array([20.0, reach]), LEAST, 1)
        assert np.array_equal(found[0].pose[:2, 2], (0, -9)) == inside
        assert all(abs(each.pose[1, 2]) <= reach for each in found)


@pytest.mark.parametrize("side", [40, 41])
def test_an_image_lies_on_itself_whether_its_sides_are_even_or_odd(side: int) -> None:
    prepared = PreparedLevel(as_image(scene(0.0, HOME, (side, side)), "fixed"), 1)
    centre = np.full(2, (side - 1) / 2)
    found, _ = search(prepared, prepared, [np.eye(2)], centre, np.array([9.0, 9.0]), LEAST, 1)
    np.testing.assert_allclose(found[0].pose, np.eye(3), atol=1e-12)
    assert found[0].score == pytest.approx(1, abs=0.06)  # energies are those of whole blocks


@pytest.mark.parametrize("away, least", [(-26, 0.1), (26, 0.1), (-29, 0.05)])
def test_a_small_overlap_is_not_mistaken_for_one_at_the_other_end(away: int, least: float) -> None:
    """Of 34 columns, 8 or 5 are left: a canvas of 1.6 times as many would lay 26 on -28."""
    shape = (60, 34)
    pair = [scene(0.0, HOME + by, shape) for by in ((0, 0), (0, away))]
    prepared = [PreparedLevel(as_image(each, "fixed"), 1) for each in pair]
    centre = (np.array(shape) - 1) / 2
    found, _ = search(*prepared, [np.eye(2)], centre, np.array([900.0, 900.0]), least, 1)
    assert found[0].pose[:2, 2].tolist() == [0, -away]
    assert found[0].overlap < 0.35
    assert found[1].score < 0.7 * found[0].score


def test_a_pose_that_magnifies_is_scored_as_its_inverse() -> None:
    fixed, moving = scene(0.3, HOME, (30, 34), 0.4), scene(0.0, HOME, (52, 50))
    prepared = [PreparedLevel(as_image(each, "fixed"), 1) for each in (fixed, moving)]
    linears = [0.4 * turn(a) for a in np.arange(-0.3, 1.0, 0.1)]
    middles = [(np.array(each.shape) - 1) / 2 for each in (fixed, moving)]
    far = np.array([900.0, 900.0])
    found, null = search(*prepared, linears, middles[1], far, LEAST, 1)
    back, other = search(*prepared[::-1], [np.linalg.inv(each) for each in linears], middles[0], far, LEAST, 1)
    np.testing.assert_allclose([each.score for each in found], [each.score for each in back], rtol=1e-6)
    assert null.count == other.count
    np.testing.assert_allclose(found[0].pose @ back[0].pose, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(found[0].pose[:2, :2], 0.4 * turn(0.3), atol=0.03)
    # On fixed's own pixels, which limits of the shift ask for, it is the same pose.
    near, _ = search(*prepared, linears, middles[1], np.array([30.0, 30.0]), LEAST, 1)
    np.testing.assert_allclose(near[0].pose[:2], found[0].pose[:2], atol=1.0)


@pytest.mark.parametrize("threads", [2, 7])
def test_threads_change_no_bit(threads: int) -> None:
    pair = [scene(0.0, HOME, FIXED), scene(0.4, HOME + 3, MOVING)]
    linears = [turn(a) for a in np.arange(-3, 3, 0.17)]
    results = []
    for count in (1, threads):
        prepared = [PreparedLevel(as_image(each, "fixed"), count) for each in pair]
        found, null = search(*prepared, linears, (np.array(MOVING) - 1) / 2, np.array([20.0, 20.0]), LEAST, count)
        results.append(([(each.pose.tobytes(), each.score, each.overlap) for each in found], null))
    assert len(linears) > 16
    assert results[0] == results[1]


@pytest.mark.parametrize("angle", [0.0, 0.2, 0.79, 1.4])
@pytest.mark.parametrize("moving", [(40, 40), (24, 60)])
def test_what_wraps_around_a_canvas_passes_for_no_overlap(angle: float, moving: tuple[int, int]) -> None:
    fixed, least, linear = (40, 44), 0.2, turn(angle)
    middles = [(np.array(each) - 1) / 2 for each in (fixed, moving)]
    (canvas,) = canvas_shapes(fixed, moving, [linear], 4, 0.75 * least, middles[1], np.full(2, np.inf))

    def overlaps(shape: tuple[int, int]) -> np.ndarray:
        """Return how many pixels overlap at each shift on a canvas."""
        at = np.stack(np.indices(shape), -1) - (np.array(shape) - 1) // 2
        there = at @ linear.T + middles[1]
        shown = ((there >= -0.5) & (there <= np.array(moving) - 0.5)).all(-1)
        spectra = [np.fft.rfft2(each, shape) for each in (np.ones(fixed), shown)]
        return np.asarray(np.rint(np.fft.irfft2(np.conj(spectra[0]) * spectra[1], shape)))

    wide = (4 * canvas[0], 4 * canvas[1])
    # The same shifts lie elsewhere on a wide canvas, on which nothing wraps: where its anchor is.
    far = np.array([(n - 1) // 2 - (m - 1) // 2 for n, m in zip(wide, canvas, strict=True)])
    alone = np.roll(overlaps(wide), -far, (0, 1))
    smaller = min(float(np.prod(fixed)), float(np.prod(moving)))
    wrapped = overlaps(canvas)
    apart = np.zeros_like(wrapped)
    most = np.zeros_like(wrapped)
    for i in range(-2, 2):
        for j in range(-2, 2):
            rows, columns = (np.arange(n) + k * n for n, k in zip(canvas, (i, j), strict=True))
            part = alone[np.ix_(rows % wide[0], columns % wide[1])]
            apart, most = apart + part, np.maximum(most, part)
    assert np.array_equal(apart, wrapped)
    # Whatever is enough is alone there, and what is not does not become enough.
    assert most.max() > 0.4 * smaller
    assert (wrapped == most)[most >= 0.95 * least * smaller].all()
    assert wrapped[most < 0.95 * least * smaller].max() < 0.95 * least * smaller + 0.02 * smaller
