"""Outlines, against SciPy's convex hull and scikit-image's Douglas-Peucker."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import ConvexHull
from skimage.measure import approximate_polygon

from superpose._sampling.outline import convex_hull, simplified


def any_ring(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    angle = np.sort(rng.uniform(0, 2 * np.pi, count))
    radius = rng.uniform(20, 40, count)
    ring = np.c_[radius * np.cos(angle), radius * np.sin(angle)]
    return np.r_[ring, ring[:1]]


def from_lowest(corners: NDArray[np.generic]) -> list[list[float]]:
    rows = corners.tolist()
    first = rows.index(min(rows))
    return rows[first:] + rows[:first]


@pytest.mark.parametrize("seed", range(20))
def test_the_hull_is_scipys(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.integers(0, 5 + 5 * seed, (3 + 10 * seed, 2))
    if np.linalg.matrix_rank(points - points[0]) < 2:
        points = np.vstack([points, points[0] + [[0, 1], [1, 0]]])
    theirs = points[ConvexHull(points).vertices]
    assert from_lowest(convex_hull(points)) == from_lowest(theirs)


@pytest.mark.parametrize("points", ([[3, 4]], [[0, 0], [1, 1]], [[2, 1], [0, 0], [4, 2], [2, 1]]))
def test_points_on_one_line_have_no_hull(points: list[list[int]]) -> None:
    assert len(convex_hull(np.array(points))) < 3


@pytest.mark.parametrize("tolerance", (0.5, 2.0, 8.0, 100.0))
@pytest.mark.parametrize("seed", range(10))
def test_chains_are_simplified_as_by_scikit_image(seed: int, tolerance: float) -> None:
    ring = any_ring(np.random.default_rng(seed), 5 + 10 * seed)
    ours, theirs = simplified(ring, tolerance), approximate_polygon(ring, tolerance)
    np.testing.assert_array_equal(ours, theirs)
    assert 2 <= len(ours) < len(ring) or tolerance < 8


def test_what_lies_on_a_segment_goes_and_a_spike_stays() -> None:
    chain = np.array([[0.0, 0], [0, 3], [0, 5], [4, 6], [0, 7], [0, 10]])
    np.testing.assert_array_equal(simplified(chain, 1.0), chain[[0, 2, 3, 4, 5]])
    np.testing.assert_array_equal(simplified(chain, 4.1), chain[[0, 5]])
