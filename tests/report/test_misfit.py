"""What does not fit, on the page and in files, without a browser."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import superpose
from superpose._report.data import page_data
from superpose._report.misfit import misfit_of
from superpose._report.page import page
from superpose._report.settings import ChartSettings

CENTRES = np.array([[10.0, 5.0], [10.0, 35.0], [30.0, 20.0]])
SHIFTS = np.array([[0.2, 0.1], [6.0, -8.0], [0.0, 3.0]])


@pytest.fixture
def bent(made: superpose.Registration) -> superpose.Registration:
    tiles = superpose.TileShifts(CENTRES, SHIFTS, np.array([0.1, 0.5, 0.2]), np.array([False, True, True]))
    return replace(made, misfit=2.8, tile_shifts=tiles)


def test_arrows_lead_from_where_the_transform_says_to_where_a_part_lies(bent: superpose.Registration) -> None:
    settings = ChartSettings(misfit_width=2.0 * bent.fixed_grid.shape[1], least_arrow=0.0)
    found = misfit_of(bent, settings)
    assert found is not None
    (view,) = found["views"]
    assert view["fitting"] == [{"x": 11.0, "y": 21.0}]
    assert view["arrows"][0] == {"x": 71.0, "y": 21.0, "to_x": 55.0, "to_y": 33.0}
    assert found["size"] == "2.8 px" and found["enlarged"] == "as long as they are"
    assert found["alt"] == "2 of 3 tiles lie clearly elsewhere, by up to 9.5 px"


def test_short_arrows_are_enlarged_and_that_is_said(bent: superpose.Registration) -> None:
    settings = ChartSettings(misfit_width=float(bent.fixed_grid.shape[1]), least_arrow=95.0)
    found = misfit_of(bent, settings)
    assert found is not None and found["enlarged"] == "10 times as long as they are"
    first = found["views"][0]["arrows"][0]
    assert np.hypot(first["to_x"] - first["x"], first["to_y"] - first["y"]) == pytest.approx(100.0, abs=0.1)


@pytest.mark.slow
def test_the_page_has_a_map_only_where_something_does_not_fit(
    made: superpose.Registration, bent: superpose.Registration
) -> None:
    data = page_data(bent)
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert "misfit-title" in page(data) and "marker-end" in page(data)
    for fits in (made, replace(bent, misfit=0.0)):
        assert misfit_of(fits, ChartSettings()) is None and "misfit-title" not in page(page_data(fits))


def test_a_file_keeps_it(bent: superpose.Registration, tmp_path: Path) -> None:
    bent.save(tmp_path / "bent.json")
    loaded = superpose.load(tmp_path / "bent.json")
    assert loaded.misfit == 2.8 and loaded.tile_shifts is not None
    np.testing.assert_array_equal(loaded.tile_shifts.shifts, SHIFTS)
    np.testing.assert_array_equal(loaded.tile_shifts.distances, bent.tile_shifts.distances)  # type: ignore[union-attr]
    nowhere = np.zeros((0, 2))
    none = replace(
        bent, misfit=np.nan, tile_shifts=superpose.TileShifts(nowhere, nowhere, np.zeros(0), np.zeros(0, bool))
    )
    none.save(tmp_path / "none.json")
    empty = superpose.load(tmp_path / "none.json").tile_shifts
    assert empty is not None and empty.shifts.shape == (0, 2)
