"""Proposals of the exhaustive search: which turns and scales to try, and which of the peaks are different poses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._sampling.level import PreparedLevel
from superpose._search.exhaustive import scales, search, turns
from superpose._search.null_distribution import NullDistribution
from superpose._search.scored_pose import IndexPoses
from superpose.transforms.geometry import IndexMap, nearest_turn, turn

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SearchRange:
    """How far the global search goes, about the initial pose.

    Parameters
    ----------
    angle : float
        Largest turn either way, in degrees; default 180.
    scale : float
        Largest magnification either way, for families that have one; default 2.
    shift : float
        Largest shift along each axis, as part of the fixed image's side; default: as far as `min_overlap` allows.
    """

    angle: float = 180.0
    scale: float = 2.0
    shift: float = np.inf


EVERYWHERE = SearchRange()
LOCAL = SearchRange(angle=15.0, scale=1.1, shift=0.15)

# Half the distance between neighbours of the grid of turns, at the image's corner, in pixels of the level; the grid
# of scales has the same, and where there are both the two are a little coarser.
COARSENESS = 1.25
COARSENESS_BOTH = 1.7


def linear_parts(
    family: str, limits: SearchRange, start: IndexMap, shape: tuple[int, int], coarser: float = 1.0
) -> list[Floats]:
    """Return the linear parts to try, from fixed to moving pixels, about the one of `start`."""
    base = start[:2, :2]
    if family == "translation":
        return [base]
    widest = np.radians(min(limits.angle, 180.0))
    if family == "rigid":
        return [base @ turn(a) for a in turns((-widest, widest), shape, coarser * COARSENESS)]
    angles = turns((-widest, widest), shape, coarser * COARSENESS_BOTH)
    sizes = scales((1 / limits.scale, limits.scale), shape, coarser * COARSENESS_BOTH) if limits.scale > 1 else [1.0]
    return [s * base @ turn(a) for s in sizes for a in angles]


def finer_parts(family: str, seeds: IndexPoses, shape: tuple[int, int]) -> list[Floats]:
    """Return the linear parts about those of `seeds`, at the spacing of the level with this shape."""
    if family == "translation":
        return [seed.pose[:2, :2] for seed in seeds[:1]]
    both = family != "rigid"
    step = 2 * (COARSENESS_BOTH if both else COARSENESS) / (0.5 * float(np.hypot(*shape)))
    cells = {}
    for seed in seeds:
        angle, size = nearest_turn(seed.pose[:2, :2])
        at = round(angle / step), round(float(np.log(size)) / step) if both else 0
        for i in (-1, 0, 1):
            for j in (-1, 0, 1) if both else (0,):
                # A rigid motion keeps the ratio of the two levels' pixels.
                cell = (at[0] + i, at[1] + j)
                cells[cell] = (np.exp(cell[1] * step) if both else size) * turn(cell[0] * step)
    return [cells[cell] for cell in sorted(cells)]


def propose(
    fixed: PreparedLevel,
    moving: PreparedLevel,
    linears: list[Floats],
    limits: SearchRange,
    start: IndexMap,
    min_overlap: float,
    threads: int,
) -> tuple[IndexPoses, NullDistribution]:
    """Return the peaks of the search on one level that are different poses, by falling score, and its null."""
    shape = fixed.shape
    middle = (np.array(shape) - 1) / 2
    centre = start[:2, :2] @ middle + start[:2, 2]
    reach = np.minimum(limits.shift, 10.0) * np.array(shape)
    found, null = search(fixed, moving, linears, centre, reach, min_overlap, threads)
    return different(found, shape, 3.0, 32), null


def different(found: IndexPoses, shape: tuple[int, int], distance: float, most: int) -> IndexPoses:
    """Return the best of `found` (sorted by score) that lie a `distance` apart at some corner."""
    rows, columns = shape
    corners = np.array([[0, 0, 1], [0, columns - 1, 1], [rows - 1, 0, 1], [rows - 1, columns - 1, 1.0]])
    kept: IndexPoses = []
    places: list[Floats] = []
    for each in found:
        mapped = corners @ each.pose.T
        place = mapped[:, :2] / mapped[:, 2:]
        # In fixed pixels, whatever the magnification.
        size = np.sqrt(abs(np.linalg.det(each.pose[:2, :2])))
        if all(np.abs(place - other).max() > distance * size for other in places):
            kept.append(each)
            places.append(place)
            if len(kept) == most:
                break
    return kept
