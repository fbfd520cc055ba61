"""Where the images of a mosaic lie: all overlaps and all places that a stage tells, solved together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import inverse, matmul
from superpose._jobs.adjustment import Anchor, adjusted
from superpose._jobs.mosaic_settings import MosaicSettings
from superpose._jobs.network import Link, bridges, solve_network
from superpose._jobs.overlaps import Overlap, by_shift, error_at
from superpose.grid import Grid
from superpose.transforms.family import Family
from superpose.transforms.geometry import apply

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Stage:
    """Where a stage says that images lie.

    Attributes
    ----------
    positions : ndarray, shape (images, 2)
        Of each image's first pixel; NaN where that is not known.
    sigma : float
        How far off it may be along either axis, one standard deviation, in pixels.
    """

    positions: Floats
    sigma: float

    @property
    def known(self) -> list[int]:
        """Numbers of the images whose place is told."""
        return [int(k) for k in np.flatnonzero(np.isfinite(self.positions).all(1))]

    def extent(self, shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
        """Return how many rows and columns images cover together whose place is told."""
        if not self.known:
            return 1, 1
        first = self.positions[self.known]
        last = first + np.array([shapes[k][:2] for k in self.known])
        return tuple(math.ceil(each) for each in last.max(0) - first.min(0))


@dataclass(frozen=True, eq=False)
class Placement:
    """Where images lie.

    Attributes
    ----------
    poses : dict of int to ndarray
        From points of the mosaic to points of each image that was placed; of a panorama, from its directions to the
        image's.
    fits : ndarray of bool, shape (overlaps,)
        Which overlaps agree with these.
    lone : ndarray of bool, shape (overlaps,)
        Which of these no others bear out: all that ties two parts together.
    off : ndarray, shape (overlaps,)
        How far off each is, root mean square over its points, in pixels; NaN where an image was not placed.
    parts : list of list of int
        Images that overlaps tie together, the most first.
    strays : list of int
        Images whose place on the stage contradicts their overlaps.
    """

    poses: dict[int, Floats]
    fits: NDArray[np.bool_]
    lone: NDArray[np.bool_]
    off: Floats
    parts: list[list[int]]
    strays: list[int] = field(default_factory=list)


def placement(
    shapes: Sequence[tuple[int, ...]],
    overlaps: Sequence[Overlap],
    stage: Stage | None,
    family: Family,
    settings: MosaicSettings,
) -> Placement:
    """Return where images lie, by the overlaps that are believed and what a stage tells."""
    count = len(shapes)
    usable = [k for k, each in enumerate(overlaps) if not each.why_not]
    used = [overlaps[k] for k in usable]
    groups = connected(count, [(each.first, each.second) for each in used])
    # The stage ties all of them together; else each part is solved by itself.
    groups = [list(range(count))] if stage is not None else [each for each in groups if len(each) > 1] or groups[:1]
    agree, solved = np.zeros(len(used), bool), []
    solve = _with_perspective if family.perspective else _by_network
    for group in groups:
        members = set(group)
        mine = [k for k, each in enumerate(used) if each.first in members]
        poses, agree[mine] = solve(shapes, [used[k] for k in mine], group[0], stage, family, settings)
        solved.append(poses)
    fits = np.zeros(len(overlaps), bool)
    fits[usable] = agree
    # What no overlap that agrees ties to the others is a part of its own.
    parts = connected(count, [(each.first, each.second) for each, good in zip(used, agree, strict=True) if good])
    poses = next((each for each in solved if parts[0][0] in each), {})
    if stage is None:
        # An image that none ties to another is no mosaic.
        poses = {number: pose for number, pose in poses.items() if number in parts[0] and len(parts[0]) > 1}
    off = np.array([_off(each, poses) for each in overlaps])
    tied = [] if stage is None else sorted(set(stage.known) & set(poses) - {part[0] for part in parts if len(part) < 2})
    strays = [] if stage is None else [k for k in tied if _strays(k, poses, shapes, stage, settings)]
    return placement_of(count, poses, overlaps, fits, off, parts, strays)


def placement_of(
    count: int,
    poses: dict[int, Floats],
    overlaps: Sequence[Overlap],
    fits: NDArray[np.bool_],
    off: Floats,
    parts: list[list[int]],
    strays: Sequence[int] = (),
) -> Placement:
    """Return where images lie, and which overlaps no others bear out."""
    first, second = (np.array([getattr(each, name) for each in overlaps], np.intp) for name in ("first", "second"))
    return Placement(poses, fits, bridges(count, first, second, fits), off, parts, list(strays))


def connected(count: int, pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Return which of so many things pairs tie together, the most first, of as many those with the lowest number."""
    label = list(range(count))

    def top(k: int) -> int:
        while label[k] != k:
            label[k] = label[label[k]]
            k = label[k]
        return k

    for a, b in pairs:
        low, high = sorted((top(a), top(b)))
        label[high] = low
    found: dict[int, list[int]] = {}
    for k in range(count):
        found.setdefault(top(k), []).append(k)
    return sorted(found.values(), key=lambda each: (-len(each), each[0]))


def _off(each: Overlap, poses: dict[int, Floats]) -> float:
    if each.first not in poses or each.second not in poses or not len(each.points):
        return math.nan
    there = apply(matmul(poses[each.second], inverse(poses[each.first])), each.points)
    return math.sqrt(float(np.square(there - apply(each.pose, each.points)).sum(1).mean()))


def _strays(
    number: int,
    poses: dict[int, Floats],
    shapes: Sequence[tuple[int, ...]],
    stage: Stage,
    settings: MosaicSettings,
) -> bool:
    middle = (np.array(shapes[number][:2]) - 1) / 2
    told = stage.positions[number] + middle
    gap = apply(poses[number], told[None])[0] - middle
    return float(np.abs(gap).max()) > settings.network.limit * stage.sigma + 1


def _middles(shapes: Sequence[tuple[int, ...]]) -> Floats:
    return np.array([[(n - 1) / 2 for n in shape[:2]] for shape in shapes])


def _as_link(each: Overlap, middles: Floats, shapes: Sequence[tuple[int, ...]], family: Family) -> Link:
    """Return an overlap as a link between points that are counted from each image's middle."""
    pose = matmul(by_shift(-middles[each.second]), each.pose, by_shift(middles[each.first]))
    if not family.turns or each.numbers is None or each.centre is None:
        return Link(each.first, each.second, pose, each.covariance)
    shift = error_at(middles[each.first][None], each.pose, each.numbers, each.centre, family)
    corners = Grid(shapes[each.first][:2]).corners
    spread = error_at(corners, each.pose, each.numbers, each.centre, family)
    return Link(each.first, each.second, pose, shift, max(float(np.trace(spread - shift)), 1e-6) ** 0.5)


def _by_network(
    shapes: Sequence[tuple[int, ...]],
    used: Sequence[Overlap],
    lowest: int,
    stage: Stage | None,
    family: Family,
    settings: MosaicSettings,
) -> tuple[dict[int, Floats], NDArray[np.bool_]]:
    count, middles = len(shapes), _middles(shapes)
    links = [_as_link(each, middles, shapes, family) for each in used]
    radius = max(math.hypot(*each) for each in middles)
    root: int | None = None
    told = [] if stage is None else stage.known
    if stage is not None:
        # One node more: what the stage measures from.
        root = count
        turned = settings.stage_turns * radius if family.turns else 0.0
        spread = stage.sigma * stage.sigma * np.eye(2)
        links += [Link(count, k, by_shift(-stage.positions[k] - middles[k]), spread, turned) for k in told]
    else:
        root = centre_of(count, [(each.first, each.second) for each in used]) if used else lowest
    nodes = count + (stage is not None)
    network = solve_network(nodes, links, family, np.zeros(2), radius, settings.network, root)
    placed = [k for k in range(count) if network.placed[k]]
    # Where the one that should keep its place is not tied to most, another one does.
    base = root if network.placed[root] else int(np.argmax(network.placed))
    origin = np.zeros(2) if base == count else middles[base]
    poses = {k: matmul(by_shift(middles[k]), network.poses[k], by_shift(-origin)) for k in placed}
    agree = network.fits[: len(used)]
    if family.turns and placed:
        good = [each for each, fits in zip(used, agree, strict=True) if fits]
        anchors = [] if stage is None else [_anchor(k, shapes, stage, radius, settings) for k in told if k in poses]
        poses, _ = adjusted(poses, shapes, good, anchors, root if stage is None else None, family, settings.adjustment)
    return poses, agree


def _anchor(
    number: int, shapes: Sequence[tuple[int, ...]], stage: Stage, radius: float, settings: MosaicSettings
) -> Anchor:
    corners = Grid(shapes[number][:2]).corners
    spread = stage.sigma * stage.sigma + (settings.stage_turns * radius) ** 2
    return Anchor(number, corners, corners + stage.positions[number], spread * np.eye(2))


def _with_perspective(
    shapes: Sequence[tuple[int, ...]],
    used: Sequence[Overlap],
    lowest: int,
    stage: Stage | None,
    family: Family,
    settings: MosaicSettings,
) -> tuple[dict[int, Floats], NDArray[np.bool_]]:
    """Return poses along the best links first, made better by all of them."""
    root, anchors = None, []
    if stage is None:
        pairs = [(each.first, each.second) for each in used]
        root = centre_of(len(shapes), pairs) if pairs else lowest
        poses = {root: np.eye(3)}
    else:
        poses = {k: by_shift(-stage.positions[k]) for k in stage.known}
        radius = max(math.hypot(*each) for each in _middles(shapes))
        anchors = [_anchor(k, shapes, stage, radius, settings) for k in poses]
    poses = _along(used, poses)
    mine = [k for k, each in enumerate(used) if each.first in poses]
    agree = np.zeros(len(used), bool)
    if mine:
        poses, good = adjusted(poses, shapes, [used[k] for k in mine], anchors, root, family, settings.adjustment)
        agree[mine] = good
    return poses, agree


def _along(used: Sequence[Overlap], poses: dict[int, Floats]) -> dict[int, Floats]:
    """Return poses of all images that links tie to those that have one, along the exactest links first."""
    poses = dict(poses)
    order = sorted(used, key=lambda each: float(np.trace(each.covariance)))
    while True:
        next_ = next((each for each in order if (each.first in poses) != (each.second in poses)), None)
        if next_ is None:
            return poses
        if next_.first in poses:
            number, pose = next_.second, matmul(next_.pose, poses[next_.first])
        else:
            number, pose = next_.first, matmul(inverse(next_.pose), poses[next_.second])
        poses[number] = pose / pose[2, 2]


def centre_of(count: int, pairs: Sequence[tuple[int, int]]) -> int:
    """Return which thing of the largest part is the fewest steps from the farthest other one."""
    near: list[list[int]] = [[] for _ in range(count)]
    for a, b in pairs:
        near[a].append(b)
        near[b].append(a)
    best = (count + 1, 0, 0)
    part = connected(count, pairs)[0]
    # Of very many, those that overlap most others will do.
    for start in sorted(part, key=lambda k: (-len(near[k]), k))[:200]:
        far, edge, seen = 0, [start], {start}
        while edge:
            edge = [b for a in edge for b in near[a] if not (b in seen or seen.add(b))]  # type: ignore[func-returns-value]
            far += bool(edge)
        best = min(best, (far, -len(near[start]), start))
    return best[2]
