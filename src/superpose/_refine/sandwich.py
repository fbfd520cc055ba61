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
from superpose._refine.settings import SandwichSettings

Floats = NDArray[np.float64]


def tile_count(side: int, settings: SandwichSettings) -> int:
    """Return how many tiles a side of so many pixels is cut into."""
    return max(1, min(settings.tiles, side // settings.min_tile))


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
