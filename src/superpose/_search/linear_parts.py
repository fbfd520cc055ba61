"""Which turns and scales the exhaustive search tries."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import exp, log
from superpose._arithmetic.matrices import matmul
from superpose._search.scored_pose import IndexPoses
from superpose._search.search_range import SearchRange
from superpose._search.settings import SearchSettings
from superpose.transforms.family import Family
from superpose.transforms.geometry import IndexMap, nearest_turn, turn

Floats = NDArray[np.float64]
Shape = tuple[int, ...]


def linear_parts(
    family: Family, limits: SearchRange, start: IndexMap, shape: Shape, settings: SearchSettings
) -> list[Floats]:
    """Return the linear parts to try, from fixed to moving pixels, about the one of `start`."""
    base = start[:-1, :-1]
    if not family.turns:
        return [base]
    widest = math.radians(min(limits.angle, 180.0))
    if not family.scales:
        return _turned(base, turns((-widest, widest), shape, settings.coarseness))
    coarseness = settings.coarseness_with_scales
    angles = turns((-widest, widest), shape, coarseness)
    sizes = scales((1 / limits.scale, limits.scale), shape, coarseness)
    turned = _turned(base, angles)
    return [s * each for s in sizes for each in turned]


def _turned(base: Floats, angles: Iterable[float]) -> list[Floats]:
    """Return a linear part after turns by some angles."""
    return list(np.einsum("ij,kjl->kil", base, np.array([turn(a) for a in angles])))


def finer_parts(family: Family, seeds: IndexPoses, shape: Shape, settings: SearchSettings) -> list[Floats]:
    """Return the linear parts about those of `seeds`, at the spacing of the level with this shape."""
    if not family.turns:
        return [seed.pose[:-1, :-1] for seed in seeds[:1]]
    both = family.scales
    step = _step(shape, settings.coarseness_with_scales if both else settings.coarseness)
    cells = {}
    for seed in seeds:
        angle, size = nearest_turn(seed.pose[:-1, :-1])
        at = round(angle / step), round(log(size) / step) if both else 0
        for i in (-1, 0, 1):
            for j in (-1, 0, 1) if both else (0,):
                # A rigid motion keeps the ratio of the two levels' pixels.
                cell = (at[0] + i, at[1] + j)
                cells[cell] = (exp(cell[1] * step) if both else size) * turn(cell[0] * step)
    return [cells[cell] for cell in sorted(cells)]


def stretched_parts(family: Family, seeds: IndexPoses, shape: Shape, settings: SearchSettings) -> list[Floats]:
    """Return the linear parts about those of `seeds`, each stretched along several axes, and as much shorter across."""
    longer, count = 1 + settings.stretch, settings.stretch_axes
    axes = [turn(math.pi * k / count) for k in range(count)]
    stretches = [matmul(each, np.diag([longer, 1 / longer]), each.T) for each in axes]
    return [matmul(part, each) for part in finer_parts(family, seeds, shape, settings) for each in stretches]


def turns(angles: tuple[float, float], shape: Shape, coarseness: float) -> list[float]:
    """Return angles (radians), evenly spaced, for images of a shape.

    Any angle within the limits takes the image's corner to within `coarseness` pixels of where one of these takes it.
    """
    low, high = angles
    count = max(1, int(np.ceil((high - low) / _step(shape, coarseness))))
    if high - low >= 2 * np.pi - 1e-9:  # a full turn ends where it begins
        return [float(low + (high - low) * k / count) for k in range(count)]
    return [float(a) for a in np.linspace(low, high, count + 1)]


def scales(limits: tuple[float, float], shape: Shape, coarseness: float) -> list[float]:
    """Return scales, evenly spaced in their logarithm, that are as coarse at the corner as `turns`."""
    low, high = log(limits[0]), log(limits[1])
    count = int(np.ceil((high - low) / _step(shape, coarseness)))
    return [exp(float(s)) for s in np.linspace(low, high, count + 1)]


def _step(shape: Shape, coarseness: float) -> float:
    """Return the angle (radians) or the logarithm of scale that moves a corner by twice the coarseness."""
    diagonal = math.hypot(*shape)
    return 2 * coarseness / (0.5 * diagonal)
