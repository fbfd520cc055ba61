"""What interpolation between pixels does to noise: it averages it, which a cost must not take for agreement."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import read_only
from superpose._refine.algebra import Frame
from superpose.metrics._orientation_covariance import displacements
from superpose.metrics._prefilter import Noise
from superpose.transforms.geometry import IndexMap, volume_ratio

Floats = NDArray[np.float64]


def interpolated(
    noise: Noise, frame: Frame, shapes: tuple[tuple[int, int], tuple[int, int]], matrix: IndexMap, lines: int
) -> tuple[float, Floats, Floats]:
    """Return what noise does in the warped image: its mean variance, and how that changes by the generators.

    And the matrix (8, 8) that slopes of variance 1, without any structure, would have.

    Parameters
    ----------
    noise : Noise
        Of moving.
    frame : Frame
        In which the generators act.
    shapes : tuple
        Of fixed and of moving.
    matrix : ndarray, shape (3, 3)
        The pose, from fixed to moving pixels.
    lines : int
        It is added up on about so many rows and columns.
    """
    fixed, moving = shapes
    rows, columns = np.meshgrid(*(np.arange(0, n, odd(n / lines)) for n in fixed), indexing="ij")
    r, c = rows.ravel().astype(float), columns.ravel().astype(float)
    w = matrix[2, 0] * r + matrix[2, 1] * c + matrix[2, 2]
    y = (matrix[0, 0] * r + matrix[0, 1] * c + matrix[0, 2]) / w
    x = (matrix[1, 0] * r + matrix[1, 1] * c + matrix[1, 2]) / w
    n = len(noise.gain)
    inside = (y >= 0) & (x >= 0) & (y <= moving[0] - 1) & (x <= moving[1] - 1) & (w > 0)
    if not inside.any():
        return 0.0, np.zeros(frame.generators), np.eye(frame.generators)
    r, c, w, y, x = r[inside], c[inside], w[inside], y[inside], x[inside]
    (gain_y, slope_y), (gain_x, slope_x) = (_between(noise, each * n) for each in (y, x))
    by_y, by_x = slope_y * gain_x, gain_y * slope_x
    a = (by_y * (matrix[0, 0] - y * matrix[2, 0]) + by_x * (matrix[1, 0] - x * matrix[2, 0])) / w
    b = (by_y * (matrix[0, 1] - y * matrix[2, 1]) + by_x * (matrix[1, 1] - x * matrix[2, 1])) / w
    u, v = (r - frame.centre[0]) / frame.radius, (c - frame.centre[1]) / frame.radius
    along = a * u + b * v
    moments = [a * u, a * v, a, b * u, b * v, b, -along * u, -along * v]
    alike = volume_ratio(matrix) * np.einsum("kmij,ij->km", _alike(), np.einsum("in,jn->ij", _powers(u), _powers(v)))
    return (
        float(noise.variance * (gain_y * gain_x).mean()),
        noise.variance * np.array([moment.mean() for moment in moments]),
        alike / len(u),
    )


def _powers(places: Floats) -> Floats:
    """Return the powers 0 to 4."""
    out = np.ones((5, len(places)))
    for k in range(1, 5):
        out[k] = out[k - 1] * places
    return out


@cache
def _alike() -> Floats:
    """Return (generators, generators, 5, 5): how much of u^i v^j what two generators do to a point have in common."""
    out = np.zeros((8, 8, 5, 5))
    moved = list(zip(*displacements(2), strict=True))
    for (k, first), (m, second) in product(enumerate(moved), repeat=2):
        for a, b in zip(first, second, strict=True):
            for ((i, j), x), ((y, z), w) in product(a.items(), b.items()):
                out[k, m, i + y, j + z] += x * w
    return read_only(out)


def odd(ratio: float) -> int:
    """Return an odd stride, at which fractions of pixels vary."""
    return 2 * int(ratio / 2) + 1


def _between(noise: Noise, place: Floats) -> tuple[Floats, Floats]:
    """Return noise's gain and its slope at places of their table, which has no end, linearly interpolated."""
    low = np.floor(place).astype(int)
    t = place - low
    k, m = low % len(noise.gain), (low + 1) % len(noise.gain)
    return (1 - t) * noise.gain[k] + t * noise.gain[m], (1 - t) * noise.slope[k] + t * noise.slope[m]
