"""What the parts of a volume say of a pose, one by one: by directions on a coarse level."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from superpose._sampling.level_pair import LevelPair
from superpose._volumes.directed import level_field
from superpose._volumes.directions import TensorField, under
from superpose._volumes.levels import coarsest_with
from superpose._volumes.settings import VolumeSettings, VolumeVerifySettings
from superpose.transforms.geometry import PhysicalMap

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
class Tiles:
    """Fixed's directions, and moving's on the same voxels under a pose, to be compared by tiles and at shifts."""

    fixed: TensorField
    parts: NDArray[np.float32]
    inside: NDArray[np.bool_]
    settings: VolumeVerifySettings

    @property
    def error(self) -> float:
        """How exactly a tile is placed, in units of the spacing."""
        return self.settings.placed_to * float(np.mean(self.fixed.grid.spacing))

    @cached_property
    def cuts(self) -> list[NDArray[np.int64]]:
        """Where tiles begin along each axis."""
        most = self.settings.tiles
        return [
            np.unique(np.linspace(0, n, min(most, max(1, n // 4)) + 1).astype(np.int64))[:-1]
            for n in self.fixed.mask.shape
        ]

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

    def placed(self) -> tuple[Floats, Floats, NDArray[np.bool_]] | None:
        """Return the tiles' middles, by how much each lies further on, both in units, and whether clearly; or None."""
        kept, reach = self.kept, self.settings.near
        if np.count_nonzero(kept) < 4:
            return None
        side = 2 * reach + 1
        scores = np.empty((side, side, side, int(np.count_nonzero(kept))))
        for at in product(range(side), repeat=3):
            # Rolled by -s, moving shows at a voxel what it has s further on.
            score, energy = self.at((reach - at[0], reach - at[1], reach - at[2]))
            scores[at] = (score / np.maximum(energy, 1e-9))[kept]
        best = scores.reshape(side * side * side, -1).argmax(0)
        peaks = np.stack(np.unravel_index(best, (side, side, side)), 1)
        shifts = np.array([_fine(scores[..., k], peak) for k, peak in enumerate(peaks)]) - reach
        spacing = np.array(self.fixed.grid.spacing)
        ends = [np.append(cut[1:], n) for cut, n in zip(self.cuts, self.fixed.mask.shape, strict=True)]
        middles = [(cut + end - 1) / 2 for cut, end in zip(self.cuts, ends, strict=True)]
        centres = np.stack(np.meshgrid(*middles, indexing="ij"), -1).reshape(-1, 3)[kept]
        highest, here = scores.max((0, 1, 2)), scores[reach, reach, reach]
        clear = (np.abs(shifts).max(1) > self.settings.placed_to) & (highest > here + self.settings.clearly)
        return self.fixed.grid.to_physical(centres), shifts * spacing, clear


def tiles_at(pairs: list[LevelPair], pose: PhysicalMap, threads: int, settings: VolumeSettings) -> Tiles:
    """Return the tiles of a coarse level under a pose."""
    pair = pairs[coarsest_with(pairs, settings.verify.side)]
    fixed, moving = (level_field(each, True, settings, threads) for each in (pair.fixed, pair.moving))
    parts, inside = under(moving, pair.to_index(pose), pose[:-1, :-1], pair.fixed.shape, threads)
    return Tiles(fixed, parts, inside, settings.verify)


def _fine(scores: Floats, peak: NDArray[np.int64]) -> Floats:
    """Return a peak's place between voxels, by a parabola along each axis."""
    out = peak.astype(float)
    for axis in range(3):
        k, line = int(peak[axis]), scores[tuple(slice(None) if a == axis else int(peak[a]) for a in range(3))]
        if 0 < k < len(line) - 1:
            before, here, after = line[k - 1 : k + 2].tolist()
            bend = before - 2 * here + after
            out[axis] += 0.5 * (before - after) / bend if bend < 0 else 0.0
    return out
