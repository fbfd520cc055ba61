"""What is to be solved: a checked pair of images, and what makes an alignment of them good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from superpose._checks import checked_fraction, is_auto
from superpose._parallel import thread_count
from superpose._sampling.prepared import Prepared, as_prepared
from superpose.errors import InputError
from superpose.image import Grid, check_ranks
from superpose.metrics.base import Metric
from superpose.metrics.registry import metric_named
from superpose.transforms.families import Family, about, family_named
from superpose.transforms.linear import Linear, checked_matrix

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Problem:
    """A pair of images, the family to search, and what makes an alignment good.

    `auto` says that the images are to decide about the metric. `initial` is where the user wants to start, and `start`
    the same as a pose from fixed to moving physical coordinates.
    """

    fixed: Prepared
    moving: Prepared
    family: Family
    metric: Metric
    auto: bool
    initial: Linear
    start: Floats
    min_overlap: float
    threads: int

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
        initial: Linear | ArrayLike | None = None,
        min_overlap: object = 0.2,
        threads: int | None = None,
    ) -> Problem:
        """Return the problem that a user's arguments pose; see `register` for them.

        Raises
        ------
        InputError
            If one cannot be used.
        """
        family = family_named(transform)
        measure = metric_named(metric, bins, auto="ncc")
        count = thread_count(threads)
        overlap = checked_fraction("min_overlap", min_overlap)
        check_ranks(*(each.array if isinstance(each, Prepared) else each for each in (fixed, moving)))
        still = as_prepared(fixed, fixed_mask, "fixed")
        if measure.invariant_to == "nothing":
            still = still.at_offset(0.0, "fixed")
        moved = as_prepared(moving, moving_mask, "moving")
        if measure.invariant_to != "offsets":
            moved = moved.at_offset(still.image.offset, "moving")
        start = starting_pose(initial, family, still.image.grid, moved.image.grid)
        return cls(still, moved, family, measure, is_auto(metric), start, start.matrix, overlap, count)

    @property
    def fixed_grid(self) -> Grid:
        """Where fixed's pixels lie."""
        return self.fixed.image.grid

    @property
    def moving_grid(self) -> Grid:
        """Where moving's pixels lie."""
        return self.moving.image.grid

    def transform_of(self, pose: Floats) -> Linear:
        """Return a pose (fixed to moving, physical) as a transform of the family, stated about fixed's centre."""
        # A mirrored image's transform is no rotation.
        mirrored = self.family.name in ("rigid", "similarity", "translation") and np.linalg.det(pose[:2, :2]) < 0
        centre = self.fixed_grid.centre
        return Linear(pose, "affine" if mirrored else self.family.name, (float(centre[0]), float(centre[1])))


def starting_pose(initial: Linear | ArrayLike | None, family: Family, fixed: Grid, moving: Grid) -> Linear:
    """Return the pose to start from, projected onto the family where the family is wide enough to hold it.

    Raises
    ------
    InputError
        If `initial` is no transform, or does not belong to the family.
    """
    centre = (float(fixed.centre[0]), float(fixed.centre[1]))
    if initial is None:
        return Linear(about(np.eye(2), moving.centre - fixed.centre, fixed.centre), family.name, centre)
    matrix = initial.matrix if isinstance(initial, Linear) else checked_matrix(initial, "initial")
    try:
        if isinstance(initial, Linear):
            initial.about(centre)  # a homography that does not see fixed's centre shows another side of its plane
        pose = Linear(matrix, family.name, centre)
        pose.inverse()  # one that has none shows moving as a line or a point
        return pose
    except InputError as error:
        fields = error.fields | {"argument": "initial"}
        raise InputError(error.code, **fields) from None
