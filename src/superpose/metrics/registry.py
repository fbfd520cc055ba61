"""Metrics by name, by value, and any callable as one."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from superpose._names import lookup, public
from superpose.errors import InputError, shown
from superpose.metrics.base import Metric
from superpose.metrics.correlation_ratio import CorrelationRatio
from superpose.metrics.custom import Cost, CustomMetric
from superpose.metrics.information import MI, NMI
from superpose.metrics.orientation import Orientation
from superpose.metrics.squared import MSE, NCC

METRICS: dict[str, Metric] = {
    each.name: each for each in (MSE(), NCC(), MI(), NMI(), CorrelationRatio(), Orientation())
}

# What they are called elsewhere.
ALIASES = {
    "mutual-information": "mi",
    "normalized-mutual-information": "nmi",
    "normalised-mutual-information": "nmi",
    "normalized-mi": "nmi",
    "cc": "ncc",
    "zncc": "ncc",
    "correlation": "ncc",
    "pearson": "ncc",
    "cross-correlation": "ncc",
    "normalized-cross-correlation": "ncc",
    "normalised-cross-correlation": "ncc",
    "mean-squares": "mse",
    "mean-squared-error": "mse",
    "mean-square-error": "mse",
    "ssd": "mse",
    "cr": "correlation-ratio",
    "gradient-orientation": "orientation",
    "edges": "orientation",
}

# What a metric may say of itself.
ANSWERS: dict[str, tuple[str, ...]] = {
    "best": ("lowest", "highest"),
    "invariant_to": ("nothing", "common offset", "offsets"),
}


@public
def metric_named(metric: str | Metric | Cost, bins: int | None = None, auto: str | None = None) -> Metric:
    """Return the metric of a name or of a callable ``cost(fixed, warped, mask) -> float`` (lower is better).

    Parameters
    ----------
    metric : str, Metric or callable
        A key of `METRICS`, however it is capitalised, or another word for it, such as "mutual information"; a metric
        itself, such as ``NMI(bins=64)``; or a cost of one's own.
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
        If the name is not known, a metric of one's own says of itself what is no answer (see `Metric`), or `bins` is
        given for a metric without a histogram or with other bins of its own.
    """
    if isinstance(metric, Metric):
        found = _checked(metric)
    elif callable(metric) and not isinstance(metric, type):  # a class, such as NMI without (), is no cost
        found = CustomMetric(metric)
    else:
        automatic = {} if auto is None else {"auto": lookup("auto", auto, METRICS)}
        found = lookup("metric", metric, METRICS | automatic, ALIASES)
    if bins is None:
        return found
    if not _has_bins(found):
        raise InputError(
            "unknown-name",
            argument="bins",
            value=shown(bins),
            nearest=f"metric {found.name!r} has no histogram: leave bins out or ",
            known="metrics with one: " + ", ".join(name for name, each in METRICS.items() if _has_bins(each)),
        )
    setting: dict[str, Any] = {"bins": bins}
    with_bins = replace(found, **setting)
    own: Any = vars(found)["bins"]
    if own is not None and with_bins != found:
        raise InputError("bins-twice", argument="bins", value=shown(bins), metric=shown(found))
    return with_bins


def _checked(metric: Metric) -> Metric:
    """Return a metric of which what it says of itself is known to be one of the answers that there are."""
    wrong = {
        field: "one of " + ", ".join(map(repr, known))
        for field, known in ANSWERS.items()
        if getattr(metric, field, None) not in known
    }
    if not isinstance(metric.name, str):
        wrong["name"] = "a string"
    if wrong:
        field, expected = next(iter(wrong.items()))
        given = shown(getattr(metric, field, None))
        raise InputError(
            "bad-metric", argument="metric", value=shown(metric), field=field, given=given, expected=expected
        )
    return metric


def _has_bins(metric: Metric) -> bool:
    return any(field.name == "bins" for field in fields(metric))
