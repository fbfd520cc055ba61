"""Settings of what the engine minimises, and of how far it may be off, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field

from superpose._refine.settings import SandwichSettings


@dataclass(frozen=True)
class PrefilterSettings:
    """How noise is measured, and how both images are blurred before they are compared.

    Attributes
    ----------
    widths : tuple of float
        The blurs to choose from: standard deviations, in pixels.
    three_taps : float
        Up to this width the filter has three taps: a sampled Gaussian would be no Gaussian.
    reach : float
        A wider filter reaches this many standard deviations far.
    clear : float
        This many of them from a missing pixel and from the border, a filter's result is that of the scene alone.
    min_kept : float
        Of the pixels that count this part at least is kept, clear or not.
    block : int
        Spectra are taken of blocks of this many pixels a side,
    blocks : int
        of which there are up to so many along each side.
    min_present : float
        Where no block is whole, those count of which this part at least is there.
    rings : int
        Frequencies are told apart by so many rings.
    floor_rings : int
        White noise is read off this many neighbouring rings.
    above : float
        Rings are known to a tenth or so: a scene is seen in those that have this many times the power of noise alone.
    averaged_bias : float
        What is left of the interpolation's bias where a pose meets all fractions of a pixel.
    fractions : int
        What interpolation leaves of noise is tabulated at this many fractions of a pixel.
    frequencies : int
        It is added up over so many frequencies.
    """

    widths: tuple[float, ...] = (0.0, 0.25, 0.35, 0.5, 0.6, 0.7, 0.85, 1.0, 1.25, 1.5, 2.0, 2.5)
    three_taps: float = 0.7
    reach: float = 3.5
    clear: float = 1.5
    min_kept: float = 0.5
    block: int = 128
    blocks: int = 3
    min_present: float = 0.6
    rings: int = 48
    floor_rings: int = 8
    above: float = 1.2
    averaged_bias: float = 0.1
    fractions: int = 64
    frequencies: int = 256


@dataclass(frozen=True)
class SquaredSettings:
    """How squared error is minimised.

    Attributes
    ----------
    precision : float
        Steps below this part of the pose's standard error are not worth taking on the finest level.
    sampled_pixels : int
        The residuals' scale is read off rows with about so many pixels.
    fits : int
        Gain and offset are fitted this often at most,
    settled : float
        and until the gain changes by less than this part of it.
    max_noise_share : float
        Noise's part in the matrix of the normal equations is taken for this much of it at most.
    noise_rows : int
        What interpolation makes of noise is added up on about this many rows and columns.
    near : float
        What was summed at a pose serves the covariance of one that takes no corner farther away than this, in pixels.
    compared_pixels : int
        Two interpolations are compared at about so many pixels at most.
    fraction_factor : float
        They differ the most a quarter of a pixel from a pixel, and are compared there where the pose is a shift by a
        fraction of a pixel that is so many times smaller, or by more.
    filtered, unfiltered : float
        An image was filtered before it was sampled where at most this part of its structure are steps from one pixel to
        the next (a third in photographs, half in drawings with smooth edges), and was not where this part is, or more.
    chance : float
        A step between two interpolations is beyond chance where its square is more than so many times its variance.
    max_dropped : float
        Where weights drop more than this part of the structure that lies within an edge's width of its place, what it
        says is a part of the error.
    """

    precision: float = 0.1
    sampled_pixels: int = 16384
    fits: int = 5
    settled: float = 1e-3
    max_noise_share: float = 0.8
    noise_rows: int = 57
    near: float = 0.05
    compared_pixels: int = 1024
    fraction_factor: float = 2.5
    filtered: float = 0.5
    unfiltered: float = 0.9
    chance: float = 2.0
    max_dropped: float = 0.05


@dataclass(frozen=True)
class HistogramSettings:
    """How functions of the joint histogram are minimised.

    Attributes
    ----------
    precision : float
        Steps below this part of the pose's standard error are not worth taking on the finest level: that knows of
        noise alone, not of how two modalities differ.
    min_bins, max_bins : int
        Bins along each axis, unless the user says: the cube root of the pixels, within these limits.
    finer : int
        How many bins fixed has to one of moving where a metric takes each for one value throughout,
    max_fine_bins : int
        up to this many.
    tail : float
        Moving's bins go from this quantile of its values to the one as far from the other end; values beyond count as
        those.
    blur : float
        Intensities are counted under this much blur, in pixels: without any, interpolation smooths noise more between
        pixels than on them, which draws the pose there; more blurs an edge into values that no curve leads to.
    settled : float
        A row's robust mean is found when it moves by less than this many bins,
    rounds : int
        or after this many rounds.
    """

    precision: float = 0.5
    min_bins: int = 12
    max_bins: int = 64
    finer: int = 4
    max_fine_bins: int = 1024
    tail: float = 1e-3
    blur: float = 0.7
    settled: float = 1e-6
    rounds: int = 300


@dataclass(frozen=True)
class OrientationSettings:
    """How directions of edges are compared.

    Attributes
    ----------
    precision : float
        Steps below this part of the pose's standard error are not worth taking on the finest level.
    min_gain : float
        Directions are never taken for opposite, however they agree.
    block : int
        For the covariance, a generator counts as constant within this many pixels a side, a power of two.
    step : float
        How far a parameter is moved, in pixels at the corner, to see by how much that turns the pose.
    tiles : int
        Along each side the sandwich has at most so many tiles: what two modalities show differs over parts that are
        larger than an edge is wide. Of five, residuals foretell by how much the poses of two halves of a real pair
        differ; of ten, only half of it at night.
    pull : float
        A pose that is a shift is drawn to whole pixels, along each axis, by so many of them (root mean square).
    """

    precision: float = 0.1
    min_gain: float = 1e-3
    block: int = 4
    step: float = 1e-3
    tiles: int = 5
    pull: float = 0.065


@dataclass(frozen=True)
class MetricSettings:
    """How metrics are minimised, and how far the poses found may be off.

    Attributes
    ----------
    cutoff : float
        Tukey's, in standard deviations of the residuals: 98.5 % efficient for Gaussian noise.
    steep_cutoff : float
        The same in standard deviations of the residuals where the image is steep, which are larger than noise alone
        makes them: 95 % efficient. The larger one of the two holds.
    edge_cutoff : float
        For the covariance the cutoff is at least what an edge is off by at a place so many pixels away: nearer than
        half of that, it counts for more than a half.
    all_fractions : float
        A pose that is no shift meets all fractions of a pixel if its scale and turn add up to this many pixels across
        the image.
    """

    cutoff: float = 6.0
    steep_cutoff: float = 4.685
    edge_cutoff: float = 2.0
    all_fractions: float = 2.0
    squared: SquaredSettings = field(default_factory=SquaredSettings)
    histogram: HistogramSettings = field(default_factory=HistogramSettings)
    orientation: OrientationSettings = field(default_factory=OrientationSettings)
    prefilter: PrefilterSettings = field(default_factory=PrefilterSettings)
    sandwich: SandwichSettings = field(default_factory=SandwichSettings)


DEFAULTS: dict[int, MetricSettings] = {2: MetricSettings()}
