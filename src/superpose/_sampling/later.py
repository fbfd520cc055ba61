"""Images that are resampled a part at a time, each part from those pixels of the input that it draws on."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._sampling.footprint import drawn_on
from superpose._sampling.label_like import looks_like_labels
from superpose._sampling.mapping import Box, PixelMap, shape_of
from superpose._sampling.resample import Range, Values, channels_of, checked_options, middle_of, resampled
from superpose._sampling.stored import Stored, pieces_of
from superpose._threads import thread_count
from superpose.errors import AssumptionWarning, text


@dataclass(frozen=True)
class PieceSettings:
    """How an output is cut.

    Attributes
    ----------
    sides : dict of int to int
        A piece's, by the number of axes, or half of that, or a quarter, ..., down to
    least : int
        this, until
    octets : int
        a piece takes no more than this, nor what it is made of as 32-bit floats.
    looked_at : int
        Whether an image looks like labels is told by a box of this side in its middle.
    """

    sides: dict[int, int]
    least: int = 32
    octets: int = 1 << 26
    looked_at: int = 512


SETTINGS = PieceSettings({2: 2048, 3: 256})


@dataclass(frozen=True, eq=False)
class WarpedLater:
    """An image on the output's grid, of which any part can be asked for: with the bits of the whole.

    Attributes
    ----------
    image : Stored
        On the input's grid, with its channels last, where it has any.
    pixels : PixelMap
        Where the output's pixels lie in it.
    order : int
        Of interpolation.
    background : scalar
        Of the image's dtype: what pixels without data become.
    values : Values
        What parts depend on in the whole image.
    threads : int
        How many share the work on a part.
    """

    image: Stored
    pixels: PixelMap
    order: int
    background: Any
    values: Values
    threads: int = 1

    @classmethod
    def of(
        cls, image: Stored, pixels: PixelMap, order: int, fill: float, clip: bool, threads: int | None = 1
    ) -> WarpedLater:
        """Return an image that will be resampled as `resample` does it; with `clip` it is read once for its range.

        Raises
        ------
        InputError
            As `resample`.
        """
        background, ndim = checked_options(image.dtype, order, fill), pixels.input.ndim
        size, count = image.shape[:ndim], math.prod(image.shape[ndim:])

        def middle(k: int) -> float:
            return middle_of(lambda box: channels_of(image.part(box), ndim)[k], size, image.dtype)

        middles = tuple(middle(k) if order else 0.0 for k in range(count))
        if order and image.ndim == ndim and _looks_like_labels(image):
            value = f"of {image.dtype}, in patches of one value each"
            said = text("like-labels", argument=image.argument, value=value, order=order)
            warnings.warn(said, AssumptionWarning, stacklevel=4)
        ranges = [Range()] * count
        # Between two whole numbers of few bits lies none that is beyond them.
        exact = order == 1 and image.dtype.kind in "ui" and image.dtype.itemsize <= 2
        if order and clip and not exact and image.dtype.kind != "b":
            for box in pieces_of(size, (SETTINGS.sides[ndim],) * ndim):
                found = image.part(box)
                ranges = [a.with_more(Range.of(b)) for a, b in zip(ranges, channels_of(found, ndim), strict=True)]
        return cls(image, pixels, order, background, Values(middles, tuple(ranges)), thread_count(threads))

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole output, its channels last."""
        return self.pixels.output.shape + self.image.shape[self.pixels.input.ndim :]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The image's."""
        return self.image.dtype

    @cached_property
    def side(self) -> int:
        """Of the pieces that it is best made in."""
        grid, settings = self.pixels.output, SETTINGS
        channels = math.prod(self.image.shape[self.pixels.input.ndim :])
        side = settings.sides[grid.ndim]
        while side > settings.least:
            some = list(pieces_of(grid.shape, (side,) * grid.ndim))
            # Of pieces of one size under a matrix without perspective all draw on as much as any other.
            matrix = self.pixels.matrix
            alike = matrix is not None and not matrix[-1, :-1].any()
            if alike:
                middle = tuple(slice((n - min(n, side)) // 2, (n + min(n, side)) // 2) for n in grid.shape)
                some = [some[0], some[-1], some[len(some) // 2], middle]
            elif matrix is None:
                # What is asked of every pixel is not asked twice: a mapping that magnifies this much is told below.
                some = some[:: max(1, len(some) // 4)]
            boxes = [drawn_on(self.pixels, each, self.order) for each in some]
            drawn = max((math.prod(shape_of(box)) for box in boxes if box is not None), default=0)
            made = max(math.prod(shape_of(each)) for each in some) if some else 0
            if max(made * channels * self.dtype.itemsize, made * 4, drawn * 4) <= settings.octets:
                break
            side //= 2
        return side

    def pieces(self) -> Iterator[Box]:
        """Yield the pieces, along the axes of the grid, that together are the output."""
        yield from pieces_of(self.pixels.output.shape, (self.side,) * self.pixels.output.ndim)

    def part(self, box: Box) -> NDArray[Any]:
        """Return a part of the output, which is cut along the axes of the grid.

        Raises
        ------
        InputError
            If pixels cannot be read, or are infinite.
        """
        drawn = drawn_on(self.pixels, box, self.order)
        if drawn is None:
            return np.full(shape_of(box) + self.shape[len(box) :], self.background, self.dtype)
        pixels = replace(self.pixels, part=box, drawn_on=drawn)
        return resampled(self.image.part(drawn), pixels, self.order, self.background, self.threads, self.values)


def _looks_like_labels(image: Stored) -> bool:
    reach = SETTINGS.looked_at // 2
    return looks_like_labels(
        np.asarray(image.part(tuple(slice(max(0, n // 2 - reach), n // 2 + reach) for n in image.shape)))
    )
