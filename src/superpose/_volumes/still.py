"""What lies exactly still between two volumes whose scene moved: a table, a ring of the detector, hot voxels.

Volumes of one grid are compared as they are, voxel on voxel, by what is fine in them, where the pose moves it by more
than its own size. An edge of the scene that runs along the motion is alike there, too: but as much a few voxels farther
along.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from superpose._parallel import ordered_map
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._volumes.levels import smoothed
from superpose._volumes.settings import StillSettings
from superpose.image import Pixels
from superpose.transforms.geometry import PhysicalMap

Floats = NDArray[np.float64]


def lying_still(pair: LevelPair, pose: PhysicalMap, threads: int, settings: StillSettings) -> float:
    """Return the part of what is fine in a level that lies still between its volumes; 0 where that may be chance."""
    grids = pair.fixed.image.grid, pair.moving.image.grid
    if grids[0].shape != grids[1].shape or grids[0].spacing != grids[1].spacing:
        return 0.0
    shape, reach = grids[0].shape, settings.reach
    if min(shape) <= 2 * reach:
        return 0.0
    gap = pair.to_index(pose) - np.eye(4)
    fixed, moving = (_fine(each, threads, settings) for each in (pair.fixed, pair.moving))
    usable = pair.fixed.image.trusted & pair.moving.image.trusted

    def slab(ends: tuple[int, int]) -> Floats:
        """Return the sums over the blocks of some planes: alike as they are, along the motion, against it; energies."""
        inner = (slice(*ends), *(slice(reach, n - reach) for n in shape[1:]))
        at = np.indices([ends[1] - ends[0], *(n - 2 * reach for n in shape[1:])], np.int32) + reach
        at[0] += ends[0] - reach
        motion = [(row[0] * at[0] + row[1] * at[1] + row[2] * at[2] + row[3]).astype(np.float32) for row in gap[:3]]
        length = np.sqrt(np.square(motion[0]) + np.square(motion[1]) + np.square(motion[2]))
        counts = (length > settings.moved) & usable[inner]
        along = [np.rint(part * (reach / np.maximum(length, 1))).astype(np.int32) for part in motion]
        mine, theirs = fixed[inner] * counts, moving[inner] * counts
        beside = [moving[at[0] + by * along[0], at[1] + by * along[1], at[2] + by * along[2]] for by in (1, -1)]
        products = mine * theirs, mine * beside[0], mine * beside[1], mine * mine, theirs * theirs
        return np.array([_by_blocks(each, settings.blocks) for each in products])

    planes = np.unique(np.linspace(reach, shape[0] - reach, settings.blocks + 1).astype(np.int64)).tolist()
    sums = np.concatenate(ordered_map(slab, list(pairwise(planes)), threads), axis=1)
    here, ahead, behind, *energies = sums[:, sums[3] > 0]
    if len(here) < settings.least_blocks:
        return 0.0
    gaps = here - ahead, here - behind
    least = min(float(each.sum()) for each in gaps)
    error = max(math.sqrt(float(each.var()) * len(each)) for each in gaps)
    share = least / max(math.sqrt(float(energies[0].sum()) * float(energies[1].sum())), 1e-30)
    own = settings.own * max(float(here.sum()), 0.0)
    return share if least > settings.surely * error and least > own and share > settings.least else 0.0


def _by_blocks(values: Pixels, count: int) -> Floats:
    """Return the sums over all planes together, and over so many blocks of rows and of columns."""
    out = values.sum(0, dtype=np.float64)
    for axis, n in enumerate(out.shape):
        cuts = np.unique(np.linspace(0, n, min(count, n) + 1).astype(np.int64))[:-1]
        out = np.add.reduceat(out, cuts, axis=axis)
    return np.asarray(out.ravel())


def _fine(level: PreparedLevel, threads: int, settings: StillSettings) -> Pixels:
    """Return what a blur takes from a level, steep edges damped."""
    image = level.image.of_trusted()
    fine = image.data - smoothed(image, (settings.blur,) * 3, threads).data
    fine = np.where(image.mask, fine, np.float32(0))
    usual = math.sqrt(float(np.square(fine).sum(dtype=float)) / max(1, image.pixel_count))
    return np.asarray(fine / (np.abs(fine) + np.float32(max(usual, 1e-30))), np.float32)
