"""Settings of how tiles are placed, and when a family does not fit, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class TileShiftSettings:
    """How tiles are looked for where the pose does not say.

    Attributes
    ----------
    side : int
        Pixels of a tile's side.
    reach : int
        How far tiles are looked for, in pixels along both axes.
    neighbour : float
        The weight of the tiles beside a tile, along either axis, in where it lies: alone, it knows too little.
    together : int
        About so many tiles are correlated at a time: more of them leave a processor's cache.
    min_seen : float
        The part of a tile that must be seen in both images for the tile to count.
    flat : float
        A part of moving with less energy than this, as a part of the usual, is taken to have that much.
    faint : float
        So is a tile of either image with less than this part of the energy of those that hold most of it: beside a few
        objects on a plain page most tiles hold nothing but the last of an edge's slope.
    normal : float
        What a median deviation is multiplied by to be a standard deviation, of normal deviates.
    stands_out : float
        A tile can be placed whose best score lies so many deviations of its scores above their median: of the
        hundreds that are looked at, chance has one lie three above.
    min_placed : float
        Where fewer of the tiles that are seen stand out than this part, chance has placed them.
    near : int
        Of scenes that repeat themselves only the highest score so near to where the pose says is asked,
    alike, min_alike : float
        where that is at least `alike`, and so in this part of the tiles that are seen: little is by chance.
    least_noise : float
        The least part of a tile's energy that is taken not to be the other image's.
    clear, clear_errors : float
        It lies elsewhere than the pose says if its score there is so many deviations less, and it is so many of its own
        errors away: along a straight edge that is never so.
    """

    side: int = 16
    reach: int = 10
    neighbour: float = 0.5
    together: int = 32
    min_seen: float = 0.3
    flat: float = 0.25
    faint: float = 0.06
    normal: float = 1.4826
    stands_out: float = 5.0
    min_placed: float = 0.1
    near: int = 4
    alike: float = 0.5
    min_alike: float = 0.25
    least_noise: float = 0.05
    clear: float = 1.0
    clear_errors: float = 3.0


@dataclass(frozen=True)
class MisfitSettings:
    """When a family of transforms does not fit.

    Attributes
    ----------
    coarse_side, fine_side : float
        Tiles are placed on the level whose sides (their geometric mean) are at most `coarse_side` pixels, which sees
        far, and where they do not all lie where they should, on that of `fine_side`, which sees small parts: twice as
        many, so that there is one wherever images have been halved,
    fine_reach : int
        so far along both axes, in its pixels: parts that lie at different depths move farther apart than they bend.
    may_move : float
        The part of the tiles that may have moved by themselves: objects, not the scene.
    object_spans : float
        The part of what all tiles span that one object may span, which is more: of tiles that hold but half of it some
        are its.
    exact, near, doubtful_part : float
        Tiles are not looked at any closer where all but the part that may move lie within `exact` pixels of the coarse
        level of where they should, and all but `doubtful_part` of that part within `near`: a small tile's neighbours
        may hide that it moved.
    few_tiles : int
        Fewer tiles are always looked at closer: each shows so much of the scene that parts of it hide in one.
    min_tiles : int
        Fewer tiles say nothing about the family.
    tiles : TileShiftSettings
        How they are placed.
    """

    coarse_side: float = 128
    fine_side: float = 256
    fine_reach: int = 12
    may_move: float = 0.2
    object_spans: float = 0.3
    exact: float = 0.1
    near: float = 1.0
    doubtful_part: float = 0.5
    few_tiles: int = 32
    min_tiles: int = 8
    tiles: TileShiftSettings = field(default_factory=TileShiftSettings)
