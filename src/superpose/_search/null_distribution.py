"""What wrong poses of a pair score: the yardstick that each pair carries itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class NullDistribution:
    """Scores of wrong poses of this very pair: how many were seen, their mean and standard deviation."""

    count: int
    mean: float
    deviation: float

    @property
    def highest(self) -> float:
        """What the highest of so many independent scores would be expected to be."""
        return self.mean + self.deviation * float(np.sqrt(2 * np.log(max(self.count, 2))))

    def beyond_mean(self, score: float) -> float:
        """Return how far a score exceeds the mean, in standard deviations."""
        return (score - self.mean) / self.deviation

    def peak_significance(self, score: float) -> float:
        """Return how far a score exceeds the highest to be expected, in standard deviations."""
        return (score - self.highest) / self.deviation
