"""Products and sizes of complex arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Waves = NDArray[np.complexfloating[Any, Any]]


def times(a: Waves, b: Waves) -> Waves:
    """Return the product of complex numbers, elementwise.

    A processor may fuse the product and the sum of a complex multiplication, which rounds once instead of twice. Of one
    by a real or an imaginary number nothing is left to be fused: these two are made, and added.
    """
    out = a * b.real
    out += a * (b.imag * b.dtype.type(1j))
    return np.asarray(out)


def squared_size(a: Waves) -> NDArray[np.floating[Any]]:
    """Return the squared absolute values of complex numbers."""
    return np.asarray(np.square(a.real) + np.square(a.imag))
