"""Products of complex numbers, each product and sum rounded by itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._kernels import _native

Pixels = NDArray[np.float32]


def spectra_product(spectra: Pixels, other: Pixels, out: Pixels) -> None:
    """Fill `out` with the products of spectra with another one, added up over channels.

    Parameters
    ----------
    spectra : ndarray, float32, shape (k, channels, 2 n)
        k spectra of n complex numbers, real and imaginary parts in turns.
    other : ndarray, float32, shape (channels, 2 n)
        What each is multiplied by.
    out : ndarray, float32, shape (k, 2 n)
        Is filled.
    """
    _native.spectra_product(spectra, other, out)
