"""Settings of the engine, stage by stage, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from superpose._features.settings import FeatureSettings
from superpose._motions.settings import DEFAULTS as MOTION_DEFAULTS
from superpose._motions.settings import MotionSettings
from superpose._refine.settings import LevenbergMarquardtSettings
from superpose._search.settings import DEFAULTS as SEARCH_DEFAULTS
from superpose._search.settings import SearchSettings
from superpose.metrics.settings import DEFAULTS as METRIC_DEFAULTS
from superpose.metrics.settings import MetricSettings

# On counts; see `EngineSettings`.
COUNTED_METRICS = replace(METRIC_DEFAULTS[2], cutoff=24.0)


@dataclass(frozen=True)
class RaceSettings:
    """How candidates are refined on one level, and which of them go on.

    Attributes
    ----------
    hopeless : float
        Candidates below this part of the best score are dropped.
    apart : float
        Candidates that take every corner to within this many pixels of the level of each other count as one.
    steps : LevenbergMarquardtSettings
        Of the refinement.
    """

    hopeless: float = 0.6
    apart: float = 1.5
    steps: LevenbergMarquardtSettings = field(
        default_factory=lambda: LevenbergMarquardtSettings(tolerance=0.05, iterations=10)
    )


@dataclass(frozen=True)
class BasinSettings:
    """How basins are looked for, and when a closer search is needed.

    Attributes
    ----------
    sides : mapping of str to (float, float)
        Size of the smaller image in the coarse search and in the closer one, by the family that is searched: the
        geometric mean of its sides, in pixels. Shifts alone cost one FFT, turns a hundred, turns and scales a thousand.
    band : float
        Scales beyond this magnification either way are searched by themselves, an octave at a time: see `Band`.
    clear_of_bands : float
        A band is not searched any closer if another one's best basin stands out by so many standard deviations more.
    same_size : float
        A level that is larger than that by no more than this factor is searched without resizing it.
    sure_margin : float
        If the best basin scores at least this many times as high as the second best, there is no closer search. Among
        hundreds of pairs of all kinds, no wrong basin led by more than a ninth.
    stands_out : float
        The best peak stands out if it exceeds the highest score expected of wrong poses by more than this many of their
        standard deviations.
    refined_if_sure, refined : int
        How many peaks are refined if the best one stands out, and if it does not.
    kept : int
        How many refined basins are kept.
    within_reach : float
        Refinement adds to a peak's score what the grid of turns and scales missed. A peak that scores less than this
        part of what is to be reached stays below it, and is not refined.
    seeds : int
        If scales are searched, the closer search tries only the neighbours of this many of the best peaks.
    stretched : int
        If the family shears, this many of the best peaks are tried stretched as well.
    wide, near : float
        Where moving is more than `wide` times larger than fixed, along each axis, they are looked for only within
        `near` times the size of what they show, either way.
    seen_before : int
        How many basins of the coarse search race with those of the closer one.
    unsure_margin : float
        While the best basin scores less than this many times as high as the second best, all race on the next finer
        level.
    race_side : float
        They race on no level whose sides (their geometric mean) have more pixels than this.
    """

    sides: Mapping[str, tuple[float, float]] = field(
        default_factory=lambda: MappingProxyType({"translation": (96, 256), "rigid": (40, 96), "similarity": (36, 72)})
    )
    band: float = 2.0
    clear_of_bands: float = 4.0
    same_size: float = 1.05
    sure_margin: float = 1.2
    stands_out: float = 2.0
    refined_if_sure: int = 4
    refined: int = 16
    kept: int = 6
    within_reach: float = 0.4
    seeds: int = 32
    stretched: int = 8
    wide: float = 6.0
    near: float = 1.0
    seen_before: int = 4
    unsure_margin: float = 1.1
    race_side: float = 400


@dataclass(frozen=True)
class SideSettings:
    """How it is decided whether the mirrored image, or the levels without detail, show more.

    Attributes
    ----------
    significant : float
        If the best basin exceeds the highest score expected of wrong poses by less than this many of their standard
        deviations, the search is repeated on levels without detail.
    clearer : float
        What that search finds is taken instead if it stands out by more than this many standard deviations more.
    below, smallest_overlap : float
        Where the answer is not reliable, poses that overlap by this part of the smallest overlap allowed are looked at
        once more, to say so if one of them fits better; but none with less than `smallest_overlap`, a few rows.
    verified_side : float
        Levels whose sides (their geometric mean) have more pixels than this are let go before verification, which needs
        their memory.
    """

    significant: float = 2.0
    clearer: float = 1.0
    below: float = 0.25
    smallest_overlap: float = 0.04
    verified_side: float = 520


@dataclass(frozen=True)
class RefinementSettings:
    """How the answer is refined level by level, and by which metric where the images are to choose.

    Attributes
    ----------
    chosen_side : float
        The metric is chosen on the first level with sides (their geometric mean) of so many pixels, or on the finest.
    certain, near : float
        A correlation from `certain` on is one modality's, if its optimum lies within `near` pixels of the orientation
        score's, at the image's corners, or, where it is the more exact of the two, at those of what it shows.
    correlated, deviations : float
        A weaker one, from `correlated` on, decides where the two optima differ by no more than `deviations` times what
        noise lets expect. (Between modalities a correlation may be as high, but then pulls its optimum aside.)
    high, clearer : float
        One from `high` on decides wherever the two optima lie if it lets expect at most the part `clearer` of the
        other's error: where directions are mostly noise they may lead anywhere nearby.
    explained, least_scene : float
        Where noise is known, a correlation of at least the part `explained` of what it allows leaves nothing to explain
        (two colours' correlations stay below), if the scene makes up at least the part `least_scene` of the variance.
    coarser, finest : LevenbergMarquardtSettings
        Of the steps on all levels but the finest, and on the finest: there `precision` is a multiple of the metric's
        own.
    """

    chosen_side: float = 90
    certain: float = 0.97
    near: float = 0.5
    correlated: float = 0.75
    deviations: float = 2.5
    high: float = 0.9
    clearer: float = 0.65
    explained: float = 0.99
    least_scene: float = 0.4
    coarser: LevenbergMarquardtSettings = field(
        default_factory=lambda: LevenbergMarquardtSettings(tolerance=0.02, iterations=15, precision=0.5)
    )
    finest: LevenbergMarquardtSettings = field(
        default_factory=lambda: LevenbergMarquardtSettings(tolerance=1e-4, iterations=30, precision=1.0, expected=2e-4)
    )


@dataclass(frozen=True)
class FarSettings:
    """How views from far aside are looked at, which features propose or the user does.

    Attributes
    ----------
    longest : int
        Features are looked for on the finest level whose longer side has at most so many pixels.
    features : FeatureSettings
        Of what proposes.
    judged_side : float
        Proposals are compared on the finest level of fixed with sides (their geometric mean) of at most so many pixels.
    tried : int
        The best so many of those that features propose together are refined and verified.
    undecided : float
        Features are asked, too, where the search's best basin scores less than this many times as high as the second
        best: a scene that repeats itself fits almost as well elsewhere.
    clear_votes : float
        Where the search sees nothing stand out, a pose that so many features speak for comes before a closer look: for
        wrong ones of unrelated photographs some six do.
    least_pixels : int
        A view that shows fewer pixels of fixed shows nothing.
    motions : MotionSettings
        What structure is, and when that of both images is the same.
    plane, seen : float
        Where within a Gaussian of this standard deviation, in pixels of the judged level, more structure contradicts
        than agrees, and more than this part of the pixels do, there is another plane.
    least_other, most_other : float
        It is left out of the refinement if it is more than the first part of the image and less than the second.
    probes : int
        At so many places along each axis it is asked how much larger moving shows the scene,
    finest_of : int
        and one of so many of them may be larger than what decides.
    finer : float
        Fixed is worked on at a level at which moving shows things at most that many times larger: only what moving
        shows as closely as fixed can be compared.
    clearer : float
        Of what is found on either grid, that is the answer which explains more, if that is so many times as much: by
        less the borders of structure differ. If neither is, the one with the smaller error is.
    small_step : float
        How far a parameter is moved, in pixels at the corner, to see what that does to the pose.
    sheared, bent : float
        A start is one from far aside if it makes things longer by this factor along one axis than along the other, or
        if its perspective moves a corner of fixed by more than this part of the diagonal.
    """

    longest: int = 1024
    features: FeatureSettings = field(default_factory=FeatureSettings)
    judged_side: float = 220
    tried: int = 2
    undecided: float = 1.05
    clear_votes: float = 20.0
    least_pixels: int = 400
    motions: MotionSettings = MOTION_DEFAULTS[2]
    plane: float = 6.0
    seen: float = 0.03
    least_other: float = 0.01
    most_other: float = 0.6
    probes: int = 9
    finest_of: int = 4
    finer: float = 1.5
    clearer: float = 1.01
    small_step: float = 1e-3
    sheared: float = 1.4
    bent: float = 0.03


@dataclass(frozen=True)
class EngineSettings:
    """Settings of the engine's stages.

    Attributes
    ----------
    metrics, counted_metrics : MetricSettings
        How metrics are minimised, and how on photon counts: most pixels of these are dark, and gain and offset are
        fitted to so much noise that bright things, which hold the pose, differ by more of the dark ones' deviations
        than an outlier elsewhere.
    least_side : int
        Images narrower than this, in pixels, have hardly an edge to go by: they are descended by Powell.
    rival : float
        Basins that score at least this part of the best one's score could be right instead.
    """

    search: SearchSettings = SEARCH_DEFAULTS[2]
    race: RaceSettings = field(default_factory=RaceSettings)
    basins: BasinSettings = field(default_factory=BasinSettings)
    sides: SideSettings = field(default_factory=SideSettings)
    far: FarSettings = field(default_factory=FarSettings)
    refinement: RefinementSettings = field(default_factory=RefinementSettings)
    metrics: MetricSettings = METRIC_DEFAULTS[2]
    counted_metrics: MetricSettings = COUNTED_METRICS
    least_side: int = 16
    rival: float = 0.75


DEFAULTS: dict[int, EngineSettings] = {2: EngineSettings()}
