"""What lies still between volumes whose scene moved is told, and a scene alone has none of it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import superpose
from tests.volumes.phantom import error, pose, volume

SHAPE = (44, 40, 36)
MOVED = pose((8, -6, 10), (5, -4, 3))


def pattern(kind: str) -> NDArray[np.float32]:
    _, y, x = np.meshgrid(*[np.linspace(-1, 1, n) for n in SHAPE], indexing="ij")
    shown = {
        "nothing": np.zeros(SHAPE),
        "a table": 0.5 * ((np.abs(y - 0.75) < 0.05) | (np.abs(x + 0.7) < 0.05)),
        "hot voxels": 2 * (np.random.default_rng(5).random(SHAPE) < 0.01),
    }
    return shown[kind].astype(np.float32)


def found_of(kind: str, truth: NDArray[np.float64], **asked: str) -> superpose.Registration:
    images = volume(shape=SHAPE), volume(truth, shape=SHAPE, scan=1)
    given = [superpose.Image(each.array + pattern(kind), each.grid.spacing, each.grid.origin) for each in images]
    return superpose.register(*given, on_unreliable="ignore", **asked)


def warned(kind: str, truth: NDArray[np.float64], **asked: str) -> bool:
    return any(said.endswith("[lies-still]") for said in found_of(kind, truth, **asked).warnings)


@pytest.mark.slow
def test_what_lies_still_is_told() -> None:
    assert warned("a table", MOVED)


@pytest.mark.parametrize("truth", [MOVED, pose((0, 0, 0), (0.6, -0.4, 0.5))])
@pytest.mark.slow
def test_hot_voxels_are_left_out(truth: NDArray[np.float64]) -> None:
    found = found_of("hot voxels", truth)
    assert found.reliable
    assert any("single voxels" in said and said.endswith("[fixed-pattern]") for said in found.warnings)
    # They held it back by up to 2 mm.
    assert error(found.transform.matrix, truth) < 0.05


@pytest.mark.slow
def test_it_is_not_told_of_a_scene_alone_or_where_it_is_the_scenes() -> None:
    assert not warned("nothing", MOVED)
    assert not warned("nothing", pose((0, 0, 14), (0, 0, 0)))
    assert not warned("hot voxels", MOVED, fixed_pattern="keep")
