"""Bands of scale beyond the first: each is searched on levels that make it an ordinary one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from superpose._arithmetic.matrices import matmul
from superpose._engine.settings import EngineSettings
from superpose._problem import Problem
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._search.search_range import SearchRange
from superpose.transforms.geometry import PhysicalMap, about

Levels = list[PreparedLevel]


@dataclass(frozen=True, eq=False)
class Band:
    """A part of the scales that are searched: the problem about the middle of it, its limits, and levels for it.

    Where one image shows the scene several times larger, its pixels are that much finer than the other's: one of its
    coarser levels lies beside the other's finest, and what the two share is as many pixels as in any other pair.
    """

    problem: Problem
    limits: SearchRange
    pairs: list[LevelPair]


def bands_of_scale(
    problem: Problem, fixed: Levels, moving: Levels, limits: SearchRange, settings: EngineSettings
) -> Iterator[Band]:
    """Yield the bands that make up a range of scales, the one about the start first.

    Parameters
    ----------
    problem : Problem
        What is to be searched.
    fixed, moving : list of PreparedLevel
        The levels of its images, finest first.
    limits : SearchRange
        The whole range.
    settings : EngineSettings
        How wide a band is.
    """
    widest = settings.basins.band
    fixed, moving = _of_one_size(fixed, moving)
    if not problem.family.scales or limits.scale <= widest:
        yield Band(problem, limits, _paired(fixed, moving))
        return
    yield Band(problem, replace(limits, scale=widest), _paired(fixed, moving))
    # An image shown still larger would be narrower than anything that can be aligned.
    farthest = min(limits.scale, max(*fixed[0].shape, *moving[0].shape) / settings.least_side)
    nearer, halvings = widest, 1
    while nearer < farthest:
        further = min(nearer * 2.0, farthest)
        middle, within = math.sqrt(nearer * further), replace(limits, scale=math.sqrt(further / nearer))
        if halvings < len(moving):
            yield Band(_magnified(problem, middle), within, _paired(fixed, moving[halvings:]))
        if halvings < len(fixed):
            yield Band(_magnified(problem, 1 / middle), within, _paired(fixed[halvings:], moving))
        nearer, halvings = further, halvings + 1


def _of_one_size(fixed: Levels, moving: Levels) -> tuple[Levels, Levels]:
    """Return both images' levels, the first ones left out whose pixels are nearly halves of the other's finest."""
    ratio = moving[0].image.grid.pixel_side / fixed[0].image.grid.pixel_side
    part, halvings = math.frexp(ratio)
    halvings -= part < math.sqrt(0.5)
    return fixed[max(0, halvings) :] or fixed[-1:], moving[max(0, -halvings) :] or moving[-1:]


def _paired(fixed: Levels, moving: Levels) -> list[LevelPair]:
    return [LevelPair(*both) for both in zip(fixed, moving, strict=False)]


def _magnified(problem: Problem, factor: float) -> Problem:
    """Return a problem whose start shows moving so many times larger about fixed's centre."""
    centre = problem.fixed_grid.centre
    larger = about(factor * np.eye(len(centre)), np.zeros(len(centre)), centre)
    return replace(problem, start=PhysicalMap(matmul(problem.start, larger)))
