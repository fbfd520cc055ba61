"""Orientation fields and the search's scores against their naive twins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose._kernels.orientation import directions, gradient_lengths, padded
from superpose._kernels.shifts import best_shifts, spectral_products, turned
from tests.reference import orientation as reference

Floats = NDArray[np.float64]
RNG = np.random.default_rng(67)
BLOCK = 4


def image(shape: tuple[int, int], missing: float) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    mask = RNG.random(shape) >= missing
    return np.where(mask, RNG.random(shape), 0).astype(np.float32), mask


def bands(rows: int) -> list[tuple[int, int]]:
    return [(0, rows // 3), (rows // 3, rows)]


def lengths(data: Any, mask: NDArray[np.bool_], rows: list[tuple[int, int]] | None = None) -> Floats:
    """Return the sum of lengths and the count, from two bands of rows."""
    out, total = np.full(2, np.nan), np.zeros(2)
    for band in rows or bands(len(data)):
        gradient_lengths(data, mask, *band, out)
        total += out
    return total


def found(data: Any, mask: NDArray[np.bool_], damping: float, signs: bool) -> tuple[Any, Any]:
    """Return directions and where they are, from two bands of rows."""
    out, usable = np.full((2, *data.shape), np.nan, np.float32), np.ones(data.shape, bool)
    for band in bands(len(data)):
        directions(data, mask, damping, signs, out, usable, *band)
    return out, usable


def on_canvas(field: NDArray[np.complex128]) -> NDArray[np.float32]:
    """Return a field as the kernels want it: two channels, zeros around."""
    return np.pad(np.stack([field.real, field.imag], -1), ((1, 2), (1, 2), (0, 0))).astype(np.float32)


@pytest.mark.parametrize("missing", [0.0, 0.05, 1.0])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 9), (3, 3), (3, 12), (24, 19)], ids=str)
def test_fields_like_their_twins(shape: tuple[int, int], missing: float) -> None:
    data, mask = image(shape, missing)
    gradient, whole = reference.gradients(data, mask)
    total, count = lengths(data, mask)
    assert count == whole.sum() and count == lengths(data, mask, [(0, shape[0])])[1]
    assert total == pytest.approx(np.abs(gradient).sum(), rel=1e-5)
    for signs, expected in ((True, gradient / (np.abs(gradient) + 0.3)), (False, reference.doubled(gradient, 0.3))):
        out, usable = found(data, mask, 0.3, signs)
        np.testing.assert_array_equal(usable, whole)
        np.testing.assert_allclose(out[0] + 1j * out[1], expected, rtol=0, atol=1e-5)
    assert bool(expected.any()) == bool(whole.any())


def test_a_field_knows_no_contrast() -> None:
    data, mask = image((12, 15), 0.0)
    total, count = lengths(data, mask)
    (one, _), (other, _) = (found(values, mask, total / count, False) for values in (data, 1 - data))
    np.testing.assert_allclose(one, other, rtol=0, atol=1e-4)
    (one, _), (other, _) = (found(values, mask, total / count, True) for values in (data, 1 - data))
    np.testing.assert_allclose(one, -other, rtol=0, atol=1e-4)
    assert np.abs(one).max() > 0.3


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 1), (5, 20)], ids=str)
def test_padded_is_zero_around(shape: tuple[int, int]) -> None:
    parts = RNG.normal(size=(2, *shape)).astype(np.float32)
    out = np.full((shape[0] + 3, shape[1] + 3, 2), np.nan, np.float32)
    padded(parts, out)
    np.testing.assert_array_equal(out, on_canvas(parts[0] + 1j * parts[1]))


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("frequencies", [0, 1, 7, 5000])
def test_spectral_products(channels: int, frequencies: int) -> None:
    moving, fixed = (RNG.normal(size=(*shape, frequencies, 2)) @ [1, 1j] for shape in ((3, channels), (channels,)))
    out = np.full((3, frequencies), np.nan, np.complex64)
    numbers = [each.astype(np.complex64).view(np.float32).reshape(*each.shape[:-1], -1) for each in (moving, fixed)]
    spectral_products(*numbers, out.view(np.float32).reshape(3, -1))
    np.testing.assert_allclose(out, (moving * fixed).sum(1), rtol=0, atol=1e-5)
    assert out.any() == (frequencies > 0)


@pytest.mark.parametrize("angle", [0.0, 0.7, 2.9])
@pytest.mark.parametrize("shape", [(1, 14), (13, 1), (24, 19)], ids=str)
def test_turned_like_its_twin(shape: tuple[int, int], angle: float) -> None:
    field = RNG.normal(size=shape) + 1j * RNG.normal(size=shape)
    usable = RNG.random(shape) > 0.1
    to = (32, 28)
    for matrix in (
        np.eye(3),
        np.array([[0.0, 1.0, -0.0], [-1.0, 0.0, 20.0], [0, 0, 1]]),
        np.array([[0.8013, -0.5027, 5.2], [0.5031, 0.8017, -7.1], [0, 0, 1]]),
        np.array([[1.0, 0, 90], [0, 1, 0], [0, 0, 1]]),
    ):
        out = np.full((2, *to), np.nan, np.float32)
        low = np.full((2, to[0] // BLOCK, to[1] // BLOCK), np.nan, np.float32)
        cosine, sine = np.cos(angle), np.sin(angle)
        turned(on_canvas(field), usable, matrix, cosine, sine, BLOCK, out, low)
        expected, near = reference.turned(field, usable, matrix, angle, to)
        np.testing.assert_allclose(out[0] + 1j * out[1], expected, rtol=0, atol=1e-5)
        blocks = np.stack([near.astype(float), np.abs(expected) ** 2])
        blocks = blocks.reshape(2, to[0] // BLOCK, BLOCK, to[1] // BLOCK, BLOCK).sum((2, 4))
        np.testing.assert_array_equal(low[0], blocks[0])
        np.testing.assert_allclose(low[1], blocks[1], rtol=0, atol=1e-4)


# Fixed is 16 x 20; moving 24 x 16 at (8, 12) of a canvas that keeps all shifts with an overlap apart.
CANVAS, PLACE, MOST = (48, 40), (8, 12), 200
ROWS, COLUMNS = range(-11, 37), range(-9, 31)
REACH = np.array([-11.0, 35.0, -9.0, 29.0])


def made(strong: bool) -> tuple[reference.Scores, NDArray[np.float32], NDArray[np.float32]]:
    """Return all scores by brute force, the correlation, and the norms at shifts by whole blocks."""
    phases = [np.exp(2j * np.pi * RNG.random(shape)) for shape in ((16, 20), (24, 16))]
    if not strong:
        phases = [each * RNG.random(each.shape) for each in phases]
    moving, usable = np.zeros(CANVAS, complex), np.zeros(CANVAS, bool)
    there = tuple(slice(p, p + n) for p, n in zip(PLACE, phases[1].shape, strict=True))
    moving[there], usable[there] = phases[1], True
    all_of = reference.scores(phases[0], np.ones((16, 20), bool), moving, usable, ROWS, COLUMNS)
    # By shift modulo the size, as an FFT gives them.
    rolled = [np.roll(each, (ROWS.start, COLUMNS.start), (0, 1)) for each in vars(all_of).values()]
    norms = np.stack(rolled[1:])[:, ::BLOCK, ::BLOCK]
    return reference.Scores(*rolled), rolled[0].astype(np.float32), np.ascontiguousarray(norms, np.float32)


def scored(
    product: NDArray[np.float32], norms: NDArray[np.float32], least: float, floors: Floats, reach: Floats = REACH
) -> tuple[Floats, Floats, Floats]:
    out, found, null = product.copy(), np.empty((MOST, 4)), np.empty(3)
    best_shifts(out, norms, BLOCK, least, 320.0, 384.0, floors, reach, found, null)
    return out, found, null


@pytest.mark.parametrize("floors", [(0.0, 0.0), (0.7, 0.6)])
def test_scores_are_exact_at_whole_blocks(floors: tuple[float, float]) -> None:
    truth, product, norms = made(strong=False)
    out, _, _ = scored(product, norms, 0.2003, np.array(floors))
    nodes = (slice(None, None, BLOCK),) * 2
    enough = truth.overlap >= 0.2003 * 320
    expected = np.where(enough, truth.score(384.0, floors), -1)
    np.testing.assert_allclose(out[nodes], expected[nodes], rtol=1e-4, atol=1e-6)
    # Rectangles overlap by products of lengths, which interpolation between blocks leaves exact.
    np.testing.assert_array_equal(out >= -0.99, enough)


def test_scores_between_blocks_are_close() -> None:
    truth, product, norms = made(strong=True)
    out, _, _ = scored(product, norms, 0.0503, np.zeros(2))
    expected = truth.score(384.0, (0, 0))
    nodes = norms[0] >= 36
    near = np.repeat(np.repeat(nodes & np.roll(nodes, -1, 0) & np.roll(nodes, -1, 1), BLOCK, 0), BLOCK, 1)
    near &= np.repeat(np.repeat(np.roll(nodes, (-1, -1), (0, 1)), BLOCK, 0), BLOCK, 1)
    assert near.sum() > 300
    # The factor falls as one over the root of the overlap, each side 4 and more: chords lie above that curve.
    ratio = out[near] / expected[near]
    assert ratio.min() > 0.9999
    assert 1.001 < ratio.max() < 1.1


def test_peaks_and_null_like_their_twins() -> None:
    _, product, norms = made(strong=False)
    for reach in (REACH, np.array([0.0, 20.0, -5.0, 3.0])):
        out, found, null = scored(product, norms, 0.1003, np.zeros(2), reach)
        allowed = out > -1
        rows, columns = (reference.shifts_of(n, *ends) for n, ends in zip(CANVAS, (reach[:2], reach[2:]), strict=True))
        outside = ((rows < reach[0]) | (rows > reach[1]))[:, None] | ((columns < reach[2]) | (columns > reach[3]))
        assert (out[outside] == -1).all() and allowed.any()
        np.testing.assert_allclose(
            null, [allowed.sum(), out[allowed].sum(), np.square(out[allowed]).sum()], rtol=1e-4, atol=1e-4
        )
        expected = reference.peaks(out)[:MOST]
        assert len(expected) > 10 and (found[len(expected) :, 0] == -1).all()
        for line, (score, row, column) in zip(found, expected, strict=False):
            assert tuple(line[:3]) == (score, rows[row], columns[column])
            assert line[3] == pytest.approx(norms[0, row // BLOCK, column // BLOCK] / 320, rel=1e-6)


def test_where_nothing_overlaps_enough_there_is_no_peak() -> None:
    _, product, norms = made(strong=False)
    out, found, null = scored(product, norms, 1.5, np.zeros(2))
    assert (out == -1).all() and (found[:, 0] == -1).all() and (null == 0).all()
