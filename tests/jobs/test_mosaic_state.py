"""Mosaics that were stopped, and go on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage.data

import superpose
from superpose._io.images import write_image
from superpose._jobs import mosaics
from superpose.errors import InputError
from tests.jobs.test_resume import Stopping, ended, killed

PLACES = [(0, 0), (0, 60), (60, 0), (60, 60)]


def tiles() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    scene = skimage.data.camera()[90:260, 150:320] + rng.normal(0, 2, (170, 170))
    return [scene[r : r + 90, c : c + 90] for r, c in PLACES]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """What is left of a job that was stopped after three of its pairs."""
    path = tmp_path / "run.state"
    with pytest.raises(RuntimeError, match="stopped"), Stopping(path) as journal:
        superpose.mosaic(tiles(), positions=PLACES, state=journal)
    return path


def test_what_was_found_of_pairs_is_not_looked_for_again(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[Any] = []
    compared = mosaics.compared
    monkeypatch.setattr(mosaics, "compared", lambda *given: done.append(given[1]) or compared(*given))
    found = superpose.mosaic(tiles(), positions=PLACES, state=state)
    assert len(found.links) - len(done) == 3 and not state.exists()
    at_once = superpose.mosaic(tiles(), positions=PLACES)
    assert repr(found.links) == repr(at_once.links) and repr(found.table) == repr(at_once.table)
    assert found.image is not None and found.image.tobytes() == at_once.image.tobytes()  # type: ignore[union-attr]


def test_another_job_is_refused(state: Path) -> None:
    images = tiles()
    with pytest.raises(InputError, match="image 2 has changed since"):
        superpose.mosaic([*images[:2], images[2][::-1], images[3]], positions=PLACES, state=state)
    with pytest.raises(InputError, match=r"positions was \[\[0.0, 0.0\], .* and is \[\[1.0"):
        superpose.mosaic(images, positions=[(1, 0), *PLACES[1:]], state=state)
    with pytest.raises(InputError, match="transform was 'translation', and is 'rigid'"):
        superpose.mosaic(images, positions=PLACES, transform="rigid", state=state)
    with Stopping(state), pytest.raises(InputError, match="which a job that runs now is writing"):
        superpose.mosaic(images, positions=PLACES, state=state)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no kill -9")
def test_a_job_killed_again_and_again_ends_with_the_same_bytes(tmp_path: Path) -> None:
    paths = [tmp_path / f"{k}.png" for k in range(4)]
    for path, each in zip(paths, tiles(), strict=True):
        write_image(path, np.clip(each, 0, 255).astype(np.uint8), "output")

    def job(output: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "superpose", "mosaic", *map(str, paths), "-o", str(output)]
        options = ["--transform", "translation", "--links", str(output.with_suffix(".csv")), "--quiet"]
        return subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True)

    at_once, output, state = tmp_path / "at_once.tif", tmp_path / "out.tif", tmp_path / "out.tif.state"
    assert ended(job(at_once)) == (0, "")
    reached = 1
    for _ in range(2):
        killed(job(output), state, reached)
        assert not output.exists()
        reached = state.stat().st_size + 700
    assert ended(job(output)) == (0, "")
    for suffix in (".tif", ".csv"):
        assert output.with_suffix(suffix).read_bytes() == at_once.with_suffix(suffix).read_bytes()
    assert not state.exists()
