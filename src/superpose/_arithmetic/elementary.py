"""Exponential, logarithm, trigonometric functions and the normal quantile, each to a few units of the last place.

An argument is reduced to a small one, and a series does the rest. `exp`, `log`, `sines_of` and `angles_of` take arrays;
the others take numbers, and where many are wanted they are those of a table that is kept. NaN stays NaN. Sines and
cosines of numbers are as exact for angles to 1e15 either way, but that up to 1e5, close to where one is zero, they are
so to 1e-20 of the angle only.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# A quarter of a turn, times 2**192.
QUARTER = 0x1921FB54442D18469898CC51701B839A252049C1114CF98E8
# The logarithm of 2: of few bits, and the rest.
_LOG_2 = 0.6931471803691238, 1.9082149292705877e-10
T = TypeVar("T", bound=np.generic)


@overload
def exp(x: float) -> float: ...
@overload
def exp(x: Floats) -> Floats: ...
def exp(x: float | Floats) -> float | Floats:
    """Return e to the power of a number; infinite above some 709, 0 below some -745. Arrays hold finite ones."""
    if isinstance(x, np.ndarray):
        x = np.clip(x, -700.0, 700.0)
        times = np.rint(x / _LOG_2[0])
        return np.asarray(np.ldexp(_exp((x - times * _LOG_2[0]) - times * _LOG_2[1]), times.astype(np.int32)))
    if not -746 < x < 709.782712893384:
        return x if x != x else (math.inf if x > 0 else 0.0)
    doublings, rest = _reduced(x, *_LOG_2)
    return math.ldexp(_exp(rest), doublings)


def _exp(rest: Any) -> Any:
    out = 1.0
    for k in range(14, 0, -1):
        out = 1.0 + rest / k * out
    return out


@overload
def log(x: float) -> float: ...
@overload
def log(x: Floats) -> Floats: ...
def log(x: float | Floats) -> float | Floats:
    """Return the natural logarithm; minus infinity for 0, NaN below."""
    if isinstance(x, np.ndarray):
        if not ((x > 0) & (x < math.inf)).all():
            return np.array([log(each) for each in x.ravel().tolist()]).reshape(x.shape)
        part, power = np.frexp(x)
        low = part < 0.7071067811865476
        out: Floats = _log(np.where(low, 2 * part, part), (power - low).astype(float))
        return out
    if not 0 < x < math.inf:
        return float(x) if x > 0 else (-math.inf if x == 0 else math.nan)
    near, count = math.frexp(x)
    return float(_log(2 * near, count - 1) if near < 0.7071067811865476 else _log(near, count))


def _log(part: Any, power: Any) -> Any:
    """Return the logarithm of ``part * 2**power``, the part being from the root of a half to that of 2."""
    # The area hyperbolic tangent's series, whose argument is at most 0.172.
    s = (part - 1) / (part + 1)
    square = s * s
    out = square * (1 / 21)
    for k in range(19, 1, -2):
        out += 1 / k
        out *= square
    # The logarithm of 2 has so few bits that its multiples are exact, and a rest.
    return power * 6.93147180369123816490e-01 + (power * 1.90821492927058770002e-10 + 2 * s * out + 2 * s)


def cube_root(x: float) -> float:
    """Return the cube root of a number that is not negative."""
    if not 0 < x < math.inf:
        return x
    root = exp(log(x) / 3)
    # A step of Newton's takes the errors of both away.
    return root - (root - x / root / root) / 3


def side_of(volume: float, ndim: int) -> float:
    """Return the side of a square of some area, or of a cube of some volume."""
    return math.sqrt(volume) if ndim == 2 else cube_root(volume)


def sin(x: float) -> float:
    """Return the sine of an angle in radians; NaN for an infinite one."""
    quarters, rest = _quarters(x)
    value: float = _cos(rest) if quarters % 2 else _sin(rest)
    return -value if quarters % 4 >= 2 else value


def cos(x: float) -> float:
    """Return the cosine of an angle in radians; NaN for an infinite one."""
    quarters, rest = _quarters(x)
    value: float = _sin(rest) if quarters % 2 else _cos(rest)
    return -value if quarters % 4 in (1, 2) else value


def atan2(y: float, x: float) -> float:
    """Return the angle of a point, (-pi, pi] radians; 0 for the origin."""
    low, high = sorted((abs(x), abs(y)))
    if not 0 < high < math.inf or low != low:
        return math.atan2(y, x)  # exact: multiples of an eighth of a turn, or NaN
    slope = low / high
    # Half the angle twice.
    for _ in range(2):
        slope = slope / (1 + math.sqrt(1 + slope * slope))
    square, out = slope * slope, 0.0
    for k in range(25, 1, -2):
        out = (out + (-1 / k if k % 4 == 3 else 1 / k)) * square
    angle = 4 * (slope + slope * out) if low < high else math.pi / 4
    if abs(y) > abs(x):
        angle = (math.pi / 2 - angle) + 6.123233995736766e-17
    if x < 0:
        angle = (math.pi - angle) + 1.2246467991473532e-16
    return math.copysign(angle, y)


def sines_of(angles: Floats) -> tuple[Floats, Floats]:
    """Return sines and cosines of angles in radians, up to 1e5 either way."""
    count = np.rint(angles / 1.5707963267948966)
    # As `_reduced` does it.
    rest = (angles - count * 1.5707963267341256) - count * 6.077100506506192e-11
    sines, cosines_ = np.asarray(_sin(rest)), np.asarray(_cos(rest))
    odd, half, next_ = count % 2 == 1, count % 4 >= 2, (count + 1) % 4 >= 2
    first, second = np.where(odd, cosines_, sines), np.where(odd, sines, cosines_)
    return np.where(half, -first, first), np.where(next_, -second, second)


def angles_of(y: Floats, x: Floats) -> Floats:
    """Return the angles of points, [-pi, pi] radians; 0 for the origin."""
    low, high = np.minimum(np.abs(x), np.abs(y)), np.maximum(np.abs(x), np.abs(y))
    slope = low / np.where(high > 0, high, 1.0)
    for _ in range(2):
        slope = slope / (1 + np.sqrt(1 + slope * slope))
    square, out = slope * slope, np.zeros_like(slope)
    for k in range(25, 1, -2):
        out = (out + (-1 / k if k % 4 == 3 else 1 / k)) * square
    angle = 4 * (slope + slope * out)
    angle = np.where(np.abs(y) > np.abs(x), (math.pi / 2 - angle) + 6.123233995736766e-17, angle)
    angle = np.where(x < 0, (math.pi - angle) + 1.2246467991473532e-16, angle)
    return np.asarray(np.copysign(angle, y))


def _quarters(x: float) -> tuple[int, float]:
    """Return the nearest multiple of a quarter of a turn, and the rest."""
    if not math.isfinite(x):
        return 0, math.nan
    if abs(x) <= 1e5:
        return _reduced(x, 1.5707963267341256, 6.077100506506192e-11)
    above, below = x.as_integer_ratio()
    above, unit = above << 192, QUARTER * below
    count = (2 * above + unit) // (2 * unit)
    return count, (above - count * unit) / (below << 192)


def _reduced(x: float, high: float, low: float) -> tuple[int, float]:
    """Return the nearest multiple of a unit, and the rest.

    The unit is `high`, which has so few bits that its multiples are exact, and `low`.
    """
    count = round(x / (high + low))
    return count, (x - count * high) - count * low


def _sin(x: Any) -> Any:
    square, out = x * x, 0.0
    for k in range(16, 0, -2):
        out = (1 + out) * -square / (k * (k + 1))
    return x + x * out


def _cos(x: Any) -> Any:
    square, out = x * x, 0.0
    for k in range(17, 2, -2):
        out = (1 + out) * -square / (k * (k + 1))
    half = 0.5 * square
    whole = 1 - half
    # What the first subtraction lost is put back.
    return whole + (((1 - whole) - half) - half * out)


@cache
def cosines(count: int) -> Floats:
    """Return the cosines of `count` angles, evenly spaced over a turn, from 0."""
    return read_only(np.array([cos(2 * math.pi * k / count) for k in range(count)]))


def hanning(count: int) -> Floats:
    """Return the window of `numpy.hanning`."""
    return 0.5 - 0.5 * np.append(cosines(count - 1), 1.0) if count > 1 else np.ones(count)


def gaussian(offsets: NDArray[np.number[Any]], width: float) -> Floats:
    """Return a Gaussian's weights at offsets from its middle, which weighs 1."""
    return np.array([exp(-0.5 * (each / width) * (each / width)) for each in offsets.tolist()])


def half_gaussian(reach: int, width: float) -> Floats:
    """Return half of a Gaussian filter, of sum 1 as a whole: its middle, then what neighbours on either side get."""
    taps = gaussian(np.arange(reach + 1), width)
    return np.asarray(taps / (2 * taps.sum() - taps[0]))


def normal_quantile(p: float) -> float:
    """Return the standard normal deviate that is not exceeded with a probability, of more than 0 and less than 1.

    References
    ----------
    M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied Statistics 37(3), 1988.
    """
    q = p - 0.5
    # Quotients of polynomials, the factor of the highest power first.
    # fmt: off
    if abs(q) <= 0.425:
        return q * _quotient(
            0.180625 - q * q,
            (2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987,
             13731.69376550946, 1971.5909503065513, 133.14166789178438, 3.3871328727963665),
            (5226.495278852855, 28729.085735721943, 39307.89580009271, 21213.794301586597,
             5394.196021424751, 687.1870074920579, 42.31333070160091, 1.0),
        )
    tail = math.sqrt(-log(min(p, 1 - p)))
    if tail <= 5:
        size = _quotient(
            tail - 1.6,
            (0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684,
             3.6478483247632045, 5.769497221460691, 4.630337846156546, 1.4234371107496835),
            (1.0507500716444169e-09, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008,
             0.6897673349851, 1.6763848301838038, 2.053191626637759, 1.0),
        )
    else:
        size = _quotient(
            tail - 5,
            (2.0103343992922881e-07, 2.7115555687434876e-05, 0.0012426609473880784, 0.026532189526576124,
             0.29656057182850487, 1.7848265399172913, 5.463784911164114, 6.657904643501103),
            (2.0442631033899397e-15, 1.421511758316446e-07, 1.8463183175100548e-05, 0.0007868691311456133,
             0.014875361290850615, 0.1369298809227358, 0.599832206555888, 1.0),
        )
    # fmt: on
    return math.copysign(size, q)


def _quotient(x: float, above: tuple[float, ...], below: tuple[float, ...]) -> float:
    out = [0.0, 0.0]
    for factors in zip(above, below, strict=True):
        out = [each * x + factor for each, factor in zip(out, factors, strict=True)]
    return out[0] / out[1]


def read_only(table: NDArray[T]) -> NDArray[T]:
    """Return a table that several callers are given, which none may change."""
    table.setflags(write=False)
    return table
