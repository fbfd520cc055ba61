"""A pose and how well it scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ScoredPose:
    """A pose, its contrast-blind orientation score, and the part of the smaller image that the other covers."""

    pose: Floats
    score: float
    overlap: float
