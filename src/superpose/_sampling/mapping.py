"""Pull an image through any mapping of points onto another grid; one that is a matrix takes the fast path of `warp`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import matmul
from superpose._parallel import chunks_of, ordered_map
from superpose._sampling.warp import Source, filled_from_around, nearest, source, warp
from superpose.errors import InputError
from superpose.image import Grid, Mask, Pixels
from superpose.transforms.base import Transform, real_numbers
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
# From points to points, shape (..., ndim); NaN where there are none. It may be called by several threads at once.
Mapping = Callable[[Floats], Floats]
# Some of an image's pixels, along each axis.
Box = tuple[slice, ...]


def shape_of(box: Box) -> tuple[int, ...]:
    """Return how many pixels it has along each axis."""
    return tuple(each.stop - each.start for each in box)


class Bending(ABC):
    """A mapping of 2D points that over so few pixels as `patch` a side is as good as a matrix."""

    patch: ClassVar[int] = 32

    @abstractmethod
    def __call__(self, points: Floats) -> Floats:
        """Return where points lie, shape (..., 2)."""


@dataclass(frozen=True, eq=False)
class PixelMap:
    """Where each pixel of an output grid lies in an input image.

    Attributes
    ----------
    mapping : Transform or callable
        From physical points of the output to physical points of the input.
    output, input : Grid
        Where the pixels of both lie.
    part, drawn_on : tuple of slice, optional
        The part of the output that is asked for, and that of the input that is given. Default: the whole of both.

    Raises
    ------
    InputError
        If a transform is of another dimension than the grids.
    """

    mapping: Mapping
    output: Grid
    input: Grid
    part: Box | None = None
    drawn_on: Box | None = None

    def __post_init__(self) -> None:
        if isinstance(self.mapping, Transform) and not self.mapping.ndim == self.output.ndim == self.input.ndim:
            raise InputError(
                "other-dimension",
                argument="transform",
                value=self.mapping.ndim,
                fixed=self.output.ndim,
                moving=self.input.ndim,
            )

    @property
    def matrix(self) -> Floats | None:
        """From output to input pixels, homogeneous; None where the mapping is not known to be a matrix."""
        if not isinstance(self.mapping, MatrixTransform):
            return None
        return matmul(self.input.physical_to_index, self.mapping.matrix, self.output.index_to_physical)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of what is asked for."""
        return self.output.shape if self.part is None else shape_of(self.part)

    @property
    def given(self) -> tuple[int, ...]:
        """The shape of what is given."""
        return self.input.shape if self.drawn_on is None else shape_of(self.drawn_on)

    @property
    def offsets(self) -> Indices:
        """Where what is asked for begins in the output, and what is given in the input."""
        boxes = (self.part, self.drawn_on)
        return np.array([[0] * self.input.ndim if box is None else [each.start for each in box] for box in boxes])

    def blocks(self) -> list[tuple[int, int]]:
        """Return pieces of the output, (first, last) along its first axis, small enough to hold their points."""
        return chunks_of(self.shape)

    def positions(self, first: int, last: int) -> Floats:
        """Return where a piece of the output lies, in pixels of what is given, shape (last - first, ..., ndim).

        Raises
        ------
        InputError
            If the mapping returns anything but as many points.
        """
        begin, origin = self.offsets
        lines = np.arange(first, last), *map(np.arange, self.shape[1:])
        points = self.output.to_physical(np.stack(np.meshgrid(*lines, indexing="ij"), -1) + begin)
        mapped = real_numbers(self.mapping(points))
        expected = (*points.shape[:-1], self.input.ndim)
        if mapped is None or mapped.shape != expected:
            value = "no real numbers" if mapped is None else f"an array of shape {mapped.shape}"
            raise InputError("bad-callable", argument="transform", value=value, expected=f"one of shape {expected}")
        places: Floats = self.input.to_index(mapped) - origin
        return places


def warp_through(image: Source, pixels: PixelMap, threads: int) -> tuple[Pixels, Mask]:
    """Return the image on the output's grid, and which of its pixels have data; see `warp` for the rules.

    Raises
    ------
    InputError
        If the mapping returns anything but points.
    """
    if pixels.matrix is not None:
        return warp(image, pixels.matrix, pixels.shape, threads, pixels.offsets)
    if isinstance(pixels.mapping, Bending):
        return _warp_in_patches(image, pixels, pixels.mapping, threads)
    out, valid = np.empty(pixels.shape, np.float32), np.empty(pixels.shape, np.bool_)
    mask = None if image.mask.all() else image.mask

    def sample_block(block: tuple[int, int]) -> None:
        part = slice(*block)
        out[part], valid[part] = _sample(image, mask, pixels.positions(*block))

    ordered_map(sample_block, pixels.blocks(), threads)
    return out, valid


def _warp_in_patches(image: Source, pixels: PixelMap, mapping: Bending, threads: int) -> tuple[Pixels, Mask]:
    """Return what `warp_through` does: each patch of the output by the matrix that its middle is mapped by."""
    from superpose._kernels.warp import warp_cubic, warp_linear

    kernel = warp_linear if image.order == 1 else warp_cubic
    out, valid = np.empty(pixels.shape, np.float32), np.empty(pixels.shape, np.bool_)
    data, mask = np.ascontiguousarray(image.data, np.float32)[None], np.ascontiguousarray(image.mask)
    complete, (begin, origin) = bool(mask.all()), pixels.offsets
    (height, width), side = pixels.shape, mapping.patch
    around = side / 2 * np.array([[-1, 0], [1, 0], [0, -1], [0, 1]])

    def warp_row(top: int) -> None:
        bottom = min(top + side, height)
        lefts = np.arange(0, width, side)
        middles = np.stack([np.full(len(lefts), (top + bottom - 1) / 2), lefts + (side - 1) / 2], -1) + begin
        there = pixels.input.to_index(mapping(pixels.output.to_physical(middles[:, None] + around)))
        for left, middle, at in zip(lefts.tolist(), middles, there, strict=True):
            right, matrix = min(left + side, width), np.eye(3)
            matrix[:2, :2] = np.stack([at[1] - at[0], at[3] - at[2]], -1) / side
            matrix[:2, 2] = at.mean(0) - (matrix[:2, 0] * middle[0] + matrix[:2, 1] * middle[1])
            values, known = (
                np.empty((1, bottom - top, right - left), np.float32),
                np.empty((bottom - top, right - left), bool),
            )
            offsets = np.array([[begin[0] + top, begin[1] + left], origin])
            kernel(data, mask, complete, matrix, values, known, 0, bottom - top, offsets)
            out[top:bottom, left:right], valid[top:bottom, left:right] = values[0], known

    ordered_map(warp_row, range(0, height, side), threads)
    return out, valid


def warp_across(data: Pixels, mask: Mask, pixels: PixelMap, order: int, threads: int) -> tuple[Pixels, Mask]:
    """Return an image on the output's grid, and which of its pixels have data, where some of its own are missing.

    A pixel has data where those that count have at least half of linear interpolation's weight; a missing one among
    them stands for what is around it. So a single one leaves no hole larger than itself.

    Raises
    ------
    InputError
        If the mapping returns anything but points.
    """
    from superpose._kernels.warp import EDGE

    if mask.all():
        return warp_through(source(data, mask, order, threads), pixels, threads)
    everywhere = np.ones_like(mask)
    kept = warp_through(source(mask.astype(np.float32), everywhere, 1), pixels, threads)[0]
    values = source(filled_from_around(data, mask, threads), everywhere, order, threads)
    return warp_through(values, pixels, threads)[0], kept >= 0.5 - EDGE


def nearest_through(image: NDArray[Any], pixels: PixelMap, fill: Any) -> tuple[NDArray[Any], Mask]:
    """Return the nearest pixels of `image`, untouched and in its own dtype, on the output's grid.

    Raises
    ------
    InputError
        If the mapping returns anything but points.
    """
    if pixels.matrix is not None:
        return nearest(image, pixels.matrix, pixels.shape, fill, pixels.offsets)
    size = pixels.given
    out = np.full((*pixels.shape, *image.shape[len(size) :]), fill, image.dtype)
    valid = np.empty(pixels.shape, np.bool_)
    for first, last in pixels.blocks():
        at = np.floor(pixels.positions(first, last) + 0.5)
        inside = np.all((at >= 0) & (at < size), axis=-1)
        out[first:last][inside] = image[tuple(at[inside].astype(np.int64).T)]
        valid[first:last] = inside
    return out, valid


def _sample(image: Source, mask: Mask | None, positions: Floats) -> tuple[Pixels, Mask]:
    """Return an image's values at positions in its pixels, 0 where they are not valid, and where they are."""
    from scipy import ndimage

    from superpose._kernels.warp import EDGE

    last = np.array(image.data.shape) - 1
    valid: Mask = np.all((positions >= -EDGE) & (positions <= last + EDGE), axis=-1)
    at = np.moveaxis(np.clip(np.where(valid[..., None], positions, 0.0), 0, last), -1, 0)
    values: Pixels = ndimage.map_coordinates(image.data, at, np.float32, image.order, mode="mirror", prefilter=False)
    if mask is not None:
        valid &= _neighbours_count(mask, at, EDGE)
    values[~valid] = 0
    return values, valid


def _neighbours_count(mask: Mask, at: Floats, edge: float) -> Mask:
    """Return whether each pixel counts that linear interpolation at a position, (ndim, ...), gives a weight."""
    size = np.array(mask.shape).reshape(-1, *[1] * (at.ndim - 1))
    low = np.clip(at.astype(np.int64), 0, np.maximum(size - 2, 0))
    part = at - low
    count = np.ones(at.shape[1:], bool)
    for corner in product((0, 1), repeat=len(mask.shape)):
        weightless = np.any([p <= edge if up else p >= 1 - edge for up, p in zip(corner, part, strict=True)], axis=0)
        pixel = np.minimum(low + np.reshape(corner, size.shape), size - 1)
        count &= weightless | mask[tuple(pixel)]
    return count
