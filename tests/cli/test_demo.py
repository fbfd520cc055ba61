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
    assert len(off) == 2  # the photograph, the two modalities
    assert off[0] < 0.05
    assert off[1] < 0.5
    assert re.findall(r"^   (?:not )?reliable", ended.out, re.MULTILINE) == ["   reliable"] * 4  # red, blue, too
    (focal,) = re.findall(r"answer: ([\d.]+) pixels, 3 of 3 photographs", ended.out)
    assert float(focal) == pytest.approx(220, rel=0.005)
    named = {Path(each) for each in re.findall(rf"^   ({output}/[\w.-]+): ", ended.out, re.MULTILINE)}
    assert named == set(output.iterdir())
    assert {path.suffix for path in named} == {".png", ".tif", ".html"}
    for path in named - {output / "report.html"}:
        assert np.nanstd(read_image(path, "picture")) > 10
    assert f"Open {output / 'report.html'} in a browser first" in ended.out
    assert "<h1>astronaut-moving.png on astronaut-fixed.png</h1>" in (output / "report.html").read_text()


@pytest.mark.slow
def test_the_turned_scene_is_what_it_says() -> None:
    scene = _scenes.turned_astronaut(50, 0)
    found = superpose.register(scene.fixed, scene.moving, initial=scene.truth, levels=1)
    assert found.transform.distance(scene.truth, found.fixed_grid.corners) < 0.05


@pytest.mark.slow
def test_the_depth_map_is_what_it_says() -> None:
    scene = _scenes.motorcycle_and_depth(140)
    found = superpose.register(scene.fixed, scene.moving, initial=scene.truth, metric="nmi", levels=1)
    assert found.transform.distance(scene.truth, found.fixed_grid.corners) < 1
    overlap = np.isfinite(found.warp())
    correlation = np.corrcoef(scene.fixed[overlap], found.warp()[overlap])[0, 1]
    assert abs(correlation) < 0.5  # no grey means the same in both


def test_the_plate_says_whose_it_is() -> None:
    plate = _scenes.church_window()
    assert plate.shape == (1024, 394)
    samples = Path(_scenes.__file__).with_name("samples")
    named = (samples / "SOURCE.md").read_text() + (Path(__file__).parents[2] / "NOTICE").read_text()
    assert {each.name for each in samples.iterdir()} == {"00998v.jpg", "SOURCE.md"}
    assert named.count("Library of Congress") == named.count("00998v.jpg") - 1 == 2
