"""How a refinement ended."""

from __future__ import annotations

from enum import Enum


class Ending(Enum):
    """How a refinement ended; the value is the sentence that reports print."""

    CONVERGED = "the last step moved no corner by more than the tolerance"
    NO_BETTER = "no step, however short, lowers the cost any more"
    ITERATIONS = "the most iterations allowed were used"
    OVERLAP = "the step led to where the images hardly overlap"
    NOT_FINITE = "the cost is not a finite number here"
