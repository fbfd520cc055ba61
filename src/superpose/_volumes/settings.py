"""Settings of the engine for volumes, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field

from superpose._refine.settings import LevenbergMarquardtSettings
from superpose.metrics.settings import MetricSettings


@dataclass(frozen=True)
class VolumeSearchSettings:
    """How finely turns and shifts are tried. Volumes are brought to cubic voxels first.

    Attributes
    ----------
    side : float
        The smaller volume has so many voxels along its sides (their geometric mean),
    everywhere_side : float
        or so many where all turns are tried.
    turns : int
        So many turns are spread evenly over all of them; of those the ones within the limits are tried,
    turns_everywhere : int
        or so many where there are no limits.
    nearby : float
        "auto" tries turns of up to so many degrees about the headers' pose.
    sizes : float
        Magnifications, where a range of them is asked for, are about so many times apart: the race finds what lies
        between.
    damping : float
        Gradients below this part of their root mean square count less and less.
    detail : float
        Directions are taken on voxels finer than those of the search by this factor, and averaged.
    peaks_of_each : int
        How many shifts of each turn are kept.
    apart : float
        Peaks are different poses if they take some corner of fixed so many voxels of the search apart.
    task : int
        How many turns make a task.
    """

    side: float = 20.0
    everywhere_side: float = 16.0
    turns: int = 1200
    turns_everywhere: int = 900
    nearby: float = 45.0
    sizes: float = 1.25
    damping: float = 0.5
    detail: float = 2.0
    peaks_of_each: int = 3
    apart: float = 2.5
    task: int = 4


@dataclass(frozen=True)
class VolumeRaceSettings:
    """How the best peaks are told from each other.

    Attributes
    ----------
    side : float
        They are refined on the coarsest level whose sides (their geometric mean) have so many voxels at least.
    candidates, candidates_everywhere : int
        So many peaks, or so many where all turns were tried,
    within_reach : float
        that score no less than this part of the highest one.
    kept : int
        So many go on to the next level.
    hopeless : float
        What agrees less than this part of the best one is dropped.
    """

    side: float = 24.0
    candidates: int = 10
    candidates_everywhere: int = 24
    within_reach: float = 0.5
    kept: int = 3
    hopeless: float = 0.6


@dataclass(frozen=True)
class StillSettings:
    """When something lies still between volumes whose scene moved.

    Attributes
    ----------
    blur : float
        Fine is what a Gaussian of so many voxels takes away.
    moved : float
        Voxels are asked that the pose moves by so many,
    reach : int
        whether they are alike as they are, and not as much so many voxels along the motion and against it,
    blocks, least_blocks : int
        by so many blocks along each side, of which there have to be some.
    surely, own, least : float
        They are if the blocks' sum is ahead by so many of its errors, by this part of itself, and by this part of what
        is fine: a round thing's rim is nearly alike along its motion.
    """

    blur: float = 1.0
    moved: float = 2.0
    reach: int = 2
    blocks: int = 8
    least_blocks: int = 16
    surely: float = 5.0
    own: float = 0.2
    least: float = 0.03


@dataclass(frozen=True)
class HotSettings:
    """When single voxels that both volumes have at the same places are the scanner's.

    Attributes
    ----------
    lowest, as_high : float
        Where some stand out of all texture, all count that are as high as this part of the height that this part of
        them does not reach.
    moved, errors : float
        Without them some corner of fixed lies elsewhere by more than so many voxels, and so many stated errors.
    """

    lowest: float = 0.1
    as_high: float = 0.5
    moved: float = 0.1
    errors: float = 3.0


@dataclass(frozen=True)
class VolumeVerifySettings:
    """What speaks for a pose of volumes.

    Attributes
    ----------
    tiles : int
        So many along each side are asked whether directions agree.
    side : float
        They are asked on the coarsest level with so many voxels along its sides.
    structure : float
        A tile counts that has this part of the mean tile's structure.
    reach : int
        Each is asked at the pose and at shifts by so many voxels along the axes and across.
    placed_tiles : int
        So many along each side are looked for by themselves: smaller ones bend less within themselves,
    least_side : int
        but no tile has fewer voxels along a side.
    near : int
        Each is looked for up to so many voxels away,
    clearly : float
        and is not where the pose says if its shift squared is so many times its variance.
    floor_of_tiles : float
        What interpolation and the lattice move a tile by, in voxels.
    known_to : float
        Tiles that are placed less exactly than so many voxels say nothing.
    least_tiles : int
        Fewer than so many say nothing of a family.
    finer_side, doubtful : float
        Where tiles lie off by more than this part of the tolerance, they are asked on a level with so many voxels along
        its sides.
    fitting : float
        A family fits as well as this part of the tiles lies where the pose says.
    turned_known, turned_rounds : float, int
        A turn that a family has none of is one by so many of its errors: what it takes the corners off is misfit.
        It is refined once more so many times.
    match_bias, match_odds : float, tuple of (str, float, float)
        The logarithm of the odds that both show one thing at all is the bias, and for each kind of evidence its weight
        times what there is of it, up to a most;
    home_bias, home_odds : float, tuple of (str, float, float)
        that of its being one thing, not its mirror image or another of its kind, is made alike: fitted by
        ``python -m benchmarks.volumes.trust --fit``. Confidence is the product.
    threshold : float
        A pose is sure from this confidence on.
    turned_side : float
        On the coarsest level with so many voxels along its sides
    turns : int
        so many turns about the middle of the structure are asked whether they fit as well,
    looked_at, refined : int
        so many of the best on half as many voxels along each side are looked at again, so many of the best of these
        refined,
    apart : float
        if they are turned by so many degrees: nearer ones lie on the answer's own slope,
    shifted : float
        as do the search's own other basins, unless they are shifted by this part of fixed's side,
    equal : float
        and one that agrees with this part of the pose's own agreement is as good.
    spread, spread_between, spread_of_shears : float
        Errors are larger than their covariance says by this factor, of one modality, between two, and between two where
        the family scales: another contrast moves all edges outwards or inwards alike,
    floor : float
        and by so many voxels.
    min_tolerance, tolerated_part : float
        A reliable pose is exact to so many voxels, or to this part of fixed's diagonal where that is more.
    small_step : float
        How far a parameter is moved to see what that does, in voxels.
    """

    tiles: int = 4
    side: float = 48.0
    structure: float = 0.1
    reach: int = 6
    placed_tiles: int = 6
    least_side: int = 5
    near: int = 3
    clearly: float = 12.0
    floor_of_tiles: float = 0.1
    known_to: float = 0.9
    least_tiles: int = 4
    finer_side: float = 80.0
    doubtful: float = 0.3
    fitting: float = 0.75
    turned_known: float = 3.0
    turned_rounds: int = 2
    match_bias: float = -6.0
    match_odds: tuple[tuple[str, float, float], ...] = (
        ("significance", 0.35, 12.0),
        ("consistency", 0.2, 40.0),
        ("agreeing", 4.0, 1.0),
    )
    home_bias: float = -14.4
    home_odds: tuple[tuple[str, float, float], ...] = (("at_home", 38.4, 0.5),)
    threshold: float = 0.5
    turned_side: float = 20.0
    turns: int = 240
    looked_at: int = 40
    refined: int = 4
    apart: float = 25.0
    shifted: float = 0.08
    equal: float = 0.96
    spread: float = 1.6
    spread_between: float = 2.6
    spread_of_shears: float = 9.5
    floor: float = 0.002
    min_tolerance: float = 1.0
    tolerated_part: float = 0.005
    small_step: float = 0.01


@dataclass(frozen=True)
class VolumeSettings:
    """Settings of all stages.

    Attributes
    ----------
    levels : int
        Of a pyramid, at most.
    least_side : int
        No level has fewer voxels along its longest side than this.
    isotropic : float
        Axes whose voxels are longer than the shortest ones by this factor are not halved until the others have caught
        up.
    blur : float
        Both volumes are compared under a Gaussian of so many voxels on the finest level: interpolation smooths noise
        more between voxels than on them.
    left_by_line : float
        Volumes are of one modality if a line through their intensities leaves no more than this part of the variance,
        noise taken off,
    straight, curve_bins : float, int
        nor more than so many times what a curve through so many means leaves.
    directed_blur, directed_mean : float
        Directions are taken under a Gaussian of so many voxels, and averaged under another but on the finest level.
    directed_voxels : int
        Of fixed they are compared on every second plane or row, then every second of those, while so many voxels are
        left: under the blur neighbours tell the same.
    turned_again : float
        Fixed's directions are turned anew where a corner has moved by more than so many voxels.
    sampled : int
        The residuals' scale is read off about so many voxels.
    """

    levels: int = 6
    least_side: int = 8
    isotropic: float = 1.5
    blur: float = 0.8
    left_by_line: float = 0.01
    straight: float = 1.3
    curve_bins: int = 64
    directed_blur: float = 0.8
    directed_mean: float = 0.8
    directed_voxels: int = 1 << 20
    turned_again: float = 0.5
    sampled: int = 60000
    search: VolumeSearchSettings = field(default_factory=VolumeSearchSettings)
    race: VolumeRaceSettings = field(default_factory=VolumeRaceSettings)
    verify: VolumeVerifySettings = field(default_factory=VolumeVerifySettings)
    still: StillSettings = field(default_factory=StillSettings)
    hot: HotSettings = field(default_factory=HotSettings)
    metrics: MetricSettings = field(default_factory=MetricSettings)
    coarse: LevenbergMarquardtSettings = field(
        default_factory=lambda: LevenbergMarquardtSettings(tolerance=0.02, iterations=12)
    )
    finest: LevenbergMarquardtSettings = field(
        default_factory=lambda: LevenbergMarquardtSettings(tolerance=1e-3, iterations=8)
    )


DEFAULTS = VolumeSettings()
