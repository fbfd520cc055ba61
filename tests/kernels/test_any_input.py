"""Every kernel of the engine on any shape, matrix and content its wrappers can hand it: in bounds, and no NaN made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from superpose._kernels import normal2d, orientation2d
from superpose._sampling.filters import padded

Floats = NDArray[np.float64]
SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9))
CONTENTS = ("noise", "constant", "zero", "one pixel", "large")
MASKS = ("all", "none", "some", "one")


def content(kind: str, shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    image = np.zeros(shape)
    if kind == "noise":
        image = rng.normal(size=shape)
    elif kind == "constant":
        image += 0.7
    elif kind == "one pixel":
        image[rng.integers(shape[0]), rng.integers(shape[1])] = 1
    elif kind == "large":
        image = 1e4 * rng.normal(size=shape)
    return image.astype(np.float32)


def kept(kind: str, shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    mask = {"all": np.ones, "some": lambda s: rng.random(s) > 0.4}.get(kind, np.zeros)(shape).astype(np.float32)
    if kind == "one":
        mask[rng.integers(shape[0]), rng.integers(shape[1])] = 1
    return mask


@st.composite
def matrices(draw: Any) -> Floats:
    """Draw a pose: near, far, huge, singular, mirrored, or in a perspective whose horizon may cross the image."""
    number = st.floats(-3, 3) | st.sampled_from([0.0, 1.0, -1.0, 1e9, -1e9, 1e300, np.inf, np.nan])
    matrix = np.eye(3)
    matrix[:2] = np.reshape(draw(st.lists(number, min_size=6, max_size=6)), (2, 3))
    if draw(st.booleans()):
        matrix[2] = draw(st.lists(number, min_size=3, max_size=3))
    return matrix


def is_tame(matrix: Floats) -> bool:
    """Whether no product within a kernel overflows a 32-bit float: what it adds up then must be finite."""
    return bool(np.abs(matrix).max() < 10 and (matrix[2] == (0, 0, 1)).all())


cases = st.tuples(SHAPES, SHAPES, matrices(), st.sampled_from(CONTENTS), st.sampled_from(MASKS), st.integers(0, 99))


@settings(max_examples=200)
@given(cases, st.booleans(), st.sampled_from([np.inf, 1.0, 1e-6]), st.sampled_from(MASKS))
@np.errstate(all="ignore")  # kernels as plain Python, for coverage
def test_squared_rows(case: Any, cubic: bool, cutoff: float, other: str) -> None:
    shape, to, matrix, kind, mask, seed = case
    rng = np.random.default_rng(seed)
    image = padded(content(kind, shape, rng), 1, 2)
    centre, radius = (np.array(to) - 1) / 2, max(float(np.hypot(*to)) / 2, 0.5)
    out = np.full(normal2d.SIZE, np.nan)
    fixed, use = content(kind, to, rng), kept(mask, to, rng)
    arguments = (fixed, use, image, kept(other, shape, rng), False, cubic, matrix, centre, radius, 0.9, 0.1, cutoff)
    normal2d.squared_rows(*arguments, 0, to[0], out)
    assert 0 <= out[normal2d.COUNT] <= use.sum()
    if is_tame(matrix):
        assert np.isfinite(out).all()
        parts = np.zeros((2, normal2d.SIZE))
        normal2d.squared_rows(*arguments, 0, to[0] // 2, parts[0])
        normal2d.squared_rows(*arguments, to[0] // 2, to[0], parts[1])
        np.testing.assert_allclose(parts.sum(0), out, rtol=1e-6, atol=1e-6 * (1 + np.abs(out).max()))
    if is_tame(matrix) and "none" in (mask, other):
        assert not out.any()


@settings(max_examples=200)
@given(cases, st.sampled_from(MASKS))
@np.errstate(all="ignore")  # kernels as plain Python, for coverage
def test_vector_rows(case: Any, other: str) -> None:
    shape, to, matrix, _, mask, seed = case
    rng = np.random.default_rng(seed)
    fixed, moving = (rng.normal(size=(n + 3, m + 3, 2)).astype(np.float32) for n, m in (to, shape))
    centre, radius = (np.array(to) - 1) / 2, max(float(np.hypot(*to)) / 2, 0.5)
    out = np.full(normal2d.SIZE, np.nan)
    use = kept(mask, to, rng)
    normal2d.vector_rows(
        fixed, use, moving, kept(other, shape, rng), matrix, centre, radius, 0.8, 0.6, 0.8, 0, to[0], out
    )
    assert 0 <= out[normal2d.COUNT] <= use.sum()
    if is_tame(matrix):
        assert np.isfinite(out).all()
    if is_tame(matrix) and "none" in (mask, other):
        assert not out.any()


@settings(max_examples=150)
@given(cases, st.booleans(), st.integers(0, 3), st.integers(1, 4))
@np.errstate(all="ignore")  # kernels as plain Python, for coverage
def test_sampled_rows(case: Any, cubic: bool, first: int, step: int) -> None:
    shape, to, matrix, kind, mask, seed = case
    rng = np.random.default_rng(seed)
    values, weights = np.full(to, np.nan, np.float32), np.full(to, np.nan, np.float32)
    image = padded(content(kind, shape, rng), 1, 2)
    normal2d.sampled_rows(image, kept(mask, shape, rng), cubic, matrix, first, step, values, weights)
    assert np.isfinite(values).all()
    assert np.isin(weights, (0, 1)).all()


@settings(max_examples=150)
@given(SHAPES, st.sampled_from(CONTENTS), st.sampled_from(MASKS), st.integers(0, 99))
def test_gradients_and_directions(shape: tuple[int, int], kind: str, mask: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data, use = content(kind, shape, rng), kept(mask, shape, rng) > 0
    by_row, by_column, usable = (np.full(shape, np.nan, np.float32) for _ in range(3))
    mean = orientation2d.gradients(data, use, by_row, by_column, usable)
    field = np.full((shape[0] + 3, shape[1] + 3, 2), np.nan, np.float32)
    orientation2d.doubled(by_row, by_column, mean, field)
    assert np.isfinite(mean)
    assert np.isfinite(field).all()
    assert (np.hypot(field[..., 0], field[..., 1]) <= 1 + 1e-5).all()
    assert usable.sum() <= use.sum()
    if min(shape) < 3 or kind == "constant":
        assert not field.any()


@settings(max_examples=150)
@given(SHAPES, st.tuples(st.integers(1, 5), st.integers(1, 5)), matrices(), st.sampled_from(MASKS), st.integers(0, 99))
@np.errstate(all="ignore")  # kernels as plain Python, for coverage
def test_turned(shape: tuple[int, int], blocks: tuple[int, int], matrix: Floats, mask: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    field = rng.normal(size=(shape[0] + 3, shape[1] + 3, 2)).astype(np.float32)
    out = np.full((2, 4 * blocks[0], 4 * blocks[1]), np.nan, np.float32)
    low = np.full((2, *blocks), np.nan, np.float32)
    orientation2d.turned(field, kept(mask, shape, rng), matrix, 0.6, 0.8, 4, out, low)
    assert np.isfinite(out).all() and np.isfinite(low).all()
    assert (low[0] <= 16).all()


@settings(max_examples=150)
@given(
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    st.floats(0, 1),
    st.sampled_from(["noise", "zero", "negative"]),
    st.integers(0, 99),
)
def test_best_shifts(blocks: tuple[int, int], least: float, kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = (4 * blocks[0], 4 * blocks[1])
    product = (rng.normal(size=shape) * (kind != "zero")).astype(np.float32)
    # Rounding of an FFT leaves small numbers, of either sign, where nothing overlaps.
    norms = (rng.random((3, *blocks)) * (1e-7 if kind == "zero" else 9) * (-1 if kind == "negative" else 1)).astype(
        np.float32
    )
    found, null = np.full((3, 4), np.nan), np.full(3, np.nan)
    reach = np.array([-5.0, 5, -7, 7])
    orientation2d.best_shifts(product, norms, 4, least, 9.0, 9.0, np.full(2, 1e-12), reach, found, null)
    assert not np.isnan(found).any() and np.isfinite(null).all()
    assert (np.diff(found[:, 0]) <= 0).all()
    real = found[found[:, 0] > 0]
    assert (np.abs(real[:, 1]) <= 5).all() and (np.abs(real[:, 2]) <= 7).all()


def test_no_rows() -> None:
    out = np.full(normal2d.SIZE, np.nan)
    image = padded(np.ones((3, 3), np.float32), 1, 2)
    ones = np.ones((3, 3), np.float32)
    normal2d.squared_rows(ones, ones, image, ones, True, True, np.eye(3), np.ones(2), 1.0, 1.0, 0.0, np.inf, 1, 1, out)
    assert not out.any()


@pytest.mark.parametrize("w", [0.0, -1.0, np.nan])
@np.errstate(all="ignore")
def test_nothing_is_sampled_behind_the_horizon(w: float) -> None:
    values, weights = np.full((2, 3), np.nan, np.float32), np.full((2, 3), np.nan, np.float32)
    image, ones = padded(np.ones((3, 3), np.float32), 1, 2), np.ones((3, 3), np.float32)
    normal2d.sampled_rows(image, ones, False, np.diag([1.0, 1.0, w]), 0, 1, values, weights)
    assert not values.any() and not weights.any()
