"""Settings of the exhaustive search, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SearchSettings:
    """How finely all turns, scales and shifts are tried, and which peaks are kept.

    Attributes
    ----------
    coarseness : float
        Half the distance between neighbours of the grid of turns, at the image's corner, in pixels of the level.
    coarseness_with_scales : float
        The same where scales are tried too, whose grid it holds for as well: there are so many more of them.
    block : int
        Overlap and energies vary slowly with the shift: they are correlated by blocks of so many pixels.
    peaks_of_each : int
        Peaks kept of each turn and scale.
    peaks : int
        Peaks kept of all.
    task : int
        Turns and scales per task: fixed, so that the result does not depend on the threads.
    apart : float
        Peaks that move no corner of fixed by more than so many pixels of the level against each other are one pose.
    proposals : int
        Different poses that are proposed at most.
    farthest_shift : float
        No shift goes further than so many times fixed's side.
    """

    coarseness: float = 1.25
    coarseness_with_scales: float = 1.7
    block: int = 4
    peaks_of_each: int = 3
    peaks: int = 400
    task: int = 8
    apart: float = 3.0
    proposals: int = 32
    farthest_shift: float = 10.0


DEFAULTS: dict[int, SearchSettings] = {2: SearchSettings()}
