"""Residuals of which some are outliers: their scale, and from where on they count for nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Standard deviations of a Gaussian in its median absolute deviation.
NORMAL = 1.4826


def median(values: Floats) -> float:
    """Return what `np.median` returns, sooner: by one place in their order, which is found by vector instructions."""
    half = len(values) // 2
    ordered = np.partition(values, half)
    return float(ordered[half] if len(values) % 2 else 0.5 * (ordered[:half].max() + ordered[half]))


def deviation(residual: Floats) -> float:
    """Return the standard deviation that the median absolute residual stands for, infinite without residuals."""
    return NORMAL * median(np.abs(residual)) if len(residual) else np.inf


def cutoff_for(scale: float, deviations: float) -> float:
    """Return the residual from where on one counts for nothing; infinite where their scale is not known."""
    return deviations * scale if scale > 0 else np.inf
