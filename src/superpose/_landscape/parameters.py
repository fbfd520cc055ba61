"""What of a pose a landscape varies: each parameter by its name, how it is read from a pose and put into one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._landscape.settings import SweepSettings
from superpose._names import lookup
from superpose.errors import InputError, shown
from superpose.image import Grid
from superpose.transforms.geometry import nearest_rotation, nearest_turn, pieces, projective, rotation, turn
from superpose.transforms.matrix import MatrixTransform

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Parameter:
    """One number of a pose about fixed's centre.

    Parameters
    ----------
    name : str
        As users write it, words joined by a hyphen.
    unit, symbol : str
        Its unit as a word and as a sign; empty for ratios.
    axis : int, optional
        Of a shift: the axis along which it goes.
    turns : int, optional
        Of an angle in 3D: which number of the rotation vector it is.
    """

    name: str
    unit: str = ""
    symbol: str = ""
    axis: int | None = None
    turns: int | None = None

    @property
    def words(self) -> str:
        """The name as `Landscape.parameters` has it."""
        return self.name.replace("-", " ")

    def label(self, unit: str) -> str:
        """Return name and unit, as an axis of a figure shows them; shifts are told in `unit`."""
        own = self.unit if self.axis is None or unit == "px" else unit
        return f"{self.words} ({own})" if own else self.words

    def sign(self, unit: str) -> str:
        """Return the unit's sign; shifts are told in `unit`."""
        return self.symbol if self.axis is None else unit

    def sweep(self, grid: Grid, count: int, settings: SweepSettings) -> Floats:
        """Return the values to try when the caller does not say."""
        if self.name == "scale":
            return np.geomspace(1 / settings.scale, settings.scale, count)
        reach = 180.0 if self.axis is None else settings.shift * _side(grid, self.axis)
        return np.linspace(-reach, reach, count)

    def around(self, value: float, reach: float, grid: Grid, count: int) -> Floats:
        """Return values about one that move fixed's centre, or else its corners, by up to `reach` pixels."""
        steps = np.linspace(-1, 1, count)
        if self.axis is not None:
            return value + reach * steps
        by = reach / grid.radius
        if self.name == "scale":
            return np.asarray(value * np.exp(min(by, np.log(2)) * steps), float)
        return np.asarray(value + min(np.degrees(by), 180.0) * steps, float)


def _named(*parameters: Parameter) -> dict[str, Parameter]:
    return {each.name: each for each in parameters}


# By the number of axes.
PARAMETERS: dict[int, dict[str, Parameter]] = {
    2: _named(
        Parameter("row-shift", "pixels", "px", axis=0),
        Parameter("column-shift", "pixels", "px", axis=1),
        Parameter("angle", "degrees", "°"),
        Parameter("scale"),
    ),
    3: _named(
        Parameter("plane-shift", "pixels", "px", axis=0),
        Parameter("row-shift", "pixels", "px", axis=1),
        Parameter("column-shift", "pixels", "px", axis=2),
        Parameter("plane-angle", "degrees", "°", turns=0),
        Parameter("row-angle", "degrees", "°", turns=1),
        Parameter("column-angle", "degrees", "°", turns=2),
        Parameter("scale"),
    ),
}


def _side(grid: Grid, axis: int) -> float:
    """Return how far a grid reaches along a physical axis, whichever of its own run there."""
    sides = np.array(grid.shape) * grid.spacing
    return float((np.abs(grid.direction[axis]) * sides).sum() if grid.direction else sides[axis])


def parameter_named(name: object, ndim: int = 2) -> Parameter:
    """Return the parameter of a name.

    Raises
    ------
    InputError
        If there is none, with the nearest names.
    """
    return lookup("parameter", name, PARAMETERS[ndim])


def parameters_named(names: Any, argument: str = "parameter", ndim: int = 2) -> tuple[Parameter, ...]:
    """Return the parameters of one or two names.

    Raises
    ------
    InputError
        If one is not known, or they are not one or two different ones.
    """
    given = [names] if isinstance(names, str) or not isinstance(names, Sequence) else list(names)
    chosen = tuple(lookup(argument, name, PARAMETERS[ndim]) for name in given)
    if len(chosen) not in (1, 2) or len(set(chosen)) < len(chosen):
        raise InputError("bad-parameters", argument=argument, value=shown(names), known=", ".join(PARAMETERS[ndim]))
    return chosen


def numbers_of(transform: MatrixTransform, centre: Floats) -> dict[str, float]:
    """Return the value of each of `PARAMETERS`, by name, as it is at a centre."""
    at = transform.about(centre)
    known, linear = PARAMETERS[at.ndim], pieces(at.matrix, centre)[0]
    shifts = {name: float(at.shift[each.axis]) for name, each in known.items() if each.axis is not None}
    if at.ndim == 3:
        vector, scale = nearest_rotation(linear)
        angles = {name: float(np.degrees(vector[each.turns])) for name, each in known.items() if each.turns is not None}
        return shifts | angles | {"scale": scale}
    angle, scale = nearest_turn(linear)
    return shifts | {"angle": float(np.degrees(angle)), "scale": scale}


def pose_with(start: MatrixTransform, chosen: Mapping[str, float], centre: Floats) -> Floats:
    """Return the pose of `start` with the chosen parameters, by name, in place of its own."""
    own = numbers_of(start, centre)
    known = PARAMETERS[start.ndim]
    linear, perspective, shift = pieces(start.about(centre).matrix, centre)
    by = turn(np.radians(chosen["angle"] - own["angle"])) if "angle" in chosen else np.eye(start.ndim)
    angles = [each.name for each in known.values() if each.turns is not None]
    if any(name in chosen for name in angles):
        now, then = (np.radians([numbers[name] for name in angles]) for numbers in (own, own | dict(chosen)))
        by = rotation(then) @ rotation(now).T
    linear = chosen.get("scale", own["scale"]) / own["scale"] * by @ linear
    for name, value in chosen.items():
        axis = known[name].axis
        if axis is not None:
            shift[axis] = value
    return projective(linear, perspective, shift, centre)
