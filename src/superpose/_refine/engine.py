"""The engine: search, race, refine. What `register` runs unless a SciPy optimiser is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._parallel import ordered_map
from superpose._refine.basins import SURE_MARGIN, Basins, basins_of, first_look
from superpose._refine.descend import Pose
from superpose._refine.finish import CERTAIN, Finished, Plan, finish
from superpose._refine.mirror import mirrored, reflection
from superpose._refine.race import Pair, followed
from superpose._sampling.fill import fill_edges, without_fill
from superpose._sampling.prepared import DETAIL_SIDE, prepared
from superpose._sampling.pyramid import levels_of
from superpose._search.exhaustive import Candidate
from superpose._search.proposals import Global
from superpose.image import Image
from superpose.transforms.geometry import inverse

Floats = NDArray[np.float64]

NAME = "levenberg-marquardt"
MOST_LEVELS = 12
# Where no basin stands out by so many standard deviations of wrong poses' scores, one is looked for without detail,
# too; that basin is taken instead if it stands out by so much more.
OUTSTANDING, CLEARER = 2.0, 1.0
# Features' proposal and the search's basins are compared on a level with sides (their geometric mean) of no more than
# that: seen far aside, a picture's coarse levels hold little of it.
JUDGED_SIDE = 330
# Fill is looked for on the coarsest level with sides (their geometric mean) of so many pixels.
FILL_SIDE = 64


@dataclass(frozen=True, eq=False)
class Aligned:
    """What the engine found: matrices between physical coordinates, fixed to moving.

    `pairs` are the levels that it worked on, without the largest, `searched` what it found there, and `lost` which part
    of each image it took for fill, in its own order: `swapped` says that what it called moving is fixed. Where that was
    a mirrored image, `back` leads from it to the image itself.
    """

    finished: Finished
    pairs: list[Pair]
    searched: Basins
    basins: list[Candidate]
    lost: tuple[float, float]
    swapped: bool = False
    back: Floats | None = None


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
        other = align_ordered(moving, fixed, plan, limits, inverse(start), lambda p: report(_turned_round(p)))
        if other is None:
            return None
        finished = other.finished
        return Aligned(
            replace(finished, matrix=inverse(finished.matrix), poses=[_turned_round(pose) for pose in finished.poses]),
            other.pairs,
            other.searched,
            [replace(each, matrix=inverse(each.matrix)) for each in other.basins],
            other.lost,
            True,
            other.back,
        )
    return align_ordered(fixed, moving, plan, limits, start, report)


def align_ordered(
    fixed: Image, moving: Image, plan: Plan, limits: Global, start: Floats, report: Callable[[Pose], bool]
) -> Aligned | None:
    """Find the transform between two images, as they come."""
    stills, others = ordered_map(
        lambda each: worked_on(pyramid_of(each, plan.threads), plan), (fixed, moving), plan.threads
    )
    lost = _lost(fixed, stills[0]), _lost(moving, others[0])
    pairs = every = paired(stills, others, plan.threads)
    back = reflection(moving)
    upside_down = float(np.linalg.det(start[:2, :2])) < 0
    found = None
    if not upside_down:
        pairs, found = searched(pairs, plan, limits, start)
    if found is None or plan.allow_flip:
        turned_over, other = searched(
            mirrored_pairs(every, plan.threads), plan, limits, back @ start if upside_down else start
        )
        if found is None or fits_better(other, turned_over, found, pairs, plan):
            return _turned_over(turned_over, other, back, lost, plan, report)
    if not found.found:
        return None
    finished = finish(pairs, found.found[0].matrix, found.level, plan, report)
    return Aligned(finished, *_small(pairs, found), found.found, lost)


def mirror_fits(aligned: Aligned, plan: Plan, limits: Global, start: Floats, reliable: bool) -> bool:
    """Return whether the mirrored image fits better than what was found.

    The halves of a symmetric scene match its mirror image's: that is looked for even where the pose seems reliable,
    unless the intensities are alike; as large as the pose shows it, for so it is there.

    Parameters
    ----------
    aligned : Aligned
        What was found.
    plan, limits, start
        As for `align`.
    reliable : bool
        Whether the pose seems to be.
    """
    done = aligned.finished
    alike = done.metric in ("ncc", "mse") and abs(done.value) >= CERTAIN
    if aligned.back is not None or plan.allow_flip or (reliable and alike):
        return False
    if reliable:
        limits, start = Global(scale=1.0), done.matrix
    start = inverse(start) if aligned.swapped else start
    turned_over = mirrored_pairs(aligned.pairs, plan.threads)
    beyond = SURE_MARGIN * aligned.searched.found[0].score
    other = first_look(turned_over, plan.family, limits, start, plan.min_overlap, plan.threads, beyond)
    return bool(other.found) and fits_better(other, turned_over, aligned.searched, aligned.pairs, plan)


def _turned_over(
    pairs: list[Pair],
    found: Basins,
    back: Floats,
    lost: tuple[float, float],
    plan: Plan,
    report: Callable[[Pose], bool],
) -> Aligned | None:
    """Refine the mirrored image's basin; what is returned is of the image itself."""
    if not found.found:
        return None

    def seen(pose: Pose) -> Pose:
        return replace(pose, matrix=back @ pose.matrix)

    done = finish(pairs, found.found[0].matrix, found.level, plan, lambda pose: report(seen(pose)))
    finished = replace(done, matrix=back @ done.matrix, poses=[seen(pose) for pose in done.poses])
    basins = [replace(each, matrix=back @ each.matrix) for each in found.found]
    return Aligned(finished, *_small(pairs, found), basins, lost, back=back)


def _lost(image: Image, worked_on: Image) -> float:
    """Return which part of an image was taken for fill."""
    return float(image.mask.mean() - worked_on.mask.mean())


def _small(pairs: list[Pair], found: Basins) -> tuple[list[Pair], Basins]:
    """Return the levels that are looked at again once the pose is found, and what was found on them.

    The others' memory is needed for more.
    """
    first = next((k for k, each in enumerate(pairs) if np.prod(each.fixed.shape) <= DETAIL_SIDE**2), len(pairs) - 1)
    return pairs[first:], replace(found, level=max(found.level - first, 0))


def paired(stills: list[Image], others: list[Image], threads: int) -> list[Pair]:
    """Return the levels that both images have, finest first."""
    return [Pair(*both) for both in zip(prepared(stills, threads), prepared(others, threads), strict=False)]


def mirrored_pairs(pairs: list[Pair], threads: int) -> list[Pair]:
    """Return levels with moving mirrored: with detail where it was with it, for like is to be compared with like."""
    turned = prepared([mirrored(pair.moving.image) for pair in pairs], threads)
    return [
        Pair(pair.fixed, each if pair.moving.detail is not None else each.without_detail())
        for pair, each in zip(pairs, turned, strict=True)
    ]


def without_detail(pairs: list[Pair]) -> list[Pair]:
    """Return levels with the directions of their own pixels."""
    return [Pair(each.fixed.without_detail(), each.moving.without_detail()) for each in pairs]


def searched(pairs: list[Pair], plan: Plan, limits: Global, start: Floats) -> tuple[list[Pair], Basins]:
    """Return the basins that search and features propose, and the levels on which they were seen.

    Directions taken from detail are those of noise where there is much of it: where nothing stands out by them, it may
    by the directions of the coarse, blurred levels.
    """
    found = basins_of(pairs, plan.family, limits, start, plan.min_overlap, plan.threads)
    if found.outstanding < OUTSTANDING:
        blurred = without_detail(pairs)
        other = basins_of(blurred, plan.family, limits, start, plan.min_overlap, plan.threads)
        if other.outstanding > found.outstanding + CLEARER:
            pairs, found = blurred, other
    return pairs, found if plan.family != "homography" else _with_features(pairs, found, plan)


def fits_better(other: Basins, turned_over: list[Pair], found: Basins, pairs: list[Pair], plan: Plan) -> bool:
    """Return whether the mirrored image's best basin beats the other's on the finer of their two levels."""
    if not other.found or not found.found:
        return bool(other.found)
    clear = [each.outstanding >= OUTSTANDING for each in (other, found)]
    if plan.allow_flip and clear[0] != clear[1]:
        return clear[0]
    level = min(other.level, found.level)
    scores = []
    for basins, levels in ((other, turned_over), (found, pairs)):
        best = replace(basins.found[0], matrix=levels[level].to_index(basins.found[0].matrix))
        family = plan.family if plan.family != "homography" else "affine"
        scores.append(followed(levels[level], [best], family, plan.min_overlap, 1, 1, plan.threads)[0].score)
    return bool(scores[0] > (1.0 if plan.allow_flip else SURE_MARGIN) * scores[1])


def worked_on(levels: list[Image], plan: Plan) -> list[Image]:
    """Return the levels that are no larger, and no finer, than planned; the coarsest at least."""
    own = float(np.mean(levels[0].grid.spacing))
    for k, level in enumerate(levels):
        # A pixel of a level is a power of two of the image's own.
        if max(level.grid.shape) <= plan.work_at and np.mean(level.grid.spacing) >= plan.pixel * own * 0.999:
            return levels[k:]
    return levels[-1:]


def pyramid_of(image: Image, threads: int) -> list[Image]:
    """Return an image's levels, finest first, constant fill around the picture missing."""
    levels = levels_of(_unit(image), MOST_LEVELS, threads)
    judged = [level for level in levels if np.prod(level.grid.shape) >= FILL_SIDE**2]
    edges = fill_edges(judged[-1]) if judged else None
    return levels if edges is None else levels_of(without_fill(levels[0], edges), MOST_LEVELS, threads)


def _with_features(pairs: list[Pair], found: Basins, plan: Plan) -> Basins:
    """Let what local features propose race with the search's basins."""
    from superpose._search.features import LONGEST, available, feature_proposal

    if not available():
        return found
    level = next(
        (k for k, each in enumerate(pairs) if max(*each.fixed.shape, *each.moving.shape) <= LONGEST), len(pairs) - 1
    )
    proposed = feature_proposal(pairs[level].fixed.image, pairs[level].moving.image)
    if proposed is None:
        return found
    judged = next((k for k, each in enumerate(pairs) if np.prod(each.fixed.shape) <= JUDGED_SIDE**2), found.level)
    pair = pairs[min(judged, found.level)]
    runners = [Candidate(pair.to_index(proposed / proposed[2, 2]), 1.0, 1.0)]
    runners += [replace(each, matrix=pair.to_index(each.matrix)) for each in found.found]
    ranked = followed(pair, runners, "homography", plan.min_overlap, len(runners), 6, plan.threads)
    level = pairs.index(pair)
    return replace(found, found=[replace(each, matrix=pair.to_physical(each.matrix)) for each in ranked], level=level)


def _unit(image: Image) -> Image:
    """Return the image in units of its own standard deviation, whose squares are ordinary 32-bit numbers."""
    counted = image.data if image.complete else image.data[image.mask]
    deviation = float(np.std(counted, dtype=np.float64))
    return replace(image, data=image.data * np.float32(1 / deviation)) if deviation > 0 else image


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


def _turned_round(pose: Pose) -> Pose:
    return replace(pose, matrix=inverse(pose.matrix))
