"""The direction fields' kernels on any shape, pose and content: in bounds, and no NaN made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from superpose._kernels import orientation, shifts
from tests.kernels.any_input import AFFINE_NOWHERE, CONTENTS, MASKS, MATRICES, SHAPES, Floats, content, guarded, kept

BLOCK = 4
BLOCKS = st.tuples(st.integers(1, 5), st.integers(1, 5))
SEEDS = st.integers(0, 99)


@settings(max_examples=150)
@given(SHAPES, st.sampled_from(CONTENTS), st.sampled_from(MASKS), st.booleans(), SEEDS)
def test_gradients_and_directions(shape: tuple[int, int], kind: str, mask: str, signs: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data, use = guarded(content(kind, shape, rng)), kept(mask, shape, rng)
    lengths, field = np.full(2, np.nan), np.full((2, *shape), np.nan, np.float32)
    usable = np.ones(shape, bool)
    orientation.gradient_lengths(data, use, 0, shape[0], lengths)
    orientation.directions(data, use, lengths[0] / max(lengths[1], 1), signs, field, usable, 0, shape[0])
    assert np.isfinite(lengths).all() and lengths[1] == usable.sum() <= use.sum()
    assert np.isfinite(field).all()
    assert (np.hypot(*field) <= 1 + 1e-5).all()
    assert not field[:, ~usable].any()
    if min(shape) < 3 or kind == "constant":
        assert not field.any()


def pulled(shape: tuple[int, int], blocks: tuple[int, int], matrix: Floats, mask: str, seed: int) -> Any:
    """Return a field of noise on a canvas, and what is counted by blocks."""
    rng = np.random.default_rng(seed)
    field = guarded(rng.normal(size=(shape[0] + 3, shape[1] + 3, 2)).astype(np.float32))
    out = np.full((2, BLOCK * blocks[0], BLOCK * blocks[1]), np.nan, np.float32)
    low = np.full((2, *blocks), np.nan, np.float32)
    shifts.turned(field, kept(mask, shape, rng), matrix, 0.6, 0.8, BLOCK, out, low)
    return out, low


@settings(max_examples=300)
@given(SHAPES, BLOCKS, MATRICES, st.sampled_from(MASKS), SEEDS)
def test_turned(shape: tuple[int, int], blocks: tuple[int, int], matrix: Floats, mask: str, seed: int) -> None:
    out, low = pulled(shape, blocks, matrix, mask, seed)
    assert np.isfinite(out).all() and np.isfinite(low).all()
    assert (low[0] <= BLOCK**2).all()
    # A turn leaves the energy alone.
    energy = (out**2).sum(0).reshape(blocks[0], BLOCK, blocks[1], BLOCK).sum((1, 3))
    np.testing.assert_allclose(low[1], energy, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", AFFINE_NOWHERE)
def test_nothing_is_pulled_from_nowhere(name: str) -> None:
    for shape in ((1, 1), (1, 6), (6, 1), (5, 4)):
        out, low = pulled(shape, (2, 3), AFFINE_NOWHERE[name], "all", 7)
        assert not out.any() and not low.any()
    assert pulled((5, 4), (2, 3), np.eye(3), "all", 7)[1][0].sum() == 20


@settings(max_examples=200)
@given(
    BLOCKS,
    st.floats(0, 1),
    st.sampled_from([1.0, 9.0, 1e4]),
    st.sampled_from(["noise", "zero", "negative"]),
    st.sampled_from([(-5.0, 5.0, -7.0, 7.0), (3.0, 8.0, -9.0, -2.0), (2.0, 1.0, 0.0, 0.0)]),
    SEEDS,
)
def test_best_shifts(
    blocks: tuple[int, int], least: float, most: float, kind: str, reach: tuple[float, ...], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    shape = (BLOCK * blocks[0], BLOCK * blocks[1])
    product = (rng.normal(size=shape) * (kind != "zero")).astype(np.float32)
    # Rounding of an FFT leaves small numbers, of either sign, where nothing overlaps.
    size = {"noise": 9, "zero": 1e-7, "negative": -9}[kind]
    norms = (size * rng.random((3, *blocks))).astype(np.float32)
    found, null = np.full((3, 4), np.nan), np.full(3, np.nan)
    shifts.best_shifts(product, norms, BLOCK, least, 9.0, most, np.full(2, 1e-12), np.array(reach), found, null)
    assert not np.isnan(found).any() and np.isfinite(null).all() and np.isfinite(product).all()
    assert (np.diff(found[:, 0]) <= 0).all()
    assert null[0] == 0 or (kind != "negative" and reach[0] <= reach[1])
    real = found[found[:, 0] > 0]
    assert len(real) <= null[0]
    for low, high, shift in zip(reach[::2], reach[1::2], real[:, 1:3].T, strict=True):
        assert ((low <= shift) & (shift <= high)).all()
