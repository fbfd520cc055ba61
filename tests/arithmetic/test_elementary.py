"""Our exponential, logarithm, angles and normal deviates are those of the C library and SciPy, but for rounding."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from superpose._arithmetic import elementary

ANGLES = st.floats(-1e5, 1e5)
POSITIVE = st.floats(1e-300, 1e300)


def units(ours: float, theirs: float) -> float:
    """How far a number is from another, in units of its last place."""
    return abs(ours - theirs) / math.ulp(theirs)


@given(st.floats(-745, 709.7))
def test_exp(x: float) -> None:
    assert units(elementary.exp(x), math.exp(x)) <= 2


def test_exp_of_an_array_is_that_of_its_numbers() -> None:
    numbers = np.linspace(-700, 700, 2002).reshape(7, 11, 26)
    ours = elementary.exp(numbers)
    assert ours.shape == numbers.shape
    assert ours.ravel().tolist() == [elementary.exp(x) for x in numbers.ravel().tolist()]


@given(POSITIVE)
def test_log(x: float) -> None:
    # Near 1 it is as exact as anywhere.
    assert units(elementary.log(x), math.log(x)) <= 3
    near = 1 + math.sin(x) / 100
    assert units(elementary.log(near), math.log(near)) <= 3


def test_log_of_an_array_is_that_of_its_numbers() -> None:
    numbers = np.geomspace(1e-300, 1e300, 1001).reshape(7, 11, 13)
    ours = elementary.log(numbers)
    assert ours.shape == numbers.shape
    assert ours.ravel().tolist() == [elementary.log(x) for x in numbers.ravel().tolist()]


@pytest.mark.parametrize("name", ["sin", "cos"])
@given(angle=ANGLES)
def test_sin_and_cos(name: str, angle: float) -> None:
    ours, theirs = getattr(elementary, name)(angle), getattr(math, name)(angle)
    assert units(ours, theirs) <= 2 or abs(ours - theirs) <= 1e-20 * abs(angle)


@given(ANGLES, ANGLES)
def test_atan2(y: float, x: float) -> None:
    assert units(elementary.atan2(y, x), math.atan2(y, x)) <= 5


def test_eighths_of_a_turn_are_exact() -> None:
    for y in (-1.0, -0.0, 0.0, 1.0):
        for x in (-1.0, -0.0, 0.0, 1.0):
            ours, theirs = elementary.atan2(y, x), math.atan2(y, x)
            assert (ours, math.copysign(1, ours)) == (theirs, math.copysign(1, theirs))
    assert (elementary.sin(0.0), elementary.cos(0.0), elementary.exp(0.0), elementary.log(1.0)) == (0, 1, 1, 0)


def test_where_a_function_ends() -> None:
    assert [elementary.exp(x) for x in (-math.inf, -800.0, 800.0, math.inf)] == [0, 0, math.inf, math.inf]
    assert elementary.exp(709.75) < elementary.exp(709.78) < math.inf == elementary.exp(709.79)
    functions: list[Callable[[float], float]] = [elementary.exp, lambda x: elementary.atan2(x, 1.0)]
    assert all(math.isnan(each(math.nan)) for each in functions)
    assert np.isnan(elementary.log(np.array([math.nan]))).all()
    for y, x in ((1.0, math.nan), (math.nan, 1.0), (-1.0, math.nan), (0.0, math.nan), (math.inf, math.nan)):
        assert math.isnan(elementary.atan2(y, x))
    for angle in (math.nan, math.inf, -math.inf):
        assert math.isnan(elementary.sin(angle)) and math.isnan(elementary.cos(angle))


def test_logarithms_of_what_has_none() -> None:
    odd = [0.0, -0.0, -1.0, -math.inf, math.inf, math.nan, 5e-324, 2.0]
    wanted = [-math.inf, -math.inf, math.nan, math.nan, math.inf, math.nan, math.log(5e-324), math.log(2)]
    np.testing.assert_array_equal([elementary.log(x) for x in odd], wanted)
    np.testing.assert_array_equal(elementary.log(np.array(odd).reshape(2, 4)), np.reshape(wanted, (2, 4)))
    assert elementary.log(np.empty((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("name", ["sin", "cos"])
@given(angle=st.floats(1e5, 1e15), sign=st.sampled_from([-1, 1]))
def test_large_angles(name: str, angle: float, sign: int) -> None:
    assert units(getattr(elementary, name)(sign * angle), getattr(math, name)(sign * angle)) <= 2


@given(POSITIVE)
def test_cube_root(x: float) -> None:
    root = elementary.cube_root(x)
    assert abs(Fraction(root) ** 3 / Fraction(x) - 1) <= 3 * Fraction(2, 2**53)
    whole = float(round(math.frexp(x)[0] * 2000))
    assert elementary.cube_root(whole * whole * whole) == whole


def test_where_the_cube_root_ends() -> None:
    for x in (0.0, math.inf, math.nan):
        np.testing.assert_equal(elementary.cube_root(x), x)
    assert units(elementary.cube_root(5e-324), 1.7031839360032603e-108) <= 1
    assert units(elementary.cube_root(1.7976931348623157e308), 5.643803094122362e102) <= 1


@given(st.floats(1e-300, 1, exclude_max=True))
def test_normal_quantile(p: float) -> None:
    assert elementary.normal_quantile(p) == pytest.approx(special.ndtri(p), rel=1e-14, abs=1e-16)


def test_tables() -> None:
    for count in (1, 2, 3, 64, 100):
        angles = 2 * np.pi * np.arange(count) / count
        np.testing.assert_allclose(elementary.cosines(count), np.cos(angles), rtol=0, atol=3e-16)
        np.testing.assert_allclose(elementary.hanning(count), np.hanning(count), rtol=0, atol=1e-15)
    assert not elementary.cosines(64).flags.writeable
    offsets = np.arange(-5, 6)
    np.testing.assert_allclose(elementary.gaussian(offsets, 1.7), np.exp(-0.5 * (offsets / 1.7) ** 2), rtol=1e-15)


def test_arrays_of_angles_as_numbers_one_by_one() -> None:
    rng = np.random.default_rng(0)
    angles = np.concatenate([rng.uniform(-60, 60, 2000), np.arange(-9, 10) * np.pi / 4, [0.0, np.nan]])
    sines, cosines = elementary.sines_of(angles)
    assert np.allclose(sines, [elementary.sin(each) for each in angles], rtol=0, atol=2e-16, equal_nan=True)
    assert np.allclose(cosines, [elementary.cos(each) for each in angles], rtol=0, atol=2e-16, equal_nan=True)
    y, x = rng.normal(size=(2, 2000))
    y[:5], x[:5] = (0, 0, 0, 1, -1), (0, 1, -1, 0, 0)
    found = elementary.angles_of(y, x)
    assert np.allclose(found, [elementary.atan2(*each) for each in zip(y, x, strict=True)], rtol=0, atol=1e-15)
