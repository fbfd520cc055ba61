"""The filters' kernels on any shape and content: in bounds, no NaN made, and nothing larger than what went in."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from superpose._kernels import filter as kernels
from superpose._sampling.filters import mirror_borders, padded
from superpose._sampling.pyramid import halved
from superpose.image import Grid, Raster
from tests.kernels.any_input import CONTENTS, MASKS, SHAPES, content, guarded, kept

SEEDS = st.integers(0, 99)


@settings(max_examples=200)
@given(SHAPES, st.sampled_from(CONTENTS), st.integers(0, 20), st.integers(0, 2), st.integers(0, 9), SEEDS)
def test_filter_rows(shape: tuple[int, int], kind: str, reach: int, before: int, split: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = guarded(content(kind, shape, rng))
    taps = rng.random(reach + 1)
    taps /= taps[0] + 2 * taps[1:].sum()
    out = np.full((shape[0] + before, shape[1] + before), np.nan, np.float32)
    middle = min(split, shape[0])
    for rows in ((0, middle), (middle, shape[0])):
        kernels.filter_rows(data[None], guarded(taps.astype(np.float32)), before, out[None], *rows)
    inner = out[before:, before:]
    assert np.isfinite(inner).all()
    assert np.isnan(out).sum() == out.size - inner.size
    atol = 1e-5 * np.abs(data).max()
    assert inner.min() >= data.min() - atol and inner.max() <= data.max() + atol
    if reach == 0:
        np.testing.assert_allclose(inner, data, atol=atol)


@settings(max_examples=200)
@given(SHAPES, st.sampled_from(CONTENTS), st.sampled_from(MASKS), SEEDS)
def test_halve_rows(shape: tuple[int, int], kind: str, mask: str, seed: int) -> None:
    """By way of its wrapper, which prepares what lies inside of the filter for each row and column."""
    rng = np.random.default_rng(seed)
    use = kept(mask, shape, rng)
    data = guarded(content(kind, shape, rng) * use)
    found = halved(Raster(data, use > 0, Grid(shape)))
    assert found.data.shape == found.mask.shape == ((shape[0] + 1) // 2, (shape[1] + 1) // 2)
    assert np.isfinite(found.data).all()
    assert not found.data[~found.mask].any()
    if mask == "all":
        assert found.mask.all()
    if mask == "none":
        assert not found.mask.any()
    if found.mask.any():
        inside, averages = data[use > 0], found.data[found.mask]
        atol = 1e-5 * np.abs(data).max()
        assert averages.min() >= inside.min() - atol and averages.max() <= inside.max() + atol


@settings(max_examples=100)
@given(SHAPES, st.integers(0, 3), st.integers(0, 3), SEEDS)
def test_padded(shape: tuple[int, int], before: int, after: int, seed: int) -> None:
    data = content("noise", shape, np.random.default_rng(seed))
    out = padded(data, before, after)
    np.testing.assert_array_equal(out[before : before + shape[0], before : before + shape[1]], data)
    assert np.isin(out, data).all()
    again = out.copy()
    mirror_borders(again, before, after)
    np.testing.assert_array_equal(again, out)


@settings(max_examples=100)
@given(SHAPES, st.sampled_from(CONTENTS), st.sampled_from(MASKS), SEEDS)
def test_fill_missing(shape: tuple[int, int], kind: str, mask: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    use = kept(mask, shape, rng) > 0
    data = guarded(content(kind, shape, rng))
    far, out = np.zeros(shape, np.int32), guarded(np.zeros(shape, np.float32))
    kernels.fill_missing(data, use, far, out)
    np.testing.assert_array_equal(out[use], data[use])
    if use.any():
        assert np.isin(out, data[use]).all()
