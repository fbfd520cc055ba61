"""What wrong poses of a pair score: the yardstick that each pair carries itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

from superpose._arithmetic.elementary import log


@dataclass(frozen=True)
class NullDistribution:
    """What wrong poses of this pair score: how many were seen, the mean and standard deviation of their scores."""

    count: int
    mean: float
    deviation: float

    @classmethod
    def of_sums(cls, count: float, total: float, squares: float) -> NullDistribution:
        """Return the distribution of so many scores, with this sum and sum of squares."""
        mean = total / max(count, 1)
        return cls(int(count), mean, math.sqrt(max(squares / max(count, 1) - mean * mean, 1e-12)))

    @property
    def sums(self) -> tuple[float, float, float]:
        """The scores' number, sum and sum of squares."""
        mean = self.mean
        return float(self.count), self.count * mean, self.count * (self.deviation * self.deviation + mean * mean)

    @property
    def highest(self) -> float:
        """The score expected of the highest of as many wrong poses, if they were independent."""
        return self.mean + self.deviation * math.sqrt(2 * log(max(self.count, 2)))

    def beyond_mean(self, score: float) -> float:
        """Return how far a score exceeds the mean, in standard deviations."""
        return (score - self.mean) / self.deviation

    def peak_significance(self, score: float) -> float:
        """Return how far a score exceeds the highest one expected of wrong poses, in standard deviations."""
        return (score - self.highest) / self.deviation
