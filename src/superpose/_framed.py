"""Pairs of images that lie in space: worked on in pixels of one size along their own axes, told where they lie."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from superpose._arithmetic.matrices import inverse, matmul
from superpose._motions.answer import Answer, Motion
from superpose._problem import Problem
from superpose._records import FreeDirection, TileShifts
from superpose._sampling.frames import along_axes, of_squares
from superpose._sampling.prepared import Prepared
from superpose._sampling.pyramid import resized
from superpose._sampling.warp import nearest
from superpose._search.scored_pose import ScoredPose
from superpose._solution import Solution, Undo
from superpose._verify.verdict import Misfit, Verdict
from superpose.image import Grid, Mask
from superpose.transforms.geometry import PhysicalMap, apply

Floats = NDArray[np.float64]
# By how much pixels may be larger than others and still be of one size: what is left are a third of an octave.
_ONE_SIZE = 2 ** (1 / 3)


@dataclass(frozen=True, eq=False)
class Framed:
    """A user's problem and the one that is worked on in its place, which may be the same.

    What looks at pictures takes their pixels for squares of about one size and asks nothing of where they lie. So a
    picture that lies in space is looked at along its own axes, on squares, in units of the larger of both pictures'
    pixels. A turn in space is a turn there, and all else is what it is of bare arrays: to the bit, where both have one
    spacing. Volumes are brought there by what solves them.

    Attributes
    ----------
    users, problem : Problem
        As the user posed it, and as it is worked on.
    undo : Undo
        From poses of the one to those of the other.
    side : float
        Of a pixel of `problem`'s fixed image, in the user's units.
    """

    users: Problem
    problem: Problem
    undo: Undo
    side: float = 1.0

    @classmethod
    def of(cls, users: Problem) -> Framed:
        """Return a user's problem with what is worked on in its place."""
        grids = users.fixed_grid, users.moving_grid
        if users.fixed_grid.ndim != 2 or all(each.plain for each in grids):
            return cls(users, users, Undo())
        sides = [min(each.spacing) for each in grids]
        unit = max(sides)
        fixed, of_fixed = _in_units(users.fixed, sides[0], unit, users.threads)
        moving, of_moving = _in_units(users.moving, sides[1], unit, users.threads)
        undo = Undo(frames=(of_fixed, of_moving))
        side = unit * fixed.image.grid.spacing[0]
        tolerance = None if users.tolerance is None else users.tolerance / side
        start = undo.to_solvers(users.start)
        problem = replace(users, fixed=fixed, moving=moving, start=start, tolerance=tolerance)
        return cls(users, problem, undo, side)

    def told(self, answer: Answer) -> Answer:
        """Return an answer to what was worked on as one to the user's problem."""
        if self.undo.frames is None:
            return answer
        solution, to_users = answer.solution, self.undo.to_users
        return replace(
            answer,
            problem=self.users,
            solution=replace(
                solution,
                pose=to_users(solution.pose),
                basins=tuple(replace(each, pose=to_users(each.pose)) for each in solution.basins),
                better_below=lambda: self._below(solution),
            ),
            verdict=self._verdict(answer.verdict, solution.pose, self.undo.frames),
            motions=tuple(self._motion(each) for each in answer.motions),
        )

    def _below(self, solution: Solution) -> ScoredPose[PhysicalMap] | None:
        found = solution.better_below()
        return None if found is None else replace(found, pose=self.undo.to_users(found.pose))

    def _verdict(self, verdict: Verdict, pose: PhysicalMap, frames: tuple[Floats, Floats]) -> Verdict:
        side = self.side
        turned = frames[0][:-1, :-1] * (1 / np.sqrt(np.square(frames[0][:-1, :-1]).sum(0)))
        numbers = self._numbers_told(pose)
        covariance = verdict.covariance
        return replace(
            verdict,
            uncertainty=side * verdict.uncertainty,
            tolerance=side * verdict.tolerance,
            covariance=None if covariance is None else matmul(numbers, covariance, numbers.T),
            rivals=tuple(replace(each, pose=self.undo.to_users(each.pose)) for each in verdict.rivals),
            free=tuple(self._direction(each, turned, numbers) for each in verdict.free),
            misfit=None if verdict.misfit is None else self._misfit(verdict.misfit, frames[0], turned),
            unit=self.users.unit,
        )

    def _numbers_told(self, pose: PhysicalMap) -> Floats:
        """Return how the family's numbers of the user's pose change with those of the pose that was worked on."""
        family, users, own = self.problem.family, self.users.fixed_grid.centre, self.problem.fixed_grid.centre
        at, small = family.vector(pose, own, 1.0), 1e-6

        def told(numbers: Floats) -> Floats:
            return family.vector(self.undo.to_users(PhysicalMap(family.matrix(numbers, own, 1.0))), users, 1.0)

        steps = small * np.eye(family.size)
        return np.stack([(told(at + step) - told(at - step)) / (2 * small) for step in steps], 1)

    def _direction(self, free: FreeDirection, turned: Floats, numbers: Floats) -> FreeDirection:
        parameters = tuple(matmul(numbers, np.array(free.parameters)).tolist()) if free.parameters else ()
        corners = tuple((a, b) for a, b in matmul(np.array(free.corners), turned.T).tolist())
        return FreeDirection(free.words, parameters, corners)

    def _misfit(self, misfit: Misfit, frame: Floats, turned: Floats) -> Misfit:
        """Return where tiles lie in the user's fixed space; they were told in pixels of what was worked on."""
        seen, grid = misfit.tiles, self.problem.fixed_grid
        centres = apply(frame, grid.to_physical(seen.centres))
        shifts = self.side * matmul(seen.shifts, turned.T)
        tiles = TileShifts(centres, shifts, self.side * seen.errors, seen.clear)
        return replace(misfit, tiles=tiles, size=self.side * misfit.size)

    def _motion(self, motion: Motion) -> Motion:
        return replace(motion, pose=self.undo.to_users(motion.pose), mask=self._on_users_pixels(motion.mask))

    def _on_users_pixels(self, mask: Mask) -> Mask:
        assert self.undo.frames is not None
        users, own = self.users.fixed_grid, self.problem.fixed_grid
        onto = matmul(own.physical_to_index, inverse(self.undo.frames[0]), users.index_to_physical)
        return nearest(mask, onto, users.shape, False)[0]


def _in_units(image: Prepared, side: float, unit: float, threads: int) -> tuple[Prepared, Floats]:
    """Return an image on square pixels along its own axes, in a unit, and what leads from there to the user's.

    Its pixels are to be as large as the unit, or nearly so, once they are halved a few times: else each of its levels
    would be sharper than what is compared with it.
    """
    along, to_users = along_axes(image.image)
    to_users[:-1, :-1] *= unit

    def made() -> Prepared:
        squares = of_squares(along, threads)
        # From 1 to 2: halves apart.
        larger = 2 * math.frexp(unit / side)[0]
        if larger > _ONE_SIZE:
            squares = resized(squares, larger)
        own = squares.grid
        grid = Grid(own.shape, tuple(each / unit for each in own.origin), tuple(each / unit for each in own.spacing))
        return replace(image, image=replace(squares, grid=grid))

    return image.part(("in units", unit), made), to_users
