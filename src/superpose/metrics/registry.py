"""Metrics by name, by value, and any callable as one."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from superpose._names import lookup
from superpose.errors import InputError
from superpose.metrics.base import Metric
from superpose.metrics.correlation_ratio import CorrelationRatio
from superpose.metrics.custom import Cost, CustomMetric
from superpose.metrics.information import MI, NMI
from superpose.metrics.orientation import Orientation
from superpose.metrics.squared import MSE, NCC

METRICS: dict[str, Metric] = {
    each.name: each for each in (MSE(), NCC(), MI(), NMI(), CorrelationRatio(), Orientation())
}


def metric_named(metric: str | Metric | Cost, bins: int | None = None, auto: str | None = None) -> Metric:
    """Return the metric of a name or of a callable ``cost(fixed, warped, mask) -> float`` (lower is better).

    Parameters
    ----------
    metric : str, Metric or callable
        A key of `METRICS`, however it is capitalised, a metric itself, such as ``NMI(bins=64)``, or a cost of one's
        own.
    bins : int, optional
        Bins of the joint histogram, for metrics that have one: short for the field of that name.
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
    elif callable(metric) and not isinstance(metric, type):  # a class, such as NMI without (), is no cost
        found = CustomMetric(metric)
    else:
        found = lookup("metric", metric, METRICS if auto is None else METRICS | {"auto": METRICS[auto]})
    if bins is None:
        return found
    if not _has_bins(found):
        raise InputError(
            "unknown-name",
            argument="bins",
            value=repr(bins),
            nearest=f"metric {found.name!r} has no histogram: leave bins out or ",
            known="metrics with one: " + ", ".join(name for name, each in METRICS.items() if _has_bins(each)),
        )
    setting: dict[str, Any] = {"bins": bins}
    return replace(found, **setting)


def _has_bins(metric: Metric) -> bool:
    return any(field.name == "bins" for field in fields(metric))
