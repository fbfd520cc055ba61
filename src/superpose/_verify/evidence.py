"""What speaks for a pose: numbers that only grow with how likely it is, each measured against this very pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._verify.fields import Views, level_with
from superpose._verify.rivals import APART, landscape
from superpose._verify.tiles import Tiles, consistency, tile_side, tiles_of
from superpose.image import Grid

Floats = NDArray[np.float64]

# Evidence is looked at on the levels with sides (their geometric mean) of at most this many pixels.
FINE, MIDDLE = 256, 128
# Rivals below this part of the pose's own score are not looked at any closer.
CLOSE = 0.5
# A rival is known to this many pixels of the fine level.
AROUND = 3
# So many of the poses that the search took for possible are compared.
OTHERS = 2


@dataclass(frozen=True, eq=False)
class Contender:
    """Another pose (fixed to moving, physical), its score relative to the pose's own, and how surely it is worse.

    `lead` is the paired t of the pose's tiles against the rival's: a difference against its own scatter. `covered` is
    how much the images share there, as part of what they share under the pose.
    """

    matrix: Floats
    relative: float
    lead: float
    covered: float = 1.0


@dataclass(frozen=True, eq=False)
class Evidence:
    """What was measured at a pose.

    `consistency` (levels, channels), fine to coarse, is how clearly the tiles place the pose where it is, and `above`
    how far its score lies above all other shifts' and turns', both in standard deviations. `lead_over_start` is the
    contender's lead where the registration started from another pose.
    """

    consistency: Floats
    above: float
    contenders: tuple[Contender, ...]
    lead_over_start: float | None


def gathered(
    views: Views, matrix: Floats, turning: bool, others: list[Floats], start: Floats | None = None
) -> Evidence:
    """Look at a pose.

    Parameters
    ----------
    views : Views
        Of the pair.
    matrix : ndarray, shape (3, 3)
        The pose, fixed to moving, physical.
    turning : bool
        Whether the family turns.
    others : list of ndarray
        Poses that could be right instead, such as the search's other basins.
    start : ndarray, optional
        The pose it started from: it is compared where it is another one.
    """
    fine, middle = level_with(views.fixed, FINE), level_with(views.fixed, MIDDLE)
    side = tile_side(views.fixed[0].grid.shape)
    coarser = views.under(matrix, middle)
    own = tiles_of(coarser if fine == middle else views.under(matrix, fine), side)
    consistent = [consistency(own), consistency(own if fine == middle else tiles_of(coarser, side))]
    scene = landscape(coarser, turning)
    to_physical = views.fixed[middle].grid.index_to_physical
    rivals = [
        (matrix @ to_physical @ each.motion @ np.linalg.inv(to_physical), each.score)
        for each in scene.rivals
        if each.score > CLOSE
    ]
    contenders = [_contender(views, fine, own, each, score) for each, score in rivals]
    grid = views.fixed[0].grid
    # What is nearer than that is the pose's own flank.
    least = APART * float(np.mean(views.fixed[middle].grid.spacing) / np.mean(grid.spacing))
    others = [each for each in others if apart(each, matrix, grid) > least][:OTHERS]
    contenders += [_contender(views, fine, own, each, None) for each in others]
    moved = start is not None and apart(start, matrix, grid) > least
    before = _contender(views, fine, own, start, None) if start is not None and moved else None
    above = (scene.here - scene.mean) / scene.deviation
    contenders.sort(key=lambda each: each.lead)
    return Evidence(np.array(consistent), above, tuple(contenders), None if before is None else before.lead)


def _contender(views: Views, level: int, own: Tiles, matrix: Floats, relative: float | None) -> Contender:
    """Compare a pose's tiles with those of another, in the channel that speaks more clearly for the pose."""
    fields = views.under(matrix, level)
    other = tiles_of(fields, own.side)
    covered = float(fields.both.sum() / max(own.pixels, 1.0))
    kept, mine, theirs = np.intersect1d(own.places, other.places, return_indices=True)
    channel = int(np.argmax(consistency(own)))
    if not len(kept):
        return Contender(matrix, relative or 0.0, np.inf, covered)
    a, b = own.at(0, 0)[channel], other.scores[channel]
    total = (b * other.weights[:, None, None]).sum(0)
    near = [(i, j) for i in range(-AROUND, AROUND + 1) for j in range(-AROUND, AROUND + 1)]
    row, column = max(near, key=lambda at: total[at[0] % own.side, at[1] % own.side])
    theirs_at = other.at(row, column)[channel]
    gaps = a[mine] - theirs_at[theirs]
    if relative is None:
        relative = float(theirs_at.sum() / max(a.sum(), 1e-9))
    spread = float(gaps.std(ddof=1)) if len(gaps) > 2 else np.inf
    shift = np.array([[1, 0, row], [0, 1, column], [0, 0, 1.0]])
    to_physical = views.fixed[level].grid.index_to_physical
    matrix = matrix @ to_physical @ shift @ np.linalg.inv(to_physical)
    return Contender(matrix, relative, float(gaps.mean() / max(spread, 0.02) * np.sqrt(len(gaps))), covered)


def apart(a: Floats, b: Floats, fixed: Grid) -> float:
    """Return how far apart two poses take any of fixed's corners, in pixels of fixed."""
    points = np.c_[fixed.corners, np.ones(len(fixed.corners))]
    p, q = points @ a.T, points @ b.T
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.linalg.norm(p[:, :2] / p[:, 2:] - q[:, :2] / q[:, 2:], axis=1).max()
    size = np.sqrt(abs(np.linalg.det(a[:2, :2])) * np.prod(fixed.spacing))
    return float(gap / max(size, 1e-9)) if np.isfinite(gap) else np.inf
