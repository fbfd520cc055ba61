"""The metrics as their papers write them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.generic]


def joint(a: Values, b: Values, bins: int) -> NDArray[np.float64]:
    """Return the joint distribution by `numpy.histogram2d`."""
    counts, _, _ = np.histogram2d(a.ravel().astype(float), b.ravel().astype(float), bins=bins)
    return counts / counts.sum()


def entropy(p: NDArray[np.float64]) -> float:
    """Return the entropy in nats."""
    return -sum(float(x) * float(np.log(x)) for x in p.ravel() if x > 0)


def mi(a: Values, b: Values, bins: int) -> float:
    """Return sum p log(p / (pa pb)), which superpose writes as a sum of three entropies."""
    p = joint(a, b, bins)
    expected = np.outer(p.sum(1), p.sum(0))
    return sum(float(x) * float(np.log(x / y)) for x, y in zip(p.ravel(), expected.ravel(), strict=True) if x > 0)


def nmi(a: Values, b: Values, bins: int) -> float:
    """Return (H(A) + H(B)) / H(A, B)."""
    p = joint(a, b, bins)
    return (entropy(p.sum(1)) + entropy(p.sum(0))) / entropy(p)


def correlation_ratio(a: Values, b: Values, bins: int) -> float:
    """Return 1 - (variance of b within the bins of a) / (variance of b)."""
    a, b = a.ravel().astype(float), b.ravel().astype(float)
    edges = np.linspace(a.min(), a.max(), bins + 1)
    index = np.clip(np.digitize(a, edges) - 1, 0, bins - 1)
    within = sum(float(((b[index == k] - b[index == k].mean()) ** 2).sum()) for k in set(index.tolist()))
    return 1 - within / float(((b - b.mean()) ** 2).sum())
