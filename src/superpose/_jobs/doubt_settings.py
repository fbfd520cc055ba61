"""Settings of what frames are doubted by, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SensorRimSettings:
    """How a rim that stays where it is on the sensor is told from the scene.

    Attributes
    ----------
    tolerance : float
        The rim is of one value, to this part of the range of the mean of some frames.
    corners : int
        It has so many of a frame's corners at least.
    least, least_side : float, int
        What is looked at instead is no less than this part of a frame, and has so many pixels a side.
    costs : float
        So many times the rim's own pixels are given up for that at most.
    solid, lines : float, float
        What the rim surrounds fills this part of its convex hull; or this part of each line along the frame's sides is
        the rim's.
    sharp, inside : float, float
        Two pixels inside the outline, intensities are beyond the rim's by this part of what they are so many pixels
        inside.
    most : float
        This part of some frames has the outline where their mean has it: what lies beside it in others may be dark.
    margin : int
        What is looked at lies so many pixels further in: optics blur the outline.
    moved : float
        Frames that lie no further from each other than that, in pixels, do not tell a rim from the scene.
    band, ridge, follows : float, float, float
        Within so many pixels of the outline it is told how that moves, not at all where less than `ridge` of it says
        so; it belongs to the scene if that is more than this part of how the scene moves.
    """

    tolerance: float = 0.05
    corners: int = 2
    least: float = 0.3
    least_side: int = 48
    costs: float = 5.0
    solid: float = 0.95
    lines: float = 0.98
    sharp: float = 0.55
    inside: float = 6.0
    most: float = 2 / 3
    margin: int = 3
    moved: float = 0.1
    band: float = 3.0
    ridge: float = 0.05
    follows: float = 0.5


@dataclass(frozen=True)
class RepeatSettings:
    """How a scene that repeats itself is known: what it looks like is the same in several places.

    Attributes
    ----------
    suspected, asked : float, float
        Where another place scores the first part of the highest one, of means of frames, these are looked at there; and
        `register` is asked where it scores the second part.
    alike, held : float, float
        They look the same if their slopes are so far alike as at the best place, where both show this part of all
        slopes.
    means : int
        Each of so many frames.
    """

    suspected: float = 0.35
    asked: float = 0.5
    alike: float = 0.9
    held: float = 0.4
    means: int = 8


@dataclass(frozen=True)
class LightSettings:
    """When the sensor's own light has drawn frames, and how it is told.

    Attributes
    ----------
    told_by, least_frames, moved : int, int, float
        It is told by so many frames at most, and not at all of fewer than the least, nor of frames that all lie within
        so many pixels.
    squares : int
        Frames are compared with what they show together in so many squares along each side,
    covered : float
        where this part of them shows what one does.
    degree : int
        The light's logarithm is a polynomial of the place.
    fits, odd : int, float
        It is fitted so often: squares that are off by so many times what is usual have less of a say.
    surely : float
        It is there where it explains so many times what chance would: photographs in even light reach 2.
    smooth : float
        What it leaves unexplained is noise: where neighbouring squares have more than this part of that in common,
        something else changes there.
    darkest : float
        It is taken for no darker than this part of its brightest.
    rounds, drawn, far : int, float, float
        So often at most frames are laid anew in even light: while that moves them by this part of their error, and by
        so many pixels,
    as_exact : float
        and leaves their error no larger than so many times: a shadow that passes over the scene is no light of the
        sensor's, and frames tell less once it is taken for one.
    """

    told_by: int = 96
    least_frames: int = 6
    moved: float = 0.5
    squares: int = 16
    covered: float = 0.7
    degree: int = 4
    fits: int = 4
    odd: float = 3.0
    surely: float = 20.0
    smooth: float = 0.3
    darkest: float = 0.05
    rounds: int = 3
    drawn: float = 0.5
    far: float = 0.02
    as_exact: float = 1.15
