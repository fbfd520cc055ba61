"""Weights in 255ths in place of masks: sums of thirds are a third of the sums of three masks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from superpose._kernels.histogram import slope_rows
from superpose._kernels.normal import sums_size
from tests.kernels.calls import Call, calls

Floats = NDArray[np.float64]
LEVELS = (85, 170, 255)
BY_WEIGHTS = [name for name in calls() if name.startswith(("squared_rows", "vector_rows"))]
BY_BINS = [name for name in calls() if name.startswith("histogram_rows")]


def thirds(like: NDArray[Any], seed: int) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).choice(np.array([0, *LEVELS], np.uint8), like.shape)


def sums(call: Call, **changed: Any) -> Floats:
    call.run(**changed)
    return np.asarray(call.arguments["out"]).copy()


@pytest.mark.parametrize("name", BY_WEIGHTS)
def test_weights_of_either_image_scale_what_is_summed(name: str) -> None:
    call = calls()[name]
    for key in ("kept", "usable"):
        if key == "usable" and call.arguments.get("whole"):
            continue
        weights = thirds(call.arguments[key], 3)
        expected = sum(sums(call, **{key: weights >= level}) for level in LEVELS) / 3
        np.testing.assert_allclose(sums(call, **{key: weights}), expected, rtol=1e-4, atol=1e-4 * abs(expected).max())
        # What counts wholly is what counts.
        whole = np.where(weights > 0, 255, 0).astype(np.uint8)
        np.testing.assert_allclose(sums(call, **{key: whole}), sums(call, **{key: weights > 0}), rtol=1e-6)
    if not call.arguments.get("whole"):
        one, other = thirds(call.arguments["kept"], 4), thirds(call.arguments["usable"], 5)
        expected = sum(sums(call, kept=one, usable=other >= level) for level in LEVELS) / 3
        np.testing.assert_allclose(
            sums(call, kept=one, usable=other), expected, rtol=1e-4, atol=1e-4 * abs(expected).max()
        )


def counted(call: Call, kept: Any, usable: Any) -> tuple[Floats, NDArray[np.float32], NDArray[np.float32]]:
    shape = call.arguments["bins"].shape
    places, slopes = np.full(shape, -1, np.float32), np.zeros((len(shape) + 1, *shape), np.float32)
    slopes[-1] = kept
    out = call.arguments["out"].copy()
    call.run(places=places, slopes=slopes, usable=usable, out=out)
    return out, places, slopes


@pytest.mark.parametrize("name", BY_BINS)
def test_weights_scale_a_joint_histogram_and_its_normal_equations(name: str) -> None:
    call = calls()[name]
    bins, usable = call.arguments["bins"], thirds(call.arguments["usable"], 6)
    kept = thirds(bins, 7) * np.float32(1 / 255)
    rng, rank = np.random.default_rng(8), bins.ndim
    tables = rng.normal(size=(2, 5, 11)).astype(np.float32)
    tables[1] = np.abs(tables[1])
    group = rng.normal(size=(3, rank + 1, rank + 1))
    group[:, -1] *= rank == 2

    def both(fixed: Any, moving: Any) -> tuple[Floats, Floats]:
        joint, places, slopes = counted(call, fixed, moving)
        out = np.empty(sums_size(3))
        slope_rows(bins, places, slopes, *tables, group, np.zeros(rank), 30.0, 1, 7, out)
        return joint, out

    found = both(kept, usable)
    parts = [both(kept, usable >= level) for level in LEVELS]
    assert found[0].sum() > 10
    for k in (0, 1):
        expected = sum(part[k] for part in parts) / 3
        np.testing.assert_allclose(found[k], expected, rtol=1e-4, atol=1e-4 * abs(expected).max())
