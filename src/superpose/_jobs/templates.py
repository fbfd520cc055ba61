"""The mean of images at their poses: where its pixels lie, and how bright each image is beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.elementary import exp, log
from superpose._arithmetic.matrices import inverse
from superpose._jobs.combine import COMBINED
from superpose._jobs.members import Member
from superpose._sampling.mapping import PixelMap, warp_across
from superpose.grid import Grid
from superpose.image import Mask, Pixels
from superpose.transforms.geometry import apply
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]


def template_grid(members: Sequence[Member], poses: Sequence[Floats], shown: float, points: int) -> Grid:
    """Return a grid that covers where enough of the images have data, and little more.

    Its axes are those of the image whose axes are most like all others', its spacing is the median of theirs. Where it
    lies is told on so many points along each axis.
    """
    direction, spacing = _axes(members)
    axes = Grid(members[0].grid.shape, (), spacing, direction.tolist())
    held = [axes.to_index(apply(inverse(pose), each.grid.corners)) for each, pose in zip(members, poses, strict=True)]
    low, high = np.min([each.min(0) for each in held], 0), np.max([each.max(0) for each in held], 0)
    lines = [np.linspace(a, b, points) for a, b in zip(low, high, strict=True)]
    at = axes.to_physical(np.stack(np.meshgrid(*lines, indexing="ij"), -1))
    count: NDArray[np.int_] = np.zeros(at.shape[:-1], int)
    for each, pose in zip(members, poses, strict=True):
        count += each.weight * each.grid.contains(apply(pose, at))
    # Where no place is shown by enough of them, those that most show.
    enough = min(shown * sum(each.weight for each in members), int(count.max()))
    box = np.argwhere(count >= enough)
    first, last = np.maximum(box.min(0) - 1, 0), np.minimum(box.max(0) + 1, points - 1)
    start, end = (np.array([line[k] for line, k in zip(lines, each, strict=True)]) for each in (first, last))
    size = np.ceil(end - start - 1e-6).astype(int) + 1
    corner = axes.to_physical((start + end - (size - 1)) / 2)
    plain = members[0].prepared.image.grid.plain
    anatomical = all(each.grid.anatomical for each in members)
    unit = "" if plain else members[0].grid.unit
    return Grid(tuple(size.tolist()), tuple(corner.tolist()), spacing, direction.tolist(), unit, anatomical)


def _axes(members: Sequence[Member]) -> tuple[Floats, tuple[float, ...]]:
    """Return the directions of a template's axes, and its spacing along them."""
    each_one = np.array([np.array(each.grid.direction or np.eye(each.grid.ndim)) for each in members])
    away = [float(np.abs(each_one - each).sum()) for each in each_one]
    chosen = each_one[int(np.argmin(away))]
    along = []
    for member, axes in zip(members, each_one, strict=True):
        same = np.abs((axes[:, :, None] * chosen[:, None, :]).sum(0)).argmax(0)
        along += [[member.grid.spacing[k] for k in same]] * member.weight
    middle = np.sort(np.array(along), 0)[(len(along) - 1) // 2]
    return chosen, tuple(middle.tolist())


@dataclass(frozen=True, eq=False)
class Shade:
    """How an image's intensities compare with the others': it is `mean` + `spread` times what all have in common."""

    mean: float
    spread: float


@dataclass(frozen=True, eq=False)
class Warped:
    """Images at their poses on a template's grid, each less its mean and by its spread; 0 where there is no data."""

    members: Sequence[Member]
    images: Sequence[Pixels]
    valid: Sequence[Mask]
    shades: Sequence[Shade]

    @classmethod
    def of(cls, members: Sequence[Member], poses: Sequence[Floats], grid: Grid, threads: int) -> Warped:
        """Return images at poses from points of the template to points of each."""
        out: list[Pixels] = []
        valid = []
        for member, pose in zip(members, poses, strict=True):
            pixels = PixelMap(MatrixTransform(pose), grid, member.grid)
            several = np.moveaxis(member.values, -1, 0) if member.coloured else member.values[None]
            done = [warp_across(np.ascontiguousarray(each), member.mask, pixels, 3, threads) for each in several]
            here = done[0][1]
            seen = [np.where(here, each, np.float32(0)) for each, _ in done]
            out.append(np.stack(seen, -1) if member.coloured else seen[0])
            valid.append(here)
        return cls(members, out, valid, [Shade(0.0, 1.0)] * len(members)).shaded()

    def shaded(self, rounds: int = 3) -> Warped:
        """Return the images with shades told where they and the mean of the others both have data."""
        found = self
        for again in range(rounds):
            shades = [found.shade(k, bool(again)) for k in range(len(self.members))]
            if again:
                shades = [found._towards(k, each) for k, each in enumerate(shades)]
            # All of them at once may be as bright as they like: as they are on average.
            usual = exp(_average([log(each.spread) for each in shades], self.weights))
            found = replace(found, shades=[Shade(each.mean, each.spread / usual) for each in shades])
            if len(self.members) == 1:
                break
        return found

    def shade(self, number: int, beside_others: bool) -> Shade:
        """Return an image's shade, by itself or beside the mean of the others."""
        where = self.valid[number]
        others, count = self.without(number)
        if beside_others and (where & (count > 0)).any():
            where = where & (count > 0)
        own = self.grey(number)[where] if where.any() else np.zeros(1)
        mean, spread = float(own.mean()), float(own.std()) or 1.0
        if beside_others:
            spread /= float(others[where].std()) or 1.0
            mean -= spread * float(others[where].mean())
        return Shade(mean, spread)

    def _towards(self, number: int, shade: Shade) -> Shade:
        """Return a shade between what it was and what it is beside the others, as an image's own part in all of them.

        Without that two images would exchange theirs for ever.
        """
        old, part = self.shades[number], self.members[number].weight / float(self.weights.sum())
        spread = exp(part * log(old.spread) + (1 - part) * log(shade.spread))
        return Shade(part * old.mean + (1 - part) * shade.mean, spread)

    @property
    def weights(self) -> Floats:
        """How many images each stands for."""
        return np.array([each.weight for each in self.members], float)

    def grey(self, number: int) -> Floats:
        """Return one image's intensities, of colours their luminance."""
        image = self.images[number].astype(float)
        if not self.members[number].coloured:
            return image
        return np.asarray(0.299 * image[..., 0] + 0.587 * image[..., 1] + 0.114 * image[..., 2])

    def comparable(self, number: int) -> Floats:
        """Return one image's grey as what all have in common would have it; 0 where there is no data."""
        shade = self.shades[number]
        return np.asarray(np.where(self.valid[number], (self.grey(number) - shade.mean) / shade.spread, 0))

    @cached_property
    def sums(self) -> tuple[Floats, NDArray[np.int_]]:
        """The sum of all images, as comparable greys, and how many of them show each pixel."""
        total, seen = np.zeros(self.valid[0].shape), np.zeros(self.valid[0].shape, int)
        for k, member in enumerate(self.members):
            total += member.weight * self.comparable(k)
            seen += member.weight * self.valid[k]
        return total, seen

    def without(self, number: int) -> tuple[Floats, NDArray[np.int_]]:
        """Return the mean of all other images, 0 where there is none, and how many of them show each pixel."""
        (total, seen), weight = self.sums, self.members[number].weight
        count = seen - weight * self.valid[number]
        rest = total - weight * self.comparable(number)
        return np.where(count > 0, rest / np.maximum(count, 1), 0), count

    def template(self, shown: float, number: int | None = None) -> Floats:
        """Return the mean of all images, or of all but one, NaN where fewer than this part of them have data."""
        if number is None:
            total, count = self.sums
            mean = np.where(count > 0, total / np.maximum(count, 1), 0)
            those = self.weights.sum()
        else:
            mean, count = self.without(number)
            those = self.weights.sum() - self.members[number].weight
        enough = min(max(shown * those, 1.0), max(float(count.max()), 1.0))
        return np.where(count >= enough, mean, np.nan)

    @cached_property
    def level(self) -> float:
        """What the images' intensities are on average where what they have in common is 0."""
        means = [each.offset + shade.mean for each, shade in zip(self.members, self.shades, strict=True)]
        return _average(means, self.weights)

    def told(self) -> list[Shade]:
        """Return how each image's intensities follow from those of `combined`."""
        return [
            Shade(each.offset + shade.mean - shade.spread * self.level, shade.spread)
            for each, shade in zip(self.members, self.shades, strict=True)
        ]

    def combined(self, how: str) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Return one image of all, in the users' intensities, and of how many each pixel is made."""
        shape, grid = self.images[0].shape, self.valid[0].shape

        def several() -> Iterator[NDArray[np.float32]]:
            for k, member in enumerate(self.members):
                shade, here = self.shades[k], self.valid[k].reshape(grid + (1,) * (len(shape) - len(grid)))
                image = (self.images[k].astype(float) - shade.mean) / shade.spread + self.level
                yield from [np.where(here, image, np.nan).astype(np.float32)] * member.weight

        found = COMBINED[how](several(), len(grid))
        return found.image, found.coverage


def _average(numbers: Sequence[float], weights: Floats) -> float:
    return math.fsum(w * x for w, x in zip(weights.tolist(), numbers, strict=True)) / float(weights.sum())
