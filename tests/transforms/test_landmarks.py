"""Transforms from landmarks: exact where they are exact, least squares where not, and what is refused."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy import optimize

import superpose
from superpose import InputError, MatrixTransform, fit_transform

TRUTHS = {
    "translation": superpose.translation((7.5, -3)),
    "rigid": superpose.rigid(2.5, (7.5, -3), (100, 50)),
    "similarity": superpose.similarity(-2.9, 0.7, (7.5, -3), (100, 50)),
    "affine": superpose.affine([[0.9, 0.3], [-0.2, 1.1]], (7.5, -3), (100, 50)),
    "homography": superpose.homography([[0.9, 0.3, 0], [-0.2, 1.1, 0], [4e-4, -3e-4, 1]], (7.5, -3), (250, 250)),
}
MARKS = np.random.default_rng(3).uniform(0, 500, (12, 2))


@pytest.mark.parametrize("truth", TRUTHS.values(), ids=TRUTHS.keys())
def test_exact_landmarks_give_the_transform_back(truth: MatrixTransform) -> None:
    fit = fit_transform(MARKS, truth(MARKS), transform=truth.family)
    assert fit.transform.family == truth.family
    assert fit.transform.distance(truth, MARKS) < 1e-9
    assert fit.residuals.shape == (12,)
    assert fit.residuals.max() < 1e-9
    assert fit.rms < 1e-9


@pytest.mark.parametrize("truth", TRUTHS.values(), ids=TRUTHS.keys())
def test_noisy_landmarks_give_the_least_squares(truth: MatrixTransform) -> None:
    seen = truth(MARKS) + np.random.default_rng(4).normal(0, 2, MARKS.shape)
    fit = fit_transform(MARKS, seen, transform=truth.family)
    np.testing.assert_allclose(fit.residuals, np.linalg.norm(fit.transform(MARKS) - seen, axis=1), atol=1e-12)
    assert fit.rms == pytest.approx(np.sqrt(np.mean(fit.residuals**2)))

    # No other member of the family does better: SciPy's own search, started at the answer, finds nothing.
    numbers = fit.transform.parameters
    shift = list(numbers["shift"])
    linear = {
        "translation": [],
        "rigid": [numbers.get("angle")],
        "similarity": [numbers.get("angle"), numbers.get("scale")],
        "affine": list(np.ravel(numbers.get("linear", []))),
        "homography": list(np.ravel(numbers.get("matrix", []))[[0, 1, 3, 4, 6, 7]]) if "matrix" in numbers else [],
    }[truth.family]

    def errors(vector: np.ndarray) -> np.ndarray:
        by, rest, centre = vector[:2], vector[2:], numbers["centre"]
        if truth.family == "translation":
            other = superpose.translation(by)
        elif truth.family == "affine":
            other = superpose.affine(rest.reshape(2, 2), by, centre)
        elif truth.family == "homography":
            other = superpose.homography(np.insert(rest, [2, 4, 6], [0, 0, 1]).reshape(3, 3), by, centre)
        else:
            other = getattr(superpose, truth.family)(*rest, by, centre)
        return (other(MARKS) - seen).ravel()

    best = optimize.least_squares(errors, [*shift, *linear], x_scale="jac")
    assert np.sqrt(2 * best.cost / len(MARKS)) == pytest.approx(fit.rms, rel=1e-6)


@pytest.mark.parametrize(
    "family, least", [("translation", 1), ("rigid", 2), ("similarity", 2), ("affine", 3), ("homography", 4)]
)
def test_the_fewest_points_are_enough_and_one_less_is_not(family: str, least: int) -> None:
    truth = TRUTHS[family]
    fit = fit_transform(MARKS[:least], truth(MARKS[:least]), transform=family)
    assert fit.transform.distance(truth, MARKS) < 1e-8
    with pytest.raises(InputError, match=rf"^fixed_points holds {least - 1} points, too few for .*at least {least}"):
        fit_transform(MARKS[: least - 1], MARKS[: least - 1], transform=family)


def test_far_from_the_origin() -> None:
    # UTM-like coordinates: large numbers, small spread.
    far = MARKS + np.array([5e6, 4e5])
    truth = superpose.rigid(0.3, (2, 1), tuple(far.mean(0)))
    assert fit_transform(far, truth(far)).rms < 1e-6


def test_rigid_never_mirrors() -> None:
    mirrored = MARKS * [1, -1]
    fit = fit_transform(MARKS, mirrored)
    assert np.linalg.det(fit.transform.matrix[:2, :2]) == pytest.approx(1)
    assert fit.rms > 50


def test_points_on_a_line() -> None:
    line = np.stack([np.arange(5.0), 2 * np.arange(5.0)], 1)
    with pytest.raises(InputError, match=r"^fixed_points are on one line, .*affine.*not on one line"):
        fit_transform(line, line, transform="affine")
    truth = TRUTHS["rigid"]
    assert fit_transform(line, truth(line)).transform.distance(truth, MARKS) < 1e-8


@pytest.mark.parametrize("family", ["rigid", "similarity", "affine", "homography"])
def test_one_place_many_times(family: str) -> None:
    same = np.tile([[100.0, 200.0]], (5, 1))
    with pytest.raises(InputError, match=f"^fixed_points are the same point, which do not determine a {family}"):
        fit_transform(same, MARKS[:5], transform=family)


@pytest.mark.parametrize("family", ["rigid", "similarity"])
def test_one_moving_place_many_times(family: str) -> None:
    same = np.tile([[100.0, 200.0]], (5, 1))
    with pytest.raises(InputError, match=f"^moving_points are the same point, which do not determine a {family}"):
        fit_transform(MARKS[:5], same, transform=family)


@pytest.mark.parametrize(
    "fixed, moving, words",
    [
        (MARKS[:5], MARKS[:4], "^moving_points holds 4 points and fixed_points 5"),
        (MARKS[0], MARKS[:1], r"^fixed_points has shape \(2,\)"),
        (MARKS[:1], MARKS[0], r"^moving_points has shape \(2,\)"),
        (MARKS.T, MARKS.T, r"^fixed_points has shape \(2, 12\)"),
        (MARKS * np.nan, MARKS, "^fixed_points has .* 12 points that are not finite"),
        (MARKS, "abc", "^moving_points has shape unknown"),
        ([], [], r"^fixed_points has shape \(0,\)"),
    ],
)
def test_bad_landmarks_are_named(fixed: object, moving: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        fit_transform(fixed, moving)


def test_unknown_family() -> None:
    with pytest.raises(InputError, match=r"^transform='afine' is not known; did you mean 'affine'"):
        fit_transform(MARKS, MARKS, transform="afine")


SQUARE = np.array([[0.0, 0], [0, 100], [100, 100], [100, 0]])
LINE = np.stack([np.arange(5.0), 2 * np.arange(5.0)], 1)


@pytest.mark.parametrize("far", [0.0, 4e6])
@pytest.mark.parametrize("points, kind", [(LINE, "on one line"), (np.vstack([LINE, [[9, -3]]]), "all but one on one")])
def test_points_that_determine_no_homography(points: np.ndarray, kind: str, far: float) -> None:
    others, points = MARKS[: len(points)], points + far
    with pytest.raises(InputError, match=rf"^fixed_points are {kind}.*do not determine a homography"):
        fit_transform(points, others, transform="homography")
    with pytest.raises(InputError, match=rf"^moving_points are {kind}.*do not determine a homography"):
        fit_transform(others, points, transform="homography")


def test_four_points_of_which_three_are_on_one_line() -> None:
    four = np.array([[0.0, 0], [10, 10], [20, 20], [0, 30]])
    with pytest.raises(InputError, match=r"^fixed_points are all but one on one line"):
        fit_transform(four, MARKS[:4], transform="homography")


def test_places_that_no_plane_shows() -> None:
    crossed = SQUARE[[0, 2, 1, 3]]
    with pytest.raises(InputError, match=r"^moving_points are .* in no view of a plane: 2 of them.*the same order"):
        fit_transform(SQUARE, crossed, transform="homography")


def test_a_homography_far_from_the_origin() -> None:
    far = MARKS + np.array([5e6, 4e5])
    bent = [[0.9, 0.3, 0], [-0.2, 1.1, 0], [4e-4, -3e-4, 1]]
    truth = superpose.homography(bent, (2, 1), tuple(far.mean(0)))
    fit = fit_transform(far, truth(far), transform="homography")
    assert fit.rms < 1e-5
    assert fit.transform.centre == pytest.approx(tuple(far.mean(0)))


def test_opencv_finds_the_same_homography() -> None:
    seen = TRUTHS["homography"](MARKS) + np.random.default_rng(5).normal(0, 1, MARKS.shape)
    ours = fit_transform(MARKS, seen, transform="homography")
    theirs = superpose.transforms.from_opencv(cv2.findHomography(MARKS[:, ::-1].copy(), seen[:, ::-1].copy())[0])
    rms = np.sqrt(np.mean(np.sum((theirs(MARKS) - seen) ** 2, axis=1)))
    assert ours.rms <= rms * (1 + 1e-9)
    assert ours.transform.distance(theirs, MARKS) < 0.05


@pytest.mark.parametrize("family", ["rigid", "similarity"])
def test_a_mirror_image_that_every_turn_fits_as_well(family: str) -> None:
    with pytest.raises(InputError, match=f"^moving_points are a mirror image of fixed_points, which .* {family}"):
        fit_transform(SQUARE, SQUARE * [1, -1], transform=family)


# --- volumes ------------------------------------------------------------------------------------------------
PLACES = np.random.default_rng(8).uniform(0, 300, (15, 3))
VOLUMES = {
    "translation": superpose.translation((7.5, -3, 11)),
    "rigid": superpose.rigid((0.3, -2.5, 0.7), (7.5, -3, 11), (100, 50, 70)),
    "similarity": superpose.similarity((0.1, 1.5, -0.4), 0.7, (7.5, -3, 11), (100, 50, 70)),
    "affine": superpose.affine([[0.9, 0.3, 0.1], [-0.2, 1.1, 0], [0, 0.4, 1.3]], (7.5, -3, 11), (100, 50, 70)),
}
each_volume = pytest.mark.parametrize("truth", VOLUMES.values(), ids=VOLUMES.keys())


@each_volume
def test_exact_landmarks_of_volumes_give_the_transform_back(truth: MatrixTransform) -> None:
    least = {"translation": 1, "rigid": 3, "similarity": 3, "affine": 4}[truth.family]
    for places in (PLACES, PLACES[:least], PLACES + 1e6):
        fit = fit_transform(places, truth(places), transform=truth.family)
        assert fit.transform.family == truth.family and fit.transform.ndim == 3
        assert fit.transform.distance(truth, places) < 1e-7
        assert fit.transform.centre == pytest.approx(tuple(places.mean(0)))
    with pytest.raises(InputError, match=rf"^fixed_points holds {least - 1} points, too few for .*at least {least}"):
        fit_transform(PLACES[: least - 1], PLACES[: least - 1], transform=truth.family)


@each_volume
def test_no_member_of_the_family_meets_noisy_landmarks_of_volumes_better(truth: MatrixTransform) -> None:
    seen = truth(PLACES) + np.random.default_rng(9).normal(0, 2, PLACES.shape)
    fit = fit_transform(PLACES, seen, transform=truth.family)
    family, centre = fit.transform.kind, np.array(fit.transform.centre)

    def errors(vector: np.ndarray) -> np.ndarray:
        matrix = family.matrix(vector, centre, 200.0)
        return (PLACES @ matrix[:3, :3].T + matrix[:3, 3] - seen).ravel()

    best = optimize.least_squares(errors, family.vector(fit.transform.matrix, centre, 200.0))
    assert np.sqrt(2 * best.cost / len(PLACES)) == pytest.approx(fit.rms, rel=1e-6)


def test_a_rigid_fit_of_volumes_never_mirrors() -> None:
    fit = fit_transform(PLACES, PLACES * [1, 1, -1])
    assert np.linalg.det(fit.transform.matrix[:3, :3]) == pytest.approx(1)
    assert fit.rms > 50


def test_places_in_one_plane_determine_a_rigid_motion_but_no_affine_one() -> None:
    flat = PLACES * [1, 1, 0]
    assert fit_transform(flat, VOLUMES["rigid"](flat)).transform.distance(VOLUMES["rigid"], PLACES) < 1e-8
    with pytest.raises(InputError, match=r"^fixed_points are in one plane, which do not determine a affine"):
        fit_transform(flat, flat, transform="affine")


@pytest.mark.parametrize("family", ["rigid", "similarity"])
def test_places_on_one_line_of_a_volume_determine_no_rotation(family: str) -> None:
    line = np.arange(5.0)[:, None] * [1, 2, 3]
    with pytest.raises(InputError, match=f"^fixed_points are on one line, which do not determine a {family}"):
        fit_transform(line, PLACES[:5], transform=family)
    with pytest.raises(InputError, match=f"^moving_points are on one line, which do not determine a {family}"):
        fit_transform(PLACES[:5], line, transform=family)


def test_volumes_have_no_homography_and_no_points_of_images() -> None:
    with pytest.raises(InputError, match=r"^transform='homography' is for two dimensions, not for 3"):
        fit_transform(PLACES, PLACES, transform="homography")
    with pytest.raises(InputError, match=r"^fixed_points and moving_points are of 3 and 2 coordinates"):
        fit_transform(PLACES, MARKS)
    with pytest.raises(InputError, match=r"^fixed_points has shape \(3,\); pass an array of shape \(..., 3\)"):
        fit_transform(PLACES[0], PLACES[:1])
