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
from superpose.metrics.histogram import checked_bins, correlation_ratio, mi, nmi
from superpose.metrics.orientation import orientation
from superpose.metrics.squared import mse, ncc

Cost = Callable[[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]], float]


def _no_information(_fixed: NDArray[np.float32], _moving: NDArray[np.float32]) -> float:
    return 0.0


def _no_shared_entropy(_fixed: NDArray[np.float32], _moving: NDArray[np.float32]) -> float:
    return 1.0


def _both_variances(fixed: NDArray[np.float32], moving: NDArray[np.float32]) -> float:
    return float(fixed.var(dtype=float) + moving.var(dtype=float))


METRICS: dict[str, Metric] = {
    "mse": Metric("mse", mse, "lowest", _both_variances, "common offset", derivatives=True),
    "ncc": Metric("ncc", ncc, "highest", _no_information, "offsets", derivatives=True),
    "mi": Metric("mi", mi, "highest", _no_information, "offsets", derivatives=True),
    "nmi": Metric("nmi", nmi, "highest", _no_shared_entropy, "offsets", derivatives=True),
    "correlation-ratio": Metric(
        "correlation-ratio", correlation_ratio, "highest", _no_information, "offsets", derivatives=True
    ),
    "orientation": Metric("orientation", orientation, "highest", _no_information, "offsets", derivatives=True),
}
_BINNED = ("mi", "nmi", "correlation-ratio")


def metric_named(metric: str | Cost | Metric, bins: int | None = None, auto: str | None = None) -> Metric:
    """Return the metric of a name or of a callable ``cost(fixed, warped, mask) -> float`` (lower is better).

    Parameters
    ----------
    metric : str, callable or Metric
        A key of `METRICS`, however it is capitalised, or a cost of one's own.
    bins : int, optional
        Bins of the joint histogram, for metrics that have one; default 100.
    auto : str, optional
        What "auto" stands for, where it is a choice.

    Returns
    -------
    Metric
        Its `cost` is lower for a better alignment, whatever the metric.

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
        found = lookup("metric", metric, METRICS if auto is None else METRICS | {"auto": METRICS[auto]})
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
    return replace(found, measure=partial(found.measure, bins=checked_bins(bins)), bins=bins)


def _checked(cost: Cost) -> Cost:
    """Return the user's cost, held to returning one real number."""

    def measure(fixed: NDArray[np.float32], warped: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
        # Written to by a careless cost, `fixed` would be another image at the next evaluation, or the user's
        # own.
        kept = fixed.view()
        kept.flags.writeable = False
        value = np.asarray(cost(kept, warped, mask))
        if value.ndim != 0 or value.dtype.kind not in "buif":
            raise InputError("bad-callable", argument="metric", value=repr(value[()]), expected="one real number")
        return float(value)

    return measure
