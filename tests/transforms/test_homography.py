"""Homographies: the horizon, which side of it is seen, and what the numbers mean where they differ by place."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import superpose
from superpose import InputError, MatrixTransform
from superpose._describe import describe

# w = 1 at row 100, and 0 at row 300.
TILTED = superpose.homography([[1, 0, 0], [0, 1, 0], [-1 / 200, 0, 1]], (4, -7), (100, 100))
POINTS = np.random.default_rng(6).uniform(0, 250, (20, 2))


def test_points_are_divided_by_w() -> None:
    np.testing.assert_allclose(TILTED((100, 100)), (104, 93), atol=1e-12)
    # 50 rows below the centre w is 3/4.
    np.testing.assert_allclose(TILTED((150, 130)), (104 + 50 / 0.75, 93 + 30 / 0.75), atol=1e-12)
    naive = [((m := TILTED.matrix @ (*p, 1))[:2] / m[2]).tolist() for p in POINTS]
    np.testing.assert_allclose(TILTED(POINTS), naive, atol=1e-10)


def test_what_is_behind_the_horizon_is_nowhere() -> None:
    mapped = TILTED([[299.0, 5], [300, 5], [301, 5], [1e6, 5]])
    assert np.isfinite(mapped[0]).all() and np.isnan(mapped[1:]).all()
    assert TILTED(np.zeros((0, 2))).shape == (0, 2)
    assert np.isnan(TILTED((400, 0))).all()


def test_distance_where_one_sees_and_the_other_does_not() -> None:
    flat = superpose.translation((4, -7))
    assert TILTED.distance(flat, [[400, 0], [0, 0]]) == np.inf
    assert TILTED.distance(TILTED, [[400, 0], [0, 0]]) == 0


def test_angle_scale_and_shift_are_those_of_the_centre() -> None:
    turned = superpose.similarity(0.3, 1.5, (4, -7), (100, 100)) @ superpose.homography(
        [[1, 0, 0], [0, 1, 0], [1e-3, 2e-3, 1]], centre=(100, 100)
    )
    assert turned.angle == pytest.approx(0.3)
    assert turned.scale == pytest.approx(1.5)
    np.testing.assert_allclose(turned.shift, (4, -7), atol=1e-12)
    # The linear part is the derivative there.
    step = 1e-4 * np.eye(2)
    centre = np.array(turned.centre)
    derivative = (turned(centre + step) - turned(centre - step)).T / 2e-4
    np.testing.assert_allclose(np.array(turned.parameters["matrix"])[:2, :2], derivative, atol=1e-6)
    assert turned.about((0, 0)).scale > 1.6


@pytest.mark.parametrize("centre", [(300, 7), (301, 0), (1e5, 1e5)])
def test_a_centre_that_is_not_seen_is_refused(centre: tuple[float, float]) -> None:
    with pytest.raises(InputError, match=r"^transform is .* does not see the point \(.*\[behind-horizon\]"):
        TILTED.about(centre)


def test_a_centre_on_the_horizon_is_refused() -> None:
    with pytest.raises(InputError, match=r"^matrix is .* does not see the point \(0.0, 0.0\)"):
        superpose.from_matrix([[1, 0, 0], [0, 1, 0], [1, 0, 0]])
    with pytest.raises(InputError, match=r"^matrix is .* does not see the point \(300.0, 0.0\)"):
        superpose.from_matrix(TILTED.matrix, centre=(300, 0))


def test_a_composition_whose_centre_is_not_seen_is_refused() -> None:
    away = superpose.translation((500, 0))
    with pytest.raises(InputError, match=r"^transform is .* does not see the point \(0.0, 0.0\)"):
        TILTED @ away
    np.testing.assert_allclose((TILTED @ away.about((-450, 0)))((-450, 3)), TILTED((50, 3)))


def test_the_centre_s_side_is_seen() -> None:
    other = superpose.from_matrix(TILTED.matrix, centre=(400, 0))
    assert np.isnan(other((0, 0))).all()
    np.testing.assert_allclose(other((400, 0)), (TILTED.matrix @ (400, 0, 1))[:2] / (TILTED.matrix @ (400, 0, 1))[2])


def test_an_origin_that_is_not_seen() -> None:
    # A photograph whose upper left pixel shows sky: no point of the ground lies there.
    photo = superpose.homography([[1, 0, 0], [0, 1, 0], [-0.01, 0, 1]], centre=(150, 100)).inverse()
    ground = photo.inverse()
    sky = superpose.from_matrix(ground.matrix, centre=(200, 100))
    for t in (photo, ground, sky):
        back = t.inverse()
        near = np.array(t.centre) + np.random.default_rng(1).uniform(-9, 9, (20, 2))
        np.testing.assert_allclose(back(t(near)), near, atol=1e-8)
        assert (np.sign(back.matrix[2] @ (*back.centre, 1))) == 1
        for same in (pickle.loads(pickle.dumps(t)), copy.deepcopy(t), t.about(t(t.centre) * 0 + t.centre)):
            assert same == t and same.matrix.tobytes() == t.matrix.tobytes()


@pytest.mark.parametrize("row", [[-1.0, 0, 0], [0.01, 0, -1.0], [0, 0.01, -3.0]])
def test_matrices_that_cannot_be_made_one_at_the_origin_stay_as_they_are_kept(row: list[float]) -> None:
    matrix = np.vstack([[[3.0, 1, 50], [0.5, 2, 7]], row])
    centre = (-200.0, 400) if row[0] < 0 else (500.0, 500.0)
    t = superpose.from_matrix(matrix, centre=centre)
    assert np.isnan(t((0, 0))).all() and np.isfinite(t(centre)).all()
    assert np.abs(t.matrix).max() == 1
    again = MatrixTransform(t.matrix, "homography", centre)
    assert again == t and hash(again) == hash(t)


def test_a_projective_matrix_is_no_affine_one() -> None:
    with pytest.raises(InputError, match=r"which is no affine; pass transform='homography'"):
        MatrixTransform(TILTED.matrix)
    # However large its other numbers are.
    with pytest.raises(InputError, match=r"which is no affine; pass transform='homography'"):
        MatrixTransform([[1e9, 0, 0], [0, 1e9, 0], [1e-6, 0, 1]])


def test_rounding_in_the_last_row_is_cleaned_up() -> None:
    rounded = np.array([[1, 0.1, 5], [0, 1, -3], [1e-14, -1e-14, 1 - 1e-13]])
    for t in (MatrixTransform(rounded), superpose.from_matrix(rounded)):
        assert t.family == "affine" and t.matrix[2].tolist() == [0, 0, 1]
    assert MatrixTransform(rounded, "homography").matrix[2, 2] == 1


def test_singular() -> None:
    with pytest.raises(InputError, match=r"^matrix is .*cannot be inverted"):
        superpose.homography([[1, 0, 0], [0, 0, 0], [0.001, 0, 1]]).inverse()


def test_the_sentence() -> None:
    grid = superpose.Grid((201, 201))
    assert describe(TILTED) == "moving is seen in perspective and lies 4.0 px down, 7.0 px left of fixed"
    # The lower corners lie 100 rows below the centre, where w is 1/2: 100 px farther in either direction.
    assert describe(TILTED, grid) == (
        "moving is seen in perspective, its corners moved by up to 141.4 px against an affine map "
        "and lies 4.0 px down, 7.0 px left of fixed"
    )
    assert describe(superpose.homography(np.eye(3)), grid) == "moving lies exactly on fixed"
    wide = superpose.Grid((400, 201))
    assert "some of fixed's corners behind its horizon" in describe(TILTED, wide)
    mirrored = superpose.homography(np.diag([1, -1, 1]), centre=(100, 100)) @ TILTED
    assert describe(mirrored, grid).startswith("moving is mirrored")
