"""Settings of what lays an image's channels on each other, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field

from superpose._search.search_range import SearchRange


@dataclass(frozen=True)
class SpotSettings:
    """How spots, such as beads, are found and believed.

    Attributes
    ----------
    smooth, reach : float, int
        Spots are the highest within so many pixels of an image that is blurred a little; their middles are told by
        the pixels no farther from them.
    bright : float
        It is an image of spots if no more than this part of it is bright.
    steps, strays : int, float
        Middles are found in so many steps, and are those of other spots where they end farther from the start.
    rounds, outlying : int, float
        What is off by more than so many usual deviations is left out, so many times.
    fewest, scatter, agrees : int, float, float
        Spots are believed if there are so many at least, they are usually off by no more than so many pixels, and they
        lie no farther from where `register` lays them.
    """

    smooth: float = 1.0
    reach: int = 5
    bright: float = 0.2
    steps: int = 12
    strays: float = 1.5
    rounds: int = 4
    outlying: float = 3.5
    fewest: int = 12
    scatter: float = 0.25
    agrees: float = 1.0


@dataclass(frozen=True)
class ChannelSettings:
    """How channels are laid on the reference.

    Attributes
    ----------
    search : SearchRange
        How far they may lie from it: one microscope took them, or cameras side by side on one mount.
    spots : SpotSettings
        How they are laid more exactly where they show spots.
    """

    search: SearchRange = field(default_factory=lambda: SearchRange(angle=10.0, scale=1.1, shift=0.25))
    spots: SpotSettings = field(default_factory=SpotSettings)
