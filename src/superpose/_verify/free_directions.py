"""Directions that the images leave free, as motions of fixed's corners, and in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import atan2
from superpose._arithmetic.matrices import eigen, inverse, matmul
from superpose._records import FreeDirection
from superpose._refine.algebra import Frame
from superpose._sampling.level_pair import LevelPair
from superpose._solution import Undo
from superpose._verify.settings import StructureSettings
from superpose.image import Grid
from superpose.transforms.family import Family
from superpose.transforms.geometry import IndexMap, PhysicalMap, apply

Floats = NDArray[np.float64]


def described(
    steps: Floats,
    pair: LevelPair,
    pose: IndexMap,
    undo: Undo,
    family: Family,
    fixed: Grid,
    settings: StructureSettings,
) -> tuple[FreeDirection, ...]:
    """Return free steps of a pair of levels as directions of the user's pair, named where they have a name."""
    if not len(steps):
        return ()
    frame, small = Frame.over(pair.fixed.shape), settings.small_step
    centre = (np.array(fixed.shape) - 1) / 2
    back = inverse(undo.to_users(pair.to_physical(pose)))

    def seen(step: Floats) -> Floats:
        """Return the parameters after a step, and where fixed's corners lie then, in its pixels from its middle."""
        there = undo.to_users(pair.to_physical(frame.moved(pose, matmul(family.basis, step))))
        corners = apply(PhysicalMap(matmul(back, there)), fixed.corners)
        # The parameters of the mirrored image's pose are not those of the answer.
        numbers = family.vector(there, fixed.centre, 1.0) if not undo.mirrored else np.zeros(0)
        return np.concatenate([numbers, (corners / fixed.spacing).ravel()])

    lengths = [small / max(frame.reach(matmul(family.basis, each)), 1e-300) for each in steps]
    moved = np.stack(
        [(seen(size * each) - seen(-size * each)) / (2 * size) for size, each in zip(lengths, steps, strict=True)]
    )
    corners = fixed.corners / fixed.spacing
    corners = corners - corners.mean(0)
    return tuple(
        FreeDirection(words, tuple(parameters.tolist()), tuple((a, b) for a, b in motion.tolist()))
        for words, parameters, motion in _named(moved, moved.shape[1] - corners.size, corners, centre, settings)
    )


def _named(
    moved: Floats, size: int, corners: Floats, centre: Floats, settings: StructureSettings
) -> list[tuple[str, Floats, Floats]]:
    """Return names, and parameters and corners' motions of root mean square 1, of the directions that `moved` spans."""
    count = len(corners)
    motions = _orthonormal(moved[:, size:], moved)
    out: list[tuple[str, Floats, Floats]] = []
    turn = np.stack([-corners[:, 1], corners[:, 0]], 1)
    known = {
        "shifts along rows": np.tile([0.0, 1.0], (count, 1)),
        "shifts along columns": np.tile([1.0, 0.0], (count, 1)),
        "the turn": turn,
        "the scale": corners,
    }
    for name, pattern in known.items():
        unit = pattern.ravel() / np.sqrt(np.square(pattern).sum())
        shares = matmul(motions[:, size:], unit) if len(motions) else np.zeros(0)
        if float(np.square(shares).sum()) >= settings.named:
            found = matmul(shares, motions)
            found = found / np.sqrt(np.square(found[size:]).sum())
            out.append((f"{name} {'are' if name.startswith('shifts') else 'is'} not determined", *_unit(found, size)))
            left = motions - np.multiply.outer(matmul(motions[:, size:], found[size:]), found)
            motions = _orthonormal(left[:, size:], left, len(motions) - 1)
    for each in motions:
        out.append(
            (f"{_words(each[size:].reshape(count, 2), corners, centre, settings)} not determined", *_unit(each, size))
        )
    return out


def _unit(found: Floats, size: int) -> tuple[Floats, Floats]:
    """Return a direction scaled to a root mean square motion of 1 at the corners."""
    motion = found[size:].reshape(-1, 2)
    scale = np.sqrt(len(motion))
    return scale * found[:size], scale * motion


def _orthonormal(motions: Floats, whole: Floats, keep: int | None = None) -> Floats:
    """Return combinations of rows of `whole` whose `motions` are orthonormal, the strongest `keep` of them."""
    keep = len(whole) if keep is None else keep
    if not keep:
        return np.zeros((0, whole.shape[1]))
    values, vectors = eigen(matmul(motions, motions.T))
    order = np.argsort(-values, kind="stable")[:keep]
    return np.stack([matmul(vectors[:, k], whole) / np.sqrt(max(float(values[k]), 1e-300)) for k in order])


def _words(motion: Floats, corners: Floats, centre: Floats, settings: StructureSettings) -> str:
    """Return what a motion of the corners is, in words."""
    mean, whole = motion.mean(0), float(np.square(motion).sum())
    if len(motion) * float(np.square(mean).sum()) >= settings.named * whole:
        degrees = np.degrees(atan2(-float(mean[0]), float(mean[1]))) % 180
        return f"shifts at {degrees:.0f} degrees to the rows (counter-clockwise) are"
    squares = float(np.square(corners).sum())
    turn = float((motion[:, 1] * corners[:, 0] - motion[:, 0] * corners[:, 1]).sum()) / squares
    around = np.stack([-corners[:, 1], corners[:, 0]], 1) * turn
    if abs(turn) > 0 and float(np.square(motion - mean - around).sum()) <= (1 - settings.named) * whole:
        row, column = centre + np.array([-mean[1], mean[0]]) / turn
        return f"the turn about row {row:.0f}, column {column:.0f} is"
    return "a mixture of shift, turn and stretch is"
