"""Kernels for frames on a canvas, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from superpose._kernels.frames import HIGHEST, PRODUCTS, add_faded, add_turned, faded_products, highest_score, powers
from tests.reference import frames as reference


@pytest.mark.parametrize("count", [3, 4])
@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (9, 8), (13, 67)])
def test_frames_are_added_and_compared(shape: tuple[int, int], count: int) -> None:
    rng = np.random.default_rng(shape[1])
    frame, others = rng.normal(9, 3, shape).astype(np.float32), rng.normal(2, 1, (count, 20, 80)).astype(np.float32)
    rows, columns = (rng.random(n).astype(np.float32) for n in shape)
    into = rng.normal(size=(20, 80)).astype(np.float32)
    before, expected = into.copy(), into.copy()
    add_faded(frame, rows, columns, 4.5, 6, 11, into)
    reference.add_faded(frame, rows, columns, 4.5, 6, 11, expected)
    np.testing.assert_allclose(into, expected, rtol=1e-5, atol=1e-5)
    assert np.count_nonzero(into != before) == frame.size
    out = np.empty(PRODUCTS)
    for first, last in ((0, shape[0]), (shape[0] // 2, shape[0])):
        faded_products(frame, rows, columns, 4.5, others, 6, 11, first, last, out)
        wanted = reference.faded_products(frame, rows, columns, 4.5, others, 6, 11, first, last)
        np.testing.assert_allclose(out, wanted, rtol=2e-6, atol=1e-4)
        assert np.abs(out).min() > 0


@pytest.mark.parametrize("offset", [0.0, -9.0])
def test_the_highest_score_where_shifts_are_allowed(offset: float) -> None:
    rng = np.random.default_rng(3)
    scores = (rng.normal(size=(15, 43)) + offset).astype(np.float32)
    factor = (rng.random(scores.shape) > 0.4).astype(np.float32)
    factor[np.unravel_index(np.argmax(scores), scores.shape)] = 0
    out = np.empty(HIGHEST)
    highest_score(scores, factor, out)
    np.testing.assert_allclose(out, reference.highest_score(scores, factor), rtol=1e-6)


def test_powers_of_a_turn() -> None:
    out = np.empty((700, 2), np.float32)
    powers(np.cos(0.7), np.sin(0.7), out)
    expected = np.exp(0.7j * np.arange(700))
    np.testing.assert_allclose(out, np.stack([expected.real, expected.imag], 1), atol=2e-7)


def test_waves_are_turned_and_added() -> None:
    rng = np.random.default_rng(4)
    waves, into = rng.normal(size=(2, 6, 9, 2)).astype(np.float32)
    rows, columns = (rng.normal(size=(n, 2)).astype(np.float32) for n in (6, 9))
    waves_, into_, rows_, columns_ = (each.view(np.complex64)[..., 0] for each in (waves, into, rows, columns))
    expected = into_ + waves_ * rows_[:, None] * columns_
    add_turned(waves, rows, columns, into)
    np.testing.assert_allclose(into_, expected, rtol=1e-5, atol=1e-5)
