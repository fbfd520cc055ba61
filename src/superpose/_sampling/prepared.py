"""One image made ready for any number of registrations: what is made of it is made once, when first asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._names import public
from superpose._opened import ImageLike, opened, opened_mask
from superpose._sampling.counts import CountScale, count_scale, root_noise, stabilised
from superpose._sampling.field_of_view import FieldOfView, field_of_view
from superpose._sampling.fill import fill_edges, without_fill
from superpose._sampling.ground import possible_parts
from superpose._sampling.level import PreparedLevel, prepare_levels
from superpose._sampling.margins import present_area, present_box
from superpose._sampling.mended import mended
from superpose._sampling.moments import pair_moments
from superpose._sampling.pyramid import levels_of
from superpose._sampling.settings import DEFAULTS, SamplingSettings
from superpose._spatial import user_image
from superpose._version import __version__
from superpose.errors import InputError
from superpose.image import Raster, UserImage

T = TypeVar("T")
S = TypeVar("S", bound=np.generic)


@dataclass(frozen=True)
class WorkSize:
    """How small a pair is worked on.

    Parameters
    ----------
    side : float
        No level with more pixels along its longer side is worked on.
    pixel : float
        Nor is one with smaller pixels, in pixels of the image.
    """

    side: float = np.inf
    pixel: float = 0.0

    def first_of(self, levels: list[Raster]) -> int:
        """Return which of the levels, finest first, is the first to be worked on; the coarsest at least."""
        own = float(np.mean(levels[0].grid.spacing))
        for k, level in enumerate(levels):
            # A pixel of a level is a power of two of the image's own.
            if max(level.grid.shape) <= self.side and np.mean(level.grid.spacing) >= self.pixel * own * 0.999:
                return k
        return len(levels) - 1


@public
@dataclass(frozen=True, eq=False, repr=False)
class Prepared:
    """An image, checked, with all that registration makes of it: pyramid, fill, directions of edges.

    `prepare` makes one, and `register` takes it in place of the image. Each part is made when it is first asked for.
    Any number of threads may use it at once: two that ask for the same part may both make it, and it is the same.

    Attributes
    ----------
    source : UserImage
        The pixels and the mask it was made from.
    image : Raster
        The same as the engine sees it.
    kept : bool
        Whether its parts are kept, to be used again.
    scattered : float
        The part of its pixels that are missing, where these lie all over and `image` is smoothed over them; else 0.
    version : str
        Of the superpose that made it: no other one takes it.
    settings : SamplingSettings
        How its parts are made.
    """

    source: UserImage
    image: Raster
    kept: bool = True
    scattered: float = 0.0
    version: str = __version__
    settings: SamplingSettings = DEFAULTS[2]
    _parts: dict[object, Any] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, source: UserImage, argument: str, *, kept: bool = True, offset: float | None = None) -> Prepared:
        """Return a user's image, checked, this constant taken off its pixels; errors call it `argument`.

        Raises
        ------
        InputError
            If the image or its mask cannot be used.
        """
        given = source.as_image(argument, offset)
        settings = DEFAULTS[given.grid.ndim]
        # What lies scattered is mended in 2D only.
        image = mended(given, settings.mending, argument) if given.grid.ndim == 2 else given
        scattered = 0.0 if image is given else 1 - given.pixel_count / given.mask.size
        if kept:
            # Views, so that a user's own array, which may be the data, stays as it is.
            image = replace(image, data=_read_only(image.data), mask=_read_only(image.mask))
        return cls(source, image, kept, scattered, settings=settings)

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle or a copy holds: parts are made again."""
        return self.__dict__ | {"_parts": {}}

    def __repr__(self) -> str:
        array = np.asarray(self.array)
        count = 1 - self.scattered if self.scattered else self.image.mask.mean()
        part = "all" if count == 1 else f"{100 * count:.3g} %"
        return f"<Prepared: {' x '.join(map(str, array.shape))} {array.dtype}, {part} of its pixels count>"

    @property
    def array(self) -> Any:
        """The pixels as they were passed."""
        return self.source.array

    def at_offset(self, offset: float, argument: str) -> Prepared:
        """Return the image with this constant taken off its pixels.

        Besides its own offset the latest one that was asked for is kept: a metric needs no more.
        """
        if offset == self.image.offset:
            return self
        other: Prepared | None = self._parts.get("other offset")
        if other is None or other.image.offset != offset:
            made = Prepared.of(self.source, argument, kept=self.kept, offset=offset)
            other = replace(made, settings=self.settings)
            if self.kept:
                self._parts["other offset"] = other
        return other

    def to_keep(self) -> Prepared | UserImage:
        """Return what a result keeps of the image: itself if the user prepared it, else no more than its pixels."""
        return self if self.kept else self.source.frozen()

    def plain_levels(self, threads: int, depth: int | None = None) -> list[Raster]:
        """Return the pyramid of the image as it is, finest level first; of its levels so many, or all."""
        most = self.settings.levels if depth is None else min(depth, self.settings.levels)
        levels: list[Raster] | None = self._parts.get("plain")
        if levels is None:
            # What is kept serves other depths as well.
            made = self.settings.levels if self.kept else most
            levels = self._keep("plain", levels_of(self.image, made, threads))
        return levels[:most]

    def prepared_plain_levels(self, threads: int) -> list[PreparedLevel]:
        """Return the levels of the image as it is, ready for kernels, finest first."""
        levels: list[PreparedLevel] | None = self._parts.get("prepared plain")
        if levels:
            return levels
        return self._keep("prepared plain", prepare_levels(self.plain_levels(threads), threads, self.settings.fields))

    @property
    def counts(self) -> CountScale | None:
        """How the pixels are photon counts; None if they are not."""
        known: tuple[CountScale | None] | None = self._parts.get("counts")
        if known is None:
            # Of what is not kept, too, this is asked more than once.
            known = self._parts.setdefault("counts", (count_scale(self.image, self.settings.counts),))
        return known[0]

    def levels(self, size: WorkSize, threads: int, summed: float | None = None) -> list[PreparedLevel]:
        """Return the levels that the engine works on, finest first.

        They are in units of the image's own deviation, or of the noise of photon counts that are `summed` under a
        Gaussian of this width, in pixels. Constant fill around a turned picture is missing.
        """
        fields, key = self.settings.fields, ("levels", summed)
        noise = None if summed is None else partial(root_noise, summed)
        whole: list[PreparedLevel] | None = self._parts.get(key)
        if whole is None:
            images, filled = _levels_without_fill(self._comparable(summed, threads), self.settings, threads)
            whole = self._keep(key, prepare_levels(images, threads, fields, noise))
            # Small ones only, of what is not kept, too: a field of view is told on them.
            small = [each for each in filled if np.prod(each.grid.shape) < 4 * self.settings.view.judged_side**2]
            self._parts.setdefault(("small with fill", summed), small)
        images = [level.image for level in whole]
        first = size.first_of(images)
        if first == 0:
            return whole
        # The first levels have no detail from finer ones, which are not worked on; the others are the same.
        others = first + fields.halvings
        part: list[PreparedLevel] | None = self._parts.get((first, summed))
        return part or self._keep(
            (first, summed), prepare_levels(images[first:others], threads, fields, noise) + whole[others:]
        )

    def _comparable(self, summed: float | None, threads: int) -> Raster:
        """Return the image in units of its own deviation, or of counts' noise."""
        if summed is None or self.counts is None:
            return _in_own_deviations(self.image, threads)
        return stabilised(self.image, self.counts, summed, threads)

    def field_tolerances(self, levels: list[PreparedLevel], threads: int) -> list[float]:
        """Return with which tolerances the image may have a field of view, told on the coarsest of `levels` that can.

        That costs next to nothing. There is no field of view where there is none.
        """
        view = self.settings.view
        if _coarsest_with(self.image, levels, view.judged_side) < 0:
            return []
        coarse = _coarsest_with(self.image, levels, view.first_side)
        name = "tolerances of view", levels[coarse].shape
        known: list[float] | None = self._parts.get(name)
        if known is None:
            found = possible_parts(self._level_with_fill(levels, coarse, threads), view)
            known = self._parts.setdefault(name, found)
        return known

    def field_of_view(self, levels: list[PreparedLevel], threads: int) -> FieldOfView | None:
        """Return what may be the image's field of view, told on one of the `levels` that the engine works on."""
        parts = self.field_tolerances(levels, threads)
        if not parts:
            return None
        judged = _coarsest_with(self.image, levels, self.settings.view.judged_side)
        name = "view", levels[judged].shape
        if name in self._parts:
            kept: FieldOfView | None = self._parts[name]
            return kept
        image = self._level_with_fill(levels, judged, threads)
        first = np.array([each.start for each in present_box(self.image)], float)
        return self._keep(name, field_of_view(image, parts, self.image.grid.to_physical(first), self.settings.view))

    def levels_in_view(
        self, view: FieldOfView, levels: list[PreparedLevel], threads: int, summed: float | None = None
    ) -> list[PreparedLevel]:
        """Return the `levels` that the engine works on, what lies outside a field of view missing instead of fill."""
        name = "in view", levels[0].shape, summed
        kept: list[PreparedLevel] | None = self._parts.get(name)
        if kept:
            return kept
        noise = None if summed is None else partial(root_noise, summed)
        images = levels_of(view.inside(self._with_fill(levels, threads, summed)[0]), len(levels), threads)
        return self._keep(name, prepare_levels(images, threads, self.settings.fields, noise))

    def part(self, name: object, make: Callable[[], T]) -> T:
        """Return a part by its name, made where it is not kept."""
        known: T | None = self._parts.get(name)
        return self._keep(name, make()) if known is None else known

    def within(self, view: FieldOfView) -> Prepared:
        """Return the image with what lies outside a field of view missing; its parts are not kept."""
        return replace(self, image=view.inside(self.image), kept=False)

    def _level_with_fill(self, levels: list[PreparedLevel], number: int, threads: int) -> Raster:
        """Return the image of one of the `levels` as it is where fill is not taken for missing."""
        small: list[Raster] = self._parts.get(("small with fill", None), [])
        from_last = len(levels) - number
        if levels[0].image.complete or from_last > len(small):
            return self._with_fill(levels, threads)[number]
        return small[-from_last]

    def _with_fill(self, levels: list[PreparedLevel], threads: int, summed: float | None = None) -> list[Raster]:
        """Return the images of the `levels` as they are where fill is not taken for missing."""
        finest = levels[0].image
        whole = finest.grid.shape == self.image.grid.shape and finest.pixel_count == self.image.pixel_count
        if whole or finest.complete:
            return [level.image for level in levels]
        return levels_of(self._comparable(summed, threads), self.settings.levels, threads)[-len(levels) :]

    def _keep(self, name: object, part: T) -> T:
        """Return a part, kept under a name if parts are kept: of two threads that make it, the first one's."""
        kept: T = self._parts.setdefault(name, part) if self.kept else part
        return kept


@public
def prepare(
    image: ImageLike | Prepared,
    mask: ImageLike | None = None,
    *,
    page: int | None = None,
    max_pixels: int | None = None,
) -> Prepared:
    """Make an image ready to be registered many times.

    Parameters
    ----------
    image : array_like, shape (rows, columns) or (rows, columns, 3 or 4), path, or Prepared
        As `register` takes it. It is copied unless it is read-only. What `prepare` returned is returned as it is.
    mask : array_like of bool, shape (rows, columns), or path, optional
        True where a pixel counts; it is kept with the image, and so `register` takes no other mask for it.
    page : int, optional
        Which image of a file that holds several, counted from 0.
    max_pixels : int, optional
        As for `register`.

    Returns
    -------
    Prepared
        Frozen. Pass it to `register`, as either image, any number of times: pyramid, fill and directions of edges are
        made the first time and kept. Beside the pixels that takes the memory of several images of 32-bit floats, and
        more where "mse" is asked for with this image as the moving one. A result of `register` keeps the prepared image
        with its parts: where memory matters, keep `.array` and what you need of the result. Answers are the same, to
        the bit, as with the image itself. A pickle or a copy holds no such parts. They are made by as many threads as
        the call that first asks for them has, and so is what later calls add to them.

    Raises
    ------
    InputError
        If the image or the mask cannot be used; the message says what to do.

    Examples
    --------
    >>> import numpy as np, skimage.data, superpose
    >>> fixed = superpose.prepare(skimage.data.camera()[::4, ::4])
    >>> frames = [np.roll(fixed.array, k, axis=1) for k in (2, 5)]
    >>> [int(superpose.register(fixed, each, transform="translation").transform.shift[1].round()) for each in frames]
    [2, 5]
    """
    pixels, kept = opened(image, "image", max_pixels, page), opened_mask(mask, "mask", max_pixels)
    if isinstance(pixels, Prepared):
        return as_prepared(pixels, kept, "image", "mask")
    return Prepared.of(user_image(pixels, kept, "image", "mask").frozen(), "image")


def as_prepared(
    image: Any,
    mask: ArrayLike | None,
    argument: str,
    mask_argument: str | None = None,
    offset: float | None = None,
) -> Prepared:
    """Return a user's image, prepared or not, as one whose parts are kept only if the user prepared it.

    This constant is taken off its pixels; None is the middle of its own range.

    Raises
    ------
    InputError
        If it cannot be used, was prepared by another version, or comes with a mask besides its own.
    """
    if not isinstance(image, Prepared):
        return Prepared.of(user_image(image, mask, argument, mask_argument), argument, kept=False, offset=offset)
    if image.version != __version__:
        raise InputError("other-version", argument=argument, value=image.version, version=__version__)
    if mask is not None:
        raise InputError(
            "mask-of-prepared", argument=mask_argument or f"{argument}_mask", value="given", image=argument
        )
    return image if offset is None else image.at_offset(offset, argument)


def at_comparable_offsets(
    fixed: Any,
    moving: Any,
    invariant_to: str,
    *,
    fixed_mask: ArrayLike | None = None,
    moving_mask: ArrayLike | None = None,
) -> tuple[Prepared, Prepared]:
    """Return a user's images with such constants taken off their pixels as a metric is blind to (see `Metric`).

    Raises
    ------
    InputError
        As `as_prepared`.
    """
    first = as_prepared(fixed, fixed_mask, "fixed", offset=0.0 if invariant_to == "nothing" else None)
    common = None if invariant_to == "offsets" else first.image.offset
    return first, as_prepared(moving, moving_mask, "moving", offset=common)


def _read_only(array: NDArray[S]) -> NDArray[S]:
    view = array.view()
    view.flags.writeable = False
    return view


def _coarsest_with(image: Raster, levels: list[PreparedLevel], side: float) -> int:
    """Return the number of the coarsest level whose sides (their geometric mean) have so many pixels, -1 without.

    Missing margins do not count: a padded image is looked at on the level that it is without.
    """
    there = present_area(image) / image.mask.size
    sizes = (round(there * int(np.prod(level.shape))) for level in levels)
    return sum(size >= side * side for size in sizes) - 1


def _levels_without_fill(image: Raster, settings: SamplingSettings, threads: int) -> tuple[list[Raster], list[Raster]]:
    """Return an image's pyramid, finest level first, constant fill around the picture missing, and as it is."""
    levels = levels_of(image, settings.levels, threads)
    judged = [level for level in levels if np.prod(level.grid.shape) >= settings.fill.judged_side**2]
    edges = fill_edges(judged[-1], settings.fill) if judged else None
    without = levels if edges is None else levels_of(without_fill(levels[0], edges), settings.levels, threads)
    return without, levels


def _in_own_deviations(image: Raster, threads: int) -> Raster:
    """Return the image in units of its own standard deviation, whose squares are ordinary 32-bit numbers."""
    found = pair_moments(image.data, image.data, image.mask, threads)
    deviation = math.sqrt(found.aa / found.count)
    return replace(image, data=image.data * np.float32(1 / deviation)) if deviation > 0 else image
