"""Poses of many images from points that pairs of them have in common, all at once: with perspective, too.

Gauss and Newton's steps in each image's own frame (see `descent`); and `network` for where shifts and turns come from
before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import inverse, matmul
from superpose._jobs.descent import robustly
from superpose._jobs.mosaic_settings import AdjustmentSettings
from superpose._jobs.overlaps import Overlap
from superpose._refine.algebra import Frame, solved
from superpose.transforms.family import Family
from superpose.transforms.geometry import apply, normalised, velocities

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Anchor:
    """Where something else than another image says that an image's points lie.

    Attributes
    ----------
    image : int
        Its number.
    points, places : ndarray, shape (n, 2)
        Of the image, and where they lie in the mosaic.
    covariance : ndarray, shape (2, 2)
        Of these places.
    """

    image: int
    points: Floats
    places: Floats
    covariance: Floats


def adjusted(
    poses: dict[int, Floats],
    shapes: Sequence[tuple[int, ...]],
    overlaps: Sequence[Overlap],
    anchors: Sequence[Anchor],
    root: int | None,
    family: Family,
    settings: AdjustmentSettings,
) -> tuple[dict[int, Floats], NDArray[np.bool_]]:
    """Return better poses, from points of the mosaic to points of each image, and which overlaps agree with them.

    Parameters
    ----------
    poses : dict of int to ndarray, shape (3, 3)
        Where to start.
    shapes : sequence of tuple of int
        Of the images.
    overlaps : sequence of Overlap
        Between images with a pose.
    anchors : sequence of Anchor
        All of these count in full.
    root : int, optional
        The image that keeps its place; None where anchors hold the others.
    family : Family
        Of the poses.
    settings : AdjustmentSettings
        When a link fits, and when steps are short enough.
    """
    work = _Adjustment(list(poses), shapes, overlaps, anchors, root, family, settings)
    places = {number: inverse(pose) for number, pose in poses.items()}
    places, agree = robustly(work, places, len(overlaps), settings)
    return {number: normalised(inverse(place)) for number, place in places.items()}, agree


class _Adjustment:
    """The problem, in steps of each image's own frame."""

    def __init__(
        self,
        numbers: list[int],
        shapes: Sequence[tuple[int, ...]],
        overlaps: Sequence[Overlap],
        anchors: Sequence[Anchor],
        root: int | None,
        family: Family,
        settings: AdjustmentSettings,
    ) -> None:
        self.overlaps, self.anchors, self.family, self.settings = overlaps, anchors, family, settings
        self.frames = {number: Frame.over(tuple(shapes[number])) for number in numbers}
        free = [number for number in numbers if number != root]
        self.at = {number: k * family.size for k, number in enumerate(free)}
        # Points that one pair has in common are off together: they count as often as the pair says anything.
        self.shown = [apply(each.pose, each.points) for each in overlaps]
        least = settings.least * settings.least * np.eye(2)
        self.exact = [
            inverse(each.covariance + least) * min(1.0, family.size / (2 * len(each.points))) for each in overlaps
        ]
        self.held = [inverse(each.covariance + least) / len(each.points) for each in anchors]

    def cost(self, places: dict[int, Floats], weights: Floats) -> float:
        """Return the sum of squares, by weights of the overlaps."""
        whole = float((weights * self._sums(places)).sum())
        for each, exact in zip(self.anchors, self.held, strict=True):
            left = apply(places[each.image], each.points) - each.places
            whole += _squared(left, exact)
        return whole if math.isfinite(whole) else math.inf

    def _sums(self, places: dict[int, Floats]) -> Floats:
        return np.array([_squared(self._left(k, places), exact) for k, exact in enumerate(self.exact)])

    def squares(self, places: dict[int, Floats]) -> Floats:
        """Return by how many standard deviations each overlap is off, squared, on average over its points."""
        least = self.settings.least * self.settings.least * np.eye(2)
        out = []
        for k, each in enumerate(self.overlaps):
            left = self._left(k, places)
            out.append(_squared(left, inverse(each.covariance + least)) / (2 * len(left)))
        found = np.array(out)
        return np.where(np.isfinite(found), found, 1e30)

    def _left(self, k: int, places: dict[int, Floats]) -> Floats:
        each = self.overlaps[k]
        return apply(self._between(each, places), each.points) - self.shown[k]

    def _between(self, each: Overlap, places: dict[int, Floats]) -> Floats:
        return normalised(matmul(inverse(places[each.second]), places[each.first]))

    def step(self, places: dict[int, Floats], weights: Floats, damping: float) -> Floats | None:
        """Return Gauss and Newton's step."""
        size = self.family.size * len(self.at)
        matrix, right = np.zeros((size, size)), np.zeros(size)
        for k, each in enumerate(self.overlaps):
            pose = self._between(each, places)
            there = apply(pose, each.points)
            by_first = np.einsum(
                "nij,njk->nik", _slopes(pose, each.points, there), self._rates(each.first, each.points)
            )
            by_second = -self._rates(each.second, there)
            self._add(
                matrix,
                right,
                there - self.shown[k],
                weights[k] * self.exact[k],
                {each.first: by_first, each.second: by_second},
            )
        for anchor, exact in zip(self.anchors, self.held, strict=True):
            place = places[anchor.image]
            here = apply(place, anchor.points)
            by = np.einsum(
                "nij,njk->nik", _slopes(place, anchor.points, here), self._rates(anchor.image, anchor.points)
            )
            self._add(matrix, right, here - anchor.places, exact, {anchor.image: by})
        return solved(matrix, -right, damping)

    def _rates(self, number: int, points: Floats) -> Floats:
        """Return how a step of an image's moves its points, (n, 2, size)."""
        frame = self.frames[number]
        rates = velocities(frame.group, (points - frame.centre) / frame.radius)
        return np.asarray(np.einsum("nik,km->nim", rates, self.family.basis))

    def _add(self, matrix: Floats, right: Floats, left: Floats, exact: Floats, slopes: dict[int, Floats]) -> None:
        known = {number: each for number, each in slopes.items() if number in self.at}
        size = self.family.size
        weighted = {number: np.einsum("ij,njk->nik", exact, each) for number, each in known.items()}
        for a, own in known.items():
            rows = slice(self.at[a], self.at[a] + size)
            right[rows] += np.einsum("nik,ni->k", weighted[a], left)
            for b in known:
                columns = slice(self.at[b], self.at[b] + size)
                matrix[rows, columns] += np.einsum("nik,nim->km", own, weighted[b])

    def moved(self, places: dict[int, Floats], step: Floats) -> dict[int, Floats]:
        """Return where a step leads."""
        out = dict(places)
        for number, first in self.at.items():
            own = matmul(self.family.basis, step[first : first + self.family.size])
            out[number] = self.frames[number].moved(places[number], own)
        return out


def _squared(left: Floats, exact: Floats) -> float:
    return float((left * np.einsum("ij,nj->ni", exact, left)).sum())


def _slopes(pose: Floats, points: Floats, there: Floats) -> Floats:
    """Return how places in the other image change with points, (n, 2, 2)."""
    under = np.einsum("nj,j->n", points, pose[2, :2]) + pose[2, 2]
    return np.asarray((pose[None, :2, :2] - there[:, :, None] * pose[2, :2]) / under[:, None, None])
