"""The kernel of the normal equations between two direction fields against its naive twin."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose._kernels.normal import COST, COUNT, GRADIENT, SEGMENT, WEIGHT, sums_size
from superpose._kernels.vector import vector_rows
from superpose._refine.algebra import Frame
from tests.reference import normal as reference

Floats = NDArray[np.float64]
# What float32 leaves of a sum, as part of the sum of its terms' sizes.
ACCURACY = 3e-5
MATRICES = {
    "identity": np.eye(3),
    "turned": np.array([[0.9013, -0.3027, 5.2], [0.3031, 0.9017, -2.1], [0, 0, 1.0]]),
    "in perspective": np.array([[1.0513, 0.1037, -0.7021], [-0.1029, 0.9517, 2.4033], [2e-3, -1e-3, 1.0]]),
    "one row of it": np.array([[1.0, 0, -22.6], [0, 0.93, 1.3], [0, 0, 1]]),
    "nowhere": np.array([[1.0, 0, 500], [0, 1, 0], [0, 0, 1]]),
}
SHAPES = [((24, 29), (31, 26)), ((24, 29), (1, 26)), ((1, 40), (9, 45)), ((40, 1), (45, 9)), ((6, 215), (20, 230))]


@dataclass(frozen=True)
class Case:
    """Two fields of noise."""

    fixed: NDArray[np.float32]
    kept: NDArray[np.float32]
    moving: NDArray[np.float32]
    usable: NDArray[np.float32]
    matrix: Floats
    centre: Floats
    radius: float
    gain: float = 0.8
    angle: float = 0.6
    group: Floats = field(default_factory=reference.generators)

    def found(self) -> Floats:
        """Run the kernel in two bands."""
        size, rows = sums_size(len(self.group)), len(self.kept)
        total, out = np.zeros(size), np.empty(size)
        turn = np.cos(self.angle), np.sin(self.angle)
        for band in ((0, rows // 2), (rows // 2, rows)):
            images = self.fixed, self.kept > 0, self.moving, self.usable > 0
            vector_rows(*images, self.matrix, self.group, self.centre, self.radius, self.gain, *turn, *band, out)
            total += out
        return total

    def expected(self, segment: int | None) -> reference.Sums:
        first, second = (reference.samples(self.moving[..., k], self.matrix, self.kept.shape, False) for k in (0, 1))
        inner = self.fixed[1:-2, 1:-2]
        pose = self.matrix, self.centre, self.radius, self.gain, self.angle
        return reference.vector(inner, self.kept, (first, second), self.usable, *pose, segment, self.group)


def case(shapes: Any, name: str) -> Case:
    rng = np.random.default_rng(59)
    fixed, moving = shapes
    padded = [tuple(n + 3 for n in shape) for shape in shapes]
    return Case(
        rng.normal(size=(*padded[0], 2)).astype(np.float32),
        (rng.random(fixed) > 0.1).astype(np.float32),
        rng.normal(size=(*padded[1], 2)).astype(np.float32),
        (rng.random(moving) > 0.1).astype(np.float32),
        MATRICES[name],
        (np.array(fixed) - 1) / 2 + (0.3, -0.2),
        float(np.hypot(*fixed)) / 2,
    )


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_vector_like_its_twin(shapes: Any, name: str) -> None:
    assert_alike(case(shapes, name))


def test_any_generators() -> None:
    """The sums are of the family that is passed, few generators or one."""
    for count in (1, 3, 5):
        group = np.random.default_rng(count).normal(size=(count, 3, 3))
        assert_alike(replace(case(SHAPES[0], "in perspective"), group=group))


def test_the_cases_are_what_they_are_called() -> None:
    counts = {name: case(SHAPES[0], name).expected(None).count for name in MATRICES}
    assert min(counts["identity"], counts["turned"], counts["in perspective"]) > 200
    assert counts["nowhere"] == 0 < counts["one row of it"] < 30


def assert_alike(c: Case) -> None:
    found, expected = c.found(), c.expected(SEGMENT)
    size = len(expected.gradient)
    assert found[COUNT] == expected.count
    assert found[COST] == pytest.approx(expected.cost, rel=ACCURACY, abs=1e-12)
    assert found[WEIGHT] == pytest.approx(expected.weight, rel=ACCURACY, abs=1e-12)
    gradient, matrix = found[GRADIENT : GRADIENT + size], found[GRADIENT + size :].reshape(size, size)
    assert (np.abs(gradient - expected.gradient) <= ACCURACY * expected.gradient_size + 1e-9).all()
    np.testing.assert_array_equal(matrix, matrix.T)
    assert (np.abs(matrix - expected.matrix) <= ACCURACY * expected.matrix_size + 1e-9).all()


@pytest.mark.parametrize("name", ["turned", "in perspective"])
def test_the_gradient_is_the_cost_s(name: str) -> None:
    """By finite differences of the twin's cost; what is constant about a pixel's own square has no kinks in reach."""
    c = case(SHAPES[0], name)
    h = 1e-6
    at = reference.samples(c.moving[..., 0], c.matrix, c.kept.shape, False)
    # Pixels whose sample stays in its square, with its nearest neighbour, when the pose moves by `h`.
    fraction = np.abs(at.points * 2 - np.rint(at.points * 2))
    edge = np.all((at.points > 0.1) & (at.points < np.array(c.usable.shape)[:, None, None] - 1.1), axis=0)
    c = replace(c, kept=c.kept * (at.inside & edge & (fraction > 1e-4).all(0)))
    gradient = c.found()[GRADIENT : GRADIENT + 10]

    def cost(step: Floats) -> float:
        moved = Frame(c.centre, c.radius).moved(c.matrix, step[:8])
        return replace(c, matrix=moved, gain=c.gain + step[8], angle=c.angle + step[9]).expected(None).cost

    assert c.kept.sum() > 200
    for k in range(10):
        step = h * np.eye(10)[k]
        slope = (cost(step) - cost(-step)) / (2 * h)
        assert -2 * gradient[k] == pytest.approx(slope, rel=1e-3, abs=1e-2)
