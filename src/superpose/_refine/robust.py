"""Residuals of which some are outliers: their scale, and from where on they count for nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Standard deviations of a Gaussian in its median absolute deviation.
NORMAL = 1.4826


def deviation(residual: Floats) -> float:
    """Return the standard deviation that the median absolute residual stands for, infinite without residuals."""
    return NORMAL * float(np.median(np.abs(residual))) if len(residual) else np.inf


def cutoff_for(scale: float, deviations: float) -> float:
    """Return the residual from where on one counts for nothing; infinite where their scale is not known."""
    return deviations * scale if scale > 0 else np.inf
