"""Settings of refinement, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LevenbergMarquardtSettings:
    """How steps are taken, and when to stop. Lengths are in pixels of the level.

    Attributes
    ----------
    tolerance : float
        A step that moves every corner by at most this much is the last one.
    iterations : int
        The most steps that are taken.
    trust : float
        No step moves a corner by more than this.
    precision : float
        A step below this part of the pose's own standard error is the last one, too.
    expected : float
        So is one that lets expect the next one, as much shorter again, to move no corner by more than this,
    hidden : float
        nor by more than this part of the standard error,
    surely : float
        unless it is itself longer than so many standard errors.
    first_damping, last_damping, damping_factor : float
        A step that is not accepted is tried again with the first damping, relative to the diagonal, then with so many
        times as much, up to the last one.
    rounding : float
        A cost that has risen by no more than this part of it is no worse: it is a sum of 32-bit terms.
    kept_overlap : float
        Steps keep this part of the smallest overlap: rows at the border that one level counts the next one does not.
    short : float
        A step as short as that need not lower the cost if it leaves less than `short_gain` of what is left to gain: a
        single outlier that enters or leaves the overlap changes the cost by more than so short a step can.
    short_gain : float
        See `short`.
    longest : float
        What the last steps have taught lengthens a step by this factor at most; more leaves the basin of a flat cost.
    """

    tolerance: float
    iterations: int
    trust: float = 2.0
    precision: float = 0.0
    expected: float = 0.0
    hidden: float = 0.25
    surely: float = 4.0
    first_damping: float = 1e-3
    last_damping: float = 1e6
    damping_factor: float = 10.0
    rounding: float = 1e-6
    kept_overlap: float = 0.95
    short: float = 0.05
    short_gain: float = 0.5
    longest: float = 4.0


@dataclass(frozen=True)
class SandwichSettings:
    """How the covariance of a pose is added up from tiles.

    Attributes
    ----------
    tiles, min_tile : int
        Along each side there are as many tiles as can be, up to `tiles`, without becoming narrower than `min_tile`
        pixels, within which residuals are alike;
    few_tiles, smallest_tile : int
        but of small images at least `few_tiles`, down to `smallest_tile` pixels: fewer know no scatter.
    min_concentration : float
        Where the structure lies in fewer tiles than this, they are cut anew where it is.
    max_leverage : float
        A tile that has more than this part of its own say on the step counts as one that has just as much: how far off
        the others would be without it is not known better.
    min_structure : float
        A direction in which both images together have less than this part of one's own slopes has no structure to
        speak of.
    """

    tiles: int = 10
    min_tile: int = 12
    few_tiles: int = 5
    smallest_tile: int = 4
    min_concentration: float = 12.0
    max_leverage: float = 0.9
    min_structure: float = 0.02
