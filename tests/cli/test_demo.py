"""superpose demo: it finds what it says it finds, and its pictures are there."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import superpose
from superpose._io.images import read_image
from superpose.cli import _scenes
from tests.cli.conftest import Run
from tests.test_readme import COMMANDS


@pytest.mark.slow
def test_demo(folder: Path, run: Run) -> None:
    ended = run(*COMMANDS[-1])
    output = Path(COMMANDS[-1][-1])
    assert (ended.code, ended.err) == (0, "")
    off = [float(each) for each in re.findall(r"at most ([\d.]+) px off", ended.out)]
    assert len(off) == 4  # the engine, basin-hopping, two exposures
    assert off[0] < 0.05
    assert off[1] < 0.1
    assert max(off) < 0.5
    named = {Path(each) for each in re.findall(rf"{output}/[\w-]+\.png", ended.out)}
    assert named == set(output.iterdir())
    assert len(named) == 11
    for path in named:
        assert read_image(path, "picture").std() > 10


@pytest.mark.slow
def test_the_turned_scene_is_what_it_says() -> None:
    scene = _scenes.turned_astronaut(50, 0)
    found = superpose.register(scene.fixed, scene.moving, initial=scene.truth, levels=1)
    assert found.transform.distance(scene.truth, found.fixed_grid.corners) < 0.05


@pytest.mark.slow
def test_the_plate_is_what_it_says() -> None:
    scene = _scenes.coffee_plate()
    exposures = dict(zip(("blue", "green", "red"), np.split(scene.scan, 3), strict=True))
    inner = slice(60, -60)
    for name, truth in scene.truth.items():
        found = superpose.register(
            exposures["green"][inner, inner],
            exposures[name][inner, inner],
            metric="nmi",
            initial=truth.about((0, 0)),
            levels=1,
        )
        inset = superpose.translation((60, 60))
        expected = inset.inverse() @ truth @ inset
        assert found.transform.distance(expected, found.fixed_grid.corners) < 0.6
