"""What the wrappers can hand a kernel, drawn: shapes, contents, masks, and poses of any kind."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Pixels = NDArray[np.float32]
SIDES = st.integers(1, 9)
SHAPES = st.tuples(SIDES, SIDES) | st.tuples(st.just(1), SIDES) | st.tuples(SIDES, st.just(1))
CONTENTS = ("noise", "constant", "zero", "one pixel", "large")
MASKS = ("all", "none", "some", "one")
GUARD = 64


def guarded(array: NDArray[Any]) -> NDArray[Any]:
    """Return a copy with NaN (of masks: True) before and after it in memory: what reads beyond its end draws on them.

    With checked indices a loop is another program than without.
    """
    beyond = True if array.dtype == bool else np.nan
    memory = np.full(array.size + 2 * GUARD, beyond, array.dtype)
    inner = memory[GUARD:-GUARD].reshape(array.shape)
    inner[:] = array
    return inner


def content(kind: str, shape: tuple[int, int], rng: np.random.Generator) -> Pixels:
    """Return an image of a kind."""
    image = np.zeros(shape)
    if kind == "noise":
        image = rng.normal(size=shape)
    elif kind == "constant":
        image += 0.7
    elif kind == "one pixel":
        image[rng.integers(shape[0]), rng.integers(shape[1])] = 1
    elif kind == "large":
        image = 1e4 * rng.normal(size=shape)
    return image.astype(np.float32)


def kept(kind: str, shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return where a pixel counts."""
    mask = {"all": np.ones, "some": lambda s: rng.random(s) > 0.4}.get(kind, np.zeros)(shape).astype(bool)
    if kind == "one":
        mask[rng.integers(shape[0]), rng.integers(shape[1])] = True
    return guarded(mask)


@st.composite
def _wild(draw: Any) -> Floats:
    """Draw a pose: near, far, huge, singular, mirrored, not a number, or in a perspective."""
    number = st.floats(-3, 3) | st.sampled_from([0.0, 1.0, -1.0, 1e9, -1e9, 1e300, np.inf, np.nan])
    matrix = np.eye(3)
    matrix[:2] = np.reshape(draw(st.lists(number, min_size=6, max_size=6)), (2, 3))
    if draw(st.booleans()):
        matrix[2] = draw(st.lists(number, min_size=3, max_size=3))
    return matrix


@st.composite
def _near(draw: Any) -> Floats:
    """Draw a pose that lays some pixels on some; its horizon may cross the image, or meet a pixel exactly."""
    small = st.floats(-0.3, 0.3)
    matrix = np.eye(3)
    matrix[:2] += np.reshape([draw(small) for _ in range(6)], (2, 3)) * (1, 1, 10)
    if draw(st.booleans()):
        tilt = small | st.sampled_from([-0.5, -0.25, -1.0])
        matrix[2, :2] = draw(tilt), draw(tilt)
    return matrix


@st.composite
def _cancelling(draw: Any) -> Floats:
    """Draw a pose whose coordinates are small differences of large numbers."""
    large = draw(st.sampled_from([1e3, 1e8, 1.3e17, 1e300])) * draw(st.floats(1, 2))
    matrix = np.eye(3)
    axis, column = draw(st.integers(0, 1)), draw(st.integers(0, 1))
    matrix[axis, column], matrix[axis, 2] = large, -large * draw(st.integers(0, 8))
    matrix[2, 0] = draw(st.sampled_from([0.0, 1e-9]))
    return matrix


MATRICES = _wild() | _near() | _cancelling()
CASES = st.tuples(SHAPES, SHAPES, MATRICES, st.sampled_from(CONTENTS), st.sampled_from(MASKS), st.integers(0, 99))


def is_tame(matrix: Floats) -> bool:
    """Whether no product within a kernel overflows a 32-bit float: what it adds up then must be finite."""
    return bool(np.abs(matrix).max() < 10 and (matrix[2] == (0, 0, 1)).all())


def _with(row: int, column: int, value: float) -> Floats:
    matrix = np.eye(3)
    matrix[row, column] = value
    return matrix


# Poses at which no pixel lands on any.
AFFINE_NOWHERE = {f"NaN at {i}, {j}": _with(i, j, np.nan) for i in range(2) for j in range(3)} | {
    "below": _with(0, 2, 500.0),
    "left": _with(1, 2, -500.0),
    "infinitely far": _with(0, 2, np.inf),
}
NOWHERE = AFFINE_NOWHERE | {
    "NaN at 2, 0": _with(2, 0, np.nan),
    "NaN at 2, 1": _with(2, 1, np.nan),
    "NaN at 2, 2": _with(2, 2, np.nan),
    "on the horizon": np.diag([1.0, 1.0, 0.0]),
    "behind the horizon": np.diag([1.0, 1.0, -1.0]),
    "mirrored behind the horizon": -np.eye(3),
}

# Poses of volumes that cross no pixel's line within a rounding.
TURNED_VOLUMES = {
    "identity": np.eye(4),
    "turned": np.array(
        [
            [0.9113, -0.2027, 0.1037, 1.2],
            [0.2031, 0.9317, -0.0529, -0.8],
            [-0.1041, 0.0613, 1.0217, 0.7],
            [0, 0, 0, 1.0],
        ]
    ),
    "in perspective": np.array(
        [[1.0513, 0.1037, 0, 0.3021], [-0.1029, 0.9517, 0, 0.4033], [0, 0, 1.1011, 0.2], [1e-3, -2e-3, 3e-3, 1]]
    ),
}
