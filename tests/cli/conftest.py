"""A folder with a pair of images in it, and two ways to run the program there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.transform import warp

import superpose
from superpose._io.images import write_image
from superpose.cli.main import main


@dataclass(frozen=True)
class Ended:
    """How a run of the program ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]

TRUTH = superpose.rigid(np.radians(4.0), (2.5, -3.25), centre=(63.5, 79.5))


@pytest.fixture(scope="session")
def pair(camera: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Fixed and moving, uint8, 128 x 160; the truth is TRUTH."""
    wide = camera[100:300, 120:360] / 255
    offset = superpose.translation((-36, -40))
    moved = warp(wide, (offset.inverse() @ TRUTH @ offset).inverse().as_skimage(), order=3)
    views = [np.rint(255 * np.clip(view, 0, 1)).astype(np.uint8) for view in (wide, moved)]
    return views[0][36:164, 40:200].copy(), views[1][36:164, 40:200].copy()


@pytest.fixture(scope="session")
def registered(pair: tuple[NDArray[np.uint8], ...]) -> superpose.Registration:
    """The pair, registered on three levels."""
    return superpose.register(*pair, levels=3)


@pytest.fixture
def folder(tmp_path: Path, pair: tuple[NDArray[np.uint8], ...], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder that holds fixed.png and moving.png."""
    work = tmp_path / "work"
    work.mkdir()
    for name, image in zip(("fixed.png", "moving.png"), pair, strict=True):
        write_image(work / name, image, "output")
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the program in this process."""

    def call(*arguments: object) -> Ended:
        capsys.readouterr()
        code = main([str(each) for each in arguments])
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return call


@pytest.fixture
def program(folder: Path) -> Run:
    """Run the program as users do, in a process of its own."""

    def call(*arguments: object, **environment: str) -> Ended:
        command = [sys.executable, "-m", "superpose.cli.main", *map(str, arguments)]
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return call
