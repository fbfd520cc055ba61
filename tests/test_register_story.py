"""The numbers of the system that superpose grew from: the astronaut, shifted and turned."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from skimage.transform import rotate
from skimage.util import random_noise

import superpose

Grey = NDArray[np.float64]


def zero_filled(fixed: Grey, warped: Grey, mask: NDArray[np.bool_]) -> float:
    """Compare all of fixed, as the book does: what moving does not cover is black."""
    return float(np.mean((fixed - np.where(mask, warped, 0)) ** 2))


@pytest.mark.slow
def test_shifted_by_50_columns(astronaut_grey: Grey) -> None:
    shifted = ndimage.shift(astronaut_grey, (0, 50))
    result = superpose.register(astronaut_grey, shifted, transform="translation", metric="mse", optimizer="powell")
    np.testing.assert_allclose(result.transform.shift, (0, 50), rtol=0, atol=1e-3)
    assert result.describe() == "moving lies 50.0 px right of fixed"


@pytest.mark.slow
def test_shifted_by_340_columns_the_local_search_is_caught_and_the_pyramid_is_not(
    astronaut_grey: Grey,
) -> None:
    shifted = ndimage.shift(astronaut_grey, (0, -340))
    settings = {"transform": "translation", "metric": zero_filled, "min_overlap": 0.0}
    with pytest.warns(superpose.UnreliableWarning, match="cannot be told from chance"):
        caught = superpose.register(astronaut_grey, shifted, levels=1, **settings)  # type: ignore[arg-type]
    np.testing.assert_allclose(caught.transform.shift, (0, 38.5), rtol=0, atol=0.1)
    solved = superpose.register(astronaut_grey, shifted, **settings)  # type: ignore[arg-type]
    np.testing.assert_allclose(solved.transform.shift, (0, -340), rtol=0, atol=0.01)
    assert solved.reliable


@pytest.mark.slow
@pytest.mark.parametrize("degrees", [60, 50])
def test_turned_with_noise(astronaut_grey: Grey, degrees: int) -> None:
    turned = random_noise(rotate(astronaut_grey.copy(), degrees), rng=0, var=1e-3)
    result = superpose.register(astronaut_grey, turned, levels=7, metric="mse", optimizer="powell")
    assert len(result.levels) == 7
    assert np.degrees(result.transform.angle) == pytest.approx(degrees, abs=0.05)
    np.testing.assert_allclose(result.transform.shift, (0, 0), rtol=0, atol=0.2)
    assert f"{degrees}.0" in result.describe() and "counter-clockwise" in result.describe()


@pytest.mark.slow
@pytest.mark.long
def test_turned_by_50_degrees_basin_hopping(astronaut_grey: Grey) -> None:
    turned = random_noise(rotate(astronaut_grey.copy(), 50), rng=0, var=1e-3)
    result = superpose.register(astronaut_grey, turned, levels=8, metric="mse", optimizer="basinhopping")
    assert len(result.levels) == 8
    assert np.degrees(result.transform.angle) == pytest.approx(50, abs=0.05)


def test_one_s_own_cost_and_optimiser(astronaut_grey: Grey) -> None:
    from scipy import optimize

    def absolute(fixed: Grey, warped: Grey, mask: NDArray[np.bool_]) -> float:
        return float(np.abs(fixed - warped)[mask].mean())

    def mine(cost: object, start: Grey) -> optimize.OptimizeResult:
        return optimize.minimize(cost, start, method="Nelder-Mead")

    small = astronaut_grey[::4, ::4]
    shifted = ndimage.shift(small, (2, -3), cval=np.nan)
    result = superpose.register(small, shifted, transform="translation", metric=absolute, optimizer=mine)
    np.testing.assert_allclose(result.transform.shift, (2, -3), rtol=0, atol=0.05)
    assert (result.metric, result.optimizer) == ("absolute", "mine")
