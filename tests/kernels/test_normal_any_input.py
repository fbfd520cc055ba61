"""The normal equations' kernels on any shape, pose and content: in bounds, and no NaN made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superpose._kernels.normal import COUNT, sums_size
from superpose._kernels.sampled import sampled_rows
from superpose._kernels.squared import squared_rows
from superpose._kernels.vector import vector_rows
from superpose._refine.algebra import full_group
from superpose._sampling.filters import padded
from tests.kernels.any_input import CASES, CONTENTS, MASKS, NOWHERE, Floats, content, guarded, is_tame, kept

SIZE = sums_size(8)


def frame_of(shape: tuple[int, int]) -> tuple[Floats, float]:
    return (np.array(shape) - 1) / 2, max(float(np.hypot(*shape)) / 2, 0.5)


def edges(shape: tuple[int, int]) -> Any:
    return np.array([0, shape[1]])


def vectors(shape: tuple[int, int], rng: np.random.Generator) -> Any:
    return guarded(rng.normal(size=(shape[0] + 3, shape[1] + 3, 2)).astype(np.float32))


@settings(max_examples=300)
@given(CASES, st.booleans(), st.sampled_from([np.inf, 1.0, 1e-6]), st.sampled_from(MASKS))
def test_squared_rows(case: Any, cubic: bool, cutoff: float, other: str) -> None:
    shape, to, matrix, kind, mask, seed = case
    rng = np.random.default_rng(seed)
    image = guarded(padded(content(kind, shape, rng), 1, 2))
    fixed, use, usable = guarded(content(kind, to, rng)), kept(mask, to, rng), kept(other, shape, rng)
    settled = cubic, matrix, full_group(2), *frame_of(to), 0.9, 0.1, cutoff
    out, parts = np.full(SIZE, np.nan), np.zeros((2, SIZE))
    squared_rows(fixed, use, image, usable, False, *settled, 0, to[0], edges(to), out[None])
    assert 0 <= out[COUNT] <= use.sum()
    if other == "all":
        whole = np.full(SIZE, np.nan)
        squared_rows(fixed, use, image, usable, True, *settled, 0, to[0], edges(to), whole[None])
        np.testing.assert_array_equal(whole, out)
    if not is_tame(matrix):
        return
    assert np.isfinite(out).all()
    for part, rows in zip(parts, ((0, to[0] // 2), (to[0] // 2, to[0])), strict=True):
        squared_rows(fixed, use, image, usable, False, *settled, *rows, edges(to), part[None])
    np.testing.assert_allclose(parts.sum(0), out, rtol=1e-6, atol=1e-6 * (1 + np.abs(out).max()))
    if "none" in (mask, other):
        assert not out.any()


@settings(max_examples=300)
@given(CASES, st.sampled_from(MASKS))
def test_vector_rows(case: Any, other: str) -> None:
    shape, to, matrix, _, mask, seed = case
    rng = np.random.default_rng(seed)
    out, use, usable = np.full(SIZE, np.nan), kept(mask, to, rng), kept(other, shape, rng)
    fixed, moving = vectors(to, rng), vectors(shape, rng)
    vector_rows(fixed, use, moving, usable, matrix, full_group(2), *frame_of(to), 0.8, 0.6, 0.8, 0, to[0], out)
    assert 0 <= out[COUNT] <= use.sum()
    if is_tame(matrix):
        assert np.isfinite(out).all()
    if is_tame(matrix) and "none" in (mask, other):
        assert not out.any()


@settings(max_examples=300)
@given(CASES, st.integers(0, 3), st.integers(1, 4))
def test_sampled_rows(case: Any, first: int, step: int) -> None:
    shape, to, matrix, kind, mask, seed = case
    rng = np.random.default_rng(seed)
    values, weights = np.full(to, np.nan, np.float32), np.full(to, np.nan, np.float32)
    image, usable = content(kind, shape, rng), kept(mask, shape, rng)
    sampled_rows(guarded(padded(image, 1, 2)), usable, matrix, first, step, values, weights)
    assert np.isfinite(values).all()
    assert np.isin(weights, (0, 1)).all()
    assert weights.any() <= usable.any()
    # A convex sum, but for rounding.
    assert np.abs(values).max() <= np.abs(image).max() * (1 + 1e-5)


@pytest.mark.parametrize("kind", CONTENTS)
def test_no_rows(kind: str) -> None:
    out, ones = np.full(SIZE, np.nan), np.ones((3, 3), np.float32)
    data = content(kind, (3, 3), np.random.default_rng(0))
    image = padded(data, 1, 2)
    squared_rows(
        data,
        ones > 0,
        image,
        ones > 0,
        True,
        True,
        np.eye(3),
        full_group(2),
        np.ones(2),
        1.0,
        1.0,
        0.0,
        np.inf,
        1,
        1,
        edges((3, 3)),
        out[None],
    )
    assert not out.any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (6, 1), (5, 4)], ids=str)
@pytest.mark.parametrize("name", NOWHERE)
def test_nothing_lands_nowhere(name: str, shape: tuple[int, int]) -> None:
    rng, ones, matrix = np.random.default_rng(5), np.ones(shape, np.float32), NOWHERE[name]
    image, values, weights = guarded(padded(ones, 1, 2)), np.empty_like(ones), np.empty_like(ones)
    sampled_rows(image, ones > 0, matrix, 0, 1, values, weights)
    assert not values.any() and not weights.any()
    out, field, turn = np.full(SIZE, np.nan), vectors(shape, rng), (0.8, 0.6, 0.8)
    for whole in (True, False):
        squared_rows(
            *(ones, ones > 0, image, ones > 0, whole, True, matrix, full_group(2), *frame_of(shape), 1.0, 0.5, np.inf),
            *(0, shape[0], edges(shape), out[None]),
        )
        assert not out.any()
    out[:] = np.nan
    vector_rows(field, ones > 0, field, ones > 0, matrix, full_group(2), *frame_of(shape), *turn, 0, shape[0], out)
    assert not out.any()


def test_a_pose_that_lands_somewhere_is_seen() -> None:
    """What the tests above take for nothing is not what the kernel says of all poses."""
    ones, out = np.ones((5, 4), np.float32), np.full(SIZE, np.nan)
    values, weights = np.empty_like(ones), np.empty_like(ones)
    image, tilted = padded(ones, 1, 2), np.eye(3)
    tilted[2, 0] = -0.25  # row 4 lies on the horizon
    sampled_rows(image, ones > 0, tilted, 0, 1, values, weights)
    np.testing.assert_array_equal(weights.sum(1), [4, 3, 2, 0, 0])
    squared_rows(
        ones,
        ones > 0,
        image,
        ones > 0,
        False,
        True,
        tilted,
        full_group(2),
        *frame_of((5, 4)),
        1.0,
        0.5,
        np.inf,
        0,
        5,
        edges((5, 4)),
        out[None],
    )
    assert out[COUNT] == 9
