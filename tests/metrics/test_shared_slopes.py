"""What both images show at the same places is told from what only one of them shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from superpose._refine.objective import State
from superpose._sampling.level import PreparedLevel
from superpose.image import as_image
from superpose.metrics._shared_slopes import _moved_by_steps, own_and_shared, scene_matrix
from superpose.metrics._squared_objective import SquaredObjective
from superpose.metrics.settings import DEFAULTS
from superpose.transforms.family import family_named
from superpose.transforms.geometry import IndexMap, velocities

Floats = NDArray[np.float64]
HERE = IndexMap(np.eye(3))


def scene(seed: int, width: float = 2.0, side: int = 160) -> Floats:
    image = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(side, side)), width)
    return np.asarray(image / image.std())


def objective(fixed: Floats, moving: Floats, family: str = "rigid", cutoff: float = np.inf) -> SquaredObjective:
    levels = (PreparedLevel(as_image(image, name), 1) for image, name in ((fixed, "fixed"), (moving, "moving")))
    found = SquaredObjective(*levels, family_named(family), 1, DEFAULTS[2], cubic=True)
    return replace(found, cutoff=cutoff)


def shares(objective: SquaredObjective, gain: float = 1.0) -> Floats:
    own, shared = own_and_shared(objective, State(HERE, np.array([gain, 0.0])))  # type: ignore[misc]
    return np.sort(np.linalg.eigvals(np.linalg.solve(own, shared)).real)


def test_of_one_image_twice_all_is_shared() -> None:
    np.testing.assert_allclose(shares(objective(scene(1), scene(1))), 1, atol=1e-6)
    # The gain is that of the cross term, too.
    np.testing.assert_allclose(shares(objective(scene(1), 4 * scene(1)), 0.25), 1, atol=1e-6)


@pytest.mark.parametrize("part", [0.5, 2.0])
def test_what_one_image_adds_is_not(part: float) -> None:
    # As fine as the scene: no spectrum tells the two apart.
    added = part * scene(2), part * scene(3)
    found = shares(objective(scene(1) + added[0], scene(1) + added[1]))
    np.testing.assert_allclose(found, 1 / (1 + part * part), atol=0.12)


def test_outliers_pull_less_the_farther_away() -> None:
    """The shared matrix is how fast the sum of what residuals pull changes, not how much they count."""
    fixed, moving = scene(1, 5.0) + scene(2, 5.0), scene(1, 5.0) + scene(3, 5.0)
    cutoff, size = 3.0, 0.05
    one = objective(fixed, moving, "translation", cutoff)
    state = State(HERE, np.array([1.0, 0.0]))
    _, shared = own_and_shared(one, state)  # type: ignore[misc]
    by_row, by_column = np.gradient(moving)

    def pulls(shift: tuple[float, float]) -> Floats:
        seen = (ndimage.shift(each, np.negative(shift), order=3) for each in (moving, by_row, by_column))
        values, down, across = seen
        residual = (fixed - values)[8:-8, 8:-8]
        pull = residual * np.maximum(1 - (residual / cutoff) ** 2, 0) ** 2
        return np.array([(pull * each[8:-8, 8:-8]).mean() for each in (down, across)])

    basis = one.frame.group[:, :2, 2].T @ one.basis  # pixels of a shift by each parameter
    steps = size * np.eye(2)
    rates = np.stack([(pulls(-step) - pulls(step)) / (2 * size) for step in steps], 1)
    count = one.rows.mask.sum()
    np.testing.assert_allclose(shared / count, basis.T @ rates @ basis, rtol=0.25, atol=0.1 * abs(rates).max())
    own, plain = own_and_shared(replace(one, cutoff=np.inf), state)  # type: ignore[misc]
    assert np.trace(shared) < 0.8 * np.trace(plain) < 0.8 * np.trace(own)


def test_products_of_coordinates_move_as_velocities_say() -> None:
    rng = np.random.default_rng(3)
    group, basis, places = rng.normal(size=(5, 3, 3)), rng.normal(size=(5, 4)), rng.normal(size=(2, 7))
    powers, steps = _moved_by_steps(group, basis, places)
    rates = velocities(group, places.T) @ basis
    np.testing.assert_allclose(powers.T @ steps[: len(powers)], rates[:, 0], atol=1e-12)
    np.testing.assert_allclose(powers.T @ steps[len(powers) :], rates[:, 1], atol=1e-12)
    # What an affine step does not need is left out.
    group[:, 2] = 0
    powers, steps = _moved_by_steps(group, basis, places)
    assert len(powers) == 3 and steps.shape == (6, 4)


def test_nothing_is_known_where_nothing_is_seen() -> None:
    away = IndexMap(np.array([[1, 0, 900.0], [0, 1, 0], [0, 0, 1]]))
    assert scene_matrix(objective(scene(1), scene(2)), State(away, np.array([1.0, 0.0])), np.eye(3)) is None


@pytest.mark.parametrize("part", [0.3, 0.5])
@pytest.mark.slow
def test_the_stated_error_holds_among_outliers(part: float) -> None:
    """A third or half of both images' pixels are black or white: their slopes are most of all slopes."""
    errors, said = [], []
    for seed in range(20):
        rng = np.random.default_rng([100, seed])
        image = scene(seed, 3.0)
        views = []
        for each in (image, image):
            hit = rng.random(each.shape) < part
            views.append(np.where(hit, rng.choice((-3.0, 3.0), each.shape), each + 0.1 * rng.normal(size=each.shape)))
        found = superpose.register(*views, transform="rigid", metric="ncc", search="local", on_unreliable="ignore")
        corners = found.fixed_grid.corners
        errors.append(((found.transform(corners) - corners) ** 2).sum(1).mean())
        said.append(found.uncertainty**2)
    assert np.median(said) < 1
    assert np.mean(np.array(errors) / said) < 4
