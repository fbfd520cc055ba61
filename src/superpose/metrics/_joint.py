"""Metrics as functions of a joint histogram: the cost, and what it asks of each sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Below this probability a cell is empty: no sample's window reaches into it.
EMPTY = 1e-30
# A row's robust mean stands still when it moves by less than this many bins.
STILL, MOST_ROUNDS = 1e-6, 300


@dataclass(frozen=True, eq=False)
class Terms:
    """A metric at a joint histogram of (fixed's bins, moving's bins).

    `cost`: lower is better. `slope`: its derivatives by the histogram's cells, up to a constant in each row.
    `curvature`: what a sample there adds to the second derivative by its own place, not negative. `noise`: half the
    sample variance of the slope over the curvature, which turns the inverse of half the curvature into a covariance.
    """

    cost: float
    slope: Floats
    curvature: Floats
    noise: float


Metric = Callable[[Floats, float], Terms]


def mutual_information(joint: Floats, _cutoff: float) -> Terms:
    """Return the terms of minus mutual information, in nats."""
    by_fixed, by_moving, log_joint, log_moving, entropy = _parts(joint)
    information = _entropy(by_fixed) + _entropy(by_moving) - entropy
    return Terms(-information, log_moving - log_joint, _fisher(joint, log_joint), 0.5)


def normalised_mutual_information(joint: Floats, _cutoff: float) -> Terms:
    """Return the terms of minus Studholme's normalised mutual information."""
    by_fixed, by_moving, log_joint, log_moving, entropy = _parts(joint)
    entropy = max(entropy, 1e-9)
    value = (_entropy(by_fixed) + _entropy(by_moving)) / entropy
    share = value / entropy
    return Terms(-value, log_moving / entropy - share * log_joint, share * _fisher(joint, log_joint), 0.5 * share)


def correlation_ratio(joint: Floats, cutoff: float) -> Terms:
    """Return the terms of one minus the correlation ratio of moving given fixed.

    With a finite cutoff (in moving's bins) squares are Tukey's biweight function, and means its location.
    """
    places = np.arange(joint.shape[1], dtype=float)
    means = _locations(joint, places, cutoff)[:, None]
    overall = _locations(joint.sum(0)[None], places, cutoff)[0]
    within, weight = _biweight(places - means, cutoff)
    about, _ = _biweight(places - overall, cutoff)
    # The windows themselves have a variance of a third of a bin.
    total = max(float((joint.sum(0) * about).sum()) - 1 / 3, 1e-12)
    cost = max(float((joint * within).sum()) - 1 / 3, 0.0) / total
    return Terms(cost, (within - cost * about) / total, 2 * weight / total, cost)


METRICS: dict[str, Metric] = {
    "mi": mutual_information,
    "nmi": normalised_mutual_information,
    "correlation-ratio": correlation_ratio,
}


def spread(joint: Floats) -> float:
    """Return the median distance of moving's places from their row's median, in bins."""
    places = np.arange(joint.shape[1], dtype=float)
    distance = np.abs(places - _medians(joint, places)[:, None]).ravel()
    order = np.argsort(distance, kind="stable")
    mass = np.cumsum(joint.ravel()[order])
    return float(np.interp(0.5 * mass[-1], mass, distance[order]))


def _parts(joint: Floats) -> tuple[Floats, Floats, Floats, Floats, float]:
    """Return both marginals, the logarithms of joint and moving's, and the joint entropy."""
    by_fixed, by_moving = joint.sum(1), joint.sum(0)
    log_joint, log_moving = np.log(np.maximum(joint, EMPTY)), np.log(np.maximum(by_moving, EMPTY))
    return by_fixed, by_moving, log_joint, log_moving, -float((joint * log_joint).sum())


def _entropy(probabilities: Floats) -> float:
    return -float((probabilities * np.log(np.maximum(probabilities, EMPTY))).sum())


def _fisher(joint: Floats, log_joint: Floats) -> Floats:
    """Return the Fisher information of a place in each row: the mean squared slope of its log-density.

    Moving's own entropy hardly changes with the pose, so only the density given fixed's bin counts. The second
    derivative itself has this mean, but is ragged, and negative beside a density's shoulders.
    """
    score = np.zeros_like(joint)
    filled = joint > EMPTY
    both = filled[:, 2:] & filled[:, :-2]
    score[:, 1:-1] = np.where(both, 0.5 * (log_joint[:, 2:] - log_joint[:, :-2]), 0.0)
    mean = (joint * score**2).sum(1) / np.maximum(joint.sum(1), EMPTY)
    return np.broadcast_to(mean[:, None], joint.shape)


def _biweight(residual: Floats, cutoff: float) -> tuple[Floats, Floats]:
    """Return Tukey's function of residuals, scaled so that small ones cost their squares, and its weights."""
    if not np.isfinite(cutoff):
        return residual**2, np.ones_like(residual)
    keep = 1 - np.minimum((residual / cutoff) ** 2, 1.0)
    return (1 - keep**3) * (cutoff**2 / 3), keep**2


def _locations(joint: Floats, places: Floats, cutoff: float) -> Floats:
    """Return each row's mean place, robust where the cutoff is finite."""
    mass = np.maximum(joint.sum(1), EMPTY)
    if not np.isfinite(cutoff):
        return np.asarray(joint @ places / mass)
    here = _medians(joint, places)
    for _ in range(MOST_ROUNDS):
        weight = joint * _biweight(places - here[:, None], cutoff)[1]
        last, here = here, weight @ places / np.maximum(weight.sum(1), EMPTY)
        if np.abs(here - last).max() < STILL:
            break
    return here


def _medians(joint: Floats, places: Floats) -> Floats:
    """Return each row's median place."""
    below = np.cumsum(joint, 1)
    return np.asarray(places[np.argmax(below >= 0.5 * below[:, -1:], axis=1)], float)
