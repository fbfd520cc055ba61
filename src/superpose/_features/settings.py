"""Settings of local features and of what they propose, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class DetectionSettings:
    """How points are found and described.

    Attributes
    ----------
    longest : int
        Images are worked on with no more pixels along a side: finer structure has more points than are kept, and the
        time is bounded.
    kept : int
        So many points at most, the strongest: what the plain stage's time allows.
    low, high : float
        Percentiles of the greys that make the unit of contrast; a few glaring pixels make none.
    least : float
        The Hessian's determinant at a point, in squared units of contrast: what remains of rounding in 8 bits stays
        below.
    sharpness : float
        Standard deviation, in pixels, of the blur that images come with.
    first_scale : float
        Standard deviation of the finest scale, in pixels: finer ones alias.
    scales : int
        In an octave.
    edge : int
        Pixels of a level along its border without a point: filters see mirrored ones there.
    least_side : int
        The coarsest level's shorter side: below that no patch fits in.
    reach : float
        A patch's half side in scales.
    shape_reach : float
        The same of a patch whose shape is sought: farther away other things begin.
    shape_steps : int
        Of the search for the shape; nearly all have settled by then.
    longest_shape : float
        A patch longer than so many times its width is an edge, along which no point is fixed.
    inner : float
        A patch may reach beyond the border, or onto missing pixels, by what is outside of this part of its circle:
        there gradients count for little.
    second_turn : float
        A patch's second direction is described, too, if it is so strong beside the first.
    """

    longest: int = 800
    kept: int = 2500
    low: float = 0.5
    high: float = 99.5
    least: float = 1e-4
    sharpness: float = 0.5
    first_scale: float = 1.6
    scales: int = 3
    edge: int = 5
    least_side: int = 24
    reach: float = 5.5
    shape_reach: float = 3.0
    shape_steps: int = 8
    longest_shape: float = 6.0
    inner: float = 0.7
    second_turn: float = 0.8


@dataclass(frozen=True)
class TiltSettings:
    """Which views from aside are simulated.

    Attributes
    ----------
    tilts : tuple of float
        By how much they shorten: each is good for some 1.8 times less and more.
    directions : float
        How many directions there are within half a turn, in tilts: a stronger tilt serves fewer directions.
    longest : int
        Pixels along a side: a view costs as much as an image, and fine structure does not survive a tilt.
    kept : int
        Points of each view at most.
    sharpness : float
        Standard deviation of the blur before shortening, in pixels that it makes.
    """

    tilts: tuple[float, ...] = (3.0, 6.0)
    directions: float = 1.8
    longest: int = 600
    kept: int = 400
    sharpness: float = 0.8


@dataclass(frozen=True)
class MatchSettings:
    """Which features match.

    Attributes
    ----------
    ratio : float
        A match is nearer than this part of what the nearest feature elsewhere is: of wrong matches most are not.
    apart : float
        Pixels that make another place: nearer ones describe the same structure.
    same : float
        Of matches that join the same places to so many pixels the best is kept.
    """

    ratio: float = 0.85
    apart: float = 10.0
    same: float = 2.0


@dataclass(frozen=True)
class GrowthSettings:
    """How matches grow to poses.

    Attributes
    ----------
    near : float
        Pixels from a match within which others say nothing new.
    reach : float
        How far from a match its own map predicts others, in the fixed image's longest side.
    pixels, relative : float
        How well it does: within so many pixels and so much of the distance, which a perspective bends by,
    alike : float
        and with maps that have at least this cosine.
    seeds : int
        So many matches, the best supported ones, are grown at most,
    fruitless : int
        until so many of them in a row propose nothing: in 129 of 130 pairs in which the truth was proposed at all, the
        first match grew to it.
    thresholds : tuple of float
        Errors, in pixels, of the matches that each step fits: a local map is rough, and the last ones decide.
    reaches : tuple of float
        How far from the first match they are looked for, in `reach`; then everywhere.
    affine_steps : int
        Steps before a perspective is fitted, which few matches close to each other do not determine.
    least : int
        Matches that a perspective needs, twice as many as determine it.
    finals : tuple of float
        The last fits weigh matches down to 0 at so many pixels of error; those within the last one are votes.
    place : float
        Matches within a square of so many pixels are one vote: they may be of the same structure.
    least_votes : int
        Fewer are no proposal: what is grown fits four by itself.
    same : float
        Proposals that differ by less than so many pixels, where the votes are, are one.
    proposals : int
        So many at most.
    """

    near: float = 6.0
    reach: float = 0.25
    pixels: float = 4.0
    relative: float = 0.35
    alike: float = 0.7
    seeds: int = 30
    fruitless: int = 10
    thresholds: tuple[float, ...] = (9.0, 8.0, 6.0, 6.0, 5.0, 5.0, 4.0, 3.0, 3.0, 3.0)
    reaches: tuple[float, ...] = (1.0, 1.3, 1.7, 2.5, 4.0)
    affine_steps: int = 2
    least: int = 8
    finals: tuple[float, ...] = (9.0, 6.0, 4.5, 3.0, 3.0, 3.0)
    place: float = 8.0
    least_votes: int = 5
    same: float = 4.0
    proposals: int = 8


@dataclass(frozen=True)
class FeatureSettings:
    """Settings of the package's parts."""

    detection: DetectionSettings = field(default_factory=DetectionSettings)
    tilts: TiltSettings = field(default_factory=TiltSettings)
    matching: MatchSettings = field(default_factory=MatchSettings)
    growth: GrowthSettings = field(default_factory=GrowthSettings)
