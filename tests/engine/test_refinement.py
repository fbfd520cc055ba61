"""Which metric the images speak for, and which one is used on which level."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from skimage import data

import superpose
from superpose._engine import refinement
from superpose._engine.refinement import RefinedLevel, RefinementResult, refine_level, refine_to_finest, select_metric
from superpose._engine.settings import DEFAULTS, EngineSettings, RefinementSettings
from superpose._problem import Problem
from superpose._refine.settings import LevenbergMarquardtSettings
from superpose._refine.stopping import Ending
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.prepared import WorkSize
from superpose._solution import LevelPose
from superpose.image import Grid
from superpose.metrics import METRICS, NCC, NMI, Metric, Orientation
from superpose.transforms.family import Family, family_named
from superpose.transforms.geometry import rms_corner_distance

Floats = NDArray[np.float64]

PHOTOGRAPH: Floats = data.astronaut()[:240, 100:340] / 255.0
TRUTH = superpose.rigid(0.03, (1.3, -2.2), (119.5, 119.5))


def moved(image: Floats) -> Floats:
    points = TRUTH.inverse()(np.moveaxis(np.indices(image.shape), 0, -1).astype(float))
    return ndimage.map_coordinates(image, np.moveaxis(points, -1, 0), order=3, mode="mirror")


def noisy(image: Floats, seed: int, sigma: float = 0.01) -> Floats:
    return image + sigma * np.random.default_rng(seed).normal(size=image.shape)


def posed(fixed: Floats, moving: Floats, metric: str | Metric = "auto") -> tuple[Problem, list[LevelPair]]:
    problem = Problem.checked(fixed, moving, metric=metric, threads=1)
    levels = (each.levels(WorkSize(), 1) for each in (problem.fixed, problem.moving))
    return problem, [LevelPair(*both) for both in zip(*levels, strict=False)]


RED, GREEN, BLUE = np.moveaxis(PHOTOGRAPH, -1, 0)


@pytest.mark.parametrize(
    "fixed, moving, expected",
    [
        (GREEN, GREEN, NCC()),
        (GREEN, 0.3 + 0.2 * GREEN, NCC()),
        (GREEN, 1 - GREEN, NCC()),  # a negative: as certain, of the other sign
        (GREEN, (2 * GREEN - 1) ** 2, Orientation()),
        (RED, (2 * BLUE - 1) ** 2, Orientation()),
    ],
    ids=["itself", "gain and offset", "negative", "a curve", "another channel"],
)
def test_the_images_choose_the_metric(fixed: Floats, moving: Floats, expected: Metric) -> None:
    problem, pairs = posed(noisy(fixed, 1), noisy(moved(moving), 2))
    pair = pairs[1]
    chosen = select_metric(pair, pair.to_index(TRUTH.matrix), problem, DEFAULTS[2])
    assert chosen.metric == expected
    assert TRUTH.distance(problem.transform_of(pair.to_physical(chosen.pose)), problem.fixed_grid.corners) < 0.5


def cell(points: Floats) -> Floats:
    """Return a small uneven thing on a plain page, soft over a pixel, at places (rows, columns, 2)."""
    rows, columns = np.moveaxis(points - 160.0, -1, 0)
    angle = np.arctan2(rows, columns)
    return np.clip(13 * (1 + 0.1 * np.cos(2 * angle) + 0.05 * np.cos(3 * angle + 1)) - np.hypot(rows, columns), 0, 1)


def test_a_small_thing_is_compared_where_it_is_not_at_the_pages_corners() -> None:
    places = np.moveaxis(np.indices((320, 320)), 0, -1).astype(float)
    problem, pairs = posed(cell(places), cell(TRUTH.inverse()(places)))
    pair = pairs[1]
    start = pair.to_index(TRUTH.matrix)
    # No other ground for correlation than that it is certain.
    settings = replace(DEFAULTS[2], refinement=RefinementSettings(correlated=1.1, high=1.1))
    blind, sharp = (refine_level(each, pair, start, problem, False, settings).pose for each in (Orientation(), NCC()))
    assert rms_corner_distance(blind, sharp, Grid(pair.fixed.shape)) > settings.refinement.near
    assert select_metric(pair, start, problem, settings).metric == NCC()


@pytest.mark.parametrize("metric", METRICS)
def test_a_level_is_refined_by_what_the_metric_says(metric: str) -> None:
    problem, pairs = posed(noisy(GREEN, 1), noisy(moved(GREEN), 2), metric)
    pair = pairs[0]
    off = TRUTH.matrix @ np.array([[1, 0, 0.6], [0, 1, -0.4], [0, 0, 1]])
    done = refine_level(METRICS[metric], pair, pair.to_index(off), problem, True, DEFAULTS[2])
    found = problem.transform_of(pair.to_physical(done.pose))
    assert found.distance(TRUTH, problem.fixed_grid.corners) < 0.1
    assert done.metric is METRICS[metric]
    assert done.evaluations > 1 and done.ending in (Ending.CONVERGED, Ending.NO_BETTER)
    assert 1e-4 < done.error < 0.1
    objective, state = METRICS[metric].objective(pair, done.pose, problem.family, True, 1, DEFAULTS[2].metrics)
    value = objective.value(state, objective.linearised(state))
    assert done.value == pytest.approx(value, rel=0.01)


class Recorder:
    """In place of the refinement of one level: what it was asked for, and a step of a pixel each time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, chosen: Metric) -> None:
        self.asked: list[tuple[str, tuple[int, ...], bool]] = []
        self.chosen = chosen
        self.seen: list[LevelPose] = []
        self.stop_after = 99
        self.settings = DEFAULTS[2]
        monkeypatch.setattr(refinement, "refine_level", self.refine)
        monkeypatch.setattr(refinement, "select_metric", self.select)

    def refine(
        self, metric: Metric, pair: LevelPair, start: Floats, _: Problem, finest: bool, settings: EngineSettings
    ) -> RefinedLevel:
        assert settings is self.settings
        self.asked.append((metric.name, pair.fixed.shape, finest))
        model = Orientation().error_model(pair, start, rigid(), 1, settings.metrics)
        step = np.array([[1.0, 0, 1], [0, 1, 0], [0, 0, 1]])
        return RefinedLevel(metric, start @ step, 0.5, 0.1, 7, Ending.CONVERGED, model)

    def select(self, pair: LevelPair, start: Floats, _: Problem, settings: EngineSettings) -> RefinedLevel:
        assert settings is self.settings
        self.asked.append(("select", pair.fixed.shape, False))
        model = Orientation().error_model(pair, start, rigid(), 1, settings.metrics)
        return RefinedLevel(self.chosen, start, 0.9, 0.1, 9, Ending.CONVERGED, model)

    def __call__(self, pose: LevelPose) -> bool:
        self.seen.append(pose)
        return len(self.seen) < self.stop_after

    def run(self, metric: str | Metric, level: int = 3) -> RefinementResult:
        problem, pairs = posed(GREEN, GREEN, metric)
        return refine_to_finest(problem, pairs, np.eye(3), level, self, self.settings)


def rigid() -> Family:
    return family_named("rigid")


LEVELS = [(30, 30), (60, 60), (120, 120), (240, 240)]


@pytest.mark.parametrize("chosen", [NCC(), Orientation()])
def test_auto_goes_by_directions_until_a_level_is_fine_enough_to_choose(
    monkeypatch: pytest.MonkeyPatch, chosen: Metric
) -> None:
    recorder = Recorder(monkeypatch, chosen)
    result = recorder.run("auto")
    first, second, third, last = LEVELS
    assert recorder.asked == [
        ("orientation", first, False),
        ("orientation", second, False),
        ("select", third, False),
        (chosen.name, last, True),
    ]
    assert result.metric == chosen and not result.stopped


def test_the_settings_say_on_which_level_to_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(monkeypatch, NCC())
    recorder.settings = replace(DEFAULTS[2], refinement=RefinementSettings(chosen_side=50))
    recorder.run("auto")
    assert [name for name, _, _ in recorder.asked] == ["orientation", "select", "ncc", "ncc"]


@pytest.mark.parametrize("name, value", [("certain", 1.1), ("near", -1.0)])
def test_the_settings_say_what_is_certain(name: str, value: float) -> None:
    problem, pairs = posed(noisy(GREEN, 1), noisy(moved(GREEN), 2))
    pair = pairs[1]
    # No other ground for correlation than that it is certain.
    limits = RefinementSettings(correlated=1.1, high=1.1)
    chosen = [
        select_metric(pair, pair.to_index(TRUTH.matrix), problem, replace(DEFAULTS[2], refinement=each)).metric
        for each in (limits, replace(limits, **{name: value}))
    ]
    assert chosen == [NCC(), Orientation()]


@pytest.mark.parametrize("finest", [False, True])
def test_steps_are_the_levels_own(finest: bool) -> None:
    problem, pairs = posed(noisy(GREEN, 1), noisy(moved(GREEN), 2), "ncc")
    limits = DEFAULTS[2].refinement
    steps = {"finest" if finest else "coarser": LevenbergMarquardtSettings(tolerance=0.0, iterations=1)}
    start = pairs[0].to_index(TRUTH.matrix @ np.array([[1, 0, 0.6], [0, 1, -0.4], [0, 0, 1]]))
    endings = [
        refine_level(NCC(), pairs[0], start, problem, finest, replace(DEFAULTS[2], refinement=each)).ending
        for each in (limits, replace(limits, **steps))
    ]
    assert endings[0] is not Ending.ITERATIONS and endings[1] is Ending.ITERATIONS


def test_auto_chooses_on_the_finest_level_where_all_are_coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(monkeypatch, NCC())
    problem, pairs = posed(GREEN[:60, :60], GREEN[:60, :60])
    result = refine_to_finest(problem, pairs, np.eye(3), 1, recorder, DEFAULTS[2])
    shapes = [(30, 30), (60, 60), (60, 60)]
    names = ["orientation", "select", "ncc"]
    assert recorder.asked == list(zip(names, shapes, (False, False, True), strict=True))
    assert result.metric == NCC() and len(recorder.seen) == 2


@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_asked_for_is_used_wherever_it_may(monkeypatch: pytest.MonkeyPatch, metric: str) -> None:
    recorder = Recorder(monkeypatch, NCC())
    result = recorder.run(metric)
    coarse = "orientation" if metric in ("mi", "nmi", "correlation-ratio") else metric
    assert recorder.asked == [(coarse, shape, False) for shape in LEVELS[:3]] + [(metric, LEVELS[3], True)]
    assert result.metric.name == metric and not result.stopped


def test_levels_are_told_with_poses_between_physical_coordinates(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(monkeypatch, NCC())
    result = recorder.run("ncc")
    assert [pose.shape for pose in recorder.seen] == LEVELS
    # A pixel of each level: 8, 4, 2 and 1.
    assert [pose.pose[0, 2] for pose in recorder.seen] == pytest.approx([8, 12, 14, 15])
    assert [(pose.value, pose.evaluations) for pose in recorder.seen] == [(0.5, 7)] * 4
    np.testing.assert_array_equal(result.pose, recorder.seen[-1].pose)
    assert result.value == 0.5


@pytest.mark.parametrize("metric, named", [(NMI(bins=16), "orientation"), ("ncc", "ncc"), ("auto", "orientation")])
def test_stopped_early_it_names_what_it_was_refined_by(
    monkeypatch: pytest.MonkeyPatch, metric: str | Metric, named: str
) -> None:
    recorder = Recorder(monkeypatch, NCC())
    recorder.stop_after = 2
    result = recorder.run(metric)
    assert result.stopped and result.metric.name == named
    assert len(recorder.seen) == len(recorder.asked) == 2


def test_on_the_last_level_there_is_nothing_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(monkeypatch, NCC())
    recorder.stop_after = 4
    result = recorder.run(NMI(bins=16))
    assert not result.stopped and result.metric == NMI(bins=16)
