"""Where the kernels' sums lie: the kernels' own numbers say the same."""

from __future__ import annotations

import numpy as np
import pytest

from superpose._kernels import normal
from superpose.metrics._normal_equations import NormalEquations


@pytest.mark.parametrize("tiles", [(), (3,)], ids=["whole", "tiles"])
def test_sums_lie_where_the_kernels_put_them(tiles: tuple[int, ...]) -> None:
    at = {name: getattr(normal, name) for name in ("COST", "COUNT", "WEIGHT", "GRADIENT")}
    at |= {"MATRIX": normal.GRADIENT + 10, "SIZE": normal.sums_size(8)}
    assert NormalEquations.size(8) == at["SIZE"]
    sums = np.random.default_rng(0).random((*tiles, at["SIZE"]))
    found = NormalEquations(sums, 8)
    np.testing.assert_array_equal(found.cost, sums[..., at["COST"]])
    np.testing.assert_array_equal(found.count, sums[..., at["COUNT"]])
    np.testing.assert_array_equal(found.weight, sums[..., at["WEIGHT"]])
    np.testing.assert_array_equal(found.gradient, sums[..., at["GRADIENT"] : at["MATRIX"]])
    np.testing.assert_array_equal(found.matrix[..., 4, 7], sums[..., at["MATRIX"] + 47])
    assert found.matrix.shape == (*tiles, 10, 10)


def test_in_three_dimensions_there_are_fifteen_generators() -> None:
    assert NormalEquations.size(15) == 3 + 17 + 17**2
