"""Turns about the middle of the structure that fit as well as the answer: a ball has any, a box has some."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import side_of
from superpose._arithmetic.matrices import inverse, matmul, norm
from superpose._parallel import ordered_map
from superpose._problem import Problem
from superpose._refine.levenberg_marquardt import refine
from superpose._sampling.level_pair import LevelPair
from superpose._search.scored_pose import PhysicalPoses, ScoredPose
from superpose._volumes.directed import VolumeDirections
from superpose._volumes.directions import under
from superpose._volumes.levels import coarsest_with
from superpose._volumes.rotations import all_turns
from superpose._volumes.settings import VolumeSettings, VolumeVerifySettings
from superpose.image import Grid
from superpose.transforms.family import family_named
from superpose.transforms.geometry import IndexMap, PhysicalMap, about, apply, mirrored, nearest_rotation

Floats = NDArray[np.float64]


def rival_turns(pairs: list[LevelPair], pose: PhysicalMap, problem: Problem, settings: VolumeSettings) -> PhysicalPoses:
    """Return poses turned about the middle of fixed's structure, refined, by what part they agree of the pose's own."""
    how, threads = settings.verify, problem.threads
    pair = pairs[coarsest_with(pairs, how.turned_side)]
    family = family_named("rigid", 3)
    directed = VolumeDirections.of_levels(pair, pose, family, False, threads, settings)
    (fixed, moving), pair = directed.fields, directed.pair
    strength = np.einsum("k...,k...->...", fixed.parts, fixed.parts) * fixed.mask
    total = float(strength.sum(dtype=float))
    if not total > 0:
        return []
    lines = [np.arange(n, dtype=float) for n in strength.shape]
    sums = [strength.sum(tuple(j for j in range(3) if j != k), dtype=float) for k in range(3)]
    means = [float((line * each).sum()) / total for line, each in zip(lines, sums, strict=True)]
    middle = fixed.grid.to_physical(means)

    def agreement(at: PhysicalMap, step: int = 1) -> float:
        """Return how well directions agree, on every so many planes, rows and columns."""
        every = (..., *(slice(None, None, step),) * 3)
        parts, mask = fixed.parts[every], fixed.mask[every]
        index = IndexMap(matmul(pair.to_index(at), np.diag([step, step, step, 1.0])))
        turned, inside = under(moving, index, at[:-1, :-1], mask.shape, 1)
        both = inside & mask
        product = float((np.einsum("k...,k...->...", parts, turned) * both).sum(dtype=float))
        energy = float((np.einsum("k...,k...->...", turned, turned) * both).sum(dtype=float))
        own = total if step == 1 else float(strength[every].sum(dtype=float))
        return product / max(math.sqrt(own * energy), 1e-12)

    poses = [PhysicalMap(matmul(pose, about(each, np.zeros(3), middle))) for each in all_turns(how.turns)]
    poses = [each for each in poses if _turned(each, pose) > how.apart]
    # Which come next is told by fewer voxels, then by as many as the level must have; what they score, by all.
    for side, kept in ((how.turned_side / 2, how.looked_at), (how.turned_side, how.refined)):
        step = max(1, round(side_of(strength.size, 3) / side))
        scores = ordered_map(partial(agreement, step=step), poses, threads)
        poses = [poses[k] for k in sorted(range(len(poses)), key=lambda k: -scores[k])[:kept]]
    own, found = agreement(pose), []
    for each in poses:
        start = pair.to_index(each)
        objective = directed.turned_at(start)
        there = refine(objective, objective.state_at(start), problem.min_overlap, settings.coarse).state.matrix
        objective = directed.turned_at(there)
        there = refine(objective, objective.state_at(there), problem.min_overlap, settings.coarse).state.matrix
        at = pair.to_physical(there)
        # Where it led back it is no other.
        if _turned(at, pose) > how.apart:
            found.append(ScoredPose(at, agreement(at) / max(own, 1e-9), 1.0))
    return found


def is_another(pose: PhysicalMap, other: PhysicalMap, grid: Grid, settings: VolumeVerifySettings) -> bool:
    """Return whether two poses lie apart, by their turn or where they take fixed's middle: nearer is one slope."""
    if mirrored(pose) != mirrored(other) or _turned(pose, other) > settings.apart:
        return True
    off = norm(apply(pose, grid.centre) - apply(other, grid.centre))
    return off > settings.shifted * grid.side


def _turned(one: PhysicalMap, other: PhysicalMap) -> float:
    """Return by how many degrees two poses are turned against each other."""
    return math.degrees(norm(nearest_rotation(matmul(inverse(other[:-1, :-1]), one[:-1, :-1]))[0]))
