"""Residuals of which some are outliers: their scale, and from where on they count for nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.order import median

Floats = NDArray[np.float64]

# Standard deviations of a Gaussian in its median absolute deviation.
NORMAL = 1.4826
# The median of the square of a normal number.
MEDIAN_OF_SQUARES = 0.455


def deviation(residual: Floats) -> float:
    """Return the standard deviation that the median absolute residual stands for, infinite without residuals."""
    return NORMAL * median(np.abs(residual)) if len(residual) else np.inf


@dataclass(frozen=True)
class ResidualScale:
    """Standard deviations of residuals, robustly: of all, and of those of steep pixels.

    On a plain ground most residuals are equal, and the deviation of all says nothing of those that hold the pose.
    """

    everywhere: float
    steep: float

    @classmethod
    def of(cls, residual: Floats, steep: NDArray[np.bool_]) -> ResidualScale:
        """Measure residuals, of which `steep` says which are of steep pixels."""
        everywhere = deviation(residual)
        return cls(everywhere, deviation(residual[steep]) if steep.any() else everywhere)

    def cutoff(self, deviations: float, steep_deviations: float) -> float:
        """Return the residual from where on one counts for nothing: so many deviations of all and of the steep ones."""
        return cutoff_for(max(deviations * self.everywhere, steep_deviations * self.steep), 1.0)


def cutoff_for(scale: float, deviations: float) -> float:
    """Return the residual from where on one counts for nothing; infinite where their scale is not known."""
    return deviations * scale if scale > 0 else np.inf


def tukey_weights(residual: Floats, cutoff: float) -> Floats:
    """Return what Tukey's biweight leaves of residuals under a cutoff."""
    kept = np.maximum(1 - np.square(residual / cutoff), 0.0)
    return np.asarray(kept * kept)
