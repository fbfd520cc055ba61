"""What interpolation leaves unknown of a pose: the step between what two interpolations would make of it.

Between pixels an image is what an interpolation says it is. Linear and cubic interpolation agree on what was filtered
before it was sampled, and disagree at the steps of drawings, masks and screenshots. By how far that moves the pose is
measured on the pair: the step that would undo the difference of the two. It is the same error all over the image where
the pose is a shift, which no residual shows; where the pose meets all fractions of a pixel it averages out.

They disagree on the finest detail of photographs, too, which a lens and a pixel's own width have filtered, and where
the cubic one is right: the difference counts by how much of the structure are steps from one pixel to the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import matmul
from superpose._refine.algebra import Frame, solved
from superpose._sampling.level_pair import LevelPair
from superpose.image import Raster
from superpose.metrics._level_objective import meets_all_fractions
from superpose.metrics._sampled_rows import SampledRows, odd
from superpose.metrics.settings import SquaredSettings
from superpose.transforms.geometry import IndexMap, apply, velocities

if TYPE_CHECKING:
    from superpose.metrics._squared_objective import SquaredObjective

Floats = NDArray[np.float64]


def unfiltered_part(pair: LevelPair, pose: IndexMap, places: Floats, settings: SquaredSettings) -> float:
    """Return how much the image that was filtered less is like one that was not filtered at all, from 0 to 1.

    `places` (n, 2) are pixels of fixed with structure.
    """
    steps = max(_stepped(pair.fixed.image, places), _stepped(pair.moving.image, apply(pose, places)))
    return min(max((steps - settings.filtered) / (settings.unfiltered - settings.filtered), 0.0), 1.0)


def interpolation_covariance(
    objective: SquaredObjective, pair: LevelPair, pose: IndexMap, places: Floats, slopes: Floats
) -> Floats:
    """Return the covariance (n, n) of a step at a pose that interpolation leaves unknown where nothing was filtered.

    Fixed has `slopes` (n, 2) at `places`. Moving is interpolated at the pose. Where that is a shift, either image may
    be the one that was filtered less, and the fraction of a pixel one at which the two agree by chance: both are looked
    at nearer to a quarter of a pixel. The larger step counts, as far as it is beyond what chance makes it.
    """
    frame, settings = objective.frame, objective.settings.squared
    looked_at = [(pair.moving.image, pose)]
    if not meets_all_fractions(pose, pair, objective.settings.all_fractions):
        shift = (apply(pose, frame.centre[None]) - frame.centre)[0]
        part = shift - np.rint(shift)
        worst = np.clip(settings.fraction_factor * part, -0.25, 0.25)
        nearby, between = pose.copy(), np.eye(len(pose))
        nearby[:-1, -1] += worst - part
        between[:-1, -1] = worst
        looked_at = [(pair.moving.image, IndexMap(nearby)), (pair.fixed.image, IndexMap(between))]
    found = [_disagreement(places, slopes, image, at, frame, objective.basis) for image, at in looked_at]
    corners = matmul(frame.corners.reshape(-1, frame.generators), objective.basis)

    def size(covariance: Floats) -> float:
        return float((matmul(corners, covariance) * corners).sum())

    beyond = [max(0.0, size(each) - settings.chance * size(noise)) for each, noise in found]
    step = found[int(np.argmax(beyond))][0]
    whole = size(step)
    # The two stand for others as far to either side: of any two of them half the square is the variance.
    return step * (0.5 * max(beyond) / whole if whole > 0 else 0.0)


def structure(image: Raster, settings: SquaredSettings) -> tuple[Floats, Floats]:
    """Return where an image has structure, and the slopes there, (n, 2) each; of not too many pixels."""
    rows, most = SampledRows(image, settings.sampled_pixels), settings.compared_pixels
    at = np.flatnonzero(rows.steep & rows.mask)
    at = at[:: odd(len(at) / most)]
    lines, columns = np.divmod(at, rows.steep.shape[1])
    places = np.stack([np.array(rows.rows)[lines], columns], 1).astype(float)
    return places, np.stack([each[lines, columns] for each in rows.slopes], 1).astype(float)


def _stepped(image: Raster, points: Floats) -> float:
    """Return how much of an image's structure are steps from one pixel to the next, alike before and after, 0 to 1."""
    rows, columns = image.data.shape
    i, j = np.floor(points + 0.5).astype(np.intp).T
    inside = (i >= 2) & (j >= 2) & (i < rows - 2) & (j < columns - 2)
    at = np.array([columns, 1])[:, None, None] * np.arange(-2, 3)[:, None] + (i * columns + j)[inside]
    if not image.complete:
        at = at[..., image.mask.ravel()[at].all((0, 1))]
    apart = np.abs(np.diff(image.data.ravel()[at].astype(float), axis=1))
    # Of the differences to the pixel before and behind, along rows and columns, the largest is the step.
    steps = np.concatenate([apart[:, 1], apart[:, 2]])
    beside = np.concatenate([apart[:, 0] + apart[:, 2], apart[:, 1] + apart[:, 3]])
    largest = np.argmax(steps, 0), np.arange(steps.shape[1])
    step, beside = steps[largest], beside[largest]
    total = float(np.square(step).sum())
    return float((step * np.maximum(step - beside, 0.0)).sum()) / total if total > 0 else 0.0


def _disagreement(
    places: Floats, slopes: Floats, image: Raster, pose: IndexMap, frame: Frame, basis: Floats
) -> tuple[Floats, Floats]:
    """Return the outer product of the step from linear to cubic interpolation, and what noise would make of it."""
    difference, seen = _cubic_less_linear(image, apply(pose, places))
    rates = velocities(frame.group, (places[seen] - frame.centre) / frame.radius)
    down, across = slopes[seen, :1], slopes[seen, 1:]
    moved = matmul(down * rates[:, 0] + across * rates[:, 1], basis)
    inverse = solved(matmul(moved.T, moved), np.eye(basis.shape[1]))
    if inverse is None:
        nothing = np.zeros((basis.shape[1],) * 2)
        return nothing, nothing
    scores = moved * difference[:, None]
    step = matmul(inverse, scores.sum(0))
    return np.multiply.outer(step, step), matmul(inverse, matmul(scores.T, scores), inverse)


def _cubic_less_linear(image: Raster, points: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return by how much cubic interpolation (Keys') is above linear one, and at which of the points it is known."""
    rows, columns = image.data.shape
    first = np.floor(points)
    seen = np.asarray(((first >= 1) & (first < np.array([rows, columns]) - 2)).all(1))
    around = np.arange(-1, 3)[:, None]
    i, j = (first[seen, axis].astype(np.intp) + around for axis in (0, 1))
    at = i[:, None] * columns + j
    if not image.complete:
        whole = image.mask.ravel()[at].all((0, 1))
        seen[seen], at = whole, at[..., whole]
    patch, part = image.data.ravel()[at], (points - first)[seen]
    down, across = (_weights(part[:, axis]) for axis in (0, 1))
    cubic, linear = ((a * (b * patch).sum(1)).sum(0) for a, b in zip(down, across, strict=True))
    return np.asarray(cubic - linear), seen


def _weights(part: Floats) -> tuple[Floats, Floats]:
    """Return how four pixels in a row count at parts of the way from the second to the third: cubic, linear, (4, n)."""
    left, nothing = 1 - part, np.zeros(len(part))
    # R. G. Keys, "Cubic convolution interpolation for digital image processing", IEEE TASSP 29(6), 1981.
    outer = [-0.5 * part * left * left, -0.5 * left * part * part]
    inner = [left * (1 + part - 1.5 * part * part), part * (1 + left - 1.5 * left * left)]
    return np.stack([outer[0], *inner, outer[1]]), np.stack([nothing, left, part, nothing])
