"""Settings of the descent by SciPy's optimisers, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, field

from superpose._engine.settings import DEFAULTS as ENGINE_DEFAULTS
from superpose._engine.settings import EngineSettings
from superpose.metrics.settings import DEFAULTS as METRIC_DEFAULTS
from superpose.metrics.settings import MetricSettings


@dataclass(frozen=True)
class MethodSettings:
    """How SciPy's methods are called: their own first steps suit unknowns of size one, ours are pixels.

    Attributes
    ----------
    difference : float
        Derivatives are differences over this many pixels of the level: images are float32 and interpolated between
        pixels, so that the 1e-8 of SciPy's default would differentiate rounding errors.
    first_step : float
        How far the first steps go, in pixels of the level, for methods that can be told.
    tolerance : float
        How exactly a vector is wanted, in pixels of the level, by methods that can be told.
    evaluations : int
        When Powell ends: along a flat valley it has no end of its own.
    rounds : int
        Powell's directions may come to lie in a plane that misses the minimum: it starts anew, along the axes, where it
        ended, this many times at most.
    enough : float
        No further round follows one that gained no more than this part of the cost's unit.
    coarse_side : int
        The longest side, in pixels, of levels on which a global method still searches, and Powell keeps to its box
        however large: on finer ones a local method follows the basin that was found.
    local_reach : float
        How far that local method may go after a global one, as part of the level's side.
    hops, hop : int, float
        How many times "basinhopping" hops, and how far, as part of the level's side.
    rough_tolerance, rough_gain : float
        How exactly a global method follows each basin, in pixels of the level and as part of the cost.
    annealing_rounds, annealing_evaluations : int
        When "dual-annealing" ends.
    shgo_samples, brute_samples : int
        How many vectors "shgo" and "brute" try in the box.
    """

    difference: float = 0.05
    first_step: float = 2.0
    tolerance: float = 1e-4
    evaluations: int = 1000
    rounds: int = 2
    enough: float = 1e-5
    coarse_side: int = 64
    local_reach: float = 0.125
    hops: int = 50
    hop: float = 0.25
    rough_tolerance: float = 1e-2
    rough_gain: float = 1e-4
    annealing_rounds: int = 200
    annealing_evaluations: int = 20000
    shgo_samples: int = 256
    brute_samples: int = 3000


@dataclass(frozen=True)
class DescentSettings:
    """How far each level may go.

    Attributes
    ----------
    near : float
        How far, in pixels of its level, a local method may move what the coarser level found.
    small_side : int
        Levels up to this many pixels may move it twice as far, for a level coarser than those shows little of the
        images.
    magnification : float
        How far scale, shear and perspective may go either way: by this factor at a corner.
    """

    near: float = 8.0
    small_side: int = 64
    magnification: float = 2.0


@dataclass(frozen=True)
class ScipySettings:
    """The whole solver's.

    Attributes
    ----------
    coarsest_side : int
        About the coarsest level's shortest side, in pixels, when the number of levels is left open.
    most_scale : float
        No search is made to compare a pose with that magnifies either image more than so many times: it shows next to
        nothing, and stands out of nothing.
    same_basin : float
        The search found the pose itself if its best basin lies no further away, at any corner, than so many pixels of
        the level that was searched.
    engine : EngineSettings
        Of the search that the pose is compared with.
    """

    coarsest_side: int = 16
    most_scale: float = 4.0
    same_basin: float = 4.0
    methods: MethodSettings = field(default_factory=MethodSettings)
    descent: DescentSettings = field(default_factory=DescentSettings)
    metrics: MetricSettings = METRIC_DEFAULTS[2]
    engine: EngineSettings = ENGINE_DEFAULTS[2]


DEFAULTS: dict[int, ScipySettings] = {ndim: ScipySettings() for ndim in (2, 3)}
