"""How far the search goes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from superpose._checks import as_number
from superpose._names import public
from superpose.errors import InputError, shown


@public
@dataclass(frozen=True)
class SearchRange:
    """How far the global search goes, about the initial pose.

    Parameters
    ----------
    angle : float
        Largest turn either way, in degrees; default 180.
    scale : float
        Largest magnification either way, for families that have one, 1 or more; default 2.
    shift : float
        Largest shift along each axis, as part of the fixed image's side; default: as far as `min_overlap` allows.

    Raises
    ------
    InputError
        If a limit is no number, or a negative one, or a scale below 1.
    """

    angle: float = 180.0
    scale: float = 2.0
    shift: float = np.inf

    def __post_init__(self) -> None:
        for name, least in (("angle", 0.0), ("scale", 1.0), ("shift", 0.0)):
            value = getattr(self, name)
            number = as_number(value)
            if not number >= least:
                raise InputError("below-least", argument=name, value=shown(value), least=f"{least:g}")
            object.__setattr__(self, name, number)

    @classmethod
    def near(cls) -> SearchRange:
        """Return the range that is searched about a start that is nearly right."""
        return cls(angle=15.0, scale=1.1, shift=0.15)
