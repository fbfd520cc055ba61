"""Settings of what is made of one image, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class FieldSettings:
    """How directions of edges are made.

    Attributes
    ----------
    damping : float
        Edges much weaker than so many times the image's average gradient count for little.
    flat : float
        An overlap with less than this part of an image's mean energy is flat there.
    halvings : int
        A coarse field is made from a level that is finer by so many halvings at most,
    largest_side : float
        and that has sides (their geometric mean) of no more pixels than that.
    local_mean : float
        Standard deviation, in pixels, of the Gaussian whose local mean a coarse field is freed of,
    local_reach : int
        and how many pixels that reaches.
    dither : float
        Pixels of the grid on which shifts are compared, to one of the image's: across an image of a hundred pixels a
        shift then meets every fraction of a pixel some three times.
    """

    damping: float = 1.0
    flat: float = 0.7
    halvings: int = 2
    largest_side: float = 520
    local_mean: float = 2.0
    local_reach: int = 7
    dither: float = 1.03


@dataclass(frozen=True)
class FillSettings:
    """How constant fill around a turned picture is told from the picture.

    Attributes
    ----------
    judged_side : float
        It is looked for on the coarsest level with sides (their geometric mean) of so many pixels.
    there : float
        Rows and columns along the border of which less than this part is there are no part of the image.
    tolerance : float
        What differs from a corner by less than this part of the image's range is like it.
    least, most : float
        Fill of less than the first part of the image does no harm; if it were more than the second, nothing would be
        left.
    square : float
        A rectangle's edges are parallel or square to each other: those that are make up this part of the outline inside
        the frame,
    reached : float
        and each is reached by the picture along this part of it.
    shortest_edge, all_edges : float
        An edge is at least so long, and all together, in sides of the image: corners are cut off by less.
    slack : float
        How far outlines may be off, in pixels of the level.
    margin : float
        What is kept clear of along an edge, in pixels of the level.
    """

    judged_side: float = 64
    there: float = 0.5
    tolerance: float = 0.02
    least: float = 0.005
    most: float = 0.85
    square: float = 0.55
    reached: float = 0.6
    shortest_edge: float = 0.1
    all_edges: float = 0.3
    slack: float = 1.0
    margin: float = 1.5


@dataclass(frozen=True)
class FieldOfViewSettings:
    """How an instrument's field of view is told from its scene, and from objects on a plain ground.

    Attributes
    ----------
    judged_side : float
        It is looked for on the coarsest level with sides (their geometric mean) of so many pixels,
    first_side : float
        if the coarsest one with sides of so many leaves it possible.
    corner : int
        The ground is what patches of so many pixels at the image's corners show.
    tolerances : tuple of float
        What differs from it by less than one of these parts of the image's range is ground, whatever glows there,
    deviations : float
        or what differs by less than so many times what the corners' pixels differ by.
    sharp : float
        Of the outlines that the tolerances give the first one counts whose edge is at least so strong, in parts of the
        strongest one's.
    least, most : float
        The parts of the image that a field has at least and at most.
    lit : float
        The part of it that differs from the ground: drawings are mostly paper.
    convex : float
        The part of its convex hull, and of the extent of its rows and columns, that it has.
    deepest_rim : float
        How deep its rim reaches at most, in parts of its own side.
    directed : float
        The rim ends where gradients across it are no larger on the average than this part of the structure.
    margin : float
        What is kept clear of beyond, in pixels of the level.
    cut : float
        A disc is cut by the frame where this part of its radius, at least, lies beyond.
    scales : tuple of float
        Gaussians, in pixels of the level, between which noise loses almost all of its energy and structure does not,
    structure : float
        if at least this part of it is left.
    band : float
        Two fields are compared where the outline of either is no farther than so many pixels of the level.
    apart, alike : float
        Outlines agree where they are no farther apart, in pixels of the level, and do so along this part,
    moved : float
        and have moved by no more, in parts of the rim: an edge is known the better, the sharper it is.
    """

    judged_side: float = 128
    first_side: float = 32
    corner: int = 3
    tolerances: tuple[float, ...] = (0.02, 0.05, 0.1, 0.2)
    deviations: float = 8.0
    sharp: float = 0.6
    least: float = 0.15
    most: float = 0.99
    lit: float = 0.7
    convex: float = 0.95
    deepest_rim: float = 0.15
    directed: float = 0.3
    margin: float = 1.0
    scales: tuple[float, float] = (0.0, 2.0)
    structure: float = 0.04
    band: float = 3.0
    apart: float = 1.5
    alike: float = 0.85
    moved: float = 0.04
    cut: float = 0.03


@dataclass(frozen=True)
class CountSettings:
    """How photon counts are told from other images, and made into one whose noise is alike all over.

    Attributes
    ----------
    sampled_values : int
        About so many pixels show what values there are.
    few_values : int
        So many of them show sooner that most images are none.
    least_values : int
        A mask, or black on white, has two values and is no picture of photons.
    slack : float
        Values are counts to this part of the step between them.
    most : float
        Images with more photons a pixel than this, on average, are as clear as any other picture.
    block, margin, blocks : int
        Variance is measured on up to so many blocks along each side, each of so many pixels and a margin around them.
    groups : int
        Blocks are told apart by their brightness in so many groups,
    alike, white : int
        of which so many must have as much variance as mean, and so many of them the same among near pixels and wider
        ones: bright small things may be as fine as pixels.
    least_counts : float
        With fewer photons nothing can be told.
    within : float
        Variance and mean are the same within this factor, and so are the variances of near pixels and of wider ones.
    enough : float
        Counts are summed over so many pixels that these are enough for the root to stabilise their variance,
    widest : float
        under a Gaussian of no more than this standard deviation, in pixels.
    """

    sampled_values: int = 65536
    few_values: int = 512
    least_values: int = 3
    slack: float = 0.01
    most: float = 40.0
    block: int = 8
    margin: int = 2
    blocks: int = 48
    groups: int = 4
    alike: int = 3
    white: int = 2
    least_counts: float = 100.0
    within: float = 1.4
    enough: float = 8.0
    widest: float = 2.0


@dataclass(frozen=True)
class MendingSettings:
    """How an image is smoothed whose missing pixels lie all over it.

    Attributes
    ----------
    whole : float
        Of an image with so many whole squares of two by two pixels to each that counts, or to each that it would have
        if what lies among its pixels were known, pixels are not missing all over.
    farthest : int
        Pixels lie among others if no square without one is more than so many pixels to either side,
    gain : float
        and no more than gives so much more whole squares.
    least : float
        With fewer whole squares to a pixel there is nothing to align.
    width : float
        Standard deviation of the Gaussian, in mean distances of pixels that count: what every second row or column
        shows would else be seen in the answer's fractions of a pixel.
    deviations : float
        How many of these the Gaussian reaches at least.
    """

    whole: float = 0.9
    farthest: int = 6
    gain: float = 0.001
    least: float = 0.5
    width: float = 0.6
    deviations: float = 3.0


@dataclass(frozen=True)
class SeenSettings:
    """How closely a picture is sampled that is seen from aside.

    Attributes
    ----------
    block : int
        Blocks of so many pixels a side are sampled alike.
    slack : float
        A pixel that covers this much more than a whole number of pixels needs no further sample.
    most_samples : int
        Along each axis; what is shortened more than that shows nothing but a blur.
    most_shortened : float
        Near its horizon a plane is shortened without end: no more is made of it than that.
    """

    block: int = 64
    slack: float = 0.3
    most_samples: int = 6
    most_shortened: float = 1e6


@dataclass(frozen=True)
class SamplingSettings:
    """Settings of what is made of one image.

    Attributes
    ----------
    levels : int
        Of a pyramid, at most.
    """

    levels: int = 12
    fields: FieldSettings = field(default_factory=FieldSettings)
    fill: FillSettings = field(default_factory=FillSettings)
    view: FieldOfViewSettings = field(default_factory=FieldOfViewSettings)
    counts: CountSettings = field(default_factory=CountSettings)
    mending: MendingSettings = field(default_factory=MendingSettings)
    seen: SeenSettings = field(default_factory=SeenSettings)


DEFAULTS: dict[int, SamplingSettings] = {2: SamplingSettings(), 3: SamplingSettings()}
