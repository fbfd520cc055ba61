"""From evidence to how likely the pose is right: a sum of concave, rising curves, fitted by ``make calibration``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from superpose._verify.evidence import Evidence

# What no rival comes near enough to lead over leads by this much.
CLEAR = 20.0


def features(evidence: Evidence) -> dict[str, float]:
    """Return what confidence is made of, each number at least 0, and larger the more it speaks for the pose."""
    finest = evidence.consistency.max(1) if evidence.consistency.size else np.zeros(3)
    leads = [each.lead for each in evidence.contenders]
    return {
        "consistency": max(0.0, float(finest[0])),
        "consistency_coarser": max(0.0, float(finest[1])),
        "above": max(0.0, float(evidence.above)),
        "lead": float(np.clip(min(leads, default=CLEAR), 0, CLEAR)),
    }


@dataclass(frozen=True)
class Calibration:
    """What ``calibration.json`` holds.

    `curves` gives for each feature knots and weights: it adds ``sum(weight * min(value, knot))`` to the log odds.
    """

    bias: float
    curves: dict[str, tuple[tuple[float, ...], tuple[float, ...]]]
    threshold: float
    factor: float
    floor: float

    def log_odds(self, values: dict[str, float]) -> float:
        """Return the logarithm of the odds that a pose with these features is right."""
        total = self.bias
        for name, (knots, weights) in self.curves.items():
            total += sum(weight * min(values[name], knot) for knot, weight in zip(knots, weights, strict=True))
        return total

    def confidence(self, values: dict[str, float]) -> float:
        """Return how likely a pose with these features is right."""
        return float(1 / (1 + np.exp(-np.clip(self.log_odds(values), -30, 30))))


def from_document(document: dict[str, Any]) -> Calibration:
    """Return the calibration that a JSON document holds."""
    curves = {
        name: (tuple(map(float, curve["knots"])), tuple(map(float, curve["weights"])))
        for name, curve in document["curves"].items()
    }
    return Calibration(
        float(document["bias"]),
        curves,
        float(document["threshold"]),
        float(document["uncertainty"]["factor"]),
        float(document["uncertainty"]["floor"]),
    )


@cache
def calibration() -> Calibration:
    """Return the calibration that comes with the package."""
    return from_document(json.loads(files("superpose._verify").joinpath("calibration.json").read_text("utf-8")))
