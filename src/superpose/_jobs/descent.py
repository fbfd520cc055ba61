"""Gauss and Newton's steps to robust least squares over links between images.

Graduated non-convexity over truncated least squares: a link that contradicts the others ends with no weight.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from superpose._jobs.mosaic_settings import AdjustmentSettings
from superpose._jobs.network import first_convexity, truncated

Floats = NDArray[np.float64]
State = TypeVar("State")


class Problem(Protocol[State]):
    """What is solved."""

    def cost(self, at: State, weights: Floats) -> float:
        """Return the sum of squares, by weights of the links; infinite where it has no meaning."""

    def squares(self, at: State) -> Floats:
        """Return by how many standard deviations each link is off, squared, on average over its points."""

    def step(self, at: State, weights: Floats, damping: float) -> Floats | None:
        """Return Gauss and Newton's step, damped relative to the diagonal; None where there is none."""

    def moved(self, at: State, step: Floats) -> State:
        """Return where a step leads."""


def robustly(
    work: Problem[State], at: State, links: int, settings: AdjustmentSettings
) -> tuple[State, NDArray[np.bool_]]:
    """Return the best state from a first one, and which of the links agree with it."""
    weights = np.ones(links)
    at = settled(work, at, weights, settings)
    squares, limit = work.squares(at), settings.limit * settings.limit
    if links and float(squares.max()) > limit:
        mu = first_convexity(float(squares.max()), limit, settings.first)
        for _ in range(settings.rounds):
            weights = truncated(squares, limit, mu)
            at = settled(work, at, np.maximum(weights, settings.never_nothing), settings)
            squares = work.squares(at)
            if not ((weights > 0) & (weights < 1)).any() and mu > 1:
                break
            mu *= settings.growth
    return at, squares <= limit


def settled(work: Problem[State], at: State, weights: Floats, settings: AdjustmentSettings) -> State:
    """Return where steps no longer help, by weights of the links."""
    cost, damping = work.cost(at, weights), 0.0
    for _ in range(settings.steps):
        step = work.step(at, weights, damping)
        if step is None:
            damping = max(10 * damping, 1e-9)
            if damping > 1e3:
                break
            continue
        moved = work.moved(at, step)
        new = work.cost(moved, weights)
        if not new <= cost:
            damping = max(10 * damping, 1e-6)
            if damping > 1e3:
                break
            continue
        at, gained, cost, damping = moved, cost - new, new, damping / 10
        if gained <= settings.exact * (1 + cost):
            break
    return at
