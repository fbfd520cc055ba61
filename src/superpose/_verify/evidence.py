"""What speaks for a pose: numbers that only grow with how likely it is, each measured against this very pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._verify.fields import Views
from superpose._verify.rivals import APART, landscape
from superpose._verify.tiles import Tiles, consistency, tiles_of
from superpose.transforms.geometry import PhysicalMap, max_corner_distance

Floats = NDArray[np.float64]

# Evidence is looked at on the levels with sides (their geometric mean) of at most this many pixels.
FINE, COARSE = 128, 64
# Rivals below this part of the pose's own score are not looked at any closer.
CLOSE = 0.75
# A rival is known to this many pixels of the fine level.
AROUND = 3
# What wrong shifts scatter by counts as much as so many tiles.
KNOWN = 3
# So many of the poses that the search took for possible are compared.
OTHERS = 2


@dataclass(frozen=True, eq=False)
class Contender:
    """Another pose (fixed to moving, physical), its score relative to the pose's own, and how surely it is worse.

    `lead` is the paired t of the pose's tiles against the rival's: a difference against its own scatter. `covered` is
    how much the images share there, as part of what they share under the pose.
    """

    pose: PhysicalMap
    relative: float
    lead: float
    covered: float = 1.0


@dataclass(frozen=True, eq=False)
class Evidence:
    """What was measured at a pose.

    `consistency` (levels, channels), fine to coarse, is how clearly the tiles place the pose where it is, and `above`
    how far its score lies above its shifts' and quarter turns', both in standard deviations. `lead_over_start` is the
    contender's lead where the registration started from another pose.
    """

    consistency: Floats
    above: float
    contenders: tuple[Contender, ...]
    lead_over_start: float | None


def gather_evidence(
    views: Views, pose: PhysicalMap, turning: bool, others: list[PhysicalMap], start: PhysicalMap | None = None
) -> Evidence:
    """Look at a pose.

    Parameters
    ----------
    views : Views
        Of the pair.
    pose : ndarray, shape (3, 3)
        Fixed to moving, physical.
    turning : bool
        Whether the family turns.
    others : list of ndarray
        Poses that could be right instead, such as the search's other basins.
    start : ndarray, optional
        The pose it started from: it is compared where it is another one.
    """
    fine, coarse = views.level_with(FINE), views.level_with(COARSE)
    tiles = [tiles_of(views.under(pose, fine))]
    tiles.append(tiles[0] if fine == coarse else tiles_of(views.under(pose, coarse)))
    consistent = np.array([consistency(each) for each in tiles])
    # Poses are compared where this one is seen most clearly: noise may leave nothing of the finer level.
    level, channel = np.unravel_index(int(np.argmax(consistent)), consistent.shape)
    judge = _Judge(views, (fine, coarse)[level], tiles[level], int(channel))
    pair = views.pair(pose, fine)
    scene = landscape(pair, pair.to_index(pose), turning, views.threads)
    contenders = [
        judge.compared(pair.to_physical(each.pose), each.score) for each in scene.rivals if each.score > CLOSE
    ]
    grid = views.fixed[0].image.grid
    # What is nearer than that is the pose's own flank.
    least = APART * float(np.mean(pair.fixed.image.grid.spacing) / np.mean(grid.spacing))
    others = [each for each in others if max_corner_distance(each, pose, grid) > least][:OTHERS]
    contenders += [judge.compared(each, None) for each in others]
    moved = start is not None and max_corner_distance(start, pose, grid) > least
    before = judge.compared(start, None) if start is not None and moved else None
    if before is not None and before.relative > CLOSE:
        contenders.append(before)
    contenders.sort(key=lambda each: each.lead)
    return Evidence(consistent, scene.above, tuple(contenders), None if before is None else before.lead)


@dataclass(frozen=True, eq=False)
class _Judge:
    """The pose's tiles on the level and in the channel where they are most consistent."""

    views: Views
    level: int
    own: Tiles
    channel: int

    def compared(self, pose: PhysicalMap, relative: float | None) -> Contender:
        """Compare the pose's tiles with those of another."""
        own, channel = self.own, self.channel
        fields = self.views.under(pose, self.level, (self.channel,))
        other = tiles_of(fields)
        covered = float(fields.both.sum() / max(own.pixels, 1.0))
        kept, mine, theirs = np.intersect1d(own.places, other.places, return_indices=True)
        if not len(kept):
            return Contender(pose, relative or 0.0, np.inf, covered)
        a, b = own.at(0, 0)[channel], other.scores[0]
        total = (b * other.weights[:, None, None]).sum(0)
        near = [(i, j) for i in range(-AROUND, AROUND + 1) for j in range(-AROUND, AROUND + 1)]
        row, column = max(near, key=lambda at: total[at[0] % own.side, at[1] % own.side])
        theirs_at = other.at(row, column)[0]
        gaps = a[mine] - theirs_at[theirs]
        if relative is None:
            relative = float(theirs_at.sum() / max(a.sum(), 1e-9))
        # Few tiles say little about their own scatter: what wrong shifts of each scatter by stands in for some more.
        wrong = 2 * float(own.scores[channel][:, own.elsewhere].var())
        squares = float(((gaps - gaps.mean()) ** 2).sum())
        # Tiles without an edge have no scatter at all, and lead by nothing.
        spread = max(float(np.sqrt((squares + KNOWN * wrong) / (len(gaps) - 1 + KNOWN))), 1e-12)
        shift = np.array([[1, 0, row], [0, 1, column], [0, 0, 1.0]])
        to_physical = self.views.fixed[self.level].image.grid.index_to_physical
        pose = PhysicalMap(pose @ to_physical @ shift @ np.linalg.inv(to_physical))
        return Contender(pose, relative, float(gaps.mean() / spread * np.sqrt(len(gaps))), covered)
