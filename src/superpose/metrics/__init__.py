"""Similarity measures of two images on one grid: each a plain function of two arrays, and a value with its settings."""

from superpose.metrics.base import Metric
from superpose.metrics.correlation_ratio import CorrelationRatio, correlation_ratio
from superpose.metrics.information import MI, NMI, mi, nmi
from superpose.metrics.joint_histogram import joint_histogram
from superpose.metrics.orientation import Orientation, orientation
from superpose.metrics.registry import METRICS, metric_named
from superpose.metrics.squared import MSE, NCC, mse, ncc

__all__ = [
    "METRICS",
    "MI",
    "MSE",
    "NCC",
    "NMI",
    "CorrelationRatio",
    "Metric",
    "Orientation",
    "correlation_ratio",
    "joint_histogram",
    "metric_named",
    "mi",
    "mse",
    "ncc",
    "nmi",
    "orientation",
]
