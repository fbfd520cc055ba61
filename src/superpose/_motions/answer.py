"""What is returned after a second look: an answer, and the motions that were seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

from superpose._problem import Problem
from superpose._solution import LevelPose, Solution
from superpose._verify.evidence import Contender
from superpose._verify.misfit import measure_misfit
from superpose._verify.settings import DEFAULTS
from superpose._verify.verdict import Verdict, against_mirror
from superpose.image import Mask
from superpose.transforms.geometry import PhysicalMap


@dataclass(frozen=True, eq=False)
class Motion:
    """A pose (fixed to moving, physical), the part of fixed's structure that it explains, and where that is.

    `mask` lies on fixed's pixels. `still` says that it is the zero pose of what belongs to the sensor. Score and
    overlap are those of the search's basins.
    """

    pose: PhysicalMap
    share: float
    mask: Mask
    still: bool
    score: float
    overlap: float


@dataclass(frozen=True, eq=False)
class Answer:
    """A solution, what verification says about it, and what moved otherwise.

    Attributes
    ----------
    problem : Problem
        What the solution solves: the user's, or what is left of it without what moves otherwise.
    motions : tuple of Motion
        The answer's own first; empty where only one is known.
    outcome : str
        Code of the warning about them; empty where there is nothing to say.
    spikes : int
        How many single pixels were left out.
    levels : tuple of LevelPose
        Where its levels ended, coarsest first, if it was found by a second look; else empty: `register` knows them.
    """

    problem: Problem
    solution: Solution
    verdict: Verdict
    motions: tuple[Motion, ...] = ()
    outcome: str = ""
    spikes: int = 0
    levels: tuple[LevelPose, ...] = ()

    @property
    def rival(self) -> Contender | None:
        """The pose that scores almost the same as an answer which matches: each may hold for its own part."""
        settings = DEFAULTS[self.problem.fixed_grid.ndim].warnings
        return self.verdict.equal_rival(settings) if self.verdict.matched else None

    def with_misfit(self) -> Answer:
        """Return the answer now that its family was asked whether it fits what moved by it."""
        # Of an object that moved in a still scene it is known that it lies elsewhere.
        other = self.motions[1].pose if self.outcome == "part-moved" else None
        if other is None and self.verdict.misfit is not None:
            return self
        return replace(self, verdict=replace(self.verdict, misfit=measure_misfit(self.problem, self.solution, other)))

    def asked_as(self, seen: Answer) -> Answer:
        """Return the answer now that its family was asked whether it fits what another answer looks at."""
        fits = measure_misfit(seen.problem, replace(seen.solution, pose=self.solution.pose))
        return replace(self, verdict=replace(self.verdict, misfit=fits))

    def against_mirror(self) -> Answer:
        """Return the answer, not to be trusted, now that the mirrored image was asked for."""
        settings = DEFAULTS[self.problem.fixed_grid.ndim]
        return replace(self, verdict=against_mirror(self.verdict, self.solution, settings))

    def unsure(self) -> Answer:
        """Return the answer, not to be trusted: another motion may be the scene's."""
        return replace(self, verdict=self.verdict.mistaken_for_other())
