"""Where a kernel's sums lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from superpose._kernels.normal import COST, COUNT, GRADIENT, WEIGHT, sums_size

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class NormalEquations:
    """What a kernel of normal equations has summed, for one part of an image or for several, (..., size).

    The parameters are the generators, then two that are solved along or stand for something else.
    """

    sums: Floats
    generators: int

    @staticmethod
    def size(generators: int) -> int:
        """Return how many sums there are: cost, count and weight, the gradient, the matrix."""
        return sums_size(generators)

    @property
    def cost(self) -> Floats:
        """The sum of the pixels' costs."""
        return self.sums[..., COST]

    @property
    def count(self) -> Floats:
        """How many pixels were compared."""
        return self.sums[..., COUNT]

    @property
    def weight(self) -> Floats:
        """The sum of the pixels' weights; of directions, the energy of fixed's."""
        return self.sums[..., WEIGHT]

    @property
    def gradient(self) -> Floats:
        """Minus half the cost's derivative by the parameters, (..., generators + 2)."""
        return self.sums[..., GRADIENT : GRADIENT + 2 + self.generators]

    @property
    def matrix(self) -> Floats:
        """Gauss-Newton's matrix of the parameters, (..., generators + 2, generators + 2)."""
        parameters = self.generators + 2
        return self.sums[..., GRADIENT + parameters :].reshape(*self.sums.shape[:-1], parameters, parameters)
