"""What is loaded when: each call in a process of its own, against the list of what it may load."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

# Prints what is loaded from outside the standard library: packages, and of scipy and superpose what is in them. Names
# with an underscore in front are helpers that one or the other of those brings along.
SAY = """
import sys
def said(name):
    parts = name.split(".")
    return ".".join(parts[:2]) if parts[0] in ("scipy", "superpose") else parts[0]
known = sys.stdlib_module_names | {"sitecustomize", "usercustomize", "cython_runtime", "scipy.version"}
named = {said(name) for name in sys.modules if not name.startswith("_")}
print(*sorted(name for name in named if name not in known and not name.startswith("scipy._")))
"""
PREPARE = "import sys, numpy as np; fixed, moving = (np.load(name) for name in sys.argv[1:])\n"
REGISTER = PREPARE + "import superpose; superpose.register(fixed, moving, on_unreliable='ignore')"
ALIGN = "import sys; from superpose.cli.main import main; main(['align', *sys.argv[1:], '-o', 'out.png', '--quiet'])"
# A run that measures it loads the first; the second, NumPy itself where it happens to be installed.
TOOLS = {"coverage", "charset_normalizer"}

CONTRACTS = tomllib.loads((Path(__file__).resolve().parents[1] / "pyproject.toml").read_text("utf-8"))
LAYERS = {
    f"superpose.{name}"
    for layer in CONTRACTS["tool"]["importlinter"]["contracts"][0]["layers"]
    for name in re.findall(r"\((\w+)\)", layer)
    if name not in ("cli", "_report", "_jobs", "_landscape")
}
IMPORT = {"superpose"}
# The second one loads the third, and in newer versions the fourth.
SCIPY = {"scipy", "scipy.fft", "scipy.special", "scipy.linalg", "scipy.ndimage"}
# Names are looked up by the first, once one is asked for.
PLAIN = IMPORT | {"lazy_loader", "numpy"} | SCIPY | LAYERS
PROGRAM = PLAIN | {"superpose.cli", "PIL"}


def loaded(code: str, *arguments: str, folder: Path | None = None) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", code + SAY, *arguments], capture_output=True, text=True, check=False, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split()) - TOOLS


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory, camera: NDArray[np.uint8]) -> Path:
    """A folder with one fixed image and three moving ones, as arrays and as PNGs."""
    folder = tmp_path_factory.mktemp("pairs")
    fixed = camera[::4, ::4].copy()
    moved = np.zeros_like(fixed)
    moved[:, 40:] = fixed[:, :-40]
    for name, pixels in {
        "fixed": fixed,
        "one": np.roll(fixed, 3, axis=1),
        "two": np.uint8(4.0 * np.abs(moved.astype(float) - 128) % 256),
        "filled": moved,
    }.items():
        np.save(folder / f"{name}.npy", pixels)
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return folder


def test_import() -> None:
    assert loaded("import superpose") == IMPORT


@pytest.mark.parametrize("moving", ("one", "two", "filled"))
@pytest.mark.slow
def test_a_plain_register(pairs: Path, moving: str) -> None:
    found = loaded(REGISTER, "fixed.npy", f"{moving}.npy", folder=pairs)
    assert sorted(found - PLAIN) == []
    assert {"superpose._engine", "scipy.fft"} < found


@pytest.mark.parametrize("moving", ("one", "filled"))
@pytest.mark.slow
def test_align_on_pngs(pairs: Path, moving: str) -> None:
    found = loaded(ALIGN, "fixed.png", f"{moving}.png", folder=pairs)
    assert sorted(found - PROGRAM) == []
    assert (pairs / "out.png").exists()


def test_help_needs_no_scipy() -> None:
    code = "from superpose.cli.main import main; main(['align', '--help'])"
    done = subprocess.run([sys.executable, "-c", code + SAY], capture_output=True, text=True, check=True)
    names = set(done.stdout.splitlines()[-1].split())
    assert "superpose.cli" in names
    assert names & (SCIPY | {"matplotlib", "jinja2", "tifffile"}) == set()


@pytest.mark.parametrize("heavy", ("scipy.stats", "skimage", "matplotlib.figure"))
def test_the_list_sees_what_it_is_for(heavy: str) -> None:
    name = heavy if heavy.startswith("scipy") else heavy.partition(".")[0]
    assert name in loaded(f"import {heavy}") - PROGRAM
