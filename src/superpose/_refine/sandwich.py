"""The sandwich covariance of a pose whose residuals may be correlated.

The pose solves ``sum of r J = 0``, r being the residual of a pixel and J its derivative by the pose. Its covariance is
``inv(H) B inv(H)``: H is the sum of J Jᵀ, and B the covariance of the sum of r J. Residuals next to each other are
alike (blur, interpolation, what differs between two modalities), so B is not the sum over pixels but over tiles wide
enough to be nearly independent (a cluster-robust, or block, sandwich). H takes one J from fixed and the other from
moving: noise, which is another one in each, would otherwise count as structure.

References
----------
H. White, "Maximum likelihood estimation of misspecified models", Econometrica 50(1), 1982; K.-Y. Liang and S. L. Zeger,
"Longitudinal data analysis using generalized linear models", Biometrika 73(1), 1986.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import eigen, matmul
from superpose._refine.algebra import solved
from superpose._refine.settings import SandwichSettings

Floats = NDArray[np.float64]
Cuts = NDArray[np.int64]


def tile_count(side: int, settings: SandwichSettings) -> int:
    """Return how many tiles a side of so many pixels is cut into."""
    few = max(1, min(settings.few_tiles, side // settings.smallest_tile))
    return max(few, min(settings.tiles, side // settings.min_tile))


def even_cuts(side: int, settings: SandwichSettings) -> Cuts:
    """Return where a side of so many pixels is cut into tiles of one size, its ends included."""
    return np.rint(np.linspace(0, side, tile_count(side, settings) + 1)).astype(np.int64)


def structure_cuts(structure: Floats, settings: SandwichSettings) -> Cuts:
    """Return where a side is cut into tiles that hold as much structure each, its ends included.

    Parameters
    ----------
    structure : ndarray, shape (n,)
        How much there is at each pixel of the side.
    settings : SandwichSettings
        How many tiles there are to be, and how narrow they may be.
    """
    before = np.concatenate([[0.0], np.cumsum(structure)])
    shares = np.linspace(0, before[-1], settings.tiles + 1)[1:-1]
    cuts = [0]
    for cut in np.searchsorted(before, shares).tolist():
        if cut - cuts[-1] >= settings.smallest_tile and len(structure) - cut >= settings.smallest_tile:
            cuts.append(cut)
    return np.array([*cuts, len(structure)], np.int64)


def sandwich(noisy: Floats, clean: Floats, scores: Floats, settings: SandwichSettings) -> Floats | None:
    """Return the covariance (n, n) of a step, or None where the images do not determine it.

    Parameters
    ----------
    noisy : ndarray, shape (n, n)
        H with both derivatives from the same image, so that its noise counts as structure.
    clean : ndarray, shape (n, n)
        H without noise.
    scores : ndarray, shape (tiles, n)
        Each tile's sum of residual times derivative.
    settings : SandwichSettings
        What counts as structure.
    """
    count, size = scores.shape
    inverse = _structure_inverse(noisy, clean, settings.min_structure)
    if inverse is None or count <= size + 1:
        return None
    scores = scores - scores.mean(0)
    middle = np.einsum("ni,nj->ij", scores, scores) * (count / (count - 1 - size))
    covariance = np.asarray(matmul(inverse, middle, inverse))
    return covariance if np.isfinite(covariance).all() else None


def leverages(scores: Floats, parts: Floats, whole: Floats) -> Floats | None:
    """Return how much of its own say on the step each tile has, from 0 to 1, (tiles,); None where nothing has any.

    Parameters
    ----------
    scores : ndarray, shape (tiles, n)
        As for `sandwich`.
    parts : ndarray, shape (tiles, n, n)
        Each tile's part of `whole`.
    whole : ndarray, shape (n, n)
        H.
    """
    steps = solved(whole, np.ascontiguousarray(scores.T))
    if steps is None:
        return None
    own = np.einsum("it,tij,jt->t", steps, parts, steps)
    size = np.einsum("ti,it->t", scores, steps)
    # Never above 1 before the quotient is taken: tiny numbers would overflow.
    return np.asarray(np.clip(own, 0.0, np.maximum(size, 0.0)) / np.maximum(size, 1e-300))


def concentration(parts: Floats, whole: Floats) -> float:
    """Return how many tiles with an equal share of the structure would be as good as these are; 0 where none is."""
    inverse = solved(whole, np.eye(len(whole)))
    if inverse is None:
        return 0.0
    shares = np.einsum("tij,ji->t", parts, inverse) / len(whole)
    return float(1 / np.square(shares).sum())


def _structure_inverse(noisy: Floats, clean: Floats, least: float) -> Floats | None:
    """Return the inverse of `clean`, each direction of which has at most `noisy`'s weight; None where all is noise."""
    values, vectors = eigen(noisy)
    if not values.min() > 1e-12 * values.max():
        return None
    white = vectors / np.sqrt(values)
    parts, axes = eigen(matmul(white.T, clean, white))
    if not parts.max() > least:
        return None
    # A direction without structure of its own is free; how free cannot be told from so few pixels.
    back = matmul(white, axes)
    return np.asarray(matmul(back / np.clip(parts, least, 1.0), back.T))
