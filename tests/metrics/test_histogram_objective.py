"""Mutual information, its normalised form and the correlation ratio: derivatives, convergence, bits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from skimage import data

import superpose
from superpose._refine.levenberg_marquardt import refine, standard_error
from superpose._refine.settings import LevenbergMarquardtSettings
from superpose._refine.stopping import Ending
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose.image import Grid, Raster
from superpose.metrics import METRICS, CorrelationRatio
from superpose.metrics._histogram_objective import HistogramObjective
from superpose.metrics.joint_histogram import HistogramMetric
from superpose.metrics.settings import DEFAULTS
from superpose.transforms.family import family_named
from tests.reference import histogram as reference

Floats = NDArray[np.float64]
SETTINGS = DEFAULTS[2]
NAMES = ["mi", "nmi", "correlation-ratio"]
FAMILIES = ["translation", "rigid", "similarity", "affine", "homography"]
PHOTOGRAPH = data.astronaut()[:180, 60:270] / 255.0
FIXED: Floats = ndimage.gaussian_filter(PHOTOGRAPH[..., 0], 1)
# Another channel, through a curve that is not monotone.
MOVING: Floats = ndimage.gaussian_filter((2 * PHOTOGRAPH[..., 2] - 1) ** 2, 1)
# Differences of a cost within which no sample crosses a pixel line, for all samples have the same fractions.
SHIFTED = np.array([[1.0, 0, 2.37], [0, 1, -1.62], [0, 0, 1]])
TURNED = np.array([[0.9985, -0.05, 4.3], [0.05, 0.9985, -2.2], [1e-4, -5e-5, 1.0]])


def image(values: Floats, mask: NDArray[np.bool_] | None = None) -> PreparedLevel:
    mask = np.ones(values.shape, bool) if mask is None else mask
    return PreparedLevel(Raster(np.where(mask, values, 0).astype(np.float32), mask, Grid(values.shape)), 1)


def over(
    fixed: PreparedLevel, moving: PreparedLevel, family: str, cubic: bool, metric: str, threads: int = 1
) -> HistogramObjective:
    function = METRICS[metric]
    assert isinstance(function, HistogramMetric)
    pair = LevelPair(fixed, moving)
    return HistogramObjective(fixed, moving, family_named(family), threads, SETTINGS, cubic, function, pair)


def objective(family: str, cubic: bool, metric: str, threads: int = 1) -> HistogramObjective:
    """A pair with a hole in fixed, and borders and a hole in moving that no sample comes near."""
    part = np.s_[40:150, 30:160]
    keep = np.zeros(FIXED[part].shape, bool)
    keep[20:-20, 20:-20] = True
    keep[40:60, 50:90] = False
    hole = np.ones(keep.shape, bool)
    hole[:6] = hole[46:54, 66:74] = False
    found = over(image(FIXED[part], keep), image(MOVING[part], hole), family, cubic, metric, threads)
    return replace(found, cutoff=7.0) if metric == "correlation-ratio" else found


@pytest.mark.parametrize(
    ("height", "width", "bins"), [(9, 9, 12), (12, 144, 12), (13, 170, 13), (64, 64, 15), (64, 65, 16), (512, 512, 63)]
)
def test_as_many_bins_as_whole_numbers_of_a_cube_below_the_pixels(height: int, width: int, bins: int) -> None:
    pixels = image(np.arange(height * width, dtype=float).reshape(height, width))
    assert over(pixels, pixels, "rigid", False, "mi").size == bins


def naive_cost(of: HistogramObjective, matrix: Floats) -> float:
    """The cost in double precision, from the metric's formula and the naive histogram."""
    moving = of.moving.linear[1:-2, 1:-2]
    values, use = reference.sampled(moving, of.moving.image.mask, matrix, of.fixed.shape, 3 if of.cubic else 1)
    counts = reference.joint(of.bins, reference.places_of(values, *of.scale, of.size), use, of.rows, of.size)
    return of.metric.terms(counts / counts.sum(), of.cutoff, SETTINGS.histogram).cost


@pytest.mark.parametrize("cubic", [False, True], ids=["linear", "cubic"])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("metric", NAMES)
def test_gradient_is_the_derivative_of_the_cost(metric: str, family: str, cubic: bool) -> None:
    of = objective(family, cubic, metric)
    state = of.start(TURNED if cubic else SHIFTED)
    at = of.linearised(state)
    assert at.cost == pytest.approx(naive_cost(of, state.matrix), rel=1e-5)
    size, h = of.basis.shape[1], 2e-3
    slopes = []
    for step in np.eye(size) * h:
        ahead, behind = (naive_cost(of, of.stepped(state, sign * step).matrix) for sign in (1, -1))
        slopes.append((ahead - behind) / (2 * h))
    # Half the cost, downwards.
    np.testing.assert_allclose(-2 * at.gradient, slopes, rtol=1e-4, atol=1e-4 * np.abs(slopes).max())
    assert (np.linalg.eigvalsh(at.hessian) > 0).all()


@pytest.mark.parametrize("metric", NAMES)
def test_plain_values_are_the_papers(metric: str) -> None:
    """A histogram of independent rows carries nothing; one that is nearly a curve's carries nearly all."""
    function = METRICS[metric]
    assert isinstance(function, HistogramMetric)
    rng = np.random.default_rng(3)
    row = ndimage.gaussian_filter1d(rng.random(32), 2)
    apart = function.terms(np.outer(np.full(20, 1 / 20), row / row.sum()), np.inf, SETTINGS.histogram)
    assert apart.cost == pytest.approx({"mi": 0, "nmi": -1, "correlation-ratio": 1}[metric], abs=0.02)
    places = 4 + 24 * np.abs(np.linspace(-1, 1, 20))
    tied = function.terms(reference.window(places[:, None] - np.arange(32)) / 20, np.inf, SETTINGS.histogram)
    assert tied.cost < {"mi": -1.5, "nmi": -1.4, "correlation-ratio": 1e-6}[metric]


def test_the_correlation_ratio_is_that_of_unbinned_values() -> None:
    """B-splines reproduce means, and add a known variance: nothing of moving's precision is lost to its bins."""
    rng = np.random.default_rng(4)
    bins = rng.integers(0, 12, 4000)
    places = 12 + 4 * np.sin(bins) + rng.normal(0, 1, 4000)
    counts = reference.joint(bins, places, np.ones(4000, bool), 12, 30)
    means = np.array([places[bins == k].mean() for k in range(12)])
    expected = ((places - means[bins]) ** 2).sum() / ((places - places.mean()) ** 2).sum()
    assert CorrelationRatio().terms(counts / 4000, np.inf, SETTINGS.histogram).cost == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("metric", NAMES)
def test_converges_from_some_pixels_off(metric: str) -> None:
    rng = np.random.default_rng(5)
    truth = np.array(superpose.rigid(np.radians(7), (3.4, -2.3), (89.5, 104.5)).matrix)
    points = superpose.MatrixTransform(np.linalg.inv(truth))(np.moveaxis(np.indices(FIXED.shape), 0, -1))
    seen = np.moveaxis(points, -1, 0)
    moved = ndimage.map_coordinates((2 * FIXED - 1) ** 2, seen, order=3, mode="constant", cval=np.nan)
    moved += rng.normal(0, 0.01, moved.shape)
    fixed = image(FIXED + rng.normal(0, 0.01, FIXED.shape))
    of = over(fixed, image(moved, np.isfinite(moved)), "rigid", False, metric)
    start = of.frame.moved(truth, np.array([0, -1.0, 1.5, 1.0, 0, -1.5, 0, 0]))
    steps = LevenbergMarquardtSettings(tolerance=0.02, iterations=15, trust=2.0, precision=0.5)
    found = refine(of, of.start(start), 0.2, steps)
    corners = np.array([[0, 0, 1], [0, 209, 1], [179, 0, 1], [179, 209, 1.0]])
    assert np.abs(corners @ (found.state.matrix - truth).T).max() < 0.1
    assert found.ending is Ending.CONVERGED
    assert found.evaluations <= 10
    assert 1e-3 < standard_error(of, found.at) < 0.1


def test_threads_change_no_bit() -> None:
    results = [objective("homography", True, "mi", threads) for threads in (1, 2, 7)]
    one, *others = (of.linearised(of.start(TURNED)) for of in results)
    for other in others:
        assert other.cost == one.cost
        np.testing.assert_array_equal(other.gradient, one.gradient)
        np.testing.assert_array_equal(other.hessian, one.hessian)


def test_nothing_to_compare() -> None:
    of = objective("rigid", False, "mi")
    away = np.array([[1.0, 0, 1e4], [0, 1, 0], [0, 0, 1]])
    assert of.linearised(of.start(away)).cost == np.inf
    flat = over(image(FIXED), image(np.full(MOVING.shape, 0.3)), "rigid", False, "mi")
    assert flat.linearised(flat.start(np.eye(3))).cost == np.inf
