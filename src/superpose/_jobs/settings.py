"""Settings of what is done with many frames, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field

from superpose._jobs.doubt_settings import LightSettings, RepeatSettings, SensorRimSettings


@dataclass(frozen=True)
class NetworkSettings:
    """How poses are solved for together, and which links are believed.

    Attributes
    ----------
    limit : float
        A link fits if it is off by no more than so many of its own standard deviations.
    least : float
        No link is more exact than that, in pixels.
    first, growth, rounds : float, float, int
        Truncated least squares begins no less convex than `first`, comes nearer to itself by the factor `growth` in
        each round, and ends with the last one.
    never_nothing : float
        What weight a link keeps while it does not fit: a frame that nothing else ties stays where it leads.
    exact, steps : float, int
        Conjugate gradients end where a step is worth so little, in standard deviations of links, or after so many.
    """

    limit: float = 4.0
    least: float = 1e-3
    first: float = 1e-12
    growth: float = 1.4
    rounds: int = 80
    never_nothing: float = 1e-6
    exact: float = 1e-3
    steps: int = 2000


@dataclass(frozen=True)
class LatentSettings:
    """How shifts are made better against the mean of all frames.

    Attributes
    ----------
    edge : int
        Frames fade out over so many pixels at their borders.
    rounds, enough : int, float
        The most rounds there are; they end when steps are no longer than this part of what noise lets expect of errors.
    level : float
        Nor do they end while it is told anew how bright frames are, by more than this part of a pixel's noise.
    blurred : float
        Where steps were longer than so many times that the mean was blurred, and what stands out from noise is told
        again.
    longest : float
        No step is longer, in pixels.
    above : float
        A ring of frequencies shows something where its power is above that of noise by more than so many deviations.
    softened : float
        How bright it is where a pixel lies is told by a blur of so many pixels.
    around, powers : float, tuple of float
        How much of a band of frequencies a place shows is told by so many of its shortest waves around, and what passes
        there is between what does for so many times the usual power.
    least : float
        The mean shows something where more than this part of its slopes is the scene's.
    told_by, groups : int
        Noise is told by so many frames, over so many groups of intensities.
    lines : int
        On every so manieth line.
    darkest : float
        No pixel's noise, and no frame's brightness, is taken for less than this part of the usual one.
    square : int
        Whether a place's brightness changes is told by squares of so many pixels,
    by_chance : float
        where they differ from the mean by more than noise does, and so many deviations of what chance makes of that,
    misplaced : float
        and than a frame does that lies so many pixels beside its place.
    tells : float
        Places count alike where those that keep their brightness have less than this part of the scene's slopes in the
        end: stars that twinkle tell all there is, and are where they are.
    """

    edge: int = 8
    rounds: int = 8
    enough: float = 0.25
    level: float = 0.1
    blurred: float = 5.0
    longest: float = 1.0
    above: float = 3.0
    softened: float = 2.0
    around: float = 0.5
    powers: tuple[float, ...] = (1 / 16, 1 / 4, 1.0, 4.0, 16.0)
    least: float = 0.05
    told_by: int = 6
    groups: int = 16
    lines: int = 8
    darkest: float = 0.02
    square: int = 8
    by_chance: float = 6.0
    misplaced: float = 0.1
    tells: float = 0.3


@dataclass(frozen=True)
class NeighbourSettings:
    """How links between frames that are merely shifted are found on small copies.

    Attributes
    ----------
    side, least_side : float
        Copies have about `side` pixels along the longer side, but no fewer than `least_side` along the shorter one.
    least_overlap : float
        Shifts that leave less of a frame are not looked at.
    least_scene : float
        No ring of frequency is taken for less than this part scene.
    read_off : float
        To this part of a copy's pixel a peak's place is known at best.
    clear : float
        A peak that exceeds the highest expected of wrong shifts by so many standard deviations is a link.
    repeated : float
        Where another peak is higher than this part of the highest a frame may lie in several places.
    strides : tuple of int
        With frames so many places before it each is linked.
    kept_bytes : int
        What is compared of frames is kept where it takes no more than this.
    """

    side: float = 128
    least_side: int = 24
    least_overlap: float = 0.2
    least_scene: float = 0.02
    read_off: float = 0.05
    clear: float = 3.0
    repeated: float = 0.85
    strides: tuple[int, ...] = (1, 4, 16, 64)
    kept_bytes: int = 2**27


@dataclass(frozen=True)
class CanvasSettings:
    """How large what frames are laid on may be.

    Attributes
    ----------
    pixels, times : int, float
        What all frames cover together is a canvas if it has no more pixels than that, or than so many times a frame:
        a float of each takes 1 GB.
    """

    pixels: int = 2**28
    times: float = 4.0


@dataclass(frozen=True)
class WorkerSettings:
    """How workers are kept busy, and when they are given up.

    Attributes
    ----------
    ahead : int
        So many tasks are under way for each thread: the next one is there when one is done.
    most_bytes : int
        Frames that are in memory are sent if they take no more than this.
    answers_within : float
        A scheduler answers, and the first worker comes, in so many seconds.
    asked_every, patience : float
        While nothing is done workers are counted every so many seconds; with none for longer than that the job ends.
    """

    ahead: int = 3
    most_bytes: int = 2**26
    answers_within: float = 10.0
    asked_every: float = 5.0
    patience: float = 60.0


@dataclass(frozen=True)
class CombineSettings:
    """How many frames become one image.

    Attributes
    ----------
    elements : int
        So many numbers of all frames are in memory at once; what is made of them takes about five times as much.
    clipped, rounds : float, int
        Values are left out that are further from the median than so many deviations, until none is or so many times.
    compared, samples, sampled : int, int, int
        A frame's noise is told by its differences from so many others, at so many pixels: to 3 %. Of all frames no more
        numbers than `sampled` are taken for that.
    quietest, worth : float, float
        No frame has less than this part of the usual variance. Noise counts where equal weights would make the result's
        variance larger by more than this factor.
    groups, least_pixels : int, int
        Noise over intensity is told in so many groups of pixels, or fewer that have so many each.
    """

    elements: int = 2**23
    clipped: float = 3.0
    rounds: int = 5
    compared: int = 8
    samples: int = 4096
    sampled: int = 2**25
    quietest: float = 1e-3
    worth: float = 1.02
    groups: int = 16
    least_pixels: int = 256


@dataclass(frozen=True)
class VolumeStackSettings:
    """How the volumes of a series are laid on each other.

    Attributes
    ----------
    link_voxels, least_side : int, int
        Links are found on the finest level of no more than so many voxels, from the coarsest one on whose longest side
        has so many at least.
    strides : tuple of int
        With volumes so many places before it each is linked.
    alike : float
        A volume's place is known by its first link if that leaves both at least this part as alike as usual: others
        need not begin on the coarsest level.
    link_floor, link_spread : float
        A link is off by this part of its level's voxel at least, and by so many times what noise alone makes of it.
    min_overlap : float
        Of the smaller volume.
    rounds, settled : int, float
        So many times at most poses are made better against the mean of the others: the last time is the one that moves
        the corners of half of the volumes by no more than this, in voxels.
    many : int
        A volume is compared with the mean of the others, or of all where these are more: what it says itself hardly
        counts among so many.
    sampled : int
        The residuals' scale is read off about so many voxels.
    least_seen : float
        The mean counts where this part of the volumes that make it show something.
    unlike, unalike : float
        A volume is asked of `register` if it correlates with the mean by less than this part of what is usual, or if
        what is left of its variance is so many times the usual part.
    vouched : int
        `register` is asked of one volume that fits as most do, and of every one if there are no more than so many.
    agrees : float
        It says the same if no corner is further off, in voxels.
    """

    link_voxels: int = 40000
    least_side: int = 16
    strides: tuple[int, ...] = (1, 4, 16, 64)
    alike: float = 0.8
    link_floor: float = 0.05
    link_spread: float = 3.0
    min_overlap: float = 0.3
    rounds: int = 3
    settled: float = 0.25
    many: int = 24
    sampled: int = 16000
    least_seen: float = 0.5
    unlike: float = 0.5
    unalike: float = 4.0
    vouched: int = 4
    agrees: float = 1.5


@dataclass(frozen=True)
class StackSettings:
    """How the frames of a series are laid on each other.

    Attributes
    ----------
    samples : int
        From so many frames it is told what is scene and what is noise.
    fits_mean : float
        A frame belongs to the others if it fits their mean at least this part as clearly as most of them do.
    agrees : float
        Its place there is the one that links say if they differ by no more than so many pixels of small copies.
    widest : float
        What frames cover together is held if it is no more than so many times a frame.
    worked_at : int
        Links that are more than shifts are found on copies with so many pixels along their longer side,
    register_strides : tuple of int
        between frames so many places apart,
    register_rounds : int
        and made better against the mean so many times.
    kept_bytes : int
        Frames are read but once where all of them take no more than this.
    least_side : int
        Frames that are no volumes have so many pixels along either side: less says too little.
    rims, light, repeats, neighbours, network, latent, canvas, volumes
        Of the stages.
    """

    samples: int = 16
    fits_mean: float = 0.3
    agrees: float = 1.5
    widest: float = 8.0
    worked_at: int = 192
    register_strides: tuple[int, ...] = (1, 4, 16, 64)
    register_rounds: int = 2
    kept_bytes: int = 2**29
    least_side: int = 16
    rims: SensorRimSettings = field(default_factory=SensorRimSettings)
    light: LightSettings = field(default_factory=LightSettings)
    repeats: RepeatSettings = field(default_factory=RepeatSettings)
    neighbours: NeighbourSettings = field(default_factory=NeighbourSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    latent: LatentSettings = field(default_factory=LatentSettings)
    canvas: CanvasSettings = field(default_factory=CanvasSettings)
    volumes: VolumeStackSettings = field(default_factory=VolumeStackSettings)
