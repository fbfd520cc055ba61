"""Mutual information, plain and normalised: two modalities that have something, anything, to do with each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._arithmetic.elementary import log
from superpose._names import public
from superpose.metrics._histogram_objective import EMPTY, Terms
from superpose.metrics.base import Values
from superpose.metrics.joint_histogram import HistogramMetric, joint_histogram
from superpose.metrics.settings import HistogramSettings

Floats = NDArray[np.float64]


@public
def mi(fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None, *, bins: int | None = None) -> float:
    """Return the mutual information in nats, 0 or more; higher is better.

    Parameters
    ----------
    fixed, warped, mask, bins
        As for `joint_histogram`.

    Raises
    ------
    InputError
        As `joint_histogram`.

    References
    ----------
    P. Viola and W. M. Wells, "Alignment by maximization of mutual information", International Journal of
    Computer Vision 24(2), 1997, pages 137-154.
    """
    joint = joint_histogram(fixed, warped, mask, bins=bins)
    return max(0.0, _entropy(joint.sum(1)) + _entropy(joint.sum(0)) - _entropy(joint.ravel()))


@public
def nmi(fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None, *, bins: int | None = None) -> float:
    """Return Studholme's normalised mutual information, (H(A) + H(B)) / H(A, B), from 1 to 2; 2 is best.

    Where both images are constant it is defined as 1.

    Parameters
    ----------
    fixed, warped, mask, bins
        As for `joint_histogram`.

    Raises
    ------
    InputError
        As `joint_histogram`.

    References
    ----------
    C. Studholme, D. L. G. Hill and D. J. Hawkes, "An overlap invariant entropy measure of 3D medical image
    alignment", Pattern Recognition 32(1), 1999, pages 71-86.
    """
    joint = joint_histogram(fixed, warped, mask, bins=bins)
    together = _entropy(joint.ravel())
    if together <= 0:
        return 1.0
    return float(np.clip((_entropy(joint.sum(1)) + _entropy(joint.sum(0))) / together, 1.0, 2.0))


@public
@dataclass(frozen=True)
class MI(HistogramMetric):
    """Mutual information: see `superpose.metrics.mi`.

    Parameters
    ----------
    bins : int, optional
        From 2 to 1024. Default: 100 in `value`, and as many as the pixels allow where the engine minimises it.
    """

    name: ClassVar[str] = "mi"

    def value(self, fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None) -> float:
        """Return the mutual information of two images on one grid, from their plain histogram."""
        return mi(fixed, warped, mask, bins=self.bins)

    def unrelated(self, _fixed: Values, _moving: Values) -> float:
        """Return the information that unrelated images share."""
        return 0.0

    def terms(self, joint: Floats, _cutoff: float, _settings: HistogramSettings) -> Terms:
        """Return the terms of minus mutual information, in nats."""
        marginal, log_joint, log_moving, entropy = _parts(joint)
        return Terms(entropy - marginal, log_moving - log_joint, _fisher(joint, log_joint), 0.5)


@public
@dataclass(frozen=True)
class NMI(HistogramMetric):
    """Studholme's normalised mutual information: see `superpose.metrics.nmi`.

    Parameters
    ----------
    bins : int, optional
        From 2 to 1024. Default: 100 in `value`, and as many as the pixels allow where the engine minimises it.
    """

    name: ClassVar[str] = "nmi"

    def value(self, fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None) -> float:
        """Return the normalised mutual information of two images on one grid, from their plain histogram."""
        return nmi(fixed, warped, mask, bins=self.bins)

    def unrelated(self, _fixed: Values, _moving: Values) -> float:
        """Return the measure of images that share no information."""
        return 1.0

    def terms(self, joint: Floats, _cutoff: float, _settings: HistogramSettings) -> Terms:
        """Return the terms of minus Studholme's normalised mutual information."""
        marginal, log_joint, log_moving, entropy = _parts(joint)
        entropy = max(entropy, 1e-9)
        value = marginal / entropy
        share = value / entropy
        return Terms(-value, log_moving / entropy - share * log_joint, share * _fisher(joint, log_joint), 0.5 * share)


def _entropy(probabilities: Floats) -> float:
    positive = probabilities[probabilities > 0]
    return float(-(positive * log(positive)).sum())


def _parts(joint: Floats) -> tuple[float, Floats, Floats, float]:
    """Return the marginals' entropies together, the logarithms of joint and moving's, and the joint entropy."""
    by_fixed, by_moving = joint.sum(1), joint.sum(0)
    logs = log(np.maximum(np.concatenate([joint.ravel(), by_moving, by_fixed]), EMPTY))
    log_joint, log_moving, log_fixed = np.split(logs, [joint.size, joint.size + len(by_moving)])
    marginal = -float((by_fixed * log_fixed).sum()) - float((by_moving * log_moving).sum())
    log_joint = log_joint.reshape(joint.shape)
    return marginal, log_joint, log_moving, -float((joint * log_joint).sum())


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
