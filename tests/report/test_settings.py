"""Each setting of pictures and drawings changes what it says it does."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

import superpose
from superpose._report.charts import convergence_chart
from superpose._report.data import page_data
from superpose._report.html import compact
from superpose._report.settings import DEFAULTS, ChartSettings, PictureSettings, ReportSettings
from superpose._report.steps import Step
from superpose._report.viewer import viewer_of


@pytest.mark.parametrize(
    "group, field", [(DEFAULTS[2], "charts"), (DEFAULTS[2].charts, "width"), (DEFAULTS[2].pictures, "page_side")]
)
def test_they_are_frozen(group: object, field: str) -> None:
    with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{field}'"):
        setattr(group, field, 1)


def test_pictures(made: superpose.Registration) -> None:
    rows, columns = made.fixed_grid.shape
    plain = PictureSettings()
    viewers = [viewer_of(made, replace(plain, page_side=side)) for side in (max(rows, columns), max(rows, columns) - 1)]
    assert [each and (each["rows"], each["columns"]) for each in viewers] == [
        (rows, columns),
        ((rows + 1) // 2, (columns + 1) // 2),
    ]
    assert len(compact(made, replace(plain, notebook_side=20))) < len(compact(made, plain))
    greys = [viewer_of(made, replace(plain, same_intensities=least)) for least in (-1.1, 1.1)]
    assert [bool(each) and "has the intensities of fixed" in each["size"] for each in greys] == [True, False]
    assert [bool(each) and each["same"] for each in greys] == [True, False]
    for name, low, high in (("noises", 0.0, 50.0), ("least_contrast", 0.0, 5.0)):
        scales = [viewer_of(made, replace(plain, **{name: value})) for value in (low, high)]
        assert scales[0] and scales[1] and scales[0]["full_colour"] < scales[1]["full_colour"]


def test_charts() -> None:
    steps = [Step("a", 10.0, 0, 1, 0), Step("b", 0.0, 0, 1, 0)]
    chart = convergence_chart(100.0, steps, ChartSettings(width=10, height=20, least=0.1))
    assert (chart["width"], chart["height"], chart["ticks"][0]["label"]) == (10, 20, "≤ 0.1")
    assert [point["x"] for point in chart["points"]] == [0, 5, 10] and chart["points"][-1]["y"] == 20


@pytest.mark.slow
def test_settings_reach_the_page(made: superpose.Registration) -> None:
    charts = ChartSettings(map_side=50.0, colours=((0, 0, 0), (255, 255, 255)))
    plain, other = (page_data(made, settings=ReportSettings(charts=each)) for each in (ChartSettings(), charts))
    assert (plain["landscape"]["side"], other["landscape"]["side"]) == (200, 50)
    assert plain["landscape"]["maps"][0]["picture"] != other["landscape"]["maps"][0]["picture"]
    ratio = np.divide(*(list(each["landscape"]["maps"][0]["answer"].values()) for each in (plain, other)))
    np.testing.assert_allclose(ratio, 4, rtol=0.01)
