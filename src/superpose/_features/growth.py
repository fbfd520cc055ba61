"""How a match grows: from its own affine map to the pose of all matches that agree with it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import determinant, inverse, matmul, solution
from superpose._features.matching import Matches
from superpose._features.settings import GrowthSettings
from superpose._parallel import on_chunks
from superpose.transforms.family import Family

Floats = NDArray[np.float64]

# Matches, each with all others, that are worth waking a thread for.
ROWS_PER_CHUNK = 256


def _basis(*rows: tuple[int, ...]) -> Floats:
    """Return a basis whose vectors are made of a matrix's numbers, counted by row from 1, negative ones subtracted."""
    out = np.zeros((8, len(rows)))
    for k, row in enumerate(rows):
        for entry in row:
            out[abs(entry) - 1, k] = 1 if entry > 0 else -1
    out.setflags(write=False)
    return out


# Of the numbers of a matrix, row by row without the last, which is 1.
SIMILARITY = _basis((1, 5), (4, -2), (3,), (6,))
AFFINE = _basis((1,), (2,), (3,), (4,), (5,), (6,))
HOMOGRAPHY = _basis((1,), (2,), (3,), (4,), (5,), (6,), (7,), (8,))


def supported(matches: Matches, reach: float, settings: GrowthSettings, threads: int) -> Floats:
    """Return for each match how much of the others its own map predicts."""
    from superpose._kernels.matching import support

    out = np.empty(len(matches))
    weights = np.clip(2 * matches.quality, 0.05, 1)
    numbers = settings.near, reach, settings.pixels, settings.relative, settings.alike
    chunks = [(k, min(k + ROWS_PER_CHUNK, len(out))) for k in range(0, len(out), ROWS_PER_CHUNK)]
    on_chunks(support, (matches.fixed, matches.moving, matches.maps, weights, *numbers, out), chunks, threads)
    return out


def grown(
    matches: Matches, seed: int, family: Family, reach: float, settings: GrowthSettings
) -> tuple[Floats, Floats] | None:
    """Return the pose that a match grows to, and by how many pixels each match is off; None if too few agree.

    The matches about it that its own map predicts are fitted, then those that the fit predicts, farther away and more
    closely each time.

    Parameters
    ----------
    matches : Matches
        All.
    seed : int
        Which one grows.
    family : Family
        What the pose is to be a member of; with a perspective once enough agree.
    reach : float
        How far the match's own map predicts others, in pixels.
    settings : GrowthSettings
        How.
    """
    matrix = np.eye(3)
    matrix[:2, :2] = matches.maps[seed]
    matrix[:2, 2] = matches.moving[seed] - matmul(matrix[:2, :2], matches.fixed[seed])
    far = np.sqrt(np.square(matches.fixed - matches.fixed[seed]).sum(1))
    errors = _errors(matrix, matches, settings.alike)
    chosen = (far < reach) & (errors < settings.pixels + settings.relative * far)
    weights = matches.quality + 0.05
    for step, threshold in enumerate(settings.thresholds):
        some = matches[chosen]
        basis = _fitted_by(family, len(some), step, settings)
        fitted = None if basis is None else fit(matrix, some, weights[chosen], basis, family)
        if fitted is None:
            return None
        matrix, errors = fitted, _errors(fitted, matches, settings.alike)
        last, chosen = chosen, errors < threshold
        if step < len(settings.reaches):
            chosen &= far < settings.reaches[step] * reach
        elif step + 3 >= len(settings.thresholds) and (last == chosen).all():
            break
    for final in settings.finals:
        # Tukey's weights.
        kept = errors < final
        basis = _fitted_by(family, int(np.count_nonzero(kept)), len(settings.thresholds), settings)
        tukey = np.square(1 - np.square(errors[kept] / final))
        fitted = None if basis is None else fit(matrix, matches[kept], weights[kept] * tukey, basis, family)
        if fitted is None:
            return None
        matrix, errors = fitted, _errors(fitted, matches, settings.alike)
    return matrix, errors


def fit(matrix: Floats, matches: Matches, weights: Floats, basis: Floats, family: Family) -> Floats | None:
    """Return the matrix that takes matches closest to their partners; None if they determine none.

    Parameters
    ----------
    matrix : ndarray, shape (3, 3)
        One that does so roughly: how errors in both images add up.
    matches : Matches
        Pairs of points.
    weights : ndarray, shape (n,)
        What each counts.
    basis : ndarray, shape (8, k)
        Of matrices.
    family : Family
        What the answer is to be a member of.
    """
    from superpose._kernels.matching import transfer_sums

    total = float(weights.sum())
    if not total > 0:
        return None
    middles = [(weights[:, None] * points).sum(0) / total for points in (matches.fixed, matches.moving)]
    fixed, moving = (points - middle for points, middle in zip((matches.fixed, matches.moving), middles, strict=True))
    spread = float((weights * (np.square(fixed).sum(1) + np.square(moving).sum(1))).sum()) / total
    if not spread > 0:
        return None
    scale = 1 / float(np.sqrt(spread))
    there, back = _centred(middles[0], scale), _centred(middles[1], scale)
    rough = matmul(back, matrix, inverse(there))
    if not rough[2, 2] > 0:
        return None
    sums = np.empty((9, 9))
    transfer_sums(fixed * scale, moving * scale, rough / rough[2, 2], weights, sums)
    normal, right = matmul(np.ascontiguousarray(basis.T), sums[:8, :8], basis), matmul(sums[8, :8], basis)
    # Undetermined numbers are those that rounding makes: of a positive definite matrix's size they are tiny.
    normal[np.diag_indices(len(normal))] += 1e-12 * float(np.trace(normal))
    try:
        numbers = matmul(basis, solution(normal, right))
    except np.linalg.LinAlgError:
        return None
    found = matmul(inverse(back), np.append(numbers, 1.0).reshape(3, 3), there)
    if not (np.isfinite(found).all() and abs(determinant(found)) > 1e-9 and abs(found[2, 2]) > 1e-9):
        return None
    if not family.scales:
        found = family.project(found, middles[0])
    return found


def _fitted_by(family: Family, count: int, step: int, settings: GrowthSettings) -> Floats | None:
    """Return the widest basis that so many matches determine in a step, or None."""
    if count < 4:
        return None
    if not family.shears:
        return SIMILARITY
    return HOMOGRAPHY if family.perspective and step >= settings.affine_steps and count >= settings.least else AFFINE


def _centred(middle: Floats, scale: float) -> Floats:
    """Return what takes points to about the origin, `scale` times as far from it as from their middle."""
    return np.array([[scale, 0, -scale * middle[0]], [0, scale, -scale * middle[1]], [0, 0, 1]])


def _errors(matrix: Floats, matches: Matches, alike: float) -> Floats:
    """Return by how many pixels each match is off: both its points together; infinite if its own map is another."""
    from superpose._kernels.matching import transfer_errors

    out = np.empty(len(matches))
    transfer_errors(matches.fixed, matches.moving, matrix, matches.maps, alike, out)
    return np.sqrt(out)
