"""Turns spread evenly over all of them, and magnifications.

M. Alexa, "Super-Fibonacci spirals: fast, low-discrepancy sampling of SO(3)", CVPR 2022.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import cos, exp, log, read_only, sin

Floats = NDArray[np.float64]

_PHI, _PSI = math.sqrt(2), 1.533751168755204288118041


@lru_cache(maxsize=4)
def all_turns(count: int) -> Floats:
    """Return so many rotation matrices, (count, 3, 3)."""
    out = []
    for k in range(count):
        s = k + 0.5
        r, q = math.sqrt(s / count), math.sqrt(1 - s / count)
        a, b = 2 * math.pi * s / _PHI, 2 * math.pi * s / _PSI
        out.append(_matrix(r * sin(a), r * cos(a), q * sin(b), q * cos(b)))
    return read_only(np.array(out))


def turns_within(degrees: float, count: int) -> Floats:
    """Return the identity and those of so many turns that are by no more than an angle, the smallest first."""
    turns = all_turns(count)
    if degrees >= 180:
        return np.concatenate([np.eye(3)[None], turns])
    cosines = (np.trace(turns, axis1=1, axis2=2) - 1) / 2
    inside = cosines >= cos(math.radians(degrees))
    order = np.argsort(-cosines[inside], kind="stable")
    return np.concatenate([np.eye(3)[None], turns[inside][order]])


def sizes_within(most: float, step: float) -> list[float]:
    """Return 1 and magnifications up to a largest one either way, about so many times apart, the nearest to 1 first."""
    count = round(log(most) / log(step))
    each = log(most) / max(count, 1)
    return [1.0, *(exp(sign * k * each) for k in range(1, count + 1) for sign in (1, -1))]


def _matrix(x: float, y: float, z: float, w: float) -> list[list[float]]:
    """Return the rotation of a unit quaternion."""
    return [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
