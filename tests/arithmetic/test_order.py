"""Medians and quantiles are NumPy's."""

import numpy as np
import pytest

from superpose._arithmetic.order import lower_quantile, median


@pytest.mark.parametrize("count", [1, 2, 3, 8, 101, 4096])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_they_are_those_of_numpy(count: int, kind: type) -> None:
    values = np.random.default_rng(count).normal(size=count).astype(kind)
    before = values.copy()
    assert median(values) == np.median(values.astype(float))
    for part in (0.0, 0.1, 0.75, 0.9, 1.0):
        assert lower_quantile(values, part) == np.quantile(values, part, method="lower")
    assert np.array_equal(values, before)
