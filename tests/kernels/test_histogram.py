"""The histogram kernels against their naive twins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose._kernels.histogram import histogram_rows, slope_rows
from superpose._kernels.normal import COST, COUNT, GRADIENT, SEGMENT, WEIGHT, sums_size
from superpose._sampling.level import PreparedLevel
from superpose.image import Grid, Raster
from tests.kernels.any_input import TURNED_VOLUMES
from tests.reference import histogram as reference
from tests.reference import normal

Floats = NDArray[np.float64]
RNG = np.random.default_rng(47)
MATRICES = {
    "identity": np.eye(3),
    "turned": np.array([[0.9013, -0.3027, 5.2], [0.3031, 0.9017, -2.1], [0, 0, 1.0]]),
    "in perspective": np.array([[1.0513, 0.1037, -0.7021], [-0.1029, 0.9517, 2.4033], [2e-3, -1e-3, 1.0]]),
    "nowhere": np.array([[1.0, 0, 500], [0, 1, 0], [0, 0, 1]]),
    "behind the horizon": np.array([[1.0, 0, 0.137], [0, 1, 0.219], [-0.1, 0, 1]]),
}
BINS, LOW, SCALE = 11, 0.1, 9.5


def prepare_levels(shape: tuple[int, int]) -> PreparedLevel:
    mask = RNG.random(shape) > (0.05 if min(shape) > 4 else 0.0)
    return PreparedLevel(Raster(np.where(mask, RNG.random(shape), 0).astype(np.float32), mask, Grid(shape)), 1)


def bins_of(shape: tuple[int, int]) -> NDArray[np.int16]:
    return RNG.integers(-1, BINS, shape).astype(np.int16)


def counted_level(bins: Any, moving: PreparedLevel, matrix: Floats, cubic: bool) -> tuple[Floats, Any]:
    return counted(bins, moving.cubic if cubic else moving.linear, moving.usable, matrix, cubic)


def counted(bins: Any, image: Any, usable: Any, matrix: Floats, cubic: bool) -> tuple[Floats, Any]:
    """Run the kernel in two bands."""
    out, total = np.empty((BINS, BINS)), np.zeros((BINS, BINS))
    sampled = np.full(bins.shape, np.nan, np.float32), np.full((bins.ndim, *bins.shape), np.nan, np.float32)
    middle = bins.shape[0] // 2
    for rows in ((0, middle), (middle, bins.shape[0])):
        histogram_rows(bins, image, usable, cubic, matrix, LOW, SCALE, *rows, *sampled, out)
        total += out
    return total, sampled


# An image of fewer than three pixels along an axis is padded by repeating its edge, which the cubic twin does not.
@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize(
    "shape, cubic",
    [((1, 1), False), ((1, 7), False), ((6, 1), False), ((2, 2), False)]
    + [(shape, cubic) for shape in ((9, 13), (31, 26)) for cubic in (False, True)],
    ids=str,
)
def test_histogram_like_its_twin(shape: tuple[int, int], name: str, cubic: bool) -> None:
    moving, bins, matrix = prepare_levels(shape), bins_of((24, 29)), MATRICES[name]
    found, (place, _) = counted_level(bins, moving, matrix, cubic)
    filled = moving.linear[1:-2, 1:-2]
    values, use = reference.sampled(filled, moving.image.mask, matrix, bins.shape, 3 if cubic else 1)
    places = reference.places_of(values, LOW, SCALE, BINS)
    use &= bins >= 0
    np.testing.assert_array_equal(place >= 0, use)
    np.testing.assert_allclose(place[use], places[use], atol=2e-5)
    np.testing.assert_allclose(found, reference.joint(bins, places, use, BINS, BINS), atol=1e-3)
    assert found.sum() == pytest.approx(use.sum(), rel=1e-6)


def test_narrow_images_are_read_within_their_arrays() -> None:
    for shape in ((1, 1), (1, 7), (6, 1), (2, 2)):
        for matrix in MATRICES.values():
            found, _ = counted_level(bins_of((9, 8)), prepare_levels(shape), matrix, True)
            assert np.isfinite(found).all() and (found >= 0).all()


@pytest.mark.parametrize("cubic", [False, True], ids=["linear", "cubic"])
@pytest.mark.parametrize("name", ["turned", "in perspective"])
def test_derivatives_of_places(name: str, cubic: bool) -> None:
    """What is kept beside a place is its derivative: shifting the output by a little shows it."""
    moving, bins, matrix = prepare_levels((31, 26)), np.zeros((24, 29), np.int16), MATRICES[name]
    _, (place, slopes) = counted_level(bins, moving, matrix, cubic)
    for axis, slope in enumerate(slopes):
        h = 1e-4
        shifted = []
        for sign in (1, -1):
            shift = np.eye(3)
            shift[axis, 2] = sign * h
            values, use = reference.sampled(
                moving.linear[1:-2, 1:-2], moving.image.mask, matrix @ shift, bins.shape, 3 if cubic else 1
            )
            shifted.append(np.where(use & (place >= 0), (values - LOW) * SCALE, np.nan))
        expected = (shifted[0] - shifted[1]) / (2 * h)
        free = np.isfinite(expected) & (place > 1) & (place < BINS - 2)
        # A pixel line crossed within the difference is a kink of linear interpolation.
        wrong = np.abs(slope[free] - expected[free]) > 1e-3 * np.abs(expected[free]).max()
        assert free.sum() > 100
        assert wrong.mean() < 0.01
        held = (place == 1) | (place == BINS - 2)
        assert (slope[held] == 0).all()


# Fixed's shape, moving's, and a pose.
POSES: list[tuple[tuple[int, ...], tuple[int, ...], Floats]] = [
    *(((24, 29), (31, 26), MATRICES[name]) for name in ("identity", "turned", "in perspective")),
    *(((8, 9, 11), (9, 8, 13), matrix) for matrix in TURNED_VOLUMES.values()),
]
IDS = [f"{len(to)}D-{k % 3}" for k, (to, _, _) in enumerate(POSES)]


@pytest.mark.parametrize("cubic", [False, True], ids=["linear", "cubic"])
@pytest.mark.parametrize("pose", POSES, ids=IDS)
def test_nodes_of_any_rank_like_their_twin(pose: Any, cubic: bool) -> None:
    """Moving's nodes are anything, for the kernel does not ask where they come from."""
    to, shape, matrix = pose
    nodes, usable = RNG.random(tuple(n + 3 for n in shape), np.float32), RNG.random(shape) > 0.1
    bins = bins_of(to)
    found, (places, slopes) = counted(bins, nodes, usable, matrix, cubic)
    at = normal.samples(nodes, matrix, to, cubic)
    use = at.inside & usable[tuple(at.points.astype(int))] & (bins >= 0)
    assert use.sum() > 200
    np.testing.assert_array_equal(places >= 0, use)
    expected = reference.places_of(at.value, LOW, SCALE, BINS)
    np.testing.assert_allclose(places[use], expected[use], atol=2e-5)
    np.testing.assert_allclose(found, reference.joint(bins, expected, use, BINS, BINS), atol=1e-3)
    free = use & (places > 1) & (places < BINS - 2)
    assert free.sum() > 100
    shifts = np.zeros((len(to), len(to) + 1, len(to) + 1))
    shifts[range(len(to)), range(len(to)), -1] = 1
    moved = normal.slopes(at.gradient, free, matrix, np.zeros(len(to)), 1.0, group=shifts)
    np.testing.assert_allclose(slopes[:, free], SCALE * moved, rtol=0, atol=1e-4)
    assert not slopes[:, use & ~free].any()


@pytest.mark.parametrize("to", [(24, 29), (5, 150), (31, 1), (8, 9, 11), (3, 2, 140)], ids=str)
def test_normal_equations_like_their_twin(to: tuple[int, ...]) -> None:
    places = np.where(RNG.random(to) > 0.2, 1 + (BINS - 3) * RNG.random(to), -1).astype(np.float32)
    places.ravel()[:2] = 1, BINS - 2
    slopes = RNG.normal(size=(len(to), *to)).astype(np.float32)
    slopes[:, places < 0] = np.nan  # left as it was
    bins = np.where(places < 0, bins_of(to), np.abs(bins_of(to))).astype(np.int16)
    slope, curvature = RNG.normal(size=(BINS, BINS)).astype(np.float32), RNG.random((BINS, BINS)).astype(np.float32)
    centre, radius = (np.array(to) - 1) / 2 + (0.3, -0.2, 0.1)[: len(to)], float(np.linalg.norm(to)) / 2
    any_three = RNG.normal(size=(3, len(to) + 1, len(to) + 1))
    any_three[:, -1] *= len(to) == 2
    for group in (normal.generators(len(to)), any_three):
        out, size = np.empty(sums_size(len(group))), len(group) + 2
        sums = np.zeros_like(out)
        for rows in ((0, len(to)), (len(to), to[0])):
            slope_rows(bins, places, slopes, slope, curvature, group, centre, radius, *rows, out)
            sums += out
        expected = reference.normal_equations(
            bins, places, slopes, slope, curvature, centre, radius, SEGMENT, group=group
        )
        assert sums[COUNT] == expected.count > 20
        assert sums[COST] == 0
        assert sums[WEIGHT] == pytest.approx(expected.weight, rel=1e-5)
        gradient, matrix = sums[GRADIENT : GRADIENT + size], sums[GRADIENT + size :].reshape(size, size)
        np.testing.assert_array_equal(matrix, matrix.T)
        assert not gradient[-2:].any() and not matrix[-2:].any()
        assert (np.abs(gradient[:-2] - expected.gradient) <= 3e-5 * expected.gradient_size).all()
        assert (np.abs(matrix[:-2, :-2] - expected.matrix) <= 3e-5 * expected.matrix_size).all()


def test_bins_and_places_out_of_range_count_for_nothing() -> None:
    ones, table = np.ones((2, 1, 6), np.float32), np.ones((BINS, BINS), np.float32)
    places = np.array([[np.nan, -1, 0.5, BINS, 3, 3]], np.float32)
    bins, out = np.array([[1, 1, 1, 1, -1, BINS]], np.int16), np.full(sums_size(8), np.nan)
    frame = normal.generators(), np.zeros(2), 1.0
    slope_rows(bins, places, ones, table, table, *frame, 0, 1, out)
    assert not out.any()
    joint, nodes, sampled = np.full((BINS, BINS), np.nan), np.ones((4, 9), np.float32), (places.copy(), ones.copy())
    usable = np.ones((1, 6), bool)
    histogram_rows(bins, nodes, usable, False, np.eye(3), LOW, SCALE, 0, 1, *sampled, joint)
    assert joint.sum() == pytest.approx(4)
    np.testing.assert_array_equal(sampled[0] >= 0, [[1, 1, 1, 1, 0, 0]])
