"""Masks without what is near to a missing pixel."""

import numpy as np
import pytest
from scipy import ndimage

from superpose._sampling.erosion import eroded

RNG = np.random.default_rng(17)


@pytest.mark.parametrize("shape", [(40, 33), (7, 9), (1, 8), (12, 13, 14)])
@pytest.mark.parametrize("reach", [1, 2, 3, 5])
def test_it_is_a_minimum_filter_beyond_whose_border_nothing_counts(shape: tuple[int, ...], reach: int) -> None:
    mask = RNG.random(shape) > 0.02
    expected = ndimage.minimum_filter(mask, 2 * reach + 1, mode="constant", cval=0)
    np.testing.assert_array_equal(eroded(mask, reach), expected)
