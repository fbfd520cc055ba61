"""What a metric is to the rest of superpose, and what every metric on two arrays checks first."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._names import public
from superpose._refine.objective import ErrorModel, Objective, State
from superpose._sampling.level_pair import LevelPair
from superpose.errors import InputError
from superpose.image import Mask, as_mask, real_numbers
from superpose.metrics._orientation_objective import OrientationObjective
from superpose.metrics.settings import MetricSettings
from superpose.transforms.family import Family
from superpose.transforms.geometry import IndexMap

Floats = NDArray[np.float64]
Values = NDArray[np.floating[Any]]
Numbers = tuple[NDArray[Any], Mask | None]


@public
@dataclass(frozen=True)
class Metric(ABC):
    """A similarity measure of two images, its settings being the fields.

    Attributes
    ----------
    name : str
        What `register(metric=...)` calls it.
    best : {"lowest", "highest"}
        Which values mean a better alignment.
    invariant_to : {"nothing", "common offset", "offsets"}
        Whether a constant may be subtracted from both images, or one from each, and the measure stays the
        same. Images of large values with small differences need that: inside, pixels are 32-bit floats.
    differentiable : bool
        Whether it has an `objective`, and so can be minimised by the engine.
    needs_finest_level : bool
        Whether the best pose on a coarse level is often elsewhere: the engine then goes there by the directions of
        edges.
    reports_objective : bool
        Whether the value of a registration by the engine is that of the objective on the finest level, and not
        `value` over the overlap.
    compares_intensities : bool
        Whether it asks the images for the same intensities, as images of one modality have them.
    """

    best: ClassVar[str]
    invariant_to: ClassVar[str] = "nothing"
    differentiable: ClassVar[bool] = False
    needs_finest_level: ClassVar[bool] = False
    reports_objective: ClassVar[bool] = False
    compares_intensities: ClassVar[bool] = False

    @property
    @abstractmethod
    def name(self) -> str:
        """What `register(metric=...)` calls it."""

    @abstractmethod
    def value(self, fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None) -> float:
        """Return the measure of two images on one grid where `mask` is True."""

    def cost(self, fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None = None) -> float:
        """Return the measure, turned so that lower is better."""
        return self.signed(self.value(fixed, warped, mask))

    def signed(self, value: float) -> float:
        """Return the cost that belongs to a measure, and the measure that belongs to a cost."""
        return value if self.best == "lowest" else -value

    def unrelated(self, _fixed: Values, _moving: Values) -> float | None:
        """Return the measure to expect of two images that have nothing to do with each other, from all their pixels.

        With it a small overlap that fits by chance does not win against a large one. None where it is not known.
        """
        return None

    def objective(
        self,
        _pair: LevelPair,
        _pose: IndexMap,
        _family: Family,
        _finest: bool,
        _threads: int,
        _settings: MetricSettings,
    ) -> tuple[Objective, State]:
        """Return what the engine minimises on one level, and the state at a pose between the level's pixels.

        Raises
        ------
        InputError
            If the metric is not `differentiable`.
        """
        raise InputError("no-derivatives", argument="metric", value=repr(self.name))

    def error_model(
        self, pair: LevelPair, _pose: IndexMap, family: Family, threads: int, settings: MetricSettings
    ) -> ErrorModel:
        """Return what knows how far a pose may be off that something else than the engine found."""
        # What has no derivatives is judged by the directions of edges.
        return OrientationObjective(pair.fixed, pair.moving, family, threads, settings)


def samples(fixed: ArrayLike, warped: ArrayLike, mask: ArrayLike | None) -> tuple[Values, Values]:
    """Return the pixels of both images that count, as two flat arrays of floats of one length.

    A pixel counts when it is finite and not masked in both images, and `mask` is True.

    Raises
    ------
    InputError
        If either is no array of real numbers, the shapes differ, or no pixel is left.
    """
    pair = pair_of_one_shape(fixed, warped)
    use = where_both_count(pair, mask)
    return as_floats(pair[0][0][use]), as_floats(pair[1][0][use])


def pair_of_one_shape(fixed: ArrayLike, warped: ArrayLike) -> tuple[Numbers, Numbers]:
    """Return both images as arrays of real numbers, each with where it counts if it is a masked array.

    Raises
    ------
    InputError
        If either is no array of real numbers, or the shapes differ.
    """
    a, b = real_numbers(fixed, "fixed"), real_numbers(warped, "warped")
    if a[0].shape != b[0].shape:
        value = f"{a[0].shape} and {b[0].shape}"
        raise InputError("different-shapes", argument="fixed and warped", value=value)
    return a, b


def where_both_count(pair: tuple[Numbers, Numbers], mask: ArrayLike | None) -> Mask:
    """Return where pixels are finite and not masked in both images, and `mask` is True.

    Raises
    ------
    InputError
        If `mask` is none of that shape, or no pixel is left.
    """
    parts: dict[str, Mask] = {}
    for argument, (values, kept) in zip(("fixed", "warped"), pair, strict=True):
        there = np.isfinite(values)
        parts[argument] = there if kept is None else there & kept
        if not parts[argument].any():
            raise InputError("all-missing", argument=argument, value=f"all {there.size}")
    if mask is not None:
        given = as_mask(mask, pair[0][0].shape, "mask")
        if given.dtype != bool:
            raise InputError("no-weights", argument="mask", value="of weights")
        parts["mask"] = given.astype(bool, copy=False)
        if not parts["mask"].any():
            raise InputError("mask-empty", argument="mask", value=f"0 of {parts['mask'].size}")
    use: Mask = np.logical_and.reduce(list(parts.values()))
    if not use.any():
        raise InputError("nowhere-together", argument=" and ".join(parts), value=f"0 of {use.size}")
    for argument, (values, _) in zip(("fixed", "warped"), pair, strict=True):
        _check_range(values, use, argument)
    return use


def _check_range(values: NDArray[Any], use: Mask, argument: str) -> None:
    """Check that squares and sums of squares of the values used are floats.

    Raises
    ------
    InputError
        If they are not.
    """
    if values.dtype.kind == "f" and values.dtype.itemsize >= 4:
        most = float(np.abs(values).max(initial=0, where=use))
        if most > 1e15:
            raise InputError("too-large-values", argument=argument, value=f"{most:g}", most="1e15")


def as_floats(values: NDArray[Any]) -> Values:
    """Return numbers that can be subtracted and averaged: small types do not hold their differences."""
    exact = values.dtype.itemsize <= 2 or values.dtype == np.float32
    return values.astype(np.float32 if exact else np.float64, copy=False)
