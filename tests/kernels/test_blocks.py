"""Sums of products of directions over blocks, against their twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from superpose._kernels.blocks import SUMS, direction_blocks
from tests.kernels.any_input import CONTENTS, MASKS, SHAPES, content, guarded, kept
from tests.reference import blocks as reference

RNG = np.random.default_rng(83)
ANGLE = 0.7


def summed(fixed: Any, moving: Any, mask: NDArray[np.bool_], block: int, angle: float = ANGLE) -> Any:
    """Return the sums, a line of blocks at a time."""
    lines, blocks = (-(-n // block) for n in mask.shape)
    out = np.full((SUMS, lines, blocks), np.nan)
    for line in range(lines):
        direction_blocks(fixed, moving, mask, np.cos(angle), np.sin(angle), block, out, line, line + 1)
    return out


@pytest.mark.parametrize("missing", [0.0, 0.05, 1.0])
@pytest.mark.parametrize("block", [1, 4, 64])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 9), (9, 2), (3, 3), (25, 64), (18, 131)], ids=str)
def test_like_its_twin(shape: tuple[int, int], block: int, missing: float) -> None:
    fixed, moving = RNG.normal(size=(2, 2, *shape)).astype(np.float32)
    mask = RNG.random(shape) >= missing
    out = summed(fixed, moving, mask, block)
    derivatives = reference.Derivatives.of(fixed, mask), reference.Derivatives.of(moving, mask, ANGLE)
    expected = reference.direction_blocks(*derivatives, block)
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=3e-6 * block**2)
    assert expected.any() == mask.any()
    if min(shape) > 3 and missing < 1:
        assert (np.abs(expected).max((1, 2)) > 1e-3).all()
    whole = np.full(out.shape, np.nan)
    direction_blocks(fixed, moving, mask, np.cos(ANGLE), np.sin(ANGLE), block, whole, 0, len(out[0]))
    np.testing.assert_array_equal(whole, out)


def test_only_some_lines_are_filled() -> None:
    fields, out = RNG.normal(size=(2, 2, 16, 9)).astype(np.float32), np.full((SUMS, 4, 3), 7.0)
    direction_blocks(*fields, np.ones((16, 9), bool), 1.0, 0.0, 4, out, 1, 3)
    assert (out[:, [0, 3]] == 7).all() and (out[:, 1:3] != 7).all()


@settings(max_examples=150)
@given(SHAPES, st.sampled_from([1, 2, 8]), st.sampled_from(CONTENTS), st.sampled_from(MASKS), st.integers(0, 99))
def test_any_field(shape: tuple[int, int], block: int, kind: str, mask: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    fixed, moving = (guarded(np.stack([content(kind, shape, rng) for _ in range(2)])) for _ in range(2))
    use = kept(mask, shape, rng)
    out = summed(fixed, moving, use, block)
    assert np.isfinite(out).all()
    # What does not count is not looked at.
    for field in (fixed, moving):
        field[:, ~use] = 1e6
    np.testing.assert_array_equal(summed(fixed, moving, use, block), out)
    # A field's products with itself.
    squares = summed(fixed, fixed, use, block, 0.0)[[5, 7, 10]]
    assert (squares >= 0).all()


@pytest.mark.parametrize("block", [0, 3, -4, 128])
def test_a_block_must_be_a_power_of_two(block: int) -> None:
    fields, out = np.zeros((2, 2, 16, 9), np.float32), np.empty((SUMS, 1, 1))
    with pytest.raises(ValueError, match="block must be a power of two up to 64"):
        direction_blocks(*fields, np.ones((16, 9), bool), 1.0, 0.0, block, out, 0, 1)
