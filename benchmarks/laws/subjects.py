"""Pairs that laws are tried on, drawn from all sets of the benchmark, and their answers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import superpose
from benchmarks.cases import SETS, moved
from benchmarks.hard import HARD
from benchmarks.kinds import KINDS, draw
from benchmarks.kinds.making import motion
from benchmarks.kinds.pair import Motion, lattice
from benchmarks.kinds.scenes import photograph

Floats = NDArray[np.float64]

GROUPS: dict[str, tuple[str, ...]] = {
    "cases": tuple(SETS),
    "hard": tuple(name for name in HARD if not name.startswith("large")),
    "kinds": tuple(KINDS),
}
# How often a pair is taken of each group.
SHARES = (0.35, 0.25, 0.4)
OVERLAPS = (0.12, 0.4)


@dataclass(frozen=True, eq=False)
class Subject:
    """A pair; `error` takes a matrix, fixed to moving, to pixels, and an error below `limit` is right."""

    name: str
    fixed: NDArray[Any]
    moving: NDArray[Any]
    family: str
    options: dict[str, Any]
    error: Callable[[Floats], float]
    limit: float


@dataclass(frozen=True, eq=False)
class Answer:
    """What was found; no matrix where `register` raised."""

    matrix: Floats | None
    uncertainty: float
    reliable: bool
    failure: str = ""

    def distance(self, other: Answer, shape: tuple[int, ...]) -> float:
        """Return the root mean square over fixed's corners of how far two answers lie apart, in pixels of fixed."""
        if self.matrix is None or other.matrix is None:
            return np.inf
        rows, columns = np.array(shape[:2]) - 1.0
        corners = np.array([[0, 0], [0, columns], [rows, 0], [rows, columns]])
        gap = moved(self.matrix, corners) - moved(other.matrix, corners)
        return float(np.sqrt((gap**2).sum(1).mean() / abs(np.linalg.det(self.matrix[:2, :2]))))


def subject(group: str, name: str, seed: int, number: int) -> Subject:
    """Return one pair of a set or kind."""
    if group == "kinds":
        pair = draw(name, seed, number)
        return Subject(pair.name, pair.fixed, pair.moving, pair.family, {}, pair.error, pair.tolerance)
    case = (SETS | HARD)[name].case(seed, number)
    options = {"search": case.search, "allow_flip": case.allow_flip}
    return Subject(case.name, case.fixed, case.moving, case.family, options, case.error, case.limit)


def little_overlap(seed: int, number: int) -> Subject:
    """Return two crops of one photograph that share a strip or a corner, of 12 to 40 % of either."""
    rng = np.random.default_rng([seed, number, len(SHARES)])
    side, shared = (260, 260), rng.uniform(*OVERLAPS)
    scene = photograph(rng, side)
    lost = rng.uniform(0, 1 - shared)  # along rows, then along columns what is left to lose
    shift = np.array([lost, 1 - shared / (1 - lost)]) * side * rng.choice((-1, 1), 2)
    truth = motion(side, shift)
    fixed, moving = (
        np.clip(scene.seen(matrix, side) + rng.normal(0, 0.01, side), 0, 1) for matrix in (np.eye(3), truth)
    )
    points = lattice(side, 1.0)
    inside = ((points + shift >= 0) & (points + shift <= np.array(side) - 1)).all(1)
    of = Motion.of(truth, points[inside])
    name = f"little-overlap/{number} ({scene.name}, {100 * shared:.0f} %)"
    return Subject(name, fixed, moving, "translation", {"min_overlap": 0.8 * shared}, of.error, 1.0)


def drawn(seed: int, trial: int) -> tuple[Subject, np.random.Generator]:
    """Return the pair of a trial, and the random numbers that are left to draw from."""
    rng = np.random.default_rng([seed, trial])
    group = str(rng.choice(list(GROUPS), p=SHARES))
    return subject(group, str(rng.choice(GROUPS[group])), seed, trial), rng


def answer(fixed: NDArray[Any], moving: NDArray[Any], family: str, options: dict[str, Any]) -> Answer:
    """Register; what is raised is an answer that was refused."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = superpose.register(fixed, moving, transform=family, on_unreliable="ignore", threads=1, **options)
    except superpose.InputError as error:
        return Answer(None, np.inf, False, f"{type(error).__name__}: {error}"[:200])
    return Answer(np.array(found.transform.matrix), float(found.uncertainty), bool(found.reliable))
