"""What speaks for a pose: numbers that only grow with how likely it is, each measured against this very pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._verify.fields import Views, level_with
from superpose._verify.rivals import landscape
from superpose._verify.tiles import TILE, Tiles, coherence, consistency, tiles_of

Floats = NDArray[np.float64]

# Evidence is looked at on the levels with sides (their geometric mean) of at most this many pixels.
FINE, MIDDLE, COARSE = 256, 128, 64
# Rivals below this part of the pose's own score are not looked at any closer.
CLOSE = 0.5
# A rival is known to this many pixels of the fine level.
AROUND = 6


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
    """What was measured at a pose."""

    consistency: Floats  # (levels, channels), fine to coarse
    coherence: Floats
    standing: Floats
    tiles: tuple[int, ...]
    above: float  # of the pose's score over all other shifts' and turns', in their standard deviations
    contenders: tuple[Contender, ...]
    lead_over_start: float | None


def gathered(views: Views, matrix: Floats, turning: bool, others: list[Floats], start: Floats | None) -> Evidence:
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
        The pose it started from, where that is another one.
    """
    found, tiles = [], []
    middle = level_with(views.fixed, MIDDLE)
    scene = None
    for side in (FINE, MIDDLE, COARSE):
        level = level_with(views.fixed, side)
        fields = views.under(matrix, level)
        each = tiles_of(fields)
        tiles.append(each)
        found.append((consistency(each), *coherence(each)))
        if level == middle and scene is None:
            scene = landscape(fields, turning)
    assert scene is not None
    to_physical = views.fixed[middle].grid.index_to_physical
    rivals = [
        (matrix @ to_physical @ each.motion @ np.linalg.inv(to_physical), each.score)
        for each in scene.rivals
        if each.score > CLOSE
    ]
    fine = level_with(views.fixed, FINE)
    contenders = [_contender(views, fine, tiles[0], each, score) for each, score in rivals]
    contenders += [_contender(views, fine, tiles[0], each, None) for each in others]
    before = None if start is None else _contender(views, fine, tiles[0], start, None)
    consistent, coherent, standing = (np.array(each) for each in zip(*found, strict=True))
    return Evidence(
        consistent,
        coherent,
        standing,
        tuple(each.scores.shape[1] for each in tiles),
        (scene.here - scene.mean) / scene.deviation,
        tuple(sorted(contenders, key=lambda c: c.lead)),
        None if before is None else before.lead,
    )


def _contender(views: Views, level: int, own: Tiles, matrix: Floats, relative: float | None) -> Contender:
    """Compare a pose's tiles with those of another, in the channel that speaks more clearly for the pose."""
    fields = views.under(matrix, level)
    other = tiles_of(fields)
    covered = float(fields.both.sum() / max(own.pixels, 1.0))
    kept, mine, theirs = np.intersect1d(own.places, other.places, return_indices=True)
    channel = int(np.argmax(consistency(own)))
    if not len(kept):
        return Contender(matrix, relative or 0.0, np.inf, covered)
    a, b = own.at(0, 0)[channel], other.scores[channel]
    total = (b * other.weights[:, None, None]).sum(0)
    near = [(i, j) for i in range(-AROUND, AROUND + 1) for j in range(-AROUND, AROUND + 1)]
    row, column = max(near, key=lambda at: total[at[0] % TILE, at[1] % TILE])
    theirs_at = other.at(row, column)[channel]
    gaps = a[mine] - theirs_at[theirs]
    if relative is None:
        relative = float(theirs_at.sum() / max(a.sum(), 1e-9))
    spread = float(gaps.std(ddof=1)) if len(gaps) > 2 else np.inf
    shift = np.array([[1, 0, row], [0, 1, column], [0, 0, 1.0]])
    to_physical = views.fixed[level].grid.index_to_physical
    matrix = matrix @ to_physical @ shift @ np.linalg.inv(to_physical)
    return Contender(matrix, relative, float(gaps.mean() / max(spread, 0.02) * np.sqrt(len(gaps))), covered)
