"""Settings of the engine, stage by stage, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from superpose._search.settings import DEFAULTS as SEARCH_DEFAULTS
from superpose._search.settings import SearchSettings


@dataclass(frozen=True)
class RaceSettings:
    """How candidates are refined on one level, and which of them go on.

    Attributes
    ----------
    hopeless : float
        Candidates below this part of the best score are dropped.
    apart : float
        Candidates that move no corner by more than so many pixels of the level against each other are one.
    tolerance : float
        A step that moves no corner by more than so many pixels of the level is the last one.
    iterations : int
        The most steps.
    trust : float
        No step moves a corner by more than so many pixels of the level.
    """

    hopeless: float = 0.6
    apart: float = 1.5
    tolerance: float = 0.05
    iterations: int = 10
    trust: float = 2.0


@dataclass(frozen=True)
class BasinSettings:
    """How basins are looked for, and when a closer search is needed.

    Attributes
    ----------
    sides : mapping of str to (float, float)
        By the family that is searched: sides (the smaller image's, geometric mean) in pixels of the coarse search and
        of the closer one. A shift alone costs one FFT, turns a hundred, turns and scales a thousand.
    same_size : float
        A level no more than so many times as large as that is searched as it is.
    sure_margin : float
        A best basin that exceeds the second best by this ratio needs no closer search: among hundreds of pairs of all
        kinds no wrong one exceeded it by more than a ninth.
    stands_out : float
        A best peak stands out that exceeds the highest score expected of so many wrong poses by so many of their
        standard deviations.
    refined_if_sure, refined : int
        How many peaks of the search are refined: few where the best one stands out.
    kept : int
        How many of them are kept.
    within_reach : float
        Refining a peak raises its score by what the grid of turns and scales missed, but not to more than one over this
        many times its own.
    seeds : int
        Linear parts whose neighbours the closer search tries, where it can't try all.
    seen_before : int
        Basins of the coarse search that race with those of the closer one.
    unsure_margin : float
        Basins as close as that go on racing, level by level,
    race_side : float
        up to levels of so many pixels (the sides' geometric mean).
    """

    sides: Mapping[str, tuple[float, float]] = field(
        default_factory=lambda: MappingProxyType({"translation": (96, 256), "rigid": (40, 96), "similarity": (36, 72)})
    )
    same_size: float = 1.05
    sure_margin: float = 1.2
    stands_out: float = 2.0
    refined_if_sure: int = 4
    refined: int = 16
    kept: int = 6
    within_reach: float = 0.4
    seeds: int = 32
    seen_before: int = 4
    unsure_margin: float = 1.1
    race_side: float = 400


@dataclass(frozen=True)
class SideSettings:
    """How it is decided whether the mirrored image, or the levels without detail, show more.

    Attributes
    ----------
    significant : float
        Where no basin stands out by so many standard deviations of wrong poses' scores, one is looked for without
        detail, too.
    clearer : float
        That basin is taken instead if it stands out by so much more.
    verified_side : float
        Levels with sides (their geometric mean) of more pixels than that are let go before verification, which needs
        their memory.
    """

    significant: float = 2.0
    clearer: float = 1.0
    verified_side: float = 520


@dataclass(frozen=True)
class FeatureSettings:
    """How local features are matched.

    Attributes
    ----------
    ratio : float
        Lowe's, between the distances to the nearest descriptor and to the second nearest.
    threshold : float
        In pixels: how far an inlier may lie from where the transform takes it.
    least_inliers : int
        Fewer agree by chance.
    longest : int
        What features are sought in is at most this large along its longer side.
    judged_side : float
        Features' proposal and the search's basins are compared on a level with sides (their geometric mean) of no more
        than that: the coarse levels of a picture that is seen from the side hold little of it.
    kept : int
        So many of those that raced are kept.
    rounds : int
        Samples drawn at most.
    certainty : float
        With which one of them holds inliers only.
    """

    ratio: float = 0.8
    threshold: float = 3.0
    least_inliers: int = 8
    longest: int = 1024
    judged_side: float = 330
    kept: int = 6
    rounds: int = 10000
    certainty: float = 0.9999


@dataclass(frozen=True)
class EngineSettings:
    """Settings of the engine's stages.

    Attributes
    ----------
    rival : float
        Basins that score this part of the best one's could be right instead.
    """

    search: SearchSettings = SEARCH_DEFAULTS[2]
    race: RaceSettings = field(default_factory=RaceSettings)
    basins: BasinSettings = field(default_factory=BasinSettings)
    sides: SideSettings = field(default_factory=SideSettings)
    features: FeatureSettings = field(default_factory=FeatureSettings)
    rival: float = 0.75


DEFAULTS: dict[int, EngineSettings] = {2: EngineSettings()}
