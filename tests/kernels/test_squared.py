"""The kernels of squared error, and what they sample, against their naive twins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose._kernels.normal import COST, COUNT, GRADIENT, SEGMENT, WEIGHT, sums_size
from superpose._kernels.sampled import sampled_rows
from superpose._kernels.squared import SMALLEST_CUTOFF, squared_rows
from superpose._refine.algebra import Frame
from tests.kernels.any_input import TURNED_VOLUMES
from tests.reference import normal as reference

Floats = NDArray[np.float64]
# What float32 leaves of a sum, as part of the sum of its terms' sizes.
ACCURACY = 3e-5
MATRIX = GRADIENT + 10  # of the eight generators in 2D, gain and offset
MATRICES = {
    "identity": np.eye(3),
    "turned": np.array([[0.9013, -0.3027, 5.2], [0.3031, 0.9017, -2.1], [0, 0, 1.0]]),
    "in perspective": np.array([[1.0513, 0.1037, -0.7021], [-0.1029, 0.9517, 2.4033], [2e-3, -1e-3, 1.0]]),
    "one row of it": np.array([[1.0, 0, -22.6], [0, 0.93, 1.3], [0, 0, 1]]),
    "one pixel of it": np.array([[1.0, 0, -22.6], [0, 1, -27.7], [0, 0, 1]]),
    "nowhere": np.array([[1.0, 0, 500], [0, 1, 0], [0, 0, 1]]),
    "behind the horizon": np.array([[1.0, 0, 0.137], [0, 1, 0.219], [-0.1, 0, 1]]),
}
SHAPES = [((24, 29), (31, 26)), ((24, 29), (1, 26)), ((24, 29), (31, 1)), ((1, 40), (9, 45)), ((40, 1), (45, 9))]
SHAPES += [((1, 1), (1, 1)), ((6, 215), (20, 230))]
VOLUMES = TURNED_VOLUMES | {
    "one plane of it": np.array([[1, 0, 0, -6.6], [0, 0.93, 0, 0.3], [0, 0, 1.0, 0.4], [0, 0, 0, 1]]),
    "nowhere": np.array([[1, 0, 0, 50.0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]),
    "behind the horizon": np.array([[1, 0, 0, 0.137], [0, 1, 0, 0.219], [0, 0, 1, 0.3], [-0.15, 0, 0, 1]]),
}
SOLIDS = [((8, 9, 11), (9, 8, 13)), ((7, 9, 11), (1, 8, 13)), ((7, 1, 11), (9, 8, 1)), ((1, 1, 1), (1, 1, 1))]
SOLIDS += [((8, 2, 70), (9, 4, 75))]


@dataclass(frozen=True)
class Case:
    """Two images of noise: moving's nodes are anything, for the kernel does not ask where they come from."""

    fixed: NDArray[np.float32]
    kept: NDArray[np.float32]
    nodes: NDArray[np.float32]
    usable: NDArray[np.float32]
    matrix: Floats
    centre: Floats
    radius: float


def case(shapes: Any, name: str) -> Case:
    """Draw two images, or volumes."""
    rng = np.random.default_rng(53)
    fixed, moving = shapes
    return Case(
        rng.random(fixed, np.float32),
        (rng.random(fixed) > 0.1 * (min(fixed) > 4)).astype(np.float32),
        rng.random(tuple(n + 3 for n in moving), np.float32),
        (rng.random(moving) > 0.1 * (min(moving) > 4)).astype(np.float32),
        (MATRICES if len(fixed) == 2 else VOLUMES)[name],
        (np.array(fixed) - 1) / 2 + (0.3, -0.2, 0.1)[: len(fixed)],
        max(1.0, float(np.linalg.norm(fixed)) / 2),
    )


def squared(
    c: Case, cubic: bool, whole: bool, solved: tuple[float, float, float], group: Floats | None = None
) -> Floats:
    """Run the kernel in two bands."""
    group = reference.generators(c.fixed.ndim) if group is None else group
    size, width = sums_size(len(group)), c.fixed.shape[-1]
    total, out, middle = np.zeros(size), np.empty(size), len(c.fixed) // 2
    for rows in ((0, middle), (middle, len(c.fixed))):
        same = c.fixed, c.kept > 0, c.nodes, c.usable > 0, whole, cubic, c.matrix, group, c.centre, c.radius
        # Cut into three tiles, of which one may be empty.
        cuts = np.array([0, width // 3, width // 2, width])
        squared_rows(*same, *solved, *rows, np.array([0, width]), out[None])
        tiles = np.empty((3, size))
        squared_rows(*same, *solved, *rows, cuts, tiles)
        # The matrix takes a column's coordinate for constant over a segment, and a tile begins one of its own.
        exact = slice(0, GRADIENT + len(group) + 2)
        np.testing.assert_allclose(tiles.sum(0)[exact], out[exact], rtol=1e-4, atol=1e-4 * np.abs(out[exact]).max())
        total += out
    return total


def twin(
    c: Case,
    cubic: bool,
    whole: bool,
    solved: tuple[float, float, float],
    segment: int | None,
    group: Floats | None = None,
) -> reference.Sums:
    moving = reference.samples(c.nodes, c.matrix, c.kept.shape, cubic)
    usable = np.ones_like(c.usable) if whole else c.usable
    return reference.squared(c.fixed, c.kept, moving, usable, c.matrix, c.centre, c.radius, *solved, segment, group)


def assert_alike(found: Floats, expected: reference.Sums) -> None:
    assert found[COUNT] == expected.count
    assert found[COST] == pytest.approx(expected.cost, rel=ACCURACY, abs=1e-12)
    assert found[WEIGHT] == pytest.approx(expected.weight, rel=ACCURACY, abs=1e-12)
    size = len(expected.gradient)
    gradient, matrix = found[GRADIENT : GRADIENT + size], found[GRADIENT + size :].reshape(size, size)
    assert (np.abs(gradient - expected.gradient) <= ACCURACY * expected.gradient_size + 1e-9).all()
    np.testing.assert_array_equal(matrix, matrix.T)
    assert (np.abs(matrix - expected.matrix) <= ACCURACY * expected.matrix_size + 1e-9).all()


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("cubic", [False, True], ids=["linear", "cubic"])
def test_squared_like_its_twin(shapes: Any, name: str, cubic: bool) -> None:
    c = case(shapes, name)
    for whole in (True, False):
        for solved in ((1.0, 0.0, np.inf), (0.7, 0.2, 0.35)):
            assert_alike(squared(c, cubic, whole, solved), twin(c, cubic, whole, solved, SEGMENT))


@pytest.mark.parametrize("name", VOLUMES)
@pytest.mark.parametrize("shapes", SOLIDS, ids=str)
@pytest.mark.parametrize("cubic", [False, True], ids=["linear", "cubic"])
def test_squared_like_its_twin_in_3d(shapes: Any, name: str, cubic: bool) -> None:
    c = case(shapes, name)
    for whole, solved in ((True, (1.0, 0.0, np.inf)), (False, (0.7, 0.2, 0.35))):
        assert_alike(squared(c, cubic, whole, solved), twin(c, cubic, whole, solved, SEGMENT))


@pytest.mark.parametrize("shapes", [SHAPES[0], SOLIDS[0]], ids=str)
@pytest.mark.parametrize("name", ["turned", "in perspective"])
def test_any_generators(shapes: Any, name: str) -> None:
    """The sums are of the family that is passed, few generators or one."""
    c, ndim = case(shapes, name), len(shapes[0])
    solved = (0.7, 0.2, 0.35)
    for count in (1, 3, 5):
        group = np.random.default_rng(count).normal(size=(count, ndim + 1, ndim + 1))
        group[:, -1] *= ndim == 2
        expected = twin(c, True, False, solved, SEGMENT, group)
        assert expected.count > 20
        assert_alike(squared(c, True, False, solved, group), expected)


def test_the_volumes_are_what_they_are_called() -> None:
    (fixed, _), found = SOLIDS[0], {}
    for name, matrix in VOLUMES.items():
        found[name] = reference.samples(case(SOLIDS[0], name).nodes, matrix, fixed, False).inside
    assert found["identity"][:, :8].all() and not found["identity"][:, 8:].any()
    assert found["turned"].sum() > 200 < found["in perspective"].sum()
    assert found["one plane of it"].any((1, 2)).sum() == 1
    assert not found["nowhere"].any()
    assert 0 < found["behind the horizon"].sum() < found["identity"].sum()


def test_the_cases_are_what_they_are_called() -> None:
    inside = {n: reference.samples(case(SHAPES[0], n).nodes, m, (24, 29), False).inside for n, m in MATRICES.items()}
    assert inside["identity"][:, :26].all() and not inside["identity"][:, 26:].any()
    assert inside["one row of it"].any(1).sum() == 1 < inside["one row of it"].sum()
    assert inside["one pixel of it"].sum() == 1
    assert not inside["nowhere"].any()
    assert 0 < inside["behind the horizon"].sum() < 24 * 29


@pytest.mark.parametrize("name", ["turned", "in perspective"])
def test_segments_cost_the_matrix_but_squares_of_perspectives(name: str) -> None:
    """All else is exact, also where all that overlaps is narrower than a segment."""
    solved = (0.7, 0.2, np.inf)
    shift, bend = 5, 7  # the generators that move columns by 1, and by v times the column
    for shapes in (SHAPES[-1], SHAPES[0]):
        c = case(shapes, name)
        exact = twin(c, True, True, solved, None)
        matrix = squared(c, True, True, solved)[MATRIX:].reshape(10, 10)
        bound = ACCURACY * exact.matrix_size
        furthest = np.square((min(SEGMENT, c.fixed.shape[1]) - 1) / 2 / c.radius)
        bound[bend] += furthest * exact.matrix_size[shift]
        bound[:, bend] += furthest * exact.matrix_size[shift]
        bound[bend, bend] += np.square(furthest) * exact.matrix_size[shift, shift]
        wrong = np.abs(matrix - exact.matrix)
        assert (wrong <= bound).all()
        assert wrong[bend].max() > ACCURACY * exact.matrix_size.max()  # else there is nothing to bound
        affine = np.ix_(*[[0, 1, 2, 3, 4, 5, 8, 9]] * 2)
        values = np.linalg.eigvalsh(exact.matrix[affine])
        assert np.linalg.eigvalsh(matrix[affine]).min() == pytest.approx(values.min(), rel=1e-2)


@pytest.mark.parametrize("cutoff", [np.inf, 0.35], ids=["plain", "tukey"])
@pytest.mark.parametrize("name", ["turned", "in perspective"])
def test_the_gradient_is_the_cost_s(name: str, cutoff: float) -> None:
    """By finite differences of the twin's cost, cubic (a linear one has kinks), without the overlap's edge."""
    c = case(SHAPES[0], name)
    gain, offset, h = 0.7, 0.2, 1e-5
    inside = reference.samples(c.nodes, c.matrix, c.kept.shape, True).inside
    inner = np.zeros_like(inside)
    inner[1:-1, 1:-1] = inside[1:-1, 1:-1] & inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:]
    c = replace(c, kept=c.kept * inner)
    gradient = squared(c, True, True, (gain, offset, cutoff))[GRADIENT : GRADIENT + 10]

    def cost(step: Floats) -> float:
        moved = Frame(c.centre, c.radius).moved(c.matrix, step[:8])
        solved = (gain + step[8], offset + step[9], cutoff)
        return twin(replace(c, matrix=moved), True, True, solved, None).cost

    for k in range(10):
        step = h * np.eye(10)[k]
        slope = (cost(step) - cost(-step)) / (2 * h)
        # Residuals fall by gain times moving's change, and the kernel leaves the gain to its caller.
        assert -2 * (gain if k < 8 else 1) * gradient[k] == pytest.approx(slope, rel=1e-3, abs=1e-3)


def test_the_smallest_cutoff_and_such_as_no_residual_reaches() -> None:
    c = case(SHAPES[0], "turned")
    plain = squared(c, True, True, (0.7, 0.2, np.inf))
    assert plain[COST] > 1
    for cutoff in (1e19, 1e100, 1e200, 1e300):
        np.testing.assert_array_equal(squared(c, True, True, (0.7, 0.2, cutoff)), plain)
    smallest = squared(c, True, True, (0.7, 0.2, SMALLEST_CUTOFF))
    assert smallest[COST] == pytest.approx(plain[COUNT] * SMALLEST_CUTOFF**2 / 3)
    assert plain[COUNT] > 100 and smallest[WEIGHT] == 0


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_sampled_rows_like_their_twin(shapes: Any, name: str) -> None:
    c = case(shapes, name)
    expected = reference.samples(c.nodes, c.matrix, c.kept.shape, True)
    i, j = expected.points.astype(int)
    for first, step in ((0, 1), (1, 3)):
        rows = np.arange(first, len(c.fixed), step)
        values, weights = (np.full((len(rows), c.kept.shape[1]), np.nan, np.float32) for _ in range(2))
        sampled_rows(c.nodes, c.usable > 0, c.matrix, first, step, values, weights)
        np.testing.assert_array_equal(weights, (expected.inside * c.usable[i, j])[rows])
        np.testing.assert_allclose(values, np.where(expected.inside, expected.value, 0)[rows], rtol=0, atol=1e-5)
