"""Settings of how what poses leave of the images is compared, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field

from superpose._refine.settings import LevenbergMarquardtSettings


@dataclass(frozen=True)
class ResidualSettings:
    """How what a pose leaves of the images is compared with what another one leaves.

    Attributes
    ----------
    blur : float
        Standard deviation, in pixels, of the Gaussian that both images are seen through: it takes off most of the
        noise, and of what interpolation makes of steps from one pixel to the next.
    slow, gain : float, float
        What is slower than so many pixels (one standard deviation) is taken for light, and so is a gain that changes
        over so many.
    plain : float
        What varies by less than this part of the mean square is plain: its noise is not raised to what structure is.
    cell : int
        Pixels of a cell's side: what is left in so large parts differs each by itself.
    steps : LevenbergMarquardtSettings
        How both poses are led to where they leave least: the other one is not known exactly.
    same : float
        Two that end within so many pixels of each other at the corners are one.
    clear : int
        Pixels between those compared and the nearest that is missing, whose noise the blur takes off by less.
    least_pixels, least_common : int, float
        Fewer that both poses show, or a smaller part of what the pose shows, have too few cells to compare them by.
    independent : float
        Noise under the blur is alike over so many pixels: 4 pi times its variance.
    objection, against : float, float
        What the pose leaves in a cell beyond so many times what another one leaves is more than noise does: it speaks
        against the pose, and counts so many times, as whatever changed is seen in two images and left by two poses; so
        does what is left without any meaning, which one pose may be spared and another have of edges in both images.
    least_explained : float
        The pose itself explains at least this part of fixed's variance, or the images are not of one modality.
    alike : float
        Interpolation leaves more or less of the noise under one pose than under another, by up to this part of it,
    misplaced, misplaced_at_whole, all_fractions : float, float, float
        and poses known to a fortieth of a pixel leave up to this part of squared slopes: no number of cells averages
        either out. A pose that is but a shift, by whole pixels maybe, is spared what others leave of unfiltered edges:
        see `StructureSettings.all_fractions`.
    """

    blur: float = 1.0
    slow: float = 6.0
    gain: float = 8.0
    plain: float = 0.1
    cell: int = 8
    steps: LevenbergMarquardtSettings = field(default_factory=lambda: LevenbergMarquardtSettings(0.01, iterations=20))
    same: float = 0.5
    clear: int = 3
    least_pixels: int = 256
    least_common: float = 0.5
    independent: float = 12.6
    objection: float = 2.0
    against: float = 4.0
    least_explained: float = 0.5
    alike: float = 0.01
    misplaced: float = 0.0005
    misplaced_at_whole: float = 0.002
    all_fractions: float = 2.0
