"""Settings of averages of several images, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field

from superpose._jobs.settings import NetworkSettings
from superpose._search.search_range import SearchRange


@dataclass(frozen=True)
class AverageSettings:
    """How images are laid on their own average.

    Attributes
    ----------
    all_pairs : int
        So many images, or fewer, are each compared with every other one. Of more
    strides : tuple of int
        each is compared with those so many places from it, round the circle that they make in the order of contents.
    worked_at : dict of int to float
        By dimension: for that, on copies with so many pixels along the longest side.
    look : SearchRange
        How far from there an image is searched when it is first compared with the mean of the others: as far as
        anything may turn, so that what is found stands out from all of that.
    near : SearchRange
        And how far when it is made better.
    agrees : float
        Where the two say the same, to this part of the image's radius, an image that `register` doubts is placed.
    box : int
        The average's place is told on so many points along each axis.
    shown : float
        It ends where fewer than this part of the images have data.
    rounds : int
        The most rounds there are, where the user does not say.
    still : float
        They end where no corner moves further, in pixels or units of the spacing.
    kept_bytes : int
        What is made of images is kept if they take no more than this.
    network : NetworkSettings
        How comparisons are solved together. None is more exact than half a pixel: images of different things are alike,
        not the same.
    """

    all_pairs: int = 5
    strides: tuple[int, ...] = (1, 4, 16)
    worked_at: dict[int, float] = field(default_factory=lambda: {2: 192.0, 3: 96.0})
    look: SearchRange = field(default_factory=lambda: SearchRange(angle=45.0, scale=1.5))
    near: SearchRange = field(default_factory=lambda: SearchRange(angle=3.0, scale=1.05, shift=0.05))
    agrees: float = 0.05
    box: int = 48
    shown: float = 0.5
    rounds: int = 20
    still: float = 0.01
    kept_bytes: int = 2**28
    network: NetworkSettings = field(default_factory=lambda: NetworkSettings(least=0.5))
