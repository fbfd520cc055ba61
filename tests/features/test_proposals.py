"""What local features propose for pictures of planes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Picture

from benchmarks.planar import PROPOSED, PlanarPair, planar_pair
from superpose._features.proposals import Proposal, Proposing
from superpose._features.settings import FeatureSettings
from superpose.image import as_image
from superpose.transforms.family import family_named

Floats = NDArray[np.float64]
SETTINGS = FeatureSettings()
HOMOGRAPHY = family_named("homography")


def stages(fixed: Any, moving: Any, threads: int = 1) -> list[list[Proposal]]:
    images = as_image(fixed, "fixed"), as_image(moving, "moving")
    return list(Proposing(*images, HOMOGRAPHY, SETTINGS, threads).stages())


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "slant"), [(1, 0.0), (2, 40.0), (3, 60.0)])
def test_the_truth_is_proposed_first(seed: int, slant: float) -> None:
    pair = planar_pair(seed, slant)
    first = stages(pair.fixed, pair.moving)[0]
    assert pair.error(first[0].pose) < PROPOSED
    assert first == sorted(first, key=lambda each: -each.votes) and len(first) <= SETTINGS.growth.proposals


@pytest.mark.slow
def test_threads_change_nothing() -> None:
    pair = planar_pair(4, 40.0)
    one, more = stages(pair.fixed, pair.moving), stages(pair.fixed, pair.moving, 3)
    for few, many in zip(one, more, strict=True):
        assert [each.votes for each in few] == [each.votes for each in many]
        for a, b in zip(few, many, strict=True):
            np.testing.assert_array_equal(a.pose, b.pose)


def test_nothing_to_see_proposes_nothing() -> None:
    plain = np.add.outer(np.arange(60.0), np.zeros(80))
    assert all(stage == [] for stage in stages(plain, plain))


@pytest.mark.slow
@pytest.mark.parametrize("other", range(2, 7))
@pytest.mark.parametrize("scene", ["graf", "v_dogman"])
def test_real_views_are_proposed(shared_file: Callable[..., Path], scene: str, other: int) -> None:
    suffix = "jpg" if scene == "graf" else "png"
    fixed, moving = (np.asarray(Picture.open(shared_file(f"homography/{scene}_{k}.{suffix}"))) for k in (1, other))
    numbers = re.findall(r"[-+.\de]+", shared_file(f"homography/{scene}_1_to_{other}.txt").read_text("utf-8"))
    swap = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1.0]])
    truth = swap @ np.array(numbers, float).reshape(3, 3) @ swap
    pictures = as_image(fixed, "fixed").data, as_image(moving, "moving").data
    pair = PlanarPair(scene, *pictures, truth, 0.0, 1.0)
    errors = [pair.error(each.pose) for stage in stages(fixed, moving) for each in stage]
    assert min(errors) < PROPOSED
