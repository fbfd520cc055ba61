"""When a refinement stops, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Ending(Enum):
    """How a refinement ended; the value is the sentence that reports print."""

    CONVERGED = "the last step moved no corner by more than the tolerance"
    NO_BETTER = "no step, however short, lowers the cost any more"
    ITERATIONS = "the most iterations allowed were used"
    OVERLAP = "the step led to where the images hardly overlap"
    NOT_FINITE = "the cost is not a finite number here"


@dataclass(frozen=True)
class Rule:
    """When to stop.

    Parameters
    ----------
    tolerance : float
        In pixels of the level: a step that moves no corner further is the last one.
    iterations : int
        The most steps.
    trust : float
        In pixels of the level: no step moves a corner further.
    min_overlap : float
        Of the smaller image.
    precision : float
        A step below this part of the pose's own standard error is the last one, too.
    """

    tolerance: float
    iterations: int
    trust: float
    min_overlap: float
    precision: float = 0.0
