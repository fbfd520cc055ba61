"""Sums over pixels as NumPy writes them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.floating[Any]]


def pair_sums(a: Numbers, b: Numbers, mask: NDArray[np.bool_], shift_a: float, shift_b: float) -> Floats:
    """Return the sums of 1, p, q, p p, q q, p q and (a - b)^2 over what counts, p = a - shift_a, q = b - shift_b."""
    x, y = a[mask].astype(float), b[mask].astype(float)
    p, q = x - shift_a, y - shift_b
    return np.array([each.sum() for each in (np.ones(len(p)), p, q, p * p, q * q, p * q, (x - y) ** 2)])


def robust_sums(a: Floats, b: Floats, gain: float, offset: float, inverse: float, floor: float) -> Floats:
    """Return the sums of w, w a, w b, w a a, w b b and w a b under Tukey's weights."""
    w = np.clip(1 - (a - gain * b - offset) ** 2 * inverse, 0, None) ** 2 + floor
    return np.array([(w * each).sum() for each in (np.ones(len(a)), a, b, a * a, b * b, a * b)])


def interpolated_sums(
    gain: Floats,
    slope: Floats,
    matrix: Floats,
    fixed: tuple[int, int],
    moving: tuple[int, int],
    steps: tuple[int, int],
    centre: Floats,
    radius: float,
) -> Floats:
    """Return number, gain, its slopes by the generators, and the powers of places, of every few pixels of fixed."""
    r, c = (each.ravel().astype(float) for each in np.mgrid[: fixed[0] : steps[0], : fixed[1] : steps[1]])
    y, x, w = matrix @ [r, c, np.ones(len(r))]
    with np.errstate(divide="ignore", invalid="ignore"):
        y, x = y / w, x / w
        inside = (w > 0) & (y >= 0) & (x >= 0) & (y <= moving[0] - 1) & (x <= moving[1] - 1)
    r, c, y, x, w = r[inside], c[inside], y[inside], x[inside], w[inside]
    gains, slopes = (np.array([between(table, at * len(gain)) for at in (y, x)]) for table in (gain, slope))
    by = np.array([slopes[0] * gains[1], gains[0] * slopes[1]])
    at = np.array([y, x])
    a, b = ((by * (matrix[:2, axis, None] - at * matrix[2, axis])).sum(0) / w for axis in (0, 1))
    u, v = (r - centre[0]) / radius, (c - centre[1]) / radius
    along = a * u + b * v
    moments = [a * u, a * v, a, b * u, b * v, b, -along * u, -along * v]
    powers = [u**i * v**j for i in range(5) for j in range(5)]
    return np.array([float(len(u)), (gains[0] * gains[1]).sum(), *(each.sum() for each in moments + powers)])


def between(table: Floats, place: Floats) -> Floats:
    """Return a table that has no end at places of it, linearly interpolated."""
    return np.interp(place, np.arange(len(table) + 1), np.r_[table, table[:1]], period=len(table))
