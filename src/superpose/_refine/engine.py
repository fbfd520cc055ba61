"""The engine: search, race, refine. What `register` runs unless a SciPy optimiser is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._refine.basins import Basins, basins_of
from superpose._refine.descend import Pose
from superpose._refine.finish import Finished, Plan, finish
from superpose._refine.race import Pair
from superpose._sampling.prepared import Prepared
from superpose._sampling.pyramid import levels_of
from superpose._search.exhaustive import Candidate
from superpose._search.proposals import Global
from superpose.image import Image

Floats = NDArray[np.float64]

NAME = "levenberg-marquardt"
# Metrics with derivatives.
METRICS = ("mse", "ncc", "correlation-ratio", "orientation")
MOST_LEVELS = 12


@dataclass(frozen=True, eq=False)
class Aligned:
    """What the engine found: matrices between physical coordinates, fixed to moving."""

    finished: Finished
    basins: list[Candidate]
    pairs: list[Pair]
    swapped: bool = False


def align(
    fixed: Image,
    moving: Image,
    plan: Plan,
    limits: Global,
    start: Floats,
    report: Callable[[Pose], bool],
) -> Aligned | None:
    """Find the transform between two images.

    The images are put into an order of their own first, so that exchanging them gives exactly the inverse.

    Parameters
    ----------
    fixed, moving : Image
        The pair.
    plan : Plan
        Family, metric and so on.
    limits : Global
        How far to search about `start`.
    start : ndarray, shape (3, 3)
        From fixed to moving physical coordinates.
    report : callable
        Called after each level of the refinement; False ends it there.

    Returns
    -------
    Aligned or None
        None if no pose within the limits lets the images overlap enough.
    """
    if _key(moving) < _key(fixed):
        other = align_ordered(moving, fixed, plan, limits, _inverse(start), lambda p: report(_turned_round(p)))
        if other is None:
            return None
        finished = other.finished
        return Aligned(
            replace(finished, matrix=_inverse(finished.matrix), poses=[_turned_round(pose) for pose in finished.poses]),
            [replace(each, matrix=_inverse(each.matrix)) for each in other.basins],
            other.pairs,
            True,
        )
    return align_ordered(fixed, moving, plan, limits, start, report)


def align_ordered(
    fixed: Image, moving: Image, plan: Plan, limits: Global, start: Floats, report: Callable[[Pose], bool]
) -> Aligned | None:
    """Find the transform between two images, as they come."""
    pairs = [
        Pair(Prepared(a), Prepared(b))
        for a, b in zip(levels_of(_unit(fixed), MOST_LEVELS), levels_of(_unit(moving), MOST_LEVELS), strict=False)
    ]
    found = basins_of(pairs, plan.family, limits, start, plan.min_overlap, plan.threads)
    found = found if plan.family != "homography" else _with_features(pairs, found, plan)
    if not found.found:
        return None
    return Aligned(finish(pairs, found.found[0].matrix, found.level, plan, report), found.found, pairs)


def _with_features(pairs: list[Pair], found: Basins, plan: Plan) -> Basins:
    """Let what local features propose race with the search's basins."""
    from superpose._refine.race import followed
    from superpose._search.features import LONGEST, available, feature_proposal

    if not available():
        return found
    level = next(
        (k for k, each in enumerate(pairs) if max(*each.fixed.shape, *each.moving.shape) <= LONGEST), len(pairs) - 1
    )
    proposed = feature_proposal(pairs[level].fixed.image, pairs[level].moving.image)
    if proposed is None:
        return found
    pair = pairs[found.level]
    runners = [Candidate(pair.to_index(proposed / proposed[2, 2]), 1.0, 1.0)]
    runners += [replace(each, matrix=pair.to_index(each.matrix)) for each in found.found]
    ranked = followed(pair, runners, "homography", plan.min_overlap, len(runners), 6, plan.threads)
    return replace(found, found=[replace(each, matrix=pair.to_physical(each.matrix)) for each in ranked])


def _unit(image: Image) -> Image:
    """Return the image in units of its own standard deviation, whose squares are ordinary 32-bit numbers."""
    deviation = float(np.std(image.data, dtype=np.float64, where=image.mask))
    return replace(image, data=(image.data * (1 / deviation)).astype(np.float32)) if deviation > 0 else image


def _key(image: Image) -> tuple[float, ...]:
    """Return numbers that put any two different images into the same order, whichever is called fixed."""
    data = image.data
    return (
        float(data.size),
        *map(float, image.grid.shape),
        float(image.mask.sum()),
        float(data.sum(dtype=np.float64)),
        float(np.square(data[::3, ::5], dtype=np.float64).sum()),
        float(data[:, : data.shape[1] // 2].sum(dtype=np.float64)),
        float(data[: data.shape[0] // 3].sum(dtype=np.float64)),
    )


def _inverse(matrix: Floats) -> Floats:
    out = np.asarray(np.linalg.inv(matrix), float)
    out /= out[2, 2]
    # Exactly affine where it was.
    if np.all(matrix[2] == (0, 0, 1)):
        out[2] = (0, 0, 1)
    return out


def _turned_round(pose: Pose) -> Pose:
    return replace(pose, matrix=_inverse(pose.matrix))
