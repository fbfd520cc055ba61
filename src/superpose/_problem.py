"""What is to be solved: a checked pair of images, and what makes an alignment of them good."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._checks import checked_flag, checked_fraction, checked_positive, is_auto
from superpose._memory import Room
from superpose._sampling.frames import shape_of_squares
from superpose._sampling.level_pair import LevelPair
from superpose._sampling.prepared import Prepared, at_comparable_offsets
from superpose._threads import thread_count
from superpose.errors import InputError, blaming
from superpose.grid import MILLIMETRES, Grid, unit_of, unit_spelled
from superpose.metrics.base import Metric
from superpose.metrics.orientation import Orientation
from superpose.metrics.registry import metric_named
from superpose.metrics.squared import NCC
from superpose.transforms.family import Family, family_named
from superpose.transforms.geometry import PhysicalMap, about, mirrored
from superpose.transforms.matrix import MatrixTransform, checked_matrix

Floats = NDArray[np.float64]
# One image's side may be so many times the other's; more than that are two units.
MOST_UNLIKE = 20.0


@dataclass(frozen=True, eq=False)
class Problem:
    """A pair of images, the family to search, and what makes an alignment good.

    `auto` says that the images are to decide about the metric. `initial` is where the user wants to start, and `start`
    the same as a pose from fixed to moving physical coordinates; `located` says whether there was one. `keep` says that
    a field of view's outline belongs to the scene. `tolerance` is the largest error that a reliable answer may have, in
    pixels (or units of the spacing), where the user gave one. `apart` says that the grids say places that do not meet.
    `room` is how much memory there is.
    """

    fixed: Prepared
    moving: Prepared
    family: Family
    metric: Metric
    auto: bool
    initial: MatrixTransform
    start: PhysicalMap
    min_overlap: float
    threads: int
    located: bool = False
    keep: bool = False
    tolerance: float | None = None
    apart: bool = False
    room: Room = field(default_factory=Room)

    @classmethod
    def checked(
        cls,
        fixed: Any,
        moving: Any,
        *,
        transform: object = "rigid",
        metric: Any = "auto",
        bins: int | None = None,
        fixed_mask: ArrayLike | None = None,
        moving_mask: ArrayLike | None = None,
        initial: MatrixTransform | ArrayLike | None = None,
        initial_unit: str = "",
        min_overlap: object = 0.2,
        tolerance: object = None,
        threads: int | None = None,
        keep: bool = False,
        use_position: object = True,
        room: Room | None = None,
    ) -> Problem:
        """Return the problem that a user's arguments pose; see `register` for them.

        Raises
        ------
        InputError
            If one cannot be used.
        """
        measure = metric_named(metric, bins, auto="ncc")
        count = thread_count(threads)
        overlap = checked_fraction("min_overlap", min_overlap)
        fixed_image, moving_image = at_comparable_offsets(
            fixed, moving, measure.invariant_to, fixed_mask=fixed_mask, moving_mask=moving_mask
        )
        # What says no place says none in a unit either.
        placed = not (fixed_image.image.grid.plain or moving_image.image.grid.plain)
        fixed_image, moving_image = in_one_unit(fixed_image, moving_image)
        fixed_grid, moving_grid = fixed_image.image.grid, moving_image.image.grid
        check_one_rank(fixed_image, moving_image)
        check_extents(fixed_grid, moving_grid)
        positions = checked_flag("use_position", use_position) and initial is None and placed
        shared = _shared(fixed_grid, moving_grid) if positions else None
        family = family_named(transform, fixed_grid.ndim)
        given = np.eye(fixed_grid.ndim + 1) if shared is not None and shared >= overlap else initial
        start = starting_pose(given, family, fixed_grid, moving_grid, initial_unit)
        pose = PhysicalMap(start.matrix)
        tolerated = None if tolerance is None else checked_positive("tolerance", tolerance)
        return cls(
            fixed_image,
            moving_image,
            family,
            measure,
            is_auto(metric),
            start,
            pose,
            overlap,
            count,
            located=initial is not None,
            keep=keep,
            tolerance=tolerated,
            apart=shared == 0,
            room=room or Room(),
        )

    @property
    def fixed_grid(self) -> Grid:
        """Where fixed's pixels lie."""
        return self.fixed.image.grid

    @property
    def moving_grid(self) -> Grid:
        """Where moving's pixels lie."""
        return self.moving.image.grid

    @property
    def unit(self) -> str:
        """What errors and shifts are told in: pixels, or the unit of the spacing where either image has one."""
        return unit_of(self.fixed_grid, self.moving_grid)

    @property
    def alignment(self) -> str:
        """What messages call the alignment: images with missing pixels all over are named, with how much is missing."""
        images = {"fixed": self.fixed, "moving": self.moving}
        parts = [f"{100 * each.scattered:.3g} % of {name}" for name, each in images.items() if each.scattered]
        return f"the alignment ({' and '.join(parts)} missing)" if parts else "the alignment"

    @property
    def counted(self) -> bool:
        """Whether both images are photon counts."""
        return self.fixed.counts is not None and self.moving.counts is not None

    def check_memory(self, work_at: object = None) -> None:
        """Check that what any alignment of the pair takes fits into memory.

        Raises
        ------
        InputError
            If it does not.
        """
        sides = self.fixed_grid.pixel_side, self.moving_grid.pixel_side
        # Of much smaller pixels than the other image has the finest are not worked on.
        all_of_it = work_at is None and max(sides) < 1.5 * min(sides)
        self._check_memory(NCC() if self.auto else self.metric, self._pixels if all_of_it else 0)

    def check_memory_on(self, finest: LevelPair, metric: Metric) -> None:
        """Check that a metric's work on the finest level that is worked on fits into memory.

        Raises
        ------
        InputError
            If it does not.
        """
        self._check_memory(metric, sum(math.prod(each.shape) for each in (finest.fixed, finest.moving)))

    @property
    def _pixels(self) -> int:
        # Images are brought to square pixels.
        grids = self.fixed_grid, self.moving_grid
        return sum(math.prod(shape_of_squares(each) if each.ndim == 2 else each.shape) for each in grids)

    def _check_memory(self, metric: Metric, worked: int) -> None:
        kind = "orientation" if isinstance(metric, Orientation) else "histogram"
        kind = "squared" if metric.compares_intensities or not metric.differentiable else kind
        self.room.check(self.fixed_grid.ndim, self._pixels, worked, kind, self.threads)

    def too_little_overlap(self, overlap: float) -> InputError:
        """Return the error that says which part of the smaller image is covered at the start, whoever chose that."""
        value = f"{100 * overlap:.0f} %"
        if self.located:
            return InputError("no-overlap", argument="initial", value=value, least=self.min_overlap)
        return InputError("too-little-overlap", argument="moving", value=value, least=self.min_overlap)

    def transform_of(self, pose: PhysicalMap) -> MatrixTransform:
        """Return a pose (fixed to moving, physical) as a transform of the family, stated about fixed's centre."""
        # A mirrored image's transform is no rotation.
        family = "affine" if mirrored(pose) and not self.family.shears else self.family.name
        return MatrixTransform(pose, family, tuple(self.fixed_grid.centre))


def check_one_rank(fixed: Prepared, moving: Prepared) -> None:
    """Check that both are images, or both volumes.

    Raises
    ------
    InputError
        If they are not.
    """
    if fixed.image.grid.ndim == moving.image.grid.ndim:
        return
    names = {2: "an image", 3: "a volume"}
    of_fixed, of_moving = (
        names[each.image.grid.ndim] + (" in colour" if np.ndim(each.array) > each.image.grid.ndim else "")
        for each in (fixed, moving)
    )
    value = f"{of_moving}, of shape {np.shape(moving.array)}"
    raise InputError("other-rank", argument="moving", value=value, fixed=of_fixed)


def in_one_unit(fixed: Prepared, moving: Prepared) -> tuple[Prepared, Prepared]:
    """Return two images measured in fixed's unit, or in moving's where fixed has none."""
    unit = fixed.image.grid.unit or moving.image.grid.unit
    return _measured_in(unit, fixed), _measured_in(unit, moving)


def _measured_in(unit: str, image: Prepared) -> Prepared:
    """Return an image measured in a unit, if its own is known; without one it is taken for that."""
    own = image.image.grid
    told = own.in_unit(unit) if own.unit else replace(own, unit=unit)
    if told.unit == own.unit:
        return image
    return replace(image, source=replace(image.source, grid=told), image=replace(image.image, grid=told))


def check_extents(fixed: Grid, moving: Grid) -> None:
    """Check that grids with a spacing may show one scene.

    Raises
    ------
    InputError
        If one is so much larger than the other that they are measured in two units.
    """
    grids, sides = (fixed, moving), (fixed.side, moving.side)
    if max(sides) > MOST_UNLIKE * min(sides) and not all(each.plain for each in grids):
        spans = ["x".join(f"{n * s:.4g}" for n, s in zip(each.shape, each.spacing, strict=True)) for each in grids]
        raise InputError("unlike-extents", argument="moving", value=spans[1], fixed=spans[0])


def _shared(fixed: Grid, moving: Grid) -> float | None:
    """Return the part of the smaller image that both grids have in common; None where they say no places.

    That both begin at 0 says nothing: who knows no place writes that.
    """
    return fixed.shared_with(moving) if any(map(any, (fixed.origin, moving.origin))) else None


def _units_in(one: str, other: str) -> float:
    """Return how many of one unit of images' lengths make one of a start's; what has no name is taken for the other.

    Raises
    ------
    InputError
        If that is not known.
    """
    # ITK's pixels are millimetres where nobody says another thing.
    if one in ("", "units", other) or other == "units" or (one, other) == ("mm", "px"):
        return 1.0
    named, known = unit_spelled(one), unit_spelled(other)
    if named is None or known is None:
        raise InputError("unit-of-initial", argument="initial", value=one, unit=other)
    return MILLIMETRES[named] / MILLIMETRES[known]


def starting_pose(
    initial: MatrixTransform | ArrayLike | None, family: Family, fixed: Grid, moving: Grid, unit: str = ""
) -> MatrixTransform:
    """Return the pose to start from, projected onto the family where the family is wide enough to hold it.

    Its points are measured in `unit`, and taken to fixed's.

    Raises
    ------
    InputError
        If `initial` is no transform, does not belong to the family, or one unit is not known to be so many of the
        other.
    """
    centre = tuple(fixed.centre)
    if initial is None:
        return MatrixTransform(
            about(np.eye(fixed.ndim), moving.centre - fixed.centre, fixed.centre), family.name, centre
        )
    given = initial.matrix if isinstance(initial, MatrixTransform) else initial
    matrix = checked_matrix(given, "initial", fixed.ndim)
    factor = _units_in(unit, unit_of(fixed, moving))
    if factor != 1:
        matrix[:-1, -1] *= factor
        matrix[-1, :-1] /= factor
    try:
        if isinstance(initial, MatrixTransform):
            initial.about(
                tuple(each / factor for each in centre)
            )  # a homography that does not see fixed's centre shows another side of its plane
        pose = MatrixTransform(matrix, family.name, centre)
        pose.inverse()  # one that has none shows moving as a line or a point
        return pose
    except InputError as error:
        raise blaming(error, "initial") from None
