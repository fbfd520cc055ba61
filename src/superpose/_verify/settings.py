"""Settings of verification, each with its reason.

What `calibration.json` holds was fitted to evidence that was measured with the defaults: measured with other settings,
confidence still orders alignments but is no probability.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from superpose._search.settings import DEFAULTS as SEARCH_DEFAULTS
from superpose._search.settings import SearchSettings
from superpose._verify.misfit_settings import MisfitSettings
from superpose._verify.residual_settings import ResidualSettings


@dataclass(frozen=True)
class TileSettings:
    """How tiles are cut and compared.

    Attributes
    ----------
    side : int
        Pixels of a tile's side.
    placed : float
        A tile places the pose where it is if its rank there is so many deviations above that of far shifts.
    min_seen : float
        The part of a tile that must be seen in both images for the tile to count.
    tolerance : int
        A pose is taken to be good to this many pixels of the level.
    far : int
        Shifts of this many pixels or more are wrong ones.
    empty : float
        A tile with less than this part of the most structured one's energy shows plain ground, which says nothing.
    """

    side: int = 16
    placed: float = 1.0
    min_seen: float = 0.3
    tolerance: int = 1
    far: int = 4
    empty: float = 1e-3


@dataclass(frozen=True)
class SlopeSettings:
    """How slopes are compared.

    Attributes
    ----------
    side : float
        They are compared on the finest level whose sides (their geometric mean) are at most this many pixels.
    blur : float
        Standard deviation, in pixels, of the Gaussian that both images are seen through: an outline drawn in two values
        is good to half a pixel.
    clear : int
        Pixels between those compared and the nearest that is missing.
    least_pixels : int
        Fewer say nothing.
    least_scene : float
        The scene has at least this part of the mean square of slopes, however much noise there seems to be.
    clear_noise : float
        Squared slopes are structure as far as they exceed so many times what noise leaves on average.
    highest : float
        Higher correlations are taken for this one: interpolation and rounding leave no more.
    """

    side: float = 256
    blur: float = 1.0
    clear: int = 2
    least_pixels: int = 16
    least_scene: float = 0.2
    clear_noise: float = 4.0
    highest: float = 0.995


@dataclass(frozen=True)
class LeadSettings:
    """How slopes under one pose are compared with those under another.

    Attributes
    ----------
    cell : int
        Pixels of a cell's side: slopes of one outline that are so far apart differ each by itself.
    tolerance : int
        A pose is taken to be good to this many pixels in each cell, as it is in tiles.
    reach : int
        Other poses are known to fewer than this many pixels.
    least_common : float
        Nothing is said where another pose shows less than this part of the structure of fixed.
    least_agreement : float
        Slopes that correlate by less under the pose itself do not say that another pose is as good.
    assumed : float
        Few cells say little about their own scatter, so what both images' slopes are unlike by under the pose itself
        counts as much as so many: a pose as right would leave no more.
    alike : float
        Rounding and interpolation make all cells' slopes correlate by up to this much less under one pose than under
        another that is as right, and no number of cells averages that out.
    """

    cell: int = 8
    tolerance: int = 1
    reach: int = 5
    least_common: float = 0.5
    least_agreement: float = 0.8
    assumed: float = 3.0
    alike: float = 0.02


@dataclass(frozen=True)
class RivalSettings:
    """Where other poses than the one found are looked for.

    Attributes
    ----------
    min_kept : float
        Shifts that leave less than this part of the pose's own overlap are not compared.
    distance : float
        A pose whose corners lie this many pixels of the level away is another pose; what is nearer is the slope of the
        pose's own peak.
    count : int
        How many rivals are looked at.
    reach : float
        How far from the pose they are looked for, in sizes of fixed.
    max_canvas : int
        Nothing is searched where that would need more pixels of fixed's size than this: a pose that shows moving this
        large shows next to nothing of it.
    search : SearchSettings
        Of the search for them.
    """

    min_kept: float = 0.35
    distance: float = 4.0
    count: int = 3
    reach: float = 1.5
    max_canvas: int = 1500**2
    search: SearchSettings = SEARCH_DEFAULTS[2]


@dataclass(frozen=True)
class TurnSettings:
    """Which turns of few objects are compared besides quarter turns.

    Attributes
    ----------
    parts : tuple of int
        Turns by these parts of a whole one: of nuts, stars and triangles, which the search need not have kept.
    few : float
        Structure that spreads over less than this part of the image is of few objects: only these turn onto themselves
        alone.
    """

    parts: tuple[int, ...] = (3, 5)
    few: float = 0.5


@dataclass(frozen=True)
class EvidenceSettings:
    """What is measured at a pose.

    Attributes
    ----------
    fine_side, coarse_side : float
        Evidence is measured on the two levels whose sides (their geometric mean) are at most this many pixels.
    min_relative : float
        Rivals that score less than this part of the pose's own score are not compared tile by tile.
    around : int
        The search knows a rival to this many pixels of the level: its tiles are compared at the best of these shifts.
    assumed_tiles : int
        Few tiles say little about their own scatter, so the scatter of wrong shifts counts as much as so many tiles.
    proposals : int
        How many of the poses that the solver took for possible are compared.
    clear_lead : float
        The lead, in standard deviations, of a pose to which no rival comes near; larger ones count as this one.
    enough_lead : float
        Tiles that lead by so many are enough; where they lead by less, slopes are asked, too, and what the poses
        leave of the images,
    clear_residuals, unclear : float, float
        which speaks for the pose where it leads by so many, and where it leads by less, lets no lead count for more
        than that part of its own: of equals the one is found that leaves least. Where another one leaves that many
        times more than the pose can be doubted by, the pose leads by as much.
    much_less, clear_alone : float, float
        Another pose that shows less than `much_less` of what the pose does is asked to explain the rest, too: what only
        the pose shows speaks for it if it agrees by so many deviations. The best of all shifts and turns of images that
        show something else reached 6.5.
    few_tiles, equal_slopes : int, float
        Of fewer tiles than that, slopes are asked always; and if they agree under the pose, but lead by less than
        `equal_slopes` over another one, their lead counts.
    exact_slopes, exact_above : float, tuple of float
        Slopes that agree so well (as evidence: a correlation of 0.96), of a pose whose score lies above all shifts' by
        the first of these, mean more together: few objects lie in few tiles, which say no more however exactly they
        agree, and objects that are but alike stand out as far, or agree as well by chance, but not both. Beyond the
        second nothing more is gained.
    even_spread, few_unexplained : float
        Where so few share structure so evenly (see `spread`) it is a scene that they show; and where no larger part of
        them than this does not place the pose where it is, only their number limits what they say: the next finer level
        is asked how clearly they do.
    """

    fine_side: float = 128
    coarse_side: float = 64
    min_relative: float = 0.5
    around: int = 3
    assumed_tiles: int = 3
    proposals: int = 2
    clear_lead: float = 20.0
    enough_lead: float = 4.0
    clear_residuals: float = 3.0
    unclear: float = 0.5
    much_less: float = 0.5
    clear_alone: float = 8.0
    few_tiles: int = 24
    equal_slopes: float = 1.0
    exact_slopes: float = 2.0
    exact_above: tuple[float, float] = (12.0, 40.0)
    even_spread: float = 0.5
    few_unexplained: float = 0.33
    tiles: TileSettings = field(default_factory=TileSettings)
    slopes: SlopeSettings = field(default_factory=SlopeSettings)
    leads: LeadSettings = field(default_factory=LeadSettings)
    residuals: ResidualSettings = field(default_factory=ResidualSettings)
    rivals: RivalSettings = field(default_factory=RivalSettings)
    turns: TurnSettings = field(default_factory=TurnSettings)


@dataclass(frozen=True)
class StructureSettings:
    """When a direction counts as determined.

    Attributes
    ----------
    level : int
        It is looked at on this level: on the finest one the steps of an edge's pixels look like structure,
    min_side : int
        unless its shorter side has fewer pixels than this there.
    pixels : int
        About so many of them are looked at, in whole rows.
    blur : float
        Under so much blur, in pixels of the level, for the same reason.
    min_structure : float
        A direction with less than this part of what slopes as steep that run all ways would have is free: borders leave
        so much of a plane of grey values.
    min_ratio : float
        So is a direction with less than this part of the structure of the best one: unfiltered edges of a disc that was
        not turned leave half of it for the turn.
    incoherent_ratio, all_fractions : float
        The same where the pose lays pixels on all fractions of a pixel, as scale and turn do that add up to so many
        pixels across the image: there the steps of one image's edges are not those of the other's.
    chance : float
        So is one whose sum over pixels is less than so many standard deviations from none.
    even_part : float
        Where that leaves something free, slopes are asked that count alike if they are steeper than this part of their
        mean square: the rim of a dish is a thousand times as steep as what lies in it.
    even_ratio, even_chance : float
        A direction with so much of the best one's structure then, and so many standard deviations from none, is not
        free: edges of a disc that was not turned leave up to a thirtieth of it for the turn.
    incoherent_even_ratio : float
        The same where the pose lays pixels on all fractions: as much less as `incoherent_ratio` is than `min_ratio`.
    opposed : float
        Slopes run opposite ways along a direction if that is significant, and the part of the structure that does,
        times the root of the number of pixels, is at least this: noise, which the blur makes alike over six pixels,
        leaves a quarter of it.
    few_pixels : int
        So many pixels of the next coarser level are looked at first: nothing is free, in most pairs,
    clear_factor : float
        which is clear where every direction has so many times the structure that it takes,
    clear_chance : float
        and is so many standard deviations from none.
    named : float
        A direction has a pattern's name if this part of its squared motion is the pattern's.
    small_step : float
        How far a corner is moved to see what a direction does to parameters, in pixels of the level.
    """

    level: int = 1
    min_side: int = 32
    pixels: int = 16384
    blur: float = 1.0
    min_structure: float = 0.003
    min_ratio: float = 0.01
    incoherent_ratio: float = 0.003
    all_fractions: float = 2.0
    chance: float = 3.0
    even_part: float = 0.01
    even_ratio: float = 0.05
    incoherent_even_ratio: float = 0.015
    even_chance: float = 10.0
    opposed: float = 10.0
    few_pixels: int = 2048
    clear_factor: float = 10.0
    clear_chance: float = 5.0
    named: float = 0.95
    small_step: float = 1e-3


@dataclass(frozen=True)
class WarningSettings:
    """When a reader is warned.

    Attributes
    ----------
    equal_lead, equal_score : float
        A rival scores almost the same if the pose leads over it by less than `equal_lead` standard deviations, and it
        has at least `equal_score` of the pose's own score.
    min_turn : float
        A rival that is turned by at least so many degrees is said to be turned, any other to be shifted.
    no_lead : float
        A lead over the start of less than this many standard deviations is none.
    few_levels : int
        Images of so many different values or fewer are warned of.
    sampled_values : int
        So many pixels, spread over the image, are looked at before all are counted: most images have more values.
    small_overlap : float
        An overlap of less than this part of the smaller image is small.
    """

    equal_lead: float = 3.0
    equal_score: float = 0.7
    min_turn: float = 5.0
    no_lead: float = 2.0
    few_levels: int = 8
    sampled_values: int = 4096
    small_overlap: float = 0.25


@dataclass(frozen=True)
class ListingSettings:
    """Which rivals are listed among the basins of a registration.

    Attributes
    ----------
    min_relative : float
        Those that score at least this part of the answer's score.
    distance : float
        Poses whose corners lie within this many pixels of fixed are one.
    """

    min_relative: float = 0.6
    distance: float = 3.0


@dataclass(frozen=True)
class VerifySettings:
    """How a pose is verified, and what is said about it.

    Attributes
    ----------
    even_chance : float
        Images match at a pose if that is at least as probable as this.
    mirror_confidence : float
        The confidence that is left to a pose when the mirrored image fits better.
    small_step : float
        How far a parameter is moved, in pixels at the corner, to see what that does to the others and to the corners.
    min_tolerance, tolerated_part : float
        Unless the user says, an error of so many pixels, or of this part of fixed's diagonal, is tolerated.
    """

    even_chance: float = 0.5
    mirror_confidence: float = 0.01
    small_step: float = 1e-3
    min_tolerance: float = 1.0
    tolerated_part: float = 0.005
    structure: StructureSettings = field(default_factory=StructureSettings)
    evidence: EvidenceSettings = field(default_factory=EvidenceSettings)
    misfit: MisfitSettings = field(default_factory=MisfitSettings)
    warnings: WarningSettings = field(default_factory=WarningSettings)
    listing: ListingSettings = field(default_factory=ListingSettings)


DEFAULTS: dict[int, VerifySettings] = {2: VerifySettings(), 3: VerifySettings()}
