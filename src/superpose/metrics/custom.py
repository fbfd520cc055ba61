"""A cost of the user's own as a metric."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from superpose._checks import asked, called
from superpose._names import name_of
from superpose.errors import InputError, shown
from superpose.metrics.base import Metric

Cost = Callable[[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]], float]


@dataclass(frozen=True)
class CustomMetric(Metric):
    """A callable ``cost(fixed, warped, mask) -> float``, lower is better, held to returning one real number."""

    function: Cost

    best: ClassVar[str] = "lowest"

    @property
    def name(self) -> str:
        """The function's own name."""
        return name_of(self.function)

    def value(self, fixed: Any, warped: Any, mask: Any = None) -> float:
        """Return the cost of two images on one grid.

        Raises
        ------
        InputError
            If the function returns anything but one real number.
        """
        # Written to by a careless cost, `fixed` would be another image at the next evaluation, or the user's
        # own.
        kept = np.asarray(fixed).view()
        kept.flags.writeable = False
        mask = np.ones(kept.shape, bool) if mask is None else mask
        returned = called("metric", self.function, kept, warped, mask)
        value = asked("metric", np.asarray, returned)
        if value.ndim != 0 or value.dtype.kind not in "buif":
            raise InputError("bad-callable", argument="metric", value=shown(value[()]), expected="one real number")
        return float(value)
