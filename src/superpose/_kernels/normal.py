"""Where the sums of normal equations lie in what a kernel fills.

The parameters are a family's generators, then two that are solved along or stand for something else.
"""

from __future__ import annotations

# Cost, count and weight; then the gradient; then the matrix.
COST, COUNT, WEIGHT, GRADIENT = 0, 1, 2, 3
# The matrix takes the generators for those of the middle of so many columns, which is far from where its accuracy would
# matter; in cost and gradient they are exact.
SEGMENT = 64


def sums_size(generators: int) -> int:
    """Return how many sums there are for so many generators."""
    return 3 + (generators + 2) * (generators + 3)
