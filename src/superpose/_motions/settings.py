"""Settings of the second look, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class StructureSettings:
    """What of an image is structure, and when two images' structure is the same. Lengths are in pixels of the level.

    Attributes
    ----------
    widths : tuple of float
        Standard deviations of the Gaussians under which gradients are taken: letters and dust differ in size.
    window : float
        Gradients are compared within a Gaussian window of so many of these widths.
    seen : float
        Structure is where the gradients' mean square exceeds that of noise this many times.
    agrees : float
        It is the same where gradients correlate by more than this,
    contradicts : float
        and another where by less than this,
    clearly : float
        and their mean square exceeds that of noise this many times in one image: what noise is never agrees.
    least_noise : float
        Noise is taken to be at least this part of an image's deviation: an image without noise has rounding.
    noise_pixels : int
        Noise is measured on rows with about so many pixels.
    """

    widths: tuple[float, ...] = (1.0, 2.0)
    window: float = 1.5
    seen: float = 4.0
    agrees: float = 0.7
    contradicts: float = 0.4
    clearly: float = 6.0
    least_noise: float = 1e-3
    noise_pixels: int = 10_000


@dataclass(frozen=True)
class SpikeSettings:
    """What single pixels are told by that belong to the sensor.

    Attributes
    ----------
    stands_out : float
        A spike differs from the median of its neighbourhood by so many deviations of noise in both images,
    alike : float
        and by no less than this part in one image of what it differs by in the other,
    reach : int
        where the neighbourhood reaches so many pixels to each side.
    of_texture : float
        Where a neighbourhood's own robust deviation is more than noise, this part of it stands for noise.
    """

    stands_out: float = 5.0
    alike: float = 0.6
    reach: int = 2
    of_texture: float = 0.8


@dataclass(frozen=True)
class ScreenSettings:
    """How it is seen in little time that nothing lies still beside what moved, as in most pairs.

    Attributes
    ----------
    side : float
        Gradients are taken on the finest level whose sides (their geometric mean) have no more pixels than this.
    width : float
        Standard deviation of the Gaussian they are taken under.
    block : int
        They are compared in blocks of so many pixels a side.
    factor, least : float
        A closer look is taken where more blocks agree than at other shifts, by this factor and this number. Of the
        shifts, the one with the most may be the scene's own.
    of_median : float
        And where it is so many times what agrees, in the median, at the shifts of that closer look itself, which are
        fewer pixels of this level: of smooth scenes that moved little, nearly as much does.
    rows : int
        Single pixels are looked for on every so many rows,
    least_spikes : float
        and looked at more closely where at least so many more stand out in both images than at other shifts.
    clear : float
        Another motion is not looked for where the tiles that contradict an answer are less than this part of those that
        would be enough, on a level with pixels twice as large.
    few_tiles : float
        Where no more than this part of the tiles of the overlap says anything there, they are always looked at closer:
        a few are soon too few.
    """

    side: float = 300
    width: float = 1.0
    block: int = 8
    factor: float = 1.2
    least: float = 5.0
    of_median: float = 1.4
    rows: int = 2
    least_spikes: float = 10.0
    clear: float = 0.75
    few_tiles: float = 0.25


@dataclass(frozen=True)
class StillSettings:
    """When structure that both images have at the same pixels is more than chance, and not all there is.

    Attributes
    ----------
    shifts : tuple of (int, int)
        How often structure agrees by chance is seen at these shifts, in pixels of the level. They are short, for far
        from a compact scene there is nothing to agree with; and their median counts, for one of them may be the
        scene's own.
    deviations : float
        Structure that lies still exceeds chance by so many deviations of it,
    factor : float
        and so many times,
    least : int
        and by so many pixels.
    assumed : float
        Chance scatters by the root of this many pixels at least.
    moved : float
        Nothing is asked where less than this part of the structure contradicts,
    least_moved : int
        or fewer pixels than this.
    grown : tuple of int
        What lies still is grown by so many pixels, by width: its edges are seen, and it reaches as far beyond them.
    """

    shifts: tuple[tuple[int, int], ...] = ((3, 9), (14, 5), (8, -4), (-6, 14), (-3, -8), (-14, -6), (-9, 4), (5, -14))
    deviations: float = 6.0
    factor: float = 1.5
    least: int = 10
    assumed: float = 25.0
    moved: float = 0.1
    least_moved: int = 100
    grown: tuple[int, ...] = (2, 3)


@dataclass(frozen=True)
class NearbySettings:
    """How a scene that moved by less than its edges' width is told from what lies still. Lengths are in pixels.

    Attributes
    ----------
    width : float
        Standard deviation of the Gaussian under which images are compared.
    window : float
        The same of the windows that are asked whether they moved,
    every : int
        so far apart.
    light : float
        Differences wider than this are the light's.
    counted : float
        Gains, of which noise makes 1, count up to this; larger losses count less, and nothing from twice this on.
    clear : float
        A window that gains or loses this much is clear.
    surely : float
        Windows gain together if by so many deviations.
    least : int
        Fewer pixels that clearly lie still are none.
    grown : int
        What lies still is grown by so many pixels.
    radii, directions : tuple
        The shifts that are tried.
    steps : int
        The best of them is refined in so many steps,
    beyond : float
        each without windows that clearly lose so many times as far on.
    side : float
        Windows are asked on the finest level whose sides have no more pixels than this.
    rounds : int
        They are asked so often, each time about the last pose found.
    reach : float
        A pose that takes a corner farther than this from another one is not near it.
    farthest : float
        Poses that move a corner by more than this are not asked.
    far_better : float
        What seems to lie still moved, too, where a short motion leaves less than this part of its differences.
    """

    width: float = 1.5
    window: float = 3.0
    every: int = 6
    light: float = 6.0
    counted: float = 2.0
    clear: float = 9.0
    surely: float = 5.0
    least: int = 30
    grown: int = 3
    radii: tuple[float, ...] = (0.15, 0.3, 0.6, 1.0, 1.5, 2.2, 3.0)
    directions: tuple[tuple[float, float], ...] = (
        (0.0, 1.0), (0.5, 0.866), (0.866, 0.5), (1.0, 0.0), (0.866, -0.5), (0.5, -0.866),
        (0.0, -1.0), (-0.5, -0.866), (-0.866, -0.5), (-1.0, 0.0), (-0.866, 0.5), (-0.5, 0.866),
    )  # fmt: skip
    steps: int = 5
    beyond: float = 1.5
    side: float = 300
    rounds: int = 3
    reach: float = 4.0
    farthest: float = 6.0
    far_better: float = 0.5


@dataclass(frozen=True)
class LeftOutSettings:
    """How structure is left out of an image. Lengths are in pixels.

    Attributes
    ----------
    narrow : float
        Parts that are nowhere farther from their rim than this are filled from around; wider ones are missing. (All of
        them filled would draw the pose back to them; all missing, hot pixels would leave nothing.)
    filled_from : float
        Standard deviation of the Gaussian that fills them.
    least_left : float
        With less than this part of the pixels left nothing is asked.
    """

    narrow: float = 4.0
    filled_from: float = 3.0
    least_left: float = 0.05


@dataclass(frozen=True)
class ChoiceSettings:
    """Which of two motions is the scene's.

    Attributes
    ----------
    unexplained : float
        Another motion is looked for where the first pose leaves this part of the tiles unexplained, by intensities,
    unexplained_blind : float
        or this part, by directions of edges, which between modalities are never all the same,
    contradicted : float
        and those that contradict it are this part of those that it explains. An object that moved beside it has to
        explain so many of them that less is left;
    contradicted_blind : float
        by directions of edges, less than this part.
    likely : float
        A motion with at least this confidence casts doubt on the first one.
    tiles : int
        Each side is cut into so many parts; a motion explains a tile where more than `least_in_tile` pixels agree.
    least_in_tile : int
        See `tiles`.
    near, deviations, farthest : float
        The first pose is the zero pose where it moves no corner by more than `near` pixels or by `deviations` times its
        own error, up to `farthest`.
    doubtful : float
        The zero pose is in doubt where tiles that contradict it are more than this part of those where it holds,
    doubtful_scattered : float
        or, if they hold less than the part `dense` of what they span, more than this part.
    short : float
        After a motion of no more than so many pixels at the corners, a scene's edges still agree with themselves,
    beyond : float
        and what lies still is another's only if it is so many times what agrees as far beyond the motion.
    same : float
        Poses within so many pixels at the corners are one.
    exactly : float
        or, where a scene moved by little, within so many times their errors.
    object : float
        What explains less than this part of the tiles that the first pose does is an object in a still scene,
    scene : float
        and from this part on it is the scene itself,
    spanned : float
        if the outline of these tiles spans this part of the frame: what moves within a smaller one may be an object.
    object_spans : float
        An object that moved in a scene which moved as well spans no more than this part of what that does: two halves
        that moved apart may differ as much in structure.
    chance : float
        A pose explains a tile by chance where it explains less than this part of what contradicts it there.
    dense : float
        What lies still is no scene if it holds less than this part of the tiles that it spans.
    few : float
        Nor where it is no more than this part of the tiles of a motion that was found without it as well.
    within, frame : float
        What lies still and spans the part `frame` of the frame is the scene already if what moves has less than this
        part of its tiles, and spans less than the part `spanned` of what it does.
    exact : float
        A motion whose error is above this, in pixels, does not replace an answer.
    overlaid : float
        Where a sensor's pattern lies over a scene, the scene moves between its parts: a tile in which less than this
        part as much moves as lies still is one of something solid,
    scenery : float
        and what is solid in this part of the tiles may be the scene itself, or a layer of it.
    layer, layer_tiles, layer_spanned : float, int, float
        So may what holds no single pixels, where this part of at least so many tiles lies elsewhere than the motion,
        and these span so much of the frame: a faint scene's caption may hold most of the tiles that can be placed,
    bent : float
        or this part of those that do not lie still: then the scene bends.
    """

    unexplained: float = 0.3
    unexplained_blind: float = 0.5
    contradicted: float = 0.4
    contradicted_blind: float = 1.0
    likely: float = 0.5
    tiles: int = 16
    least_in_tile: int = 4
    near: float = 0.5
    deviations: float = 5.0
    farthest: float = 4.0
    doubtful: float = 0.35
    doubtful_scattered: float = 0.15
    short: float = 40.0
    beyond: float = 2.5
    same: float = 3.0
    exactly: float = 3.0
    object: float = 0.4
    scene: float = 1.0
    spanned: float = 0.5
    object_spans: float = 0.3
    chance: float = 0.5
    dense: float = 0.45
    few: float = 0.1
    within: float = 0.67
    frame: float = 0.8
    exact: float = 1.0
    overlaid: float = 0.2
    scenery: float = 0.25
    layer: float = 1 / 3
    bent: float = 0.2
    layer_tiles: int = 32
    layer_spanned: float = 0.25


@dataclass(frozen=True)
class MotionSettings:
    """Settings of all parts of the second look.

    Attributes
    ----------
    largest_side : float
        It is taken on the finest level whose sides (their geometric mean) have no more pixels than this.
    whole, whole_deviations, least_part : float, float, int
        Images of unlike shape may have a sensor in common where the answer is within so many pixels, and so many times
        its error, of a shift by whole pixels, which leaves so many a side.
    """

    largest_side: float = 520
    whole: float = 0.1
    whole_deviations: float = 3.0
    least_part: int = 64
    screen: ScreenSettings = field(default_factory=ScreenSettings)
    structure: StructureSettings = field(default_factory=StructureSettings)
    spikes: SpikeSettings = field(default_factory=SpikeSettings)
    still: StillSettings = field(default_factory=StillSettings)
    nearby: NearbySettings = field(default_factory=NearbySettings)
    left_out: LeftOutSettings = field(default_factory=LeftOutSettings)
    choice: ChoiceSettings = field(default_factory=ChoiceSettings)


DEFAULTS: dict[int, MotionSettings] = {2: MotionSettings()}
