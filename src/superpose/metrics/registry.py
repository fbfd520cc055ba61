"""Metrics by name, and any callable as one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from superpose._names import lookup
from superpose.errors import InputError
from superpose.metrics.base import Metric
from superpose.metrics.histogram import correlation_ratio, mi, nmi
from superpose.metrics.squared import mse, ncc

Cost = Callable[[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]], float]



def _no_information(fixed: NDArray[np.float32], moving: NDArray[np.float32]) -> float:
    return 0.0


def _no_shared_entropy(fixed: NDArray[np.float32], moving: NDArray[np.float32]) -> float:
    return 1.0


def _both_variances(fixed: NDArray[np.float32], moving: NDArray[np.float32]) -> float:
    return float(fixed.var(dtype=float) + moving.var(dtype=float))


METRICS: dict[str, Metric] = {
    "mse": Metric("mse", mse, "lowest", _both_variances),
    "ncc": Metric("ncc", ncc, "highest", _no_information),
    "mi": Metric("mi", mi, "highest", _no_information),
    "nmi": Metric("nmi", nmi, "highest", _no_shared_entropy),
    "correlation-ratio": Metric("correlation-ratio", correlation_ratio, "highest", _no_information),
}
_BINNED = ("mi", "nmi", "correlation-ratio")


def metric_named(metric: str | Cost | Metric, bins: int | None = None) -> Metric:
    """Return the metric of a name or of a callable ``cost(fixed, warped, mask) -> float`` (lower is better).

    Raises
    ------
    InputError
        If the name is not known, or `bins` is given for a metric without a histogram.
    """
    if isinstance(metric, Metric):
        found = metric
    elif callable(metric):
        found = Metric(getattr(metric, "__name__", type(metric).__name__), _checked(metric), "lowest")
    else:
        found = lookup("metric", metric, METRICS)
    if bins is None:
        return found
    if found.name not in _BINNED:
        raise InputError(
            "unknown-name",
            argument="bins",
            value=repr(bins),
            nearest=f"metric {found.name!r} has no histogram: leave bins out or ",
            known="metrics with one: " + ", ".join(_BINNED),
        )
    if isinstance(bins, bool) or not isinstance(bins, (int, np.integer)) or bins < 2:
        raise InputError("not-positive", argument="bins", value=repr(bins), least=2)
    return replace(found, measure=partial(found.measure, bins=int(bins)))


def _checked(cost: Cost) -> Cost:
    """Return the user's cost, held to returning one real number."""

    def measure(fixed: NDArray[np.float32], warped: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
        value = cost(fixed, warped, mask)
        if np.ndim(value) != 0 or not np.isreal(value):
            raise InputError("bad-callable", argument="metric", value=repr(value), expected="one real number")
        return float(value)

    return measure


