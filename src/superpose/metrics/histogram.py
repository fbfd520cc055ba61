"""Metrics for images of several modalities, each a function of the joint histogram."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose.errors import InputError
from superpose.metrics.base import samples

Floats = NDArray[np.float64]

BINS = 100


def checked_bins(bins: object) -> int:
    """Return `bins` as an int.

    Raises
    ------
    InputError
        If it is no whole number of 2 or more.
    """
    if isinstance(bins, bool) or not isinstance(bins, (int, np.integer)) or bins < 2:
        raise InputError("not-positive", argument="bins", value=repr(bins), least=2)
    return int(bins)


def _binned(values: NDArray[np.generic], bins: int) -> NDArray[np.intp]:
    """Return the bin of each value: `bins` of equal width from the lowest value to the highest."""
    low, high = values.min(), values.max()
    if low == high:
        return np.zeros(values.shape, np.intp)
    scale = bins / (float(high) - float(low))
    index: NDArray[np.intp] = np.clip(((values - low) * scale).astype(np.intp), 0, bins - 1)
    return index


def joint_histogram(fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None, *, bins: int = BINS) -> Floats:
    """Return the joint distribution of two images' intensities.

    Parameters
    ----------
    fixed, warped : array_like of one shape
        Two images on the same grid.
    mask : array_like of bool, optional
        True where a pixel counts; default: everywhere. Pixels that are not finite in both never count.
    bins : int, optional
        Bins along each axis, of equal width over each image's own range inside the mask.

    Returns
    -------
    ndarray of float64, shape (bins, bins)
        Sums to one; rows are fixed, columns warped.

    Raises
    ------
    InputError
        If the shapes differ, no pixel counts, or `bins` is not 2 or more.
    """
    bins = checked_bins(bins)
    a, b = samples(fixed, warped, mask)
    counts = np.bincount(_binned(a, bins) * bins + _binned(b, bins), minlength=bins * bins)
    return counts.reshape(bins, bins) / len(a)


def _entropy(probabilities: Floats) -> float:
    positive = probabilities[probabilities > 0]
    return float(-(positive * np.log(positive)).sum())


def mi(fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None, *, bins: int = BINS) -> float:
    """Return the mutual information in nats, 0 or more; higher is better.

    Parameters
    ----------
    fixed, warped, mask, bins
        As for `joint_histogram`.

    Raises
    ------
    InputError
        As `joint_histogram`.

    References
    ----------
    P. Viola and W. M. Wells, "Alignment by maximization of mutual information", International Journal of
    Computer Vision 24(2), 1997, pages 137-154.
    """
    joint = joint_histogram(fixed, warped, mask, bins=bins)
    return max(0.0, _entropy(joint.sum(1)) + _entropy(joint.sum(0)) - _entropy(joint.ravel()))


def nmi(fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None, *, bins: int = BINS) -> float:
    """Return Studholme's normalised mutual information, (H(A) + H(B)) / H(A, B), from 1 to 2; 2 is best.

    Where both images are constant it is defined as 1.

    Parameters
    ----------
    fixed, warped, mask, bins
        As for `joint_histogram`.

    Raises
    ------
    InputError
        As `joint_histogram`.

    References
    ----------
    C. Studholme, D. L. G. Hill and D. J. Hawkes, "An overlap invariant entropy measure of 3D medical image
    alignment", Pattern Recognition 32(1), 1999, pages 71-86.
    """
    joint = joint_histogram(fixed, warped, mask, bins=bins)
    together = _entropy(joint.ravel())
    if together <= 0:
        return 1.0
    return float(np.clip((_entropy(joint.sum(1)) + _entropy(joint.sum(0))) / together, 1.0, 2.0))


def correlation_ratio(fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None, *, bins: int = BINS) -> float:
    """Return how much of warped's variance is explained by fixed's intensity, from 0 to 1; 1 is best.

    Fixed is binned, warped is not. Where warped is constant it is defined as 0.

    Parameters
    ----------
    fixed, warped, mask, bins
        As for `joint_histogram`.

    Raises
    ------
    InputError
        As `joint_histogram`.

    References
    ----------
    A. Roche, G. Malandain, X. Pennec and N. Ayache, "The correlation ratio as a new similarity measure for
    multimodal image registration", MICCAI 1998, pages 1115-1124.
    """
    bins = checked_bins(bins)
    a, b = samples(fixed, warped, mask)
    index = _binned(a, bins)
    if b.min() == b.max():
        return 0.0
    deviations = b.astype(float) - b.mean(dtype=float)
    total = (deviations * deviations).sum()
    counts = np.bincount(index, minlength=bins)
    sums = np.bincount(index, weights=deviations, minlength=bins)
    between = (sums[counts > 0] ** 2 / counts[counts > 0]).sum()
    return float(np.clip(between / total, 0.0, 1.0))
