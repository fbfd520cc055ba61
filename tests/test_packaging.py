"""A wheel holds all that the package needs, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.slow
def test_wheel_holds_every_file_of_the_package(tmp_path: Path) -> None:
    build = "import sys; from hatchling.builders.wheel import WheelBuilder as B; "
    build += "print(next(B(sys.argv[1]).build(directory=sys.argv[2], versions=['standard'])))"
    done = subprocess.run(
        [sys.executable, "-c", build, str(ROOT), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(done.stdout.strip()) as wheel:
        packed = {name for name in wheel.namelist() if name.startswith("superpose/")}

    package = ROOT / "src" / "superpose"
    there = {
        path.relative_to(package.parent).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts  # made by running, and other tests run
    }
    assert packed == there
    assert {"superpose/py.typed", "superpose/__init__.pyi", "superpose/_verify/calibration.json"} <= packed
