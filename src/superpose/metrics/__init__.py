"""Similarity measures of two images on one grid, each a plain function of two arrays."""

from superpose.metrics.base import Metric
from superpose.metrics.histogram import correlation_ratio, joint_histogram, mi, nmi
from superpose.metrics.orientation import orientation
from superpose.metrics.registry import METRICS, metric_named
from superpose.metrics.squared import mse, ncc

__all__ = [
    "METRICS",
    "Metric",
    "correlation_ratio",
    "joint_histogram",
    "metric_named",
    "mi",
    "mse",
    "ncc",
    "nmi",
    "orientation",
]
