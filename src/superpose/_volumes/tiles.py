"""What the parts of a volume say of a pose, one by one: by directions on a coarse level."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from superpose._records import TileShifts
from superpose._sampling.level import PreparedLevel
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.tensors import TensorField, tensor_field
from superpose._volumes.directions import under
from superpose._volumes.levels import smoothed
from superpose._volumes.places import Placing
from superpose._volumes.settings import VolumeSettings, VolumeVerifySettings
from superpose.transforms.geometry import PhysicalMap, mean_stretch

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TileEvidence:
    """What tiles say of a pose.

    Attributes
    ----------
    consistency : float
        By how many standard deviations of wrong shifts' sums the tiles' sum at the pose stands out.
    agreeing : float
        The part of the tiles' structure that lies in tiles which agree with the pose better than with any far shift.
    """

    consistency: float
    agreeing: float


@dataclass(frozen=True, eq=False)
class PlacedTiles:
    """Where tiles lie by themselves.

    Attributes
    ----------
    shifts : TileShifts
        Of those that can be placed, in the solver's coordinates.
    at_home : float
        The part of what both have in common that lies in tiles which are where the pose says, within what is known of
        them.
    """

    shifts: TileShifts
    at_home: float


@dataclass(frozen=True, eq=False)
class Tiles:
    """Fixed's directions, and moving's on the same voxels under a pose, to be compared by tiles and at shifts.

    There are at most `most` tiles along an axis.
    """

    fixed: TensorField
    parts: NDArray[np.float32]
    inside: NDArray[np.bool_]
    settings: VolumeVerifySettings
    most: int

    @cached_property
    def cuts(self) -> list[NDArray[np.int64]]:
        """Where tiles begin along each axis."""
        least = self.settings.least_side
        return [
            np.unique(np.linspace(0, n, min(self.most, max(1, n // least)) + 1).astype(np.int64))[:-1]
            for n in self.fixed.mask.shape
        ]

    @property
    def sides(self) -> tuple[list[NDArray[np.int64]], list[NDArray[np.int64]]]:
        """Where tiles begin along each axis, and where they end."""
        return self.cuts, [np.append(cut[1:], n) for cut, n in zip(self.cuts, self.fixed.mask.shape, strict=True)]

    def by_tiles(self, values: NDArray[np.float32]) -> Floats:
        """Return the sums over tiles."""
        out = values.astype(np.float64)
        for axis, at in enumerate(self.cuts):
            out = np.add.reduceat(out, at, axis=axis)
        return out.ravel()

    def at(self, by: tuple[int, ...]) -> tuple[Floats, Floats]:
        """Return each tile's correlation and its energy, moving shifted by whole voxels."""
        both = np.roll(self.inside, by, (0, 1, 2)) & self.fixed.mask
        shifted = np.roll(self.parts, by, (1, 2, 3)) if any(by) else self.parts
        energies = [
            self.by_tiles(np.einsum("k...,k...->...", each, each) * both) for each in (self.fixed.parts, shifted)
        ]
        energy = np.sqrt(energies[0] * energies[1])
        return self.by_tiles(np.einsum("k...,k...->...", self.fixed.parts, shifted) * both), energy

    @cached_property
    def own(self) -> tuple[Floats, Floats]:
        """Each tile's correlation and energy at the pose."""
        return self.at((0, 0, 0))

    @cached_property
    def kept(self) -> NDArray[np.bool_]:
        """Which tiles have structure."""
        energy = self.own[1]
        kept: NDArray[np.bool_] = energy > self.settings.structure * energy.mean()
        return kept

    def evidence(self) -> TileEvidence:
        """Return what tiles say of the pose."""
        kept, (own, energy) = self.kept, self.own
        if np.count_nonzero(kept) < 3:
            return TileEvidence(0.0, 0.0)
        reach = self.settings.reach
        wrong = [self.at(by) for by in product((-reach, 0, reach), repeat=3) if any(by)]
        scores = np.array([score / np.maximum(e, 1e-9) for score, e in wrong])[:, kept]
        here, weight = (own / np.maximum(energy, 1e-9))[kept], np.sqrt(energy[kept])
        totals = (scores * weight).sum(1)
        # Tiles are independent of each other: the spread of each one's wrong scores makes that of their sum.
        spread = math.sqrt(float((weight * weight * scores.var(0)).sum()))
        consistency = (float((here * weight).sum()) - float(totals.mean())) / max(spread, 1e-12)
        return TileEvidence(consistency, float(weight[here > scores.max(0)].sum() / weight.sum()))

    def placed(self) -> PlacedTiles:
        """Return where smaller tiles lie by themselves."""
        how = self.settings
        small = replace(self, most=how.placed_tiles)
        first, end = (
            np.stack(np.meshgrid(*each, indexing="ij"), -1).reshape(-1, 3)[small.kept] for each in small.sides
        )
        placing = Placing(self.fixed, self.parts, self.inside, how.floor_of_tiles, how.near)
        found = [placing.walk(*each) for each in zip(first, end, strict=True)]
        rows = [(k, each) for k, each in enumerate(found) if each is not None and each.error <= how.known_to]
        spacing, which = np.array(self.fixed.grid.spacing), [k for k, _ in rows]
        clear = np.array([each.significance > how.clearly for _, each in rows], bool)
        tiles = TileShifts(
            self.fixed.grid.to_physical((first + end - 1)[which] / 2),
            np.array([each.shift for _, each in rows]).reshape(-1, 3) * spacing,
            np.array([each.error for _, each in rows]) * float(spacing.mean()),
            clear,
        )
        # What is noise in either has nothing in common, and no say.
        alike = np.maximum(small.own[0][small.kept], 0.0)
        at_home = float(alike[which][~clear].sum()) if len(rows) >= how.least_tiles else 0.0
        return PlacedTiles(tiles, at_home / max(float(alike.sum()), 1e-12))


def tiles_at(pair: LevelPair, pose: PhysicalMap, threads: int, settings: VolumeSettings) -> Tiles:
    """Return the tiles of a level under a pose."""
    scale = mean_stretch(pose[:-1, :-1])
    # Both under a blur that is as wide in the scene: the sharper one's surfaces would lie farther inwards.
    sides = pair.fixed.image.grid.pixel_side, pair.moving.image.grid.pixel_side / scale
    wide = settings.directed_blur * max(sides)

    def field(level: PreparedLevel, width: float) -> TensorField:
        widths = tuple(width / each for each in level.image.grid.spacing)
        return tensor_field(smoothed(level.image.of_trusted(), widths, threads), settings.search.damping)

    fixed, moving = field(pair.fixed, wide), field(pair.moving, wide * scale)
    parts, inside = under(moving, pair.to_index(pose), pose[:-1, :-1], pair.fixed.shape, threads)
    return Tiles(fixed, parts, inside, settings.verify, settings.verify.tiles)
