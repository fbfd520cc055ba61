"""What wrong poses score."""

from __future__ import annotations

import numpy as np
import pytest

from superpose._search.null_distribution import NullDistribution

NULL = NullDistribution(10000, 0.1, 0.05)


@pytest.mark.parametrize("count", [100, 10000])
def test_the_highest_is_near_the_highest_of_so_many_normal_numbers(count: int) -> None:
    drawn = np.random.default_rng(0).normal(0.1, 0.05, (200, count)).max(1)
    null = NullDistribution(count, 0.1, 0.05)
    assert null.highest == pytest.approx(drawn.mean(), abs=0.035)
    assert null.highest >= drawn.mean()


def test_significance_counts_deviations_from_the_highest() -> None:
    assert NULL.peak_significance(NULL.highest) == 0
    assert NULL.peak_significance(NULL.highest + 0.15) == pytest.approx(3)
    assert NULL.beyond_mean(0.25) == pytest.approx(3)
    assert NULL.peak_significance(0.4) < NULL.beyond_mean(0.4)


def test_more_wrong_poses_reach_higher() -> None:
    assert NullDistribution(10**6, 0.1, 0.05).highest > NULL.highest
    assert NullDistribution(0, 0.1, 0.05).highest == NullDistribution(2, 0.1, 0.05).highest
