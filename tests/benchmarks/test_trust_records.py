"""Records of the calibration: by which of its spreads a metric's errors are told."""

from __future__ import annotations

import pytest

from benchmarks.trust_records import ending
from superpose._engine.engine import Engine
from superpose._problem import Problem
from superpose.metrics import METRICS
from tests.scenes import fixed_view, moving_view, pose

SHAPE = (64, 72)


@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_ends_by_what_its_error_model_is_calibrated_as(metric: str) -> None:
    moving = moving_view(SHAPE, pose(20, (3.2, -4.1), SHAPE))
    solution = Engine().solve(Problem.checked(fixed_view(SHAPE), moving, metric=metric, threads=1), lambda _: True)
    assert solution.metric.name == metric
    assert ending(metric) == solution.error_model.calibrated_as
