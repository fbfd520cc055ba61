"""The metrics' settings are frozen values, and each changes what happens."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose.image import as_image
from superpose.metrics import MSE, NCC, NMI, CorrelationRatio, Orientation
from superpose.metrics._orientation_objective import OrientationObjective
from superpose.metrics._prefilter import best_blur, blurred, spectrum
from superpose.metrics._squared_objective import SquaredObjective
from superpose.metrics.settings import DEFAULTS, MetricSettings
from superpose.transforms.family import family_named
from superpose.transforms.geometry import IndexMap

SETTINGS = DEFAULTS[2]
RIGID = family_named("rigid")
SCENE = ndimage.gaussian_filter(np.random.default_rng(4).normal(size=(96, 110)), 1.5)
SCENE /= SCENE.std()
POSE = np.array([[1.0, 0.02, 0.4], [-0.02, 1.0, -0.3], [0, 0, 1]])


def level(seed: int) -> PreparedLevel:
    return PreparedLevel(as_image(SCENE + 0.1 * np.random.default_rng(seed).normal(size=SCENE.shape), "image"), 1)


PAIR = LevelPair(level(1), level(2))


def varied(**changed: Any) -> MetricSettings:
    """Return settings in which some of one group are others."""
    (group,) = changed
    return replace(SETTINGS, **{group: replace(getattr(SETTINGS, group), **changed[group])})


def parts(value: Any) -> list[Any]:
    nested = [getattr(value, field.name) for field in fields(value)]
    return [value, *(part for each in nested if is_dataclass(each) for part in parts(each))]


@pytest.mark.parametrize("part", parts(SETTINGS), ids=lambda part: type(part).__name__)
def test_defaults_are_frozen(part: Any) -> None:
    for field in fields(part):
        with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{field.name}'"):
            setattr(part, field.name, 0)


def objective(metric: Any, settings: MetricSettings, finest: bool = False) -> Any:
    return metric.objective(PAIR, POSE, RIGID, finest, 1, settings)[0]


@pytest.mark.parametrize("metric", [NCC(), CorrelationRatio()])
def test_outliers_begin_where_the_settings_say(metric: Any) -> None:
    given = (SETTINGS, replace(SETTINGS, cutoff=3.0, steep_cutoff=SETTINGS.steep_cutoff / 2))
    usual, other = (objective(metric, each).cutoff for each in given)
    assert np.isfinite(usual) and other == pytest.approx(0.5 * usual, rel=0.01)


def test_a_turn_too_small_for_all_fractions_is_compared_on_another_grid() -> None:
    usual, other = (objective(Orientation(), each) for each in (SETTINGS, replace(SETTINGS, all_fractions=50.0)))
    assert usual.fixed.shape == SCENE.shape != other.fixed.shape


def test_the_blur_is_one_of_the_widths() -> None:
    power = spectrum(PAIR.fixed.image, SETTINGS.prefilter)
    prefilter = replace(SETTINGS.prefilter, widths=(1.7,))
    assert best_blur(power, 0.01, 1e4, True, SETTINGS.prefilter) != 1.7
    assert best_blur(power, 0.01, 1e4, True, prefilter) == 1.7
    blurs = [objective(NCC(), varied(prefilter={"widths": (width,)}), True).fixed.image.data.std() for width in (0, 2)]
    assert blurs[1] < 0.9 * blurs[0]


def test_pixels_near_the_border_are_kept_where_they_are_many() -> None:
    kept = [
        blurred(PAIR.fixed, 2.0, replace(SETTINGS.prefilter, min_kept=least)).image.mask.mean() for least in (0.5, 1.0)
    ]
    assert kept[0] < 1 and kept[1] == 1


def test_residuals_are_sampled_on_as_many_pixels_as_wanted() -> None:
    all_of_them, some = (
        len(SquaredObjective(PAIR.fixed, PAIR.moving, RIGID, 1, each, False).sampled(IndexMap(POSE))[0])
        for each in (SETTINGS, varied(squared={"sampled_pixels": 1000}))
    )
    assert some < 0.2 * all_of_them


def test_bins_are_within_their_limits() -> None:
    assert objective(NMI(), SETTINGS).size == 21
    assert objective(NMI(), varied(histogram={"max_bins": 16})).size == 16
    assert objective(NMI(), varied(histogram={"min_bins": 30})).size == 30
    assert [objective(metric, SETTINGS).rows for metric in (NMI(), CorrelationRatio())] == [21, 84]
    assert objective(CorrelationRatio(), varied(histogram={"finer": 2})).rows == 42


def test_a_gain_is_no_smaller_than_the_least() -> None:
    gains = [
        OrientationObjective(PAIR.fixed, PAIR.moving, RIGID, 1, each).start(IndexMap(POSE)).nuisance[0]
        for each in (SETTINGS, varied(orientation={"min_gain": 5.0}))
    ]
    assert gains[0] < 2 and gains[1] == 5.0


@pytest.mark.parametrize("metric, group", [(MSE(), "squared"), (NMI(), "histogram"), (Orientation(), "orientation")])
def test_each_metric_has_its_own_precision(metric: Any, group: str) -> None:
    assert objective(metric, varied(**{group: {"precision": 0.77}})).precision == 0.77


@pytest.mark.parametrize("metric, group, tiles", [(NCC(), "sandwich", 3), (Orientation(), "orientation", 9)])
def test_the_covariance_is_added_up_over_as_many_tiles(metric: Any, group: str, tiles: int) -> None:
    usual, other = (
        metric.error_model(PAIR, np.eye(3), RIGID, 1, each).covariance(np.eye(3))
        for each in (SETTINGS, varied(**{group: {"tiles": tiles}}))
    )
    assert usual is not None and other is not None
    assert not np.allclose(usual, other, rtol=1e-3)
