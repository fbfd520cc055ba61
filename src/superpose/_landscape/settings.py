"""Settings of landscapes, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class SweepSettings:
    """What is tried of a parameter when the caller does not say.

    Attributes
    ----------
    curve_samples, surface_samples : int
        How many values of one parameter, and of each of two.
    shift : float
        How far shifts go either way, as part of fixed's side.
    scale : float
        How far scales go either way: by this factor.
    """

    curve_samples: int = 181
    surface_samples: int = 41
    shift: float = 0.9
    scale: float = 2.0


@dataclass(frozen=True)
class MapSettings:
    """How the maps around an answer are made.

    Attributes
    ----------
    reach : float
        A level's map reaches this many of its own pixels to either side of the answer: what a descent there can see.
    samples : int
        How many values of each parameter.
    min_side : int
        Coarser levels than those with so many pixels along a side show nothing of the images.
    min_overlap : float
        Where less of the smaller image is covered, a map has no value.
    same_plane : float
        A basin lies in a map's plane if it is no further from it than this part of the reach.
    longest : int
        Levels with more pixels along a side are left out where the caller does not say: each of their values takes a
        warp of all of them.
    """

    reach: float = 12.0
    samples: int = 21
    min_side: int = 16
    min_overlap: float = 0.05
    same_plane: float = 0.25
    longest: int = 256


@dataclass(frozen=True)
class LandscapeSettings:
    """Settings of landscapes: of `landscape`, and of the maps around an answer."""

    sweep: SweepSettings = field(default_factory=SweepSettings)
    maps: MapSettings = field(default_factory=MapSettings)


# A value of a volume takes as long as ten of an image.
DEFAULTS: dict[int, LandscapeSettings] = {
    2: LandscapeSettings(),
    3: LandscapeSettings(
        SweepSettings(curve_samples=91, surface_samples=21), MapSettings(samples=15, min_side=8, longest=64)
    ),
}
