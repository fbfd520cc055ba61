"""Residuals of two fields of directions and their derivatives: against their definition, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import linalg, ndimage

from superpose._refine.algebra import Frame
from superpose._sampling.level import PreparedLevel
from superpose.image import as_image
from superpose.metrics._orientation_covariance import MatchedFields, ResidualGradients, step_covariance
from superpose.metrics.settings import DEFAULTS
from superpose.transforms.geometry import nearest_turn

Floats = NDArray[np.float64]

SETTINGS = DEFAULTS[2]
RNG = np.random.default_rng(7)
SCENE: Floats = ndimage.gaussian_filter(RNG.normal(size=(100, 116)), 2.0)
SCENE /= SCENE.std()
FRAME = Frame.over((100, 116))
TURNED = FRAME.moved(np.eye(3), np.array([0.3, -0.9, 0.8, 1.1, 0.2, -0.6, 0, 0]))


def level(values: Floats) -> PreparedLevel:
    return PreparedLevel(as_image(values, "image"), 1)


def noisy(seed: int, sigma: float = 0.2) -> PreparedLevel:
    return level(SCENE + sigma * np.random.default_rng(seed).normal(size=SCENE.shape))


def whole(fixed: PreparedLevel, moving: PreparedLevel, pose: Floats, threads: int) -> ResidualGradients:
    return MatchedFields.at(fixed, moving, pose, threads).gradients(0, fixed.shape[0])


def test_an_image_leaves_nothing_over_of_itself() -> None:
    found = whole(level(SCENE), level(-3 * SCENE), np.eye(3), 1)
    inside = found.weight > 0
    assert inside.mean() > 0.8
    assert np.abs(found.residual[:, inside]).max() < 1e-3
    np.testing.assert_allclose(found.row, found.row_other, atol=1e-3)
    np.testing.assert_allclose(found.column, found.column_other, atol=1e-3)
    np.testing.assert_allclose(found.turn, found.turn_other, atol=1e-3)


def test_a_quarter_turn_turns_directions_along() -> None:
    square = SCENE[:, 8:108]
    pose = np.array([[0.0, -1, 99], [1, 0, 0], [0, 0, 1]])
    # moving at (99 - column, row) shows what fixed does at (row, column).
    found = whole(level(square), level(np.rot90(square, -1)[::-1, ::-1].copy()), pose, 1)
    other = whole(level(square), level(square), pose, 1)
    inside = found.weight > 0
    assert inside.mean() > 0.8
    assert np.abs(found.residual[:, inside]).mean() < 0.02 < np.abs(other.residual[:, inside]).mean()


def test_its_derivatives_are_those_of_the_residual() -> None:
    """A step moves what moving shows: the residual changes by minus the derivative along it."""
    fixed, moving, h = noisy(1, 0.0), noisy(2, 0.0), 0.25
    here = whole(fixed, moving, np.eye(3), 1)
    for axis, slope in enumerate((here.row, here.column)):
        ahead, behind = np.eye(3), np.eye(3)
        ahead[axis, 2], behind[axis, 2] = h, -h
        change = [whole(fixed, moving, pose, 1).residual for pose in (ahead, behind)]
        difference = (change[0] - change[1])[:, 8:-8, 8:-8] / (2 * h)
        alike = np.corrcoef(difference.ravel(), -slope[:, 8:-8, 8:-8].ravel())[0, 1]
        assert alike > 0.95


def derivatives(found: ResidualGradients, turning: Floats, other: bool = False) -> Floats:
    """Return the derivative of each pixel's two numbers by the eight generators, (8, 2, rows, columns)."""
    h, (rows, columns) = 1e-5, found.weight.shape
    points = np.stack([*np.indices((rows, columns)), np.ones((rows, columns))], -1).astype(float)
    by_row, by_column, turn = (
        (found.row_other, found.column_other, found.turn_other) if other else (found.row, found.column, found.turn)
    )
    out = []
    for step, angle in zip(h * np.eye(8), turning, strict=True):
        moved = points @ FRAME.moved(np.eye(3), step).T
        flow = (moved[..., :2] / moved[..., 2:] - points[..., :2]) / h
        out.append(by_row * flow[..., 0] + by_column * flow[..., 1] + turn * (-2 * angle))
    return np.array(out)


def naive_turning() -> Floats:
    h = 1e-5
    angles = [nearest_turn(FRAME.moved(TURNED, step)[:2, :2])[0] for step in h * np.eye(8)]
    return (np.array(angles) - nearest_turn(TURNED[:2, :2])[0]) / h


@pytest.mark.parametrize("basis", [np.eye(8), np.eye(8)[:, [2, 5]]], ids=["all", "shifts"])
def test_the_covariance_is_that_of_every_pixel(basis: Floats) -> None:
    """H and B of the sandwich from sums over pixels, where the module adds up blocks, and every third row."""
    fixed, moving = noisy(1), noisy(2)
    found = whole(fixed, moving, TURNED, 1)
    turning = naive_turning()
    mine, other = (np.einsum("km,kcij->mcij", basis, derivatives(found, turning, each)) for each in (False, True))
    # Eight by nine tiles of whole blocks.
    block = SETTINGS.orientation.block
    cuts = [block * (np.arange(tiles) * (n // block) // tiles) for n, tiles in zip(SCENE.shape, (8, 9), strict=True)]
    scores = np.add.reduceat(np.add.reduceat((found.residual * mine).sum(1), cuts[0], 1), cuts[1], 2)
    scores = scores.reshape(basis.shape[1], -1).T
    scores -= scores.mean(0)
    weighted = mine * found.weight
    clean = np.einsum("mcij,ncij->mn", weighted, other)
    noisy_own = np.einsum("mcij,ncij->mn", weighted, mine)
    clean = 0.5 * (clean + clean.T)
    count, size = scores.shape
    middle = scores.T @ scores * (count / (count - 1 - size))
    covariance = step_covariance(fixed, moving, TURNED, basis, FRAME, 1, SETTINGS)
    assert covariance is not None
    # No direction has more structure without noise than with it.
    parts, axes = linalg.eigh(clean, noisy_own)
    assert parts.min() > 2 * SETTINGS.sandwich.min_structure
    inverse = axes / np.minimum(parts, 1) @ axes.T
    expected = inverse @ middle @ inverse
    np.testing.assert_allclose(np.sqrt(np.diag(covariance)), np.sqrt(np.diag(expected)), rtol=0.15)


def test_directions_of_noise_determine_nothing() -> None:
    fixed, moving = (level(np.random.default_rng(seed).normal(size=SCENE.shape)) for seed in (5, 6))
    found = step_covariance(fixed, moving, np.eye(3), np.eye(8)[:, [2, 5]], FRAME, 1, SETTINGS)
    seen = step_covariance(noisy(1), noisy(2), np.eye(3), np.eye(8)[:, [2, 5]], FRAME, 1, SETTINGS)
    assert seen is not None
    assert found is None or np.diag(found).min() > 100 * np.diag(seen).max()
