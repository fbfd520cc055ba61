"""Residuals of two fields of directions and their derivatives: against their definition, pixel by pixel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import linalg, ndimage

from superpose._refine.algebra import Frame
from superpose._sampling.level import PreparedLevel
from superpose._sampling.warp import Source, warp
from superpose.image import as_image
from superpose.metrics._orientation_covariance import step_covariance
from superpose.metrics._orientation_objective import OrientationObjective
from superpose.metrics.settings import DEFAULTS
from superpose.transforms.family import family_named
from superpose.transforms.geometry import IndexMap, nearest_turn
from tests.reference.blocks import Derivatives

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

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


def whole(fixed: PreparedLevel, moving: PreparedLevel, pose: Floats) -> tuple[Derivatives, Derivatives, Mask]:
    """Return fixed's directions and moving's, turned and times the gain that fits, and where both count."""
    warped, seen = warp(Source(moving.field.parts, moving.field.usable, 1), pose, fixed.shape, 1)
    mask = seen & fixed.field.usable
    turned = Derivatives.of(warped, mask, -2 * nearest_turn(pose[:2, :2])[0])
    mine = Derivatives.of(fixed.field.parts, mask)
    gain = (mine.value * turned.value).sum() / (turned.value**2).sum()
    return mine, Derivatives(*(gain * each for each in vars(turned).values())), mask


def test_an_image_is_its_own_match() -> None:
    mine, other, inside = whole(level(SCENE), level(-3 * SCENE), np.eye(3))
    assert inside.mean() > 0.8
    for one, same in zip(vars(mine).values(), vars(other).values(), strict=True):
        assert np.abs(one).max() > 0.3
        np.testing.assert_allclose(one, same, atol=1e-3)


@pytest.mark.slow
def test_its_derivatives_are_those_of_the_residual() -> None:
    """A step moves what moving shows: the residual changes by minus the derivative along it."""
    fixed, moving, h = noisy(1, 0.0), noisy(2, 0.0), 0.25
    here = whole(fixed, moving, np.eye(3))[1]
    for axis, slope in enumerate((here.row, here.column)):
        ahead, behind = np.eye(3), np.eye(3)
        ahead[axis, 2], behind[axis, 2] = h, -h
        change = [whole(fixed, moving, pose)[1].value for pose in (ahead, behind)]
        difference = (change[0] - change[1])[:, 8:-8, 8:-8] / (2 * h)
        alike = np.corrcoef(difference.ravel(), slope[:, 8:-8, 8:-8].ravel())[0, 1]
        assert alike > 0.95


def derivatives(found: Derivatives, turning: Floats) -> Floats:
    """Return the derivative of each pixel's two numbers by the eight generators, (8, 2, rows, columns)."""
    h, (rows, columns) = 1e-5, found.value.shape[1:]
    points = np.stack([*np.indices((rows, columns)), np.ones((rows, columns))], -1).astype(float)
    out = []
    for step, angle in zip(h * np.eye(8), turning, strict=True):
        moved = points @ FRAME.moved(np.eye(3), step).T
        flow = (moved[..., :2] / moved[..., 2:] - points[..., :2]) / h
        out.append(found.row * flow[..., 0] + found.column * flow[..., 1] + found.turn * (-2 * angle))
    return np.array(out)


def naive_turning() -> Floats:
    h = 1e-5
    angles = [nearest_turn(FRAME.moved(TURNED, step)[:2, :2])[0] for step in h * np.eye(8)]
    return (np.array(angles) - nearest_turn(TURNED[:2, :2])[0]) / h


@pytest.mark.parametrize("block", [1, 4])
@pytest.mark.parametrize("basis", [np.eye(8), np.eye(8)[:, [2, 5]]], ids=["all", "shifts"])
def test_the_covariance_is_that_of_every_pixel(basis: Floats, block: int) -> None:
    """H and B of the sandwich from sums over pixels, where the module adds up blocks."""
    settings = replace(SETTINGS, orientation=replace(SETTINGS.orientation, block=block, tiles=10))
    fixed, moving = noisy(1), noisy(2)
    own, turned, _ = whole(fixed, moving, TURNED)
    turning = naive_turning()
    mine, other = (np.einsum("km,kcij->mcij", basis, derivatives(each, turning)) for each in (turned, own))
    # Eight by nine tiles of whole blocks.
    cuts = [block * (np.arange(tiles) * (n // block) // tiles) for n, tiles in zip(SCENE.shape, (8, 9), strict=True)]
    scores = np.add.reduceat(np.add.reduceat(((own.value - turned.value) * mine).sum(1), cuts[0], 1), cuts[1], 2)
    scores = scores.reshape(basis.shape[1], -1).T
    scores -= scores.mean(0)
    clean = np.einsum("mcij,ncij->mn", mine, other)
    noisy_own = np.einsum("mcij,ncij->mn", mine, mine)
    clean = 0.5 * (clean + clean.T)
    count, size = scores.shape
    middle = scores.T @ scores * (count / (count - 1 - size))
    covariance = step_covariance(fixed, moving, TURNED, basis, FRAME, 1, settings)
    assert covariance is not None
    # No direction has more structure without noise than with it.
    parts, axes = linalg.eigh(clean, noisy_own)
    assert parts.min() > 2 * SETTINGS.sandwich.min_structure
    inverse = axes / np.minimum(parts, 1) @ axes.T
    expected = inverse @ middle @ inverse
    np.testing.assert_allclose(
        np.sqrt(np.diag(covariance)), np.sqrt(np.diag(expected)), rtol=1e-5 if block == 1 else 0.02
    )


@pytest.mark.parametrize("family", ["translation", "similarity", "affine"])
@pytest.mark.parametrize("turned, pulled", [(0.0, SETTINGS.orientation.pull), (5.0, 0.0)])
def test_a_shift_is_drawn_to_whole_pixels_by_so_much_more(family: str, turned: float, pulled: float) -> None:
    """The error that is added moves every pixel of the image by as much along each axis, and nothing else."""
    a = np.radians(turned)
    pose = IndexMap(np.array([[np.cos(a), -np.sin(a), 0.3], [np.sin(a), np.cos(a), 0.4], [0, 0, 1.0]]))
    model = OrientationObjective(noisy(1), noisy(2), family_named(family), 1, SETTINGS)
    without = step_covariance(model.fixed, model.moving, pose, model.basis, model.frame, 1, SETTINGS)
    found = model.covariance(pose)
    assert found is not None and without is not None
    corners = model.frame.corners @ model.basis
    added = np.einsum("cik,kl,cjl->cij", corners, found - without, corners)
    np.testing.assert_allclose(added, np.broadcast_to(pulled**2 * np.eye(2), added.shape), atol=1e-9)


def test_directions_of_noise_determine_nothing() -> None:
    fixed, moving = (level(np.random.default_rng(seed).normal(size=SCENE.shape)) for seed in (5, 6))
    found = step_covariance(fixed, moving, np.eye(3), np.eye(8)[:, [2, 5]], FRAME, 1, SETTINGS)
    seen = step_covariance(noisy(1), noisy(2), np.eye(3), np.eye(8)[:, [2, 5]], FRAME, 1, SETTINGS)
    assert seen is not None
    assert found is None or np.diag(found).min() > 100 * np.diag(seen).max()
