"""Where images look that were taken from one viewpoint, and their focal length: by what pairs of them say.

A pair's homography is a rotation between two cameras, which tells the focal length; then all rotations and that length
are solved for together, over all points that pairs have in common.

References
----------
H.-Y. Shum and R. Szeliski, "Systems and experiment paper: construction of panoramic image mosaics with global and local
alignment", International Journal of Computer Vision 36(2), 2000.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import angles_of, cos, cube_root, sin
from superpose._arithmetic.matrices import determinant, dot, eigen, inverse, matmul, norm
from superpose._jobs.descent import robustly
from superpose._jobs.mosaic_poses import Placement, centre_of, connected, placement_of
from superpose._jobs.mosaic_settings import MosaicSettings
from superpose._jobs.network import Link, nearest_rotations, solve_network
from superpose._jobs.overlaps import Overlap, by_shift
from superpose._refine.algebra import solved
from superpose.errors import text
from superpose.transforms.family import family_named
from superpose.transforms.geometry import apply

Floats = NDArray[np.float64]
# Of each image: from directions of the panorama, (down, right, ahead), to its own.
Rotations = dict[int, Floats]


@dataclass(frozen=True, eq=False)
class Viewpoint:
    """What pairs of images say of one viewpoint.

    Attributes
    ----------
    focal : float
        The focal length, in pixels.
    sigma : float
        Its error, one standard deviation; 0 where it was told.
    placed : Placement
        Where images look: its poses are their rotations.
    """

    focal: float
    sigma: float
    placed: Placement


def viewpoint(
    shapes: Sequence[tuple[int, ...]], overlaps: Sequence[Overlap], told: float | None, settings: MosaicSettings
) -> Viewpoint:
    """Return where images look, by the overlaps that are believed; `told` is the focal length, where it is known."""
    count = len(shapes)
    usable = [k for k, each in enumerate(overlaps) if not each.why_not]
    part = set(connected(count, [(overlaps[k].first, overlaps[k].second) for k in usable])[0])
    usable = [k for k in usable if overlaps[k].first in part]
    used = [overlaps[k] for k in usable]
    middles = np.array([[(n - 1) / 2 for n in shape[:2]] for shape in shapes])
    longest = float(max(max(shape[:2]) for shape in shapes))
    fits, sigma = np.zeros(len(overlaps), bool), 0.0
    rotations: dict[int, Floats]
    if not used:
        focal, rotations = told or math.inf, {}
    else:
        focal = told or _first_focal(used, middles, longest, settings)
        rotations, mine = _first_rotations(count, used, middles, focal, settings)
        root = centre_of(count, [(used[k].first, used[k].second) for k in mine])
        work = _Bundle([used[k] for k in mine], list(rotations), root, middles, told is not None, settings)
        (focal, rotations), good = robustly(work, (focal, rotations), len(mine), settings.adjustment)
        fits[[usable[k] for k in mine]] = good
    parts = connected(count, [(each.first, each.second) for each, good in zip(overlaps, fits, strict=True) if good])
    rotations = {k: each for k, each in rotations.items() if k in parts[0] and len(parts[0]) > 1}
    if rotations:
        # Others would leave the equations without an answer.
        sure = [each for each, fit in zip(overlaps, fits, strict=True) if fit and each.first in rotations]
        root = centre_of(count, [(each.first, each.second) for each in sure])
        work = _Bundle(sure, list(rotations), root, middles, told is not None, settings)
        sigma = work.focal_sigma((focal, rotations), np.ones(len(sure)))
        rotations = straightened(rotations, {k: shapes[k] for k in rotations}, focal)
    off = np.array([_off(each, rotations, focal, middles) for each in overlaps])
    return Viewpoint(focal, sigma, placement_of(count, rotations, overlaps, fits, off, parts))


def doubt_of_told(
    view: Viewpoint, shapes: Sequence[tuple[int, ...]], overlaps: Sequence[Overlap], settings: MosaicSettings
) -> str:
    """Return what to say of a focal length that was told and is not the one that the images tell; else nothing."""
    solved_for = viewpoint(shapes, overlaps, None, settings)
    apart = abs(solved_for.focal - view.focal)
    if not solved_for.placed.poses or not apart > settings.adjustment.limit * solved_for.sigma:
        return ""
    found = f"{solved_for.focal:.5g} +- {solved_for.sigma:.2g}"
    fits, others = (_fits_in_words(each.placed) for each in (view, solved_for))
    return text("focal-off", argument="focal", value=f"{view.focal:.6g}", found=found, fits=fits, others=others)


def _fits_in_words(placed: Placement) -> str:
    off = placed.off[placed.fits]
    exact = f", to {math.sqrt(float((off * off).mean())):.2g} px" if len(off) else ""
    return f"{len(off)} of {len(placed.fits)} overlaps{exact}"


def _centred(each: Overlap, middles: Floats) -> Floats:
    """Return an overlap's homography between points that are counted from the images' middles."""
    pose = matmul(by_shift(-middles[each.second]), each.pose, by_shift(middles[each.first]))
    volume = determinant(pose)
    return pose / math.copysign(cube_root(abs(volume)), volume) if volume else pose


def _as_turns(poses: Floats, focal: float) -> Floats:
    """Return what homographies make of directions."""
    out = poses.copy()
    out[:, :2, 2] /= focal
    out[:, 2, :2] *= focal
    return out


def _first_focal(used: Sequence[Overlap], middles: Floats, longest: float, settings: MosaicSettings) -> float:
    """Return the focal length, of some, with which homographies are most nearly rotations."""
    poses = np.array([_centred(each, middles) for each in used])
    best, found = math.inf, longest
    focal = settings.viewpoint.shortest * longest
    while focal <= settings.viewpoint.longest * longest:
        turns = _as_turns(nearest_rotations(_as_turns(poses, focal)), 1 / focal)
        cost = 0.0
        for turn, each in zip(turns, used, strict=True):
            there = apply(turn, each.points - middles[each.first]) + middles[each.second]
            gaps = np.square(there - apply(each.pose, each.points)).sum(1)
            far = float(gaps.mean())
            cost += min(far, settings.viewpoint.far * settings.viewpoint.far) if math.isfinite(far) else 1e6
        if cost < best:
            best, found = cost, focal
        focal *= settings.viewpoint.growth
    return found


def _first_rotations(
    count: int, used: Sequence[Overlap], middles: Floats, focal: float, settings: MosaicSettings
) -> tuple[Rotations, list[int]]:
    """Return where images look by the turns between pairs, and which pairs do not contradict the others."""
    turns = nearest_rotations(_as_turns(np.array([_centred(each, middles) for each in used]), focal))
    links = []
    for each, turn in zip(used, turns, strict=True):
        pose = np.eye(4)
        pose[:3, :3] = turn
        links.append(Link(each.first, each.second, pose, np.eye(3), settings.viewpoint.turned * focal))
    root = centre_of(count, [(each.first, each.second) for each in used])
    found = solve_network(count, links, family_named("rigid", 3), np.zeros(3), focal, settings.network, root)
    placed = {k: found.poses[k, :3, :3] for k in range(count) if found.placed[k]}
    return placed, [k for k in np.flatnonzero(found.fits).tolist() if used[k].first in placed]


def _ahead(points: Floats, middle: Floats, focal: float) -> Floats:
    return np.concatenate([points - middle, np.full((len(points), 1), focal)], 1)


def _off(each: Overlap, rotations: Rotations, focal: float, middles: Floats) -> float:
    if each.first not in rotations or each.second not in rotations or not len(each.points):
        return math.nan
    turn = matmul(rotations[each.second], rotations[each.first].T)
    there = np.einsum("nj,ij->ni", _ahead(each.points, middles[each.first], focal), turn)
    gaps = focal * there[:, :2] / there[:, 2:] + middles[each.second] - apply(each.pose, each.points)
    return math.sqrt(float(np.square(gaps).sum(1).mean()))


class _Bundle:
    """The problem of all rotations and the focal length, in turns of each camera and that length's logarithm."""

    def __init__(
        self,
        overlaps: Sequence[Overlap],
        numbers: list[int],
        root: int,
        middles: Floats,
        focal_is_told: bool,
        settings: MosaicSettings,
    ) -> None:
        self.overlaps, self.middles = overlaps, middles
        self.at = {number: 3 * k for k, number in enumerate(each for each in sorted(numbers) if each != root)}
        self.size = 3 * len(self.at) + (not focal_is_told)
        self.told = focal_is_told
        self.shown = [apply(each.pose, each.points) - middles[each.second] for each in overlaps]
        least = settings.adjustment.least * settings.adjustment.least * np.eye(2)
        self.exact = [inverse(each.covariance + least) for each in overlaps]
        # Points that one pair has in common are off together: they count as often as a homography has numbers.
        self.counts = [min(1.0, 4 / len(each.points)) for each in overlaps]

    def cost(self, at: tuple[float, Rotations], weights: Floats) -> float:
        """Return the sum of squares, by weights of the overlaps."""
        sums = [
            weight * part * self._squared(k, at)
            for k, (weight, part) in enumerate(zip(weights, self.counts, strict=True))
        ]
        whole = math.fsum(map(float, sums))
        return whole if math.isfinite(whole) else math.inf

    def squares(self, at: tuple[float, Rotations]) -> Floats:
        """Return by how many standard deviations each overlap is off, squared, on average over its points."""
        found = np.array([self._squared(k, at) / (2 * len(each.points)) for k, each in enumerate(self.overlaps)])
        return np.where(np.isfinite(found), found, 1e30)

    def step(self, at: tuple[float, Rotations], weights: Floats, damping: float) -> Floats | None:
        """Return Gauss and Newton's step."""
        matrix, right = self._equations(at, weights)
        return solved(matrix, -right, damping)

    def moved(self, at: tuple[float, Rotations], step: Floats) -> tuple[float, Rotations]:
        """Return where a step leads."""
        focal, rotations = at
        out = dict(rotations)
        for number, first in self.at.items():
            out[number] = matmul(_rotation(step[first : first + 3]), rotations[number])
        # Near enough to an exponential for a step, and never negative.
        return (focal if self.told else focal * min(max(1 + float(step[-1]), 0.5), 2.0)), out

    def focal_sigma(self, at: tuple[float, Rotations], weights: Floats) -> float:
        """Return the focal length's error, one standard deviation; infinite where it is not determined."""
        if self.told:
            return 0.0
        unit = np.zeros(self.size)
        unit[-1] = 1
        found = solved(self._equations(at, weights)[0], unit)
        return math.inf if found is None or not found[-1] > 0 else at[0] * math.sqrt(float(found[-1]))

    def _left(self, k: int, at: tuple[float, Rotations]) -> tuple[Floats, Floats, Floats]:
        """Return residuals, directions as the second image has them, and the turn between the two."""
        focal, rotations = at
        each = self.overlaps[k]
        turn = matmul(rotations[each.second], rotations[each.first].T)
        there = np.einsum("nj,ij->ni", _ahead(each.points, self.middles[each.first], focal), turn)
        depth = np.where(there[:, 2:] > 0, there[:, 2:], np.nan)
        return focal * there[:, :2] / depth - self.shown[k], there, turn

    def _squared(self, k: int, at: tuple[float, Rotations]) -> float:
        left = self._left(k, at)[0]
        return float((left * np.einsum("ij,nj->ni", self.exact[k], left)).sum())

    def _equations(self, at: tuple[float, Rotations], weights: Floats) -> tuple[Floats, Floats]:
        matrix, right = np.zeros((self.size, self.size)), np.zeros(self.size)
        focal = at[0]
        for k, each in enumerate(self.overlaps):
            left, there, turn = self._left(k, at)
            # How a place changes with the direction that it is seen in.
            flat = there[:, :2] / there[:, 2:]
            slopes = np.zeros((len(there), 2, 3))
            slopes[:, 0, 0] = slopes[:, 1, 1] = 1
            slopes[:, :, 2] = -flat
            slopes *= (focal / there[:, 2])[:, None, None]
            own = {}
            if each.second in self.at:
                own[self.at[each.second]] = np.einsum("nij,njk->nik", slopes, -_across(there))
            if each.first in self.at:
                turned = np.einsum("ij,njk->nik", turn, _across(_ahead(each.points, self.middles[each.first], focal)))
                own[self.at[each.first]] = np.einsum("nij,njk->nik", slopes, turned)
            if not self.told:
                by_focal = focal * (flat + np.einsum("nij,j->ni", slopes, turn[:, 2]))
                own[self.size - 1] = by_focal[..., None]
            exact = weights[k] * self.counts[k] * self.exact[k]
            for a, rates in own.items():
                weighted = np.einsum("ij,njk->nik", exact, rates)
                rows = slice(a, a + rates.shape[2])
                right[rows] += np.einsum("nik,ni->k", weighted, left)
                for b, others in own.items():
                    matrix[rows, b : b + others.shape[2]] += np.einsum("nik,nim->km", weighted, others)
        return matrix, right


def _across(directions: Floats) -> Floats:
    """Return matrices that make of vectors their cross products after directions, (n, 3, 3)."""
    x, y, z = directions.T
    none = np.zeros_like(x)
    rows = [(none, -z, y), (z, none, -x), (-y, x, none)]
    return np.stack([np.stack(row, -1) for row in rows], -2)


def _rotation(vector: Floats) -> Floats:
    """Return the rotation about a vector, as large as that is long."""
    angle = norm(vector)
    if not angle:
        return np.eye(3)
    across = _across(vector[None] / angle)[0]
    return np.asarray(np.eye(3) + sin(angle) * across + (1 - cos(angle)) * matmul(across, across))


def straightened(rotations: Rotations, shapes: dict[int, tuple[int, ...]], focal: float) -> Rotations:
    """Return rotations from a panorama whose horizon is level, and which looks away from its largest gap."""
    every = np.array([rotations[k] for k in sorted(rotations)])
    down, right, ahead = every.swapaxes(0, 1)
    # Cameras are turned more about what is down than about any other axis: their right sides lie in one plane.
    mean = down.sum(0)
    spread = np.einsum("ni,nj->ij", right, right) - 0.01 / len(every) * np.multiply.outer(mean, mean)
    values, vectors = eigen(spread)
    first = vectors[:, int(np.argmin(values))]
    first = first * (1 if dot(first, mean) >= 0 else -1)
    third = ahead[0] - dot(ahead[0], first) * first
    if norm(third) < 1e-3:
        third = -down[0] + dot(down[0], first) * first
    axes = _axes(first, third)
    # Turned so that the middle of the largest gap lies behind.
    middles, halves = [], []
    for number in sorted(rotations):
        rows, columns = (n / 2 for n in shapes[number][:2])
        corners = np.array([(r, c, focal) for r in (-rows, 0, rows) for c in (-columns, 0, columns)])
        seen = matmul(corners, rotations[number], axes.T)
        angles = angles_of(seen[:, 1], seen[:, 2])
        middle = float(angles[4])
        gaps = angles - middle
        gaps -= 2 * math.pi * np.rint(gaps / (2 * math.pi))
        middles.append(middle + float(gaps.max() + gaps.min()) / 2)
        halves.append(float(gaps.max() - gaps.min()) / 2)
    turn = _away_from_gap(middles, halves)
    away = np.array([[1, 0, 0], [0, cos(turn), -sin(turn)], [0, sin(turn), cos(turn)]])
    return {number: matmul(each, axes.T, away.T) for number, each in rotations.items()}


def _axes(down: Floats, ahead: Floats) -> Floats:
    first, third = down / norm(down), ahead / norm(ahead)
    third = third - dot(first, third) * first
    third = third / norm(third)
    return np.stack([first, np.cross(third, first), third])


def _away_from_gap(middles: Sequence[float], halves: Sequence[float]) -> float:
    """Return the angle that is to lie straight ahead, so that what nothing shows, if there is anything, lies behind."""
    whole = 2 * math.pi
    spans = sorted(((m - h) % whole, 2 * h) for m, h in zip(middles, halves, strict=True))
    best, behind, end = 0.0, None, spans[0][0] + spans[0][1]
    for start, length in [*spans[1:], (spans[0][0] + whole, 0.0)]:
        if start - end > best:
            best, behind = start - end, (start + end) / 2
        end = max(end, start + length)
    return middles[0] if behind is None else behind + math.pi
