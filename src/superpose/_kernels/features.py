"""Local features: maxima of the Hessian's determinant across scales, and their patches' shapes, turns and descriptors.

A frame, shape (2, 2), takes the square from -1 to 1 to the pixels about a point: that is its patch. Points are (row,
column).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from superpose._kernels import _native

Pixels = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Samples along a patch's side: of one whose shape is sought, and of one that is described. The outer ones lie beyond
# the square and only serve derivatives.
SHAPE_SIDE, PATCH_SIDE = 21, 35
# Parts of a turn in the histogram whose maxima are a patch's turns.
TURNS = 36
# Numbers of a descriptor, and the length of one as a vector, but for rounding.
DESCRIPTOR_SIZE, DESCRIPTOR_LENGTH = 128, 512


def hessian(data: Pixels, strength: float, out: Pixels, first: int, last: int) -> None:
    """Fill rows first..last of `out` with the size of the Hessian's determinant, times `strength`; 0 at the border.

    Parameters
    ----------
    data : ndarray, float32, shape (rows, columns)
        The image, at one scale.
    strength : float
        The scale's fourth power makes scales comparable.
    out : ndarray, float32, shape of data
        Is filled.
    first, last : int
        Rows.
    """
    _native.hessian(data, strength, out, first, last)


def maxima(
    below: Pixels, here: Pixels, above: Pixels, least: float, edge: int, out: Pixels, first: int, last: int
) -> int:
    """Fill `out` with the maxima over place and scale in rows first..last, and return how many there are.

    Parameters
    ----------
    below, here, above : ndarray, float32, shape (rows, columns)
        Of three neighbouring scales.
    least : float
        Smaller maxima are left out,
    edge : int
        and those nearer to the border than so many pixels.
    out : ndarray, float32, shape (n, 4)
        Row, column, scale (in steps beyond `here`) and value of each, by parabolas; what finds no room is left out.
    first, last : int
        Rows.
    """
    count: int = _native.maxima(below, here, above, least, edge, out, first, last)
    return count


def shapes(
    data: Pixels,
    points: Pixels,
    frames: Pixels,
    window: Pixels,
    steps: int,
    longest: float,
    out: Pixels,
    usable: Mask,
    first: int,
    last: int,
) -> None:
    """Fill `out` with frames of the same area in which the patches have no direction of their own.

    A. Baumberg, "Reliable feature matching across widely separated views", CVPR 2000: the second moments of the
    gradient are made those of a circle, step by step.

    Parameters
    ----------
    data : ndarray, float32, shape (rows, columns)
        The image, two pixels or more along each side.
    points : ndarray, float32, shape (n, 2)
        Where.
    frames : ndarray, float32, shape (n, 2, 2)
        What to begin with.
    window : ndarray, float32, shape (21,)
        What gradients along either axis of a patch count.
    steps : int
        At most so many.
    longest : float
        A patch that gets so many times as long as it is wide is not usable.
    out : ndarray, float32, shape (n, 2, 2)
        Is filled,
    usable : ndarray of bool, shape (n,)
        and so is this.
    first, last : int
        Points.
    """
    _native.shapes(data, points, frames, window, steps, longest, out, usable, first, last)


def turns(
    data: Pixels,
    mask: Mask,
    whole: bool,
    points: Pixels,
    frames: Pixels,
    inner: float,
    window: Pixels,
    directions: Pixels,
    weaker: float,
    out: Pixels,
    usable: Mask,
    first: int,
    last: int,
) -> None:
    """Fill `out` with each frame turned to where most of its patch's gradients point, and to where second most do.

    Parameters
    ----------
    data : ndarray, float32, shape (rows, columns)
        The image.
    mask : ndarray of bool, shape of data
        Whether a pixel counts; not looked at if `whole`.
    points, frames, first, last
        As of `shapes`.
    inner : float
        A patch is not usable unless all pixels under so much of its circle count.
    window : ndarray, float32, shape (35,)
        What gradients along either axis of a patch count.
    directions : ndarray, float32, shape (36, 2)
        Cosines and sines of evenly spaced angles.
    weaker : float
        A second turn has at least so much of what the first one has.
    out : ndarray, float32, shape (n, 2, 2, 2)
        Is filled, with 0 where there is no such frame.
    usable : ndarray of bool, shape (n, 2)
        Is filled with whether there is one.
    """
    _native.turns(data, mask, whole, points, frames, inner, window, directions, weaker, out, usable, first, last)


def descriptors(
    data: Pixels, points: Pixels, frames: Pixels, window: Pixels, out: NDArray[np.int16], first: int, last: int
) -> None:
    """Fill `out` with roots of histograms of the patches' gradients, by 8 directions in 4 x 4 places.

    D. G. Lowe, "Distinctive image features from scale-invariant keypoints", 2004; R. Arandjelovic and A. Zisserman,
    "Three things everyone should know to improve object retrieval", 2012.

    Parameters
    ----------
    data, points, frames, window, first, last
        As of `turns`.
    out : ndarray, int16, shape (n, 128)
        Is filled; each is some 512 long as a vector, or 0 where nothing is to be seen.
    """
    _native.descriptors(data, points, frames, window, out, first, last)
