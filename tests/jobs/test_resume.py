"""Jobs that are killed, and go on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

import superpose
from superpose._io.images import write_image
from superpose._jobs.journal import Journal
from superpose.errors import InputError


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Five frames that shake and turn, in files."""
    import skimage.data

    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("turned")
    out = []
    for k in range(5):
        pose = superpose.rigid(np.radians(rng.normal(0, 1)), rng.normal(0, 1, 2), centre=(250, 250))
        image = ndimage.affine_transform(skimage.data.camera().astype(float), pose.matrix, order=3)[200:264, 200:264]
        out.append(folder / f"{k}.png")
        write_image(out[-1], np.clip(image + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8), "output")
    return out


def job(frames: list[Path], output: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "superpose", "stack", *map(str, frames), "-o", str(output), *more]
    options = ["--transform", "rigid", "--table", str(output.with_suffix(".csv")), "--quiet"]
    return subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, said = process.communicate(timeout=120)
    return process.returncode, said


def killed(process: subprocess.Popen[str], state: Path, octets: int) -> None:
    """Kill a job as soon as its state is so long."""
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        if state.exists() and state.stat().st_size >= octets:
            break
        time.sleep(0.001)
    process.kill()
    process.communicate()
    assert process.returncode == -9


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no kill -9")
def test_a_job_killed_again_and_again_ends_with_the_same_bytes(turned: list[Path], tmp_path: Path) -> None:
    at_once, output = tmp_path / "at_once.tif", tmp_path / "out.tif"
    assert ended(job(turned, at_once)) == (0, "")
    state = tmp_path / "out.tif.state"
    rng = np.random.default_rng(1)
    reached = 1
    for _ in range(5):
        killed(job(turned, output), state, reached)
        assert not output.exists()
        reached = state.stat().st_size + int(rng.integers(1, 700))
    code, said = ended(job(turned, output, "--reference", "first"))
    assert code == 2 and "reference was 'global', and is 'first'" in said and "--restart" in said
    assert ended(job(turned, output)) == (0, "")
    assert output.read_bytes() == at_once.read_bytes()
    assert output.with_suffix(".csv").read_bytes() == at_once.with_suffix(".csv").read_bytes()
    assert {each.suffix for each in tmp_path.iterdir()} == {".tif", ".csv"}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there are no locks")
def test_a_second_job_on_one_output_is_refused(turned: list[Path], tmp_path: Path) -> None:
    output, state = tmp_path / "out.tif", tmp_path / "out.tif.state"
    first = job(turned, output)
    while not state.exists():
        time.sleep(0.001)
    code, said = ended(job(turned, output, "--restart"))
    assert code == 2 and "which a job that runs now is writing" in said
    assert ended(first) == (0, "") and output.exists() and not state.exists()


class Stopping(Journal):
    """Goes no further than the third result."""

    def put(self, key: tuple[int, str, int], result: object) -> None:
        super().put(key, result)
        if key[2] == 2:
            raise RuntimeError("stopped")


def test_a_frame_that_has_changed_is_told(turned: list[Path], tmp_path: Path) -> None:
    frames, state = [superpose.read(each).array for each in turned[:3]], tmp_path / "run.state"
    with pytest.raises(RuntimeError, match="stopped"), Stopping(state) as journal:
        superpose.stack(frames, transform="rigid", state=journal)
    assert state.exists()
    changed = [*frames[:2], 255 - frames[2]]
    with pytest.raises(InputError, match="frame 2 has changed since"):
        superpose.stack(changed, transform="rigid", state=state)
    assert state.exists()
