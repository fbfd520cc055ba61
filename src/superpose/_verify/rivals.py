"""Poses that could be the right one instead: other shifts, other turns, and what the search followed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from superpose._sampling.prepared import FLAT
from superpose._verify.fields import Fields

Floats = NDArray[np.float64]

# Turns of fixed's neighbourhood that symmetric things are tried under, in quarters.
QUARTERS = (0, 1, 2, 3)
# Shifts that leave less than this part of the overlap are not compared.
LEAST_KEPT = 0.35
# A peak this many pixels of the level from the pose is another pose.
APART = 4


@dataclass(frozen=True, eq=False)
class Rival:
    """Another pose: moving's view turned by quarters about `centre` and shifted, in pixels of the level.

    `motion` (3, 3) takes fixed's pixels to fixed's pixels: the pose times it is the rival. `score` is relative to the
    pose's own.
    """

    motion: Floats
    score: float


@dataclass(frozen=True, eq=False)
class Landscape:
    """What shifts and quarter turns of a pose score: the pose's own score, and all others' distribution."""

    here: float
    mean: float
    deviation: float
    rivals: tuple[Rival, ...]


def landscape(fields: Fields, turning: bool) -> Landscape:
    """Score all shifts, and where `turning` quarter turns of them too, by the contrast-blind directions."""
    rows, columns = fields.both.shape
    shape = tuple(int(fft.next_fast_len(int(1.6 * n))) for n in (rows, columns))
    if turning:
        shape = (max(shape), max(shape))
    fixed, here = _spectra(fields.fixed[0], fields.both, shape)
    total = max(float(fields.both.sum()), 1.0)
    energies = [float((np.abs(each[0]) ** 2).sum()) for each in (fields.fixed, fields.moving)]
    means, squares, count = 0.0, 0.0, 0
    rivals: list[Rival] = []
    own = 0.0
    for quarter in QUARTERS if turning else (0,):
        # A direction modulo half a turn comes back to itself after two quarters.
        moving = np.rot90(fields.moving[0], quarter) * (-1) ** quarter
        spectra, there = _spectra(np.ascontiguousarray(moving), np.rot90(fields.both, quarter), shape)
        product = fft.ifft2(np.conj(fixed) * spectra, workers=1).real
        counts, mine, others = (
            np.maximum(fft.irfft2(np.conj(a) * b, s=shape, workers=1), 0)
            for a, b in ((here[0], there[0]), (here[1], there[0]), (here[0], there[1]))
        )
        use = counts >= LEAST_KEPT * total
        # Where either image is flat nothing is alike.
        part = counts / total
        energy = np.maximum(mine, FLAT * energies[0] * part) * np.maximum(others, FLAT * energies[1] * part)
        score = np.where(use, product / np.sqrt(energy + 1e-9) * np.sqrt(part), 0).astype(float)
        if quarter == 0:
            own = float(max(score[i, j] for i in (-1, 0, 1) for j in (-1, 0, 1)))
            for i in range(1 - APART, APART):
                use[i, 1 - APART :] = use[i, :APART] = False
        values = score[use]
        if not values.size:
            continue
        means, squares, count = means + values.sum(), squares + (values**2).sum(), count + values.size
        for row, column, value in _peaks(score, use):
            rivals.append(Rival(_motion(quarter, (row, column), (rows, columns)), value))
    mean = means / max(count, 1)
    deviation = float(np.sqrt(max(squares / max(count, 1) - mean**2, 1e-12)))
    rivals.sort(key=lambda each: -each.score)
    chosen = tuple(Rival(r.motion, r.score / max(own, 1e-9)) for r in rivals[:3])
    return Landscape(own, mean, deviation, chosen)


def _spectra(
    field: NDArray[np.complex64], mask: NDArray[np.bool_], shape: tuple[int, ...]
) -> tuple[NDArray[np.complex64], NDArray[np.complex64]]:
    """Return the spectrum of a field, and those of where it counts and of its energy."""
    both = np.stack([mask.astype(np.float32), field.real**2 + field.imag**2])
    return fft.fft2(field, s=shape, workers=1), fft.rfft2(both, s=shape, workers=1)


def _peaks(score: Floats, use: NDArray[np.bool_]) -> list[tuple[int, int, float]]:
    """Return the two highest peaks where `use`: the flank of one elsewhere is none."""
    top = (score == ndimage.maximum_filter(score, size=5, mode="wrap")) & (score > 0) & use
    at = np.argwhere(top)
    order = np.argsort(-score[top], kind="stable")[:2]
    out = []
    for row, column in at[order]:
        value = float(score[row, column])
        out.append(
            (
                int(row - score.shape[0] * (row > score.shape[0] // 2)),
                int(column - score.shape[1] * (column > score.shape[1] // 2)),
                value,
            )
        )
    return out


def _motion(quarter: int, shift: tuple[int, int], shape: tuple[int, int]) -> Floats:
    """Return where the pixel of moving's view lies that a quarter turn and a shift bring onto a pixel of fixed.

    ``np.rot90(view, quarter)[x + shift]`` is what is seen at x.
    """
    matrix, sides = np.eye(3), shape
    for _ in range(quarter):
        # rot90(v)[i, j] is v[j, columns - 1 - i], and each turn exchanges the sides.
        matrix = matrix @ np.array([[0, 1, 0], [-1, 0, sides[1] - 1], [0, 0, 1.0]])
        sides = (sides[1], sides[0])
    return np.asarray(matrix @ np.array([[1, 0, shift[0]], [0, 1, shift[1]], [0, 0, 1.0]]))
