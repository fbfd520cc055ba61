"""Metrics by name, and callables as metrics."""

from __future__ import annotations

import dataclasses
import pickle
from typing import ClassVar

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy import ndimage

import superpose
from superpose import InputError, metrics
from superpose.metrics import METRICS, MI, NMI, CorrelationRatio, Metric, metric_named

RNG = np.random.default_rng(12)
A, B = RNG.random((2, 30, 30), dtype=np.float32)
MASK = np.ones(A.shape, bool)


@pytest.mark.parametrize("name", sorted(METRICS))
def test_lower_cost_is_a_better_alignment(name: str) -> None:
    metric = metric_named(name)
    assert metric.name == name
    assert metric.cost(A, A, MASK) < metric.cost(A, B, MASK)
    assert metric.signed(metric.signed(0.25)) == 0.25
    assert metric.value(A, B, MASK) == metric.signed(metric.cost(A, B, MASK))


@pytest.mark.parametrize("name", sorted(METRICS))
def test_unrelated_is_what_unrelated_images_get(name: str) -> None:
    metric = metric_named(name)
    a, b = RNG.random((2, 300, 300), dtype=np.float32)
    related = metric.value(a, a, np.ones(a.shape, bool))
    expected, got = metric.unrelated(a, b), metric.value(a, b, np.ones(a.shape, bool))
    assert expected is not None
    assert abs(got - expected) < 0.35 * abs(related - expected) + 0.02 * abs(expected)


@pytest.mark.parametrize("spelling", ["NMI", " nmi ", "Correlation_Ratio", "correlation ratio", "MSE"])
def test_spellings(spelling: str) -> None:
    assert metric_named(spelling).name in METRICS


def test_bins_reach_the_metric() -> None:
    assert metric_named("nmi", 16).value(A, B, MASK) == metrics.nmi(A, B, MASK, bins=16)
    assert metric_named("nmi", np.int64(16)).value(A, B, MASK) == metrics.nmi(A, B, MASK, bins=16)


@pytest.mark.parametrize("kind", [MI, NMI, CorrelationRatio])
def test_bins_are_short_for_a_setting(kind: type[MI]) -> None:
    assert metric_named(kind.name, 64) == kind(bins=64) == metric_named(kind(bins=64)) != kind()
    assert metric_named(kind(bins=64), 64) == kind(bins=64) == metric_named(kind(), np.int64(64))
    with pytest.raises(InputError, match=r"^bins is 32, and metric=\w+\(bins=64\) has .*pass one of the two only"):
        metric_named(kind(bins=64), 32)
    assert repr(kind(bins=64)) == f"{kind.__name__}(bins=64)"
    with pytest.raises(InputError, match=r"^bins is 1025; pass a whole number from 2 to 1024"):
        kind(bins=1025)


def test_values_are_accepted_as_they_are() -> None:
    for name, metric in METRICS.items():
        assert metric_named(metric) is metric is metric_named(name)
    assert pickle.loads(pickle.dumps(NMI(bins=64))) == NMI(bins=64)


def test_a_class_is_no_metric() -> None:
    with pytest.raises(InputError, match=r"^metric=<class .*NMI'> is not known; choose one of correlation-ratio"):
        metric_named(NMI)  # type: ignore[arg-type]


def test_a_metric_of_ones_own_may_say_more_than_a_cost() -> None:
    @dataclasses.dataclass(frozen=True)
    class Worst(Metric):
        part: float = 0.9
        name: ClassVar[str] = "worst"
        best: ClassVar[str] = "lowest"

        def value(self, fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None) -> float:
            return float(np.quantile(np.abs(np.subtract(fixed, warped))[mask], self.part))

    scene = ndimage.gaussian_filter(RNG.random((60, 60)), 2)
    found = superpose.register(scene[:, :50], scene[:, 3:53], metric=Worst(0.8), transform="translation", levels=2)
    assert found.metric == "worst"
    np.testing.assert_allclose(found.transform.shift, (0, -3), atol=0.05)


@pytest.mark.parametrize(
    "field, given, words",
    [
        ("best", "largest", r"best='largest'; set its best to one of 'lowest', 'highest'"),
        ("best", None, r"best=None; set its best to one of 'lowest'"),
        ("best", ["lowest"], r"best=\['lowest'\]; set its best to one of 'lowest'"),
        ("invariant_to", "offset", r"invariant_to='offset'; .* one of 'nothing', 'common offset', 'offsets'"),
        ("name", 7, r"name=7; set its name to a string"),
    ],
)
def test_what_a_metric_says_of_itself_is_checked(field: str, given: object, words: str) -> None:
    class Mine(Metric):
        name: ClassVar[str] = "mine"
        best: ClassVar[str] = "lowest"

        def value(self, fixed: ArrayLike, _warped: ArrayLike, _mask: ArrayLike | None = None) -> float:
            return float(np.mean(fixed))

    assert metric_named(Mine()).name == "mine"
    setattr(Mine, field, given)
    with pytest.raises(InputError, match=rf"^metric=.*Mine\(\) has {words}"):
        metric_named(Mine())


def test_metrics_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError, match="name"):
        METRICS["nmi"].name = "mi"  # type: ignore[misc]


def test_near_misses_are_named() -> None:
    with pytest.raises(InputError, match=r"^metric='nmj' is not known; did you mean 'nmi'.*mi, mse, ncc, nmi"):
        metric_named("nmj")
    with pytest.raises(InputError, match=r"^metric=7 is not known; choose one of correlation-ratio"):
        metric_named(7)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"^bins=16 .*metric 'mse' has no histogram"):
        metric_named("mse", 16)
    with pytest.raises(InputError, match=r"^bins is 1; pass a whole number from 2 to 1024"):
        metric_named("nmi", 1)


def test_a_callable_is_a_cost() -> None:
    def difference(fixed: object, warped: object, mask: object) -> float:
        return float(np.abs(fixed - warped)[mask].mean())  # type: ignore[operator,index]

    metric = metric_named(difference)
    assert metric.name == "difference"
    assert metric.best == "lowest"
    assert metric.cost(A, A, MASK) == 0
    assert metric.value(A, B) == metric.value(A, B, MASK)
    assert metric.unrelated(A, B) is None
    assert metric_named(metric) is metric


class Weighed:
    def __call__(self, *images: object) -> np.float32:
        assert len(images) == 3
        return np.float32(2)


def test_a_callable_object_is_called_by_its_class() -> None:
    metric = metric_named(Weighed())
    assert metric.name == "Weighed"
    assert metric.cost(A, B, MASK) == 2


@pytest.mark.parametrize("value", [None, np.zeros(3), "1", 1j, [1.0]])
def test_what_a_cost_returns_is_checked(value: object) -> None:
    metric = metric_named(lambda fixed, warped, mask: value)  # type: ignore[arg-type,return-value]
    with pytest.raises(InputError, match=r"^metric returned .*it must return one real number"):
        metric.cost(A, B, MASK)
