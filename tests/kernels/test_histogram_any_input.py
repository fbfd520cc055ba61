"""The joint histogram's kernels on any shape, pose and content: in bounds, and no NaN made."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from superpose._kernels.histogram import histogram_rows, slope_rows
from superpose._kernels.normal import COUNT, sums_size
from superpose._refine.algebra import full_group
from superpose._sampling.filters import padded
from tests.kernels.any_input import CASES, MASKS, NOWHERE, Floats, content, guarded, is_tame, kept

ROWS = 5
SIZE = sums_size(8)


def counted(
    bins: NDArray[np.int16],
    image: Any,
    usable: NDArray[np.bool_],
    cubic: bool,
    matrix: Floats,
    low: float,
    scale: float,
    size: int,
) -> Any:
    """Return the joint histogram and what was sampled, row by row."""
    out, total = np.full((ROWS, size), np.nan), np.zeros((ROWS, size))
    sampled = np.full(bins.shape, np.nan, np.float32), np.full((2, *bins.shape), np.nan, np.float32)
    for row in range(len(bins)):
        histogram_rows(bins, image, usable, cubic, matrix, low, scale, row, row + 1, *sampled, out)
        total += out
    return total, sampled


@settings(max_examples=300)
@given(
    CASES,
    st.booleans(),
    st.sampled_from(MASKS),
    st.sampled_from([(0.0, 0.0), (0.0, 1.0), (-2.0, 3.0), (1e4, 50.0), (0.7, 1e30)]),
    st.integers(5, 12),
)
def test_histogram_and_slopes(case: Any, cubic: bool, other: str, scale: tuple[float, float], size: int) -> None:
    shape, to, matrix, kind, mask, seed = case
    rng = np.random.default_rng(seed)
    bins = np.where(kept(mask, to, rng) > 0, rng.integers(0, ROWS, to), -1).astype(np.int16)
    image, usable = guarded(padded(content(kind, shape, rng), 1, 2)), kept(other, shape, rng)
    joint, sampled = counted(bins, image, usable, cubic, matrix, *scale, size)
    use = sampled[0] >= 0
    assert (use <= (bins >= 0)).all()
    assert not (use.any() and other == "none")
    assert ((sampled[0][use] >= 1) & (sampled[0][use] <= size - 2)).all()
    assert (sampled[0][~use] == -1).all()
    assert (joint > -1e-6).all()
    assert joint.sum() == pytest.approx(use.sum(), rel=1e-5)
    slope, curvature = (guarded(rng.random((ROWS, size)).astype(np.float32)) for _ in range(2))
    out = np.full(SIZE, np.nan)
    centre, radius = (np.array(to) - 1) / 2, max(float(np.hypot(*to)) / 2, 0.5)
    slope_rows(bins, *sampled, slope, curvature, full_group(2), centre, radius, 0, to[0], out)
    assert out[COUNT] == use.sum()
    if is_tame(matrix) and scale[1] < 100:
        assert np.isfinite(sampled[1][:, use]).all()
        assert np.isfinite(out).all()
    if not use.any():
        assert not out.any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (6, 1), (5, 4)], ids=str)
@pytest.mark.parametrize("name", NOWHERE)
def test_nothing_is_counted_nowhere(name: str, shape: tuple[int, int]) -> None:
    bins, ones = np.zeros(shape, np.int16), np.ones(shape, np.float32)
    image = guarded(padded(ones, 1, 2))
    for cubic in (False, True):
        joint, (place, *_) = counted(bins, image, ones > 0, cubic, NOWHERE[name], 0.0, 2.0, 6)
        assert not joint.any() and (place == -1).all()
        joint, (place, *_) = counted(bins, image, ones > 0, cubic, np.eye(3), 0.0, 2.0, 6)
        assert joint.sum() == pytest.approx(ones.size) and (place >= 0).all()
