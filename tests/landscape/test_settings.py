"""Each setting of a landscape changes what it says it does."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

import superpose
from superpose._landscape.around import around
from superpose._landscape.parameters import parameters_named
from superpose._landscape.sample import default_samples
from superpose._landscape.settings import DEFAULTS, MapSettings, SweepSettings


@pytest.mark.parametrize(
    "group, field", [(DEFAULTS[2], "sweep"), (DEFAULTS[2].sweep, "shift"), (DEFAULTS[2].maps, "reach")]
)
def test_they_are_frozen(group: object, field: str) -> None:
    with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{field}'"):
        setattr(group, field, 1)


def test_sweeps() -> None:
    grid = superpose.Grid((40, 50))
    settings = SweepSettings(curve_samples=5, surface_samples=3, shift=0.5, scale=4.0)
    (curve,) = default_samples(parameters_named("column shift"), grid, settings)
    np.testing.assert_array_equal(curve, np.linspace(-25, 25, 5))
    angles, scales = default_samples(parameters_named(["angle", "scale"]), grid, settings)
    np.testing.assert_array_equal(angles, [-180, 0, 180])
    np.testing.assert_allclose(scales, [0.25, 1, 4], rtol=1e-15)


@pytest.mark.slow
def test_maps() -> None:
    image = np.random.default_rng(0).random((32, 40))
    answer = superpose.translation((0, 0))
    beside = superpose.rigid(np.radians(2), centre=(15.5, 19.5))
    found = superpose.Registration(
        transform=answer, value=1.0, metric="ncc", optimizer="none", levels=(), overlap=1.0, initial=answer,
        fixed_grid=superpose.Grid(image.shape), moving_grid=superpose.Grid(image.shape),
        basins=(superpose.Basin(beside, 0.5, 1.0),),
    ).with_images(image, image)  # fmt: skip
    plain = MapSettings()
    assert len(around(found)) == 2
    assert len(around(found, settings=replace(plain, min_side=17))) == 1
    (finest,) = around(found, levels=1, settings=replace(plain, reach=5.0, samples=3))
    np.testing.assert_array_equal(finest.landscape.samples, [[-5, 0, 5]] * 2)
    for least, unknown in ((0.05, 0), (0.1, 4)):  # at the corners 7 x 15 of 32 x 40 pixels overlap
        (each,) = around(found, levels=1, settings=replace(plain, reach=25.0, samples=3, min_overlap=least))
        assert np.isnan(each.landscape.values).sum() == unknown
    for part, is_beside in ((0.25, False), (0.01, True)):
        (each,) = around(found, levels=1, settings=replace(plain, same_plane=part))
        assert [mark.beside for mark in each.basins] == [is_beside]
