"""superpose align of a scene that moved under a caption."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

import superpose
from superpose._io.images import write_image
from tests.cli.conftest import Run

MOVED = superpose.translation((-7, 11))


@pytest.fixture
def captioned(tmp_path: Path, camera: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch) -> None:
    """A working folder that holds fixed.png and moving.png: one caption, and a faint scene that moved."""
    caption, rng = data.text()[60:96, 20:260], np.random.default_rng(0)
    for name, row, column in (("fixed.png", 40, 150), ("moving.png", 47, 139)):
        view = 60 + 0.25 * camera[row : row + 200, column : column + 240] + rng.normal(0, 3, (200, 240))
        view[-36:] = caption
        write_image(tmp_path / name, np.rint(view.clip(0, 255)).astype(np.uint8), "output")
    monkeypatch.chdir(tmp_path)


def test_motions_are_said_and_kept(captioned: None, run: Run) -> None:
    ended = run("align", "fixed.png", "moving.png", "-o", "out.png", "--save-transform", "t.json")
    assert ended.code == 0
    first, second = (line for line in ended.out.splitlines() if line.startswith("motion "))
    assert first.startswith("motion 1: ") and "of the structure moved by 7.0 px up, 11.0 px right" in first
    assert second.startswith("motion 2: ") and second.endswith("of the structure stays where it is on the sensor")
    assert ended.out.count("[fixed-pattern]") == 1
    found = superpose.load("t.json")
    assert found.transform.distance(MOVED, found.fixed_grid.corners) < 0.2
    caption = np.zeros((200, 240), bool)
    caption[-36:] = True
    assert [each.on_sensor for each in found.explained] == [False, True]
    moved, still = (each.mask[caption].mean() for each in found.explained)
    assert moved < 0.1 and still > 0.8


def test_json_has_motions_and_a_pattern_can_be_kept(captioned: None, run: Run) -> None:
    printed = json.loads(run("align", "fixed.png", "moving.png", "-o", "out.png", "--json").out)
    assert [each["on_sensor"] for each in printed["explained"]] == [False, True]
    assert printed["explained"][1]["description"].endswith("stays where it is on the sensor")
    assert printed["explained"][0]["basin"] == printed["basins"][0]
    kept = run("align", "fixed.png", "moving.png", "-o", "kept.png", "--fixed-pattern", "keep", "--accept-unreliable")
    assert kept.code == 0 and "motion 2" not in kept.out and "fixed-pattern" not in kept.out
