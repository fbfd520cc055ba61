"""From evidence to how likely the pose is right: a sum of concave, rising curves, fitted by ``make calibration``."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from superpose._arithmetic.elementary import exp
from superpose._verify.evidence import Evidence
from superpose._verify.settings import EvidenceSettings
from superpose._verify.slopes import as_evidence


def features(evidence: Evidence, significance: float, settings: EvidenceSettings) -> dict[str, float]:
    """Return what confidence is made of: numbers from 0, which are larger the more they speak for the pose.

    Parameters
    ----------
    evidence : Evidence
        What was measured.
    significance : float
        How far the pose stood out of all others in the search (see `Solution`).
    settings : EvidenceSettings
        What was measured: `clear_lead` is the lead over rivals where there is none, and the largest.
    """
    fine, coarser = evidence.consistency.max(1)
    leads = [each.lead for each in evidence.contenders]
    slopes, above = as_evidence(evidence.slopes, settings.slopes), max(0.0, float(evidence.above))
    least, most = settings.exact_above
    return {
        "consistency": max(0.0, float(fine)),
        "consistency_coarser": max(0.0, float(coarser)),
        "consistency_weighted": max(0.0, float(evidence.weighted[0].max())),
        "slopes": slopes,
        "above": above,
        "exact": max(0.0, min(above, most) - least) * max(0.0, slopes - settings.exact_slopes),
        "significance": max(0.0, float(significance)),
        "lead": float(np.clip(min(leads, default=settings.clear_lead), 0, settings.clear_lead)),
    }


@dataclass(frozen=True)
class Odds:
    """How features become a probability: each adds ``sum(weight * min(value, knot))`` to the logarithm of the odds.

    Weights are not negative, so that every curve rises, and ever less steeply.
    """

    bias: float
    curves: dict[str, tuple[tuple[float, ...], tuple[float, ...]]]

    def probability(self, values: dict[str, float]) -> float:
        """Return the probability that features speak for."""
        total = self.bias
        for name, (knots, weights) in self.curves.items():
            total += sum(weight * min(values[name], knot) for knot, weight in zip(knots, weights, strict=True))
        return 1 / (1 + exp(-min(max(total, -30.0), 30.0)))


@dataclass(frozen=True)
class Spread:
    """How a covariance's error is corrected to those that were seen: it grows by `factor`, and by `floor` pixels."""

    factor: float
    floor: float

    def corrected(self, error: float) -> float:
        """Return the error to expect, in pixels, where the covariance alone has `error`."""
        return math.hypot(self.factor * error, self.floor)


@dataclass(frozen=True)
class Calibration:
    """What ``calibration.json`` holds.

    A pose is right if the images match at it (`match`), and if it is the right one of all poses at which they match
    (`choice`): where a rival is as good, not even the clearest match says which of the two is right.
    """

    match: Odds
    choice: Odds
    threshold: float
    spread: dict[str, Spread]

    def confidence(self, values: dict[str, float]) -> float:
        """Return how likely a pose with these features is right."""
        return self.match.probability(values) * self.choice.probability(values)


def from_document(document: dict[str, Any]) -> Calibration:
    """Return the calibration that a JSON document holds."""
    match, choice = (_odds(document[name]) for name in ("match", "choice"))
    spread = {
        name: Spread(float(each["factor"]), float(each["floor"])) for name, each in document["uncertainty"].items()
    }
    return Calibration(match, choice, float(document["threshold"]), spread)


def _odds(document: dict[str, Any]) -> Odds:
    curves = {
        name: (tuple(map(float, curve["knots"])), tuple(map(float, curve["weights"])))
        for name, curve in document["curves"].items()
    }
    return Odds(float(document["bias"]), curves)


@cache
def calibration() -> Calibration:
    """Return the calibration that comes with the package."""
    return from_document(json.loads(files("superpose._verify").joinpath("calibration.json").read_text("utf-8")))
