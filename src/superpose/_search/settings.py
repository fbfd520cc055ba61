"""Settings of the exhaustive search, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SearchSettings:
    """How finely all turns, scales and shifts are tried, and which peaks are kept.

    Attributes
    ----------
    coarseness : float
        No turn moves the image's corner by more than this many pixels of the level from where a tried turn takes it.
    coarseness_with_scales : float
        The same, for turns and for scales, where both are tried: coarser, because their number is multiplied.
    stretch, stretch_axes : float, int
        A family that shears is tried stretched along so many axes, half a turn around, by this part: stretches up to
        twice that are refined from there.
    block : int
        Overlap and energies vary slowly with the shift, so they are correlated by blocks of this many pixels a side.
    peaks_of_each : int
        How many peaks of each turn and scale are kept, at the least.
    known_overlap : float
        A shift may overlap by this part of the smallest overlap: it is known to whole pixels of the level only.
    magnified : float
        Scales from fixed to moving below this are scored on moving's pixels.
    wrapped : float
        What images overlap by wrapping around the canvas is at most this part of the smallest overlap: together with
        what is left of it at the other end it must not pass for one that is allowed, nor spoil its score.
    peaks : int
        How many peaks of all turns and scales together are kept.
    task : int
        How many turns and scales make a task, at most. It does not follow the threads, so that the result does not
        either.
    apart : float
        Peaks that take every corner of fixed to within this many pixels of the level of each other are one pose.
    proposals : int
        The most different poses that are proposed.
    farthest_shift : float
        No shift is longer than this many times fixed's side: farther than any two images reach.
    """

    coarseness: float = 1.25
    coarseness_with_scales: float = 1.7
    stretch: float = 0.1
    stretch_axes: int = 4
    block: int = 4
    peaks_of_each: int = 3
    known_overlap: float = 0.95
    magnified: float = 0.45
    wrapped: float = 0.75
    peaks: int = 400
    task: int = 8
    apart: float = 3.0
    proposals: int = 32
    farthest_shift: float = 1000.0


DEFAULTS: dict[int, SearchSettings] = {2: SearchSettings()}
