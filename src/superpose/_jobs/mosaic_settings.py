"""Settings of mosaics, each with its reason."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from superpose._features.settings import FeatureSettings
from superpose._jobs.settings import NetworkSettings


@dataclass(frozen=True)
class CandidateSettings:
    """Which images are compared.

    Attributes
    ----------
    sigmas : float
        How far off a place on the stage may be, in standard deviations of the difference of two.
    least_overlap : float
        Images that would share less of the smaller one, one such deviation closer than told, are not compared: corners
        of tiles tell little for their time.
    votes : int
        Images whose features propose a pose with fewer votes are not compared: of unrelated ones there are some six at
        most.
    within : float
        How far off, in pixels, a pose is that features propose.
    features : FeatureSettings
        How these are found and matched.
    """

    sigmas: float = 3.0
    least_overlap: float = 0.03
    votes: int = 7
    within: float = 6.0
    features: FeatureSettings = field(default_factory=FeatureSettings)


@dataclass(frozen=True)
class OverlapSettings:
    """How two images that may overlap are compared.

    Attributes
    ----------
    margin : float
        What is cut out reaches so many pixels further than anything expected.
    least_side : int
        No smaller piece is compared.
    min_overlap : float
        As of `register`, of what was cut out: most of that is margin where a stage is not exact.
    """

    margin: float = 4.0
    least_side: int = 8
    min_overlap: float = 0.1


@dataclass(frozen=True)
class AdjustmentSettings:
    """How poses are made better by points that pairs of images have in common.

    Attributes
    ----------
    limit : float
        A link fits if it is off by no more than so many of its own standard deviations.
    least : float
        No link is more exact than that, in pixels: lenses distort.
    first, growth, rounds, never_nothing
        As of `NetworkSettings`.
    steps, exact : int, float
        The most steps there are; they end where one gains no more than this part of the cost.
    """

    limit: float = 4.0
    least: float = 0.15
    first: float = 1e-9
    growth: float = 2.0
    rounds: int = 60
    never_nothing: float = 1e-6
    steps: int = 30
    exact: float = 1e-6


@dataclass(frozen=True)
class ViewpointSettings:
    """How the focal length of images from one viewpoint is found.

    Attributes
    ----------
    shortest, longest, growth : float
        Tried at first, in parts of an image's longer side, each longer than the one before by the factor `growth`: from
        an angle of view of 127 degrees to one of 3.
    far : float
        Pairs that are farther off than so many pixels count no more for that: some are wrong.
    turned : float
        By so many radians the turn between two images may then be off: their focal length is not known well yet.
    unsure : float
        A focal length is not known where its error is more than this part of it.
    """

    shortest: float = 0.25
    longest: float = 20.0
    growth: float = 1.05
    far: float = 5.0
    turned: float = 0.02
    unsure: float = 0.1


@dataclass(frozen=True)
class BlendSettings:
    """How one image is made of those that were placed.

    Attributes
    ----------
    bands : tuple of float
        Widths, in pixels, at which images are taken apart: what is finer changes over within so many pixels of a seam.
    exactness : float
        To this part the ratio of two images' brightness is known from what both show,
    usual : float
        and by so much their brightness differs from the usual one.
    most : float
        No canvas has more pixels than so many times those of all images.
    window : int
        About so many pixels of a canvas are made at once.
    """

    bands: tuple[float, ...] = (1.5, 6.0, 24.0)
    exactness: float = 0.02
    usual: float = 0.5
    most: float = 20.0
    window: int = 2**24

    @property
    def reach(self) -> int:
        """How far away pixels make a difference: through all filters, and what is filled in for them to see."""
        return 2 * sum(math.ceil(3 * each) + 1 for each in self.bands)


@dataclass(frozen=True)
class MosaicSettings:
    """How a mosaic is made.

    Attributes
    ----------
    sigma : float
        Where nothing is said of a stage, it is off by this part of an image's longer side.
    stage_turns : float
        By so many radians an image may be turned or stretched against its stage, where turns are sought at all.
    doubted, contradicted : float
        Other orders of axes are tried where less than this part of the pairs that positions promise overlap: where
        tiles overlap by much, those across the diagonal do in a wrong order, too. Positions are called in question
        below the other one.
    tried, glance : int
        They are tried on so many pairs at most, so many at a time;
    likely : float
        one is it where this part of them overlap: of a strip in disorder, counted backwards, half may.
    candidates, overlaps, network, adjustment, viewpoint, blend
        Of the stages. No link is more exact than `network.least`: lenses distort.
    """

    sigma: float = 0.02
    stage_turns: float = 0.05
    doubted: float = 0.35
    contradicted: float = 0.15
    tried: int = 9
    glance: int = 3
    likely: float = 0.6
    candidates: CandidateSettings = field(default_factory=CandidateSettings)
    overlaps: OverlapSettings = field(default_factory=OverlapSettings)
    network: NetworkSettings = field(default_factory=lambda: NetworkSettings(least=0.15, growth=2.0))
    adjustment: AdjustmentSettings = field(default_factory=AdjustmentSettings)
    viewpoint: ViewpointSettings = field(default_factory=ViewpointSettings)
    blend: BlendSettings = field(default_factory=BlendSettings)
