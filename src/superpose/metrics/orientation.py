"""The contrast-blind metric: whether edges run the same way, whatever their contrast."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from superpose.errors import InputError
from superpose.image import as_mask, real_numbers

Floats = NDArray[np.float64]


def orientation(fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None) -> float:
    """Return how well the directions of edges agree, from -1 to 1; 1 is best.

    Directions are compared modulo half a turn and damped where an image is flat, so that it does not matter which side
    of an edge is the brighter one: the metric for two modalities of which neither predicts the other's intensities.
    Where either image is flat it is defined as 0.

    Parameters
    ----------
    fixed, warped : array_like of one shape, (rows, columns)
        Two images on the same grid.
    mask : array_like of bool, optional
        True where a pixel counts; default: everywhere. Pixels that are not finite in both never count, nor do those
        beside a pixel that does not.

    Raises
    ------
    InputError
        If the shapes differ, the images are not 2D or no pixel counts.

    References
    ----------
    E. Haber and J. Modersitzki, "Intensity gradient based registration and fusion of multi-modal images", MICCAI 2006,
    is its ancestor.
    """
    (a, kept_a), (b, kept_b) = real_numbers(fixed, "fixed"), real_numbers(warped, "warped")
    if a.shape != b.shape:
        raise InputError("different-shapes", argument="warped", value=b.shape, fixed=a.shape)
    if a.ndim != 2:
        raise InputError("wrong-rank", argument="fixed", value=a.shape)
    use = np.isfinite(a) & np.isfinite(b)
    for kept in (kept_a, kept_b, None if mask is None else as_mask(mask, a.shape, "mask")):
        if kept is not None:
            use &= kept
    if not use.any():
        raise InputError("mask-empty", argument="mask", value=f"0 of {use.size}")
    inner = ndimage.binary_erosion(use, np.ones((3, 3)))
    p, q = _directions(np.where(use, a, 0), inner), _directions(np.where(use, b, 0), inner)
    scale = np.sqrt((np.abs(p) ** 2).sum() * (np.abs(q) ** 2).sum())
    return float(np.clip((p * np.conj(q)).real.sum() / scale, -1.0, 1.0)) if scale > 0 else 0.0


def _directions(image: NDArray[np.generic], use: NDArray[np.bool_]) -> NDArray[np.complex128]:
    """Return the gradient's direction as a complex number of doubled angle, damped where it is flat."""
    values = image.astype(float)
    side, along = np.array([3.0, 10.0, 3.0]) / 16, np.array([-1.0, 0.0, 1.0]) / 2
    gradient = [
        ndimage.correlate1d(ndimage.correlate1d(values, along, axis=axis), side, axis=1 - axis) for axis in (0, 1)
    ]
    g = np.where(use, gradient[0] + 1j * gradient[1], 0)
    size = np.abs(g)
    damping = size.sum() / max(int(use.sum()), 1)
    return np.asarray(g**2 / np.maximum(size * (size + damping), 1e-300))
