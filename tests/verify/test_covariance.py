"""The sandwich covariance against repeated noise, and across frames and families."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

import superpose
from superpose._sampling.level import PreparedLevel
from superpose._solution import Undo
from superpose._verify.covariance import pose_covariance
from superpose._verify.settings import DEFAULTS
from superpose.image import Grid, as_image
from superpose.metrics._orientation_objective import OrientationObjective
from superpose.metrics._squared_objective import SquaredObjective
from superpose.metrics.settings import DEFAULTS as METRIC_DEFAULTS
from superpose.transforms.family import families, family_named

METRICS, SMALL = METRIC_DEFAULTS[2], DEFAULTS[2].small_step
SCENE = ndimage.gaussian_filter(np.random.default_rng(7).normal(size=(120, 136)), 2.0)
SCENE /= SCENE.std()


def pair(seed: int, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return tuple(SCENE + sigma * rng.normal(size=SCENE.shape) for _ in range(2))  # type: ignore[return-value]


def objective(
    fixed: np.ndarray, moving: np.ndarray, family: str, kind: str = "squared"
) -> SquaredObjective | OrientationObjective:
    still, moved = PreparedLevel(as_image(fixed, "fixed"), 1), PreparedLevel(as_image(moving, "moving"), 1)
    if kind == "orientation":
        return OrientationObjective(still, moved, family_named(family), 1, METRICS)
    return SquaredObjective(still, moved, family_named(family), 1, METRICS, cubic=True)


def test_it_is_what_white_noise_lets_expect() -> None:
    sigma = 0.02
    found, _ = pose_covariance(
        objective(*pair(0, sigma), "translation"),
        np.eye(3),
        family_named("translation"),
        Grid(SCENE.shape),
        Undo(),
        SMALL,
    )
    by_row, by_column = np.gradient(SCENE)
    slopes = np.stack([by_row[2:-2, 2:-2].ravel(), by_column[2:-2, 2:-2].ravel()])
    expected = 2 * sigma**2 * np.linalg.inv(slopes @ slopes.T)
    np.testing.assert_allclose(np.sqrt(np.diag(found)), np.sqrt(np.diag(expected)), rtol=0.3)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ncc", "orientation"])
def test_errors_are_as_large_as_it_says(kind: str) -> None:
    truth = superpose.rigid(0.03, (1.3, -2.2), ((SCENE.shape[0] - 1) / 2, (SCENE.shape[1] - 1) / 2))
    rows, columns = np.indices(SCENE.shape)
    back = truth.inverse()(np.stack([rows, columns], -1).astype(float))
    turned = ndimage.map_coordinates(SCENE, np.moveaxis(back, -1, 0), order=5, mode="mirror")
    errors, said = [], []
    for seed in range(24):
        rng = np.random.default_rng(seed)
        views = [each + 0.3 * rng.normal(size=SCENE.shape) for each in (SCENE, turned)]
        found = superpose.register(*views, metric=kind, search="local")
        corners = found.fixed_grid.corners
        errors.append(((found.transform(corners) - truth(corners)) ** 2).sum(1).mean())
        said.append(found.uncertainty**2)
    assert 0.6 < np.sqrt(np.mean(errors) / np.mean(said)) < 1.6


def test_correlated_residuals_widen_it() -> None:
    rng = np.random.default_rng(0)
    white = [rng.normal(size=SCENE.shape) for _ in range(2)]
    smooth = [ndimage.gaussian_filter(each, 2.0) for each in white]
    smooth = [each / each.std() for each in smooth]
    errors = [
        pose_covariance(
            objective(SCENE + 0.1 * a, SCENE + 0.1 * b, "rigid"),
            np.eye(3),
            family_named("rigid"),
            Grid(SCENE.shape),
            Undo(),
            SMALL,
        )[1]
        for a, b in (white, smooth)
    ]
    assert errors[1] > 2 * errors[0]


@pytest.mark.parametrize("family", list(families()))
@pytest.mark.parametrize("kind", ["squared", "orientation"])
def test_every_family_has_one(family: str, kind: str) -> None:
    found, error = pose_covariance(
        objective(*pair(0, 0.1), family, kind), np.eye(3), family_named(family), Grid(SCENE.shape), Undo(), SMALL
    )
    assert found is not None and found.shape == (family_named(family).size,) * 2
    np.testing.assert_allclose(found, found.T, rtol=1e-6, atol=1e-18)
    assert np.linalg.eigvalsh(found / np.sqrt(np.outer(np.diag(found), np.diag(found)))).min() > 0
    assert 0.001 < error < 0.2


def test_wider_families_are_less_certain() -> None:
    errors = [
        pose_covariance(objective(*pair(0, 0.1), name, "squared"), np.eye(3), family, Grid(SCENE.shape), Undo(), SMALL)[
            1
        ]
        for name, family in families().items()
    ]
    assert errors == sorted(errors)


def test_swapped_images_give_the_inverse_s() -> None:
    matrix = superpose.rigid(0.2, (3, -1), (60, 60)).matrix
    ending = objective(*pair(0, 0.1), "rigid")
    grid = Grid(SCENE.shape)
    _, error = pose_covariance(ending, matrix, family_named("rigid"), grid, Undo(), SMALL)
    _, other = pose_covariance(ending, np.linalg.inv(matrix), family_named("rigid"), grid, Undo(swapped=True), SMALL)
    assert other == pytest.approx(error, rel=0.05)


def test_what_has_no_structure_has_none() -> None:
    flat = np.zeros(SCENE.shape)
    flat[60:] = 1.0  # an edge: its shift along itself is free
    rng = np.random.default_rng(0)
    noisy = [flat + 1e-3 * rng.normal(size=flat.shape) for _ in range(2)]
    ending = objective(*noisy, "translation")
    found, error = pose_covariance(ending, np.eye(3), family_named("translation"), Grid(flat.shape), Undo(), SMALL)
    assert found is None or found[1, 1] > 100 * found[0, 0]
    assert error > 0.05
    empty = replace(ending, moving=PreparedLevel(as_image(flat, "moving"), 1))
    away = np.array([[1, 0, 500.0], [0, 1, 0], [0, 0, 1]])
    assert pose_covariance(empty, away, family_named("translation"), Grid(flat.shape), Undo(), SMALL) == (None, np.inf)


def test_larger_steps_see_more_of_the_curve() -> None:
    """Corners of a turned image move on circles: a step of many pixels is longer than its chord."""
    ending, grid = objective(*pair(0, 0.1), "rigid"), Grid(SCENE.shape)
    errors = [pose_covariance(ending, np.eye(3), family_named("rigid"), grid, Undo(), step)[1] for step in (SMALL, 40)]
    assert errors[1] < 0.999 * errors[0]
