"""What of a pose a landscape varies: each parameter by its name, how it is read from a pose and put into one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._landscape.settings import SweepSettings
from superpose._names import lookup
from superpose.errors import InputError, shown
from superpose.image import Grid
from superpose.transforms.geometry import nearest_turn, pieces, projective, turn
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
    """

    name: str
    unit: str = ""
    symbol: str = ""
    axis: int | None = None

    @property
    def words(self) -> str:
        """The name as `Landscape.parameters` has it."""
        return self.name.replace("-", " ")

    @property
    def label(self) -> str:
        """Name and unit, as an axis of a figure shows them."""
        return f"{self.words} ({self.unit})" if self.unit else self.words

    def told_in(self, unit: str) -> Parameter:
        """Return the same with lengths told in a unit of images that lie in space; "px" are pixels."""
        return self if self.axis is None or unit == "px" else replace(self, unit=unit, symbol=unit)

    def sweep(self, grid: Grid, count: int, settings: SweepSettings) -> Floats:
        """Return the values to try when the caller does not say."""
        if self.name == "scale":
            return np.geomspace(1 / settings.scale, settings.scale, count)
        reach = 180.0 if self.axis is None else settings.shift * grid.shape[self.axis]
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


PARAMETERS: dict[str, Parameter] = {
    each.name: each
    for each in (
        Parameter("row-shift", "pixels", "px", axis=0),
        Parameter("column-shift", "pixels", "px", axis=1),
        Parameter("angle", "degrees", "°"),
        Parameter("scale"),
    )
}


def parameter_named(name: object) -> Parameter:
    """Return the parameter of a name.

    Raises
    ------
    InputError
        If there is none, with the nearest names.
    """
    return lookup("parameter", name, PARAMETERS)


def parameters_named(names: Any, argument: str = "parameter") -> tuple[Parameter, ...]:
    """Return the parameters of one or two names.

    Raises
    ------
    InputError
        If one is not known, or they are not one or two different ones.
    """
    given = [names] if isinstance(names, str) or not isinstance(names, Sequence) else list(names)
    chosen = tuple(lookup(argument, name, PARAMETERS) for name in given)
    if len(chosen) not in (1, 2) or len(set(chosen)) < len(chosen):
        raise InputError("bad-parameters", argument=argument, value=shown(names), known=", ".join(PARAMETERS))
    return chosen


def numbers_of(transform: MatrixTransform, centre: Floats) -> dict[str, float]:
    """Return the value of each of `PARAMETERS`, by name, as it is at a centre."""
    at = transform.about(centre)
    angle, scale = nearest_turn(pieces(at.matrix, centre)[0])
    shifts = {name: float(at.shift[each.axis]) for name, each in PARAMETERS.items() if each.axis is not None}
    return shifts | {"angle": float(np.degrees(angle)), "scale": scale}


def pose_with(start: MatrixTransform, chosen: Mapping[str, float], centre: Floats) -> Floats:
    """Return the pose of `start` with the chosen parameters, by name, in place of its own."""
    own = numbers_of(start, centre)
    linear, perspective, shift = pieces(start.about(centre).matrix, centre)
    by = turn(np.radians(chosen["angle"] - own["angle"])) if "angle" in chosen else np.eye(2)
    linear = chosen.get("scale", own["scale"]) / own["scale"] * by @ linear
    for name, value in chosen.items():
        axis = PARAMETERS[name].axis
        if axis is not None:
            shift[axis] = value
    return projective(linear, perspective, shift, centre)
