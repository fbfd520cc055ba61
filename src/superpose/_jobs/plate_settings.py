"""Settings of what is done with a glass plate, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field

from superpose._search.search_range import SearchRange


@dataclass(frozen=True)
class BorderSettings:
    """How an exposure's dark and light borders are told from its picture.

    Attributes
    ----------
    depth : float
        Borders are looked for in this outer part of each side.
    along : float
        A border's edge runs along the whole side: it is there in at least this part of the lines that cross it.
    step : float
        At an edge the intensities change by more than this part of the exposure's range.
    margin : float
        What is kept starts this part of the side further in: edges are soft, and plates lie at a slant.
    """

    depth: float = 0.1
    along: float = 0.7
    step: float = 0.05
    margin: float = 0.01


@dataclass(frozen=True)
class RimSettings:
    """How a rim where the emulsion of one exposure is damaged is told from the scene.

    Attributes
    ----------
    depth : float
        Such rims are looked for in this outer part of each side, and no more is taken off. The lines further in that
        they are compared with are twice as many.
    lines, segment : int, float
        Colours are averaged over so many lines, and this part of the side: grain and dust are no rim.
    margin : float
        A channel is damaged where it departs from the other two by this part of its range more than it does anywhere
        further in: by less is hardly seen. On undamaged photographs that takes 0.4 % off a side, on average.
    clipped : float
        A channel's range leaves out so many per cent of its pixels at either end.
    """

    depth: float = 0.06
    lines: int = 3
    segment: float = 1 / 32
    margin: float = 0.1
    clipped: float = 2.0


@dataclass(frozen=True)
class LocalSettings:
    """How it is found what an alignment of exposures leaves over by place.

    Attributes
    ----------
    seen_whole : int
        Exposures of so many pixels a side, or fewer, are aligned in full size, and nothing else is looked at: in
        pixels they are bent little, and tiles hold too little to tell how.
    cells, side : int, int
        One tile of this side is looked at in each of so many times so many cells: more than three times as many as the
        largest field has terms, of which each is placed to about 0.1 pixels in a fifth of a second.
    degree : int
        Of the field: lenses and plates that were drawn while wet bend by no more than cubic terms.
    least, most : int, float
        So many tiles, and this part of them, have to follow it.
    rounds, agrees, scatter, exact : int, float, float, float
        In each round tiles that lie so many usual distances off are left out anew; the usual one is the root of
        `scatter` times the median square, where shifts are normal in two dimensions, and no less than `exact` pixels.
    helps, least_shift : float, float
        What tiles are off by, mean square, falls to this part at most where each is foretold by the others; and the
        field is of so many pixels, root mean square: less cannot be seen.
    steady : float
        Added to the normal equations: terms that tiles do not tell are 0.
    """

    seen_whole: int = 1024
    cells: int = 6
    side: int = 128
    degree: int = 3
    least: int = 10
    most: float = 0.6
    rounds: int = 8
    agrees: float = 4.0
    scatter: float = 1.4427
    exact: float = 0.05
    helps: float = 0.5
    least_shift: float = 0.1
    steady: float = 1e-3


@dataclass(frozen=True)
class PlateSettings:
    """How a plate is cut into exposures, and how these are aligned.

    Attributes
    ----------
    min_rows : int
        A plate with fewer rows is too small to be cut.
    search : SearchRange
        How far exposures may lie from each other: one camera took them one after the other, and they are cut apart by
        thirds.
    borders : BorderSettings
        How borders are found,
    rims : RimSettings
        and what is damaged inside them.
    local : LocalSettings
        How it is found what is left over by place.
    """

    min_rows: int = 48
    search: SearchRange = field(default_factory=lambda: SearchRange(angle=3.0, scale=1.02, shift=0.25))
    borders: BorderSettings = field(default_factory=BorderSettings)
    rims: RimSettings = field(default_factory=RimSettings)
    local: LocalSettings = field(default_factory=LocalSettings)
