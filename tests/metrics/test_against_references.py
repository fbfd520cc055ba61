"""Every metric on two arrays against its paper's formula, and the laws that hold for any input."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from superpose import InputError, metrics
from tests.reference import metrics as reference

RNG = np.random.default_rng(11)
A = RNG.random((40, 50), dtype=np.float32)
B = (0.7 * A**2 + 0.3 * RNG.random((40, 50), dtype=np.float32)).astype(np.float32)
ALL = [metrics.mse, metrics.ncc, metrics.mi, metrics.nmi, metrics.correlation_ratio]
BINNED = [metrics.mi, metrics.nmi, metrics.correlation_ratio]

images = hnp.arrays(
    np.float32,
    st.just((6, 7)),
    elements=st.floats(-1000, 1000, width=32, allow_nan=False, allow_subnormal=False),
)


def test_mse() -> None:
    assert metrics.mse(A, B) == pytest.approx(np.square(A.astype(float) - B).mean(), rel=1e-12)


def test_ncc() -> None:
    assert metrics.ncc(A, B) == pytest.approx(np.corrcoef(A.ravel(), B.ravel())[0, 1], rel=1e-9)


@pytest.mark.parametrize("bins", [2, 7, 100])
def test_joint_histogram(bins: int) -> None:
    ours = metrics.joint_histogram(A, B, bins=bins)
    assert ours.sum() == pytest.approx(1)
    # A value on a bin's edge may round to either side of it.
    assert np.abs(ours - reference.joint(A, B, bins)).sum() * A.size <= 4


def test_joint_histogram_of_integers_is_exact() -> None:
    a, b = (RNG.integers(0, 8, (30, 30)).astype(np.uint8) for _ in range(2))
    a[0, :2] = b[0, :2] = (0, 7)
    np.testing.assert_array_equal(metrics.joint_histogram(a, b, bins=7), reference.joint(a, b, 7))


@pytest.mark.parametrize("bins", [2, 7, 100])
@pytest.mark.parametrize("name", ["mi", "nmi", "correlation_ratio"])
def test_histogram_metrics(name: str, bins: int) -> None:
    expected = getattr(reference, name)(A, B, bins)
    assert getattr(metrics, name)(A, B, bins=bins) == pytest.approx(expected, abs=2e-3)


def test_default_is_100_bins() -> None:
    for metric in BINNED:
        assert metric(A, B) == metric(A, B, bins=100)


@settings(max_examples=60)
@given(images, images)
def test_bounds(a: NDArray[np.float32], b: NDArray[np.float32]) -> None:
    assert metrics.mse(a, b) >= 0
    assert -1 <= metrics.ncc(a, b) <= 1
    assert metrics.mi(a, b) >= 0
    assert 1 <= metrics.nmi(a, b) <= 2
    assert 0 <= metrics.correlation_ratio(a, b) <= 1


@settings(max_examples=60)
@given(images, images)
def test_symmetry(a: NDArray[np.float32], b: NDArray[np.float32]) -> None:
    for metric in (metrics.mse, metrics.ncc, metrics.mi, metrics.nmi):
        assert metric(a, b) == pytest.approx(metric(b, a), rel=1e-9, abs=1e-12)


def test_best_values_at_identity() -> None:
    assert metrics.mse(A, A) == 0
    assert metrics.ncc(A, A) == pytest.approx(1)
    assert metrics.ncc(A, -A) == pytest.approx(-1)
    assert metrics.nmi(A, A) == pytest.approx(2)
    assert metrics.mi(A, A) == pytest.approx(reference.entropy(reference.joint(A, A, 100)), abs=1e-2)
    assert metrics.correlation_ratio(A, A) > 0.999


def test_what_each_is_blind_to() -> None:
    gained = 3 * A + 100
    assert metrics.ncc(gained, B) == pytest.approx(metrics.ncc(A, B), rel=1e-4)
    for metric in BINNED:
        assert metric(A, -B, bins=16) == pytest.approx(metric(A, B, bins=16), abs=1e-2)


def test_correlation_ratio_explains_warped_by_fixed() -> None:
    # A parabola: the second is a function of the first, and not the other way round.
    a = np.linspace(-1, 1, 4000).reshape(40, 100)
    assert metrics.correlation_ratio(a, a**2) > 0.99
    assert metrics.correlation_ratio(a**2, a) < 0.05


@pytest.mark.parametrize("metric", ALL)
def test_constant_images_have_a_value(metric: object) -> None:
    flat = np.full_like(A, 5)
    for pair in ((flat, A), (A, flat), (flat, flat)):
        assert np.isfinite(metric(*pair))  # type: ignore[operator]
    assert metrics.ncc(flat, A) == 0
    assert metrics.nmi(flat, flat) == 1
    assert metrics.mi(flat, A) == 0
    assert metrics.correlation_ratio(A, flat) == 0


def test_a_constant_that_is_no_round_number() -> None:
    # The mean of many 0.1 is not quite 0.1: what is left over must not be taken for structure.
    flat = np.full((300, 301), 0.1)
    assert metrics.ncc(flat, np.random.default_rng(0).random(flat.shape)) == 0
    assert metrics.correlation_ratio(np.random.default_rng(0).random(flat.shape), flat) == 0


@pytest.mark.parametrize("metric", ALL)
def test_only_what_the_mask_keeps_counts(metric: object) -> None:
    mask = np.zeros(A.shape, bool)
    mask[5:30, 10:40] = True
    spoilt_a, spoilt_b = np.where(mask, A, np.nan), np.where(mask, B, 1e6)
    inside = metric(A[5:30, 10:40], B[5:30, 10:40])  # type: ignore[operator]
    assert metric(spoilt_a, spoilt_b, mask) == pytest.approx(inside, rel=1e-6)  # type: ignore[operator]
    assert metric(spoilt_a, spoilt_b) == pytest.approx(inside, rel=1e-6)  # type: ignore[operator]
    assert metric(spoilt_a, B, np.ones(A.shape, bool) & mask) == pytest.approx(inside, rel=1e-6)  # type: ignore[operator]


@pytest.mark.parametrize("metric", ALL)
def test_nan_under_the_mask_takes_no_part(metric: object) -> None:
    spoilt = A.copy()
    spoilt[3, 4] = np.nan
    everything = np.ones(A.shape, bool)
    assert metric(spoilt, B, everything) == metric(spoilt, B)  # type: ignore[operator]


@pytest.mark.parametrize("dtype", ["u1", "i2", "u2", ">i4", "f2", "f4", ">f8", "?"])
@pytest.mark.parametrize("metric", ALL)
def test_dtypes_do_not_wrap(metric: object, dtype: str) -> None:
    a, b = (A * 100 > 50, B * 100 > 50) if dtype == "?" else ((x * 100).astype(dtype) for x in (A, B))
    expected = metric(a.astype(float), b.astype(float))  # type: ignore[operator]
    assert metric(a, b) == pytest.approx(expected, rel=1e-6)  # type: ignore[operator]


def test_full_range_integers() -> None:
    for dtype in (np.int8, np.int16, np.int32, np.int64, np.uint64):
        info = np.iinfo(dtype)
        a = np.array([[info.min, info.max], [info.min, info.max]], dtype)
        b = a[:, ::-1]
        assert metrics.ncc(a, a) == pytest.approx(1)
        assert metrics.ncc(a, b) == pytest.approx(-1)
        assert metrics.nmi(a, b) == pytest.approx(2)
        assert metrics.correlation_ratio(a, b) == pytest.approx(1)
        assert metrics.mse(a, b) == pytest.approx((float(info.max) - float(info.min)) ** 2)


def test_half_floats_do_not_overflow() -> None:
    a = np.array([[60000, -60000], [1, 2]], np.float16)
    assert metrics.joint_histogram(a, a, bins=4).sum() == pytest.approx(1)
    assert metrics.nmi(a, a, bins=4) == pytest.approx(2)
    assert metrics.mse(a, -a) == pytest.approx(np.mean(np.square(2 * a.astype(float))))


def test_lists_do() -> None:
    assert metrics.mse([[1, 2], [3, 4]], [[1, 2], [3, 6]]) == 1


@pytest.mark.parametrize("metric", [*ALL, metrics.joint_histogram])
def test_bad_arguments_are_named(metric: object) -> None:
    with pytest.raises(InputError, match=r"^fixed and warped have different shapes, \(40, 50\) and \(39, 50\)"):
        metric(A, B[1:])  # type: ignore[operator]
    with pytest.raises(InputError, match=r"^mask has shape \(50, 40\)"):
        metric(A, B, np.ones((50, 40), bool))  # type: ignore[operator]
    with pytest.raises(InputError, match=r"^mask keeps 0 of 2000 pixels.*invert it \(~mask\)"):
        metric(A, B, np.zeros(A.shape, bool))  # type: ignore[operator]
    with pytest.raises(InputError, match=r"^warped has no pixel to use: all 2000"):
        metric(A, np.full_like(B, np.nan))  # type: ignore[operator]
    with pytest.raises(InputError, match=r"^fixed is 'picture'"):
        metric("picture", B)  # type: ignore[operator]
    with pytest.raises(InputError, match=r"^warped has dtype complex128"):
        metric(A, B.astype(complex))  # type: ignore[operator]


@pytest.mark.parametrize("metric", [*BINNED, metrics.joint_histogram])
@pytest.mark.parametrize("bins", [1, 0, -3, 2.5, True, "many", 1025, 10**9])
def test_bad_bins(metric: object, bins: object) -> None:
    with pytest.raises(InputError, match=r"^bins is .*whole number from 2 to 1024"):
        metric(A, B, bins=bins)  # type: ignore[operator]


@pytest.mark.parametrize("metric", [*BINNED, metrics.joint_histogram])
def test_bins_are_a_hundred_where_they_are_left_open(metric: Callable[..., Any]) -> None:
    left_open, hundred, fewer = (metric(A, B, **each) for each in ({"bins": None}, {"bins": 100}, {"bins": 50}))
    np.testing.assert_array_equal(left_open, hundred)
    np.testing.assert_array_equal(left_open, metric(A, B))
    assert not np.array_equal(left_open, fewer)


def test_pixels_that_do_not_count_may_be_of_any_size() -> None:
    inner = np.zeros(A.shape, bool)
    inner[2:-2, 2:-2] = True
    huge = np.where(inner, 1e-290 * A.astype(float), 1e100)
    assert metrics.orientation(huge, B, inner) == pytest.approx(metrics.orientation(A, B, inner), abs=1e-6)
