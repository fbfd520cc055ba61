"""``python -m benchmarks.start``: what a beginning costs, and how a warm call stands beside OpenCV, against its goals.

Both sides have two threads; pairs are 512 x 512 photographs with noise. A process is measured in processor seconds, a
warm call in wall seconds of calls that take turns (in brackets the same in processor seconds). Pairs of one modality
that the other side does not find are left out: it may have given up early. ``--install`` adds what takes minutes: a
plain installation in a new environment, and ``make demo`` in a fresh clone of the last commit.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks import apart, methods, peers
from benchmarks.cases import SETS, Case, pose
from benchmarks.photographs import SIDE
from benchmarks.running import Method

THREADS = "2"
SEED = 2026
BARE = "import numpy, scipy.fft, PIL.Image, PIL.PngImagePlugin"
ROOT = Path(__file__).resolve().parents[1]
HEAD = "| figure | measured | to reach |\n| --- | ---: | ---: |"

Row = tuple[str, str, str]


def aligned(python: Path, folder: Path) -> list[str]:
    """Return the command that aligns the pair of PNGs in a folder."""
    images = [str(folder / f"{name}.png") for name in ("fixed", "moving")]
    return [str(python), "-m", "superpose.cli.main", "align", *images, "-o", str(folder / "out.png")]


def write_pair(folder: Path) -> None:
    """Write a pair of 512 x 512 photographs, turned and moved any way, as 8-bit PNGs."""
    case = SETS["one-wide"].case(SEED, 0)
    for name, pixels in (("fixed", case.fixed), ("moving", case.moving)):
        Image.fromarray(np.rint(255 * np.clip(pixels, 0, 1)).astype(np.uint8)).save(folder / f"{name}.png")


def processes(repeats: int) -> list[Row]:
    """Return what ``superpose align`` takes as a process, beside its libraries alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_pair(folder)
        commands = aligned(Path(sys.executable), folder), [sys.executable, "-c", BARE]
        apart.processor_seconds(commands[0])
        taken = [[apart.processor_seconds(command) for command in commands] for _ in range(repeats)]
    ours, bare = (statistics.median(each) for each in zip(*taken, strict=True))
    measured = f"{ours:.2f} CPU s (NumPy, scipy.fft and PIL alone: {bare:.2f})"
    return [("a later `superpose align` as a process", measured, "<= 1.5")]


def times(method: Method, case: Case) -> tuple[float, float, bool]:
    """Return wall and processor seconds of a call, and whether it found the pose."""
    wall, cpu = time.perf_counter(), time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        matrix = method(case)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return wall, cpu, case.error(matrix) < case.limit


def beside(name: str, peer: Method, cases: Iterable[Case], repeats: int, goal: str, failing: bool) -> Row:
    """Return how many times a peer's time a warm call takes, the median over pairs and the range.

    Pairs that the peer does not find count only where `failing`.
    """
    pairs = []
    for case in cases:
        runs = np.array([[times(method, case) for method in (methods.engine, peer)] for _ in range(1 + repeats)])
        pairs.append(np.median(runs[1:], axis=0))
    each = np.array(pairs)
    found = each[:, :, 2].sum(axis=0).astype(int)
    counted = each[failing | (each[:, 1, 2] > 0)]
    if not len(counted):
        return name, "no pair was found", goal
    wall, cpu = (counted[:, 0, :2] / counted[:, 1, :2]).T
    ours, theirs = 1000 * np.median(counted[:, :, 0], axis=0)
    text = f"{np.median(wall):.2f}, {wall.min():.2f}-{wall.max():.2f} ({np.median(cpu):.2f})"
    return f"{name}: {ours:.0f} against {theirs:.0f} ms; found {found[0]} and {found[1]} of {len(each)}", text, goal


def warm(pairs: int, repeats: int) -> list[Row]:
    """Return how warm calls stand beside OpenCV's."""
    import cv2

    cv2.setNumThreads(int(THREADS))
    near = replace(SETS["one-narrow"], motion=_small_motion)
    return [
        beside(name, peer, [drawn.case(SEED, k) for k in range(pairs)], repeats, goal, drawn.name == "several")
        for name, peer, drawn, goal in (
            ('small motion (`search="local"`), times ECC', peers.ecc, near, "<= 1.5"),
            ("any turn, times SIFT + RANSAC", peers.sift, SETS["one-wide"], "<= 0.5"),
            ("two modalities, any turn, times SIFT + RANSAC", peers.sift, SETS["several"], "<= 0.9"),
        )
    ]


def _small_motion(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a turn of up to 2 degrees and a shift of up to 10 pixels: ECC searches nothing."""
    return pose(rng.uniform(-2, 2), 1.0, rng.uniform(-0.02, 0.02, 2) * SIDE)


def size_of(folder: Path) -> int:
    """Return the bytes of all files under a folder of packages but those that an environment begins with."""
    begins_with = re.compile(r"(pip|setuptools|wheel|pkg_resources|_distutils_hack|distutils-precedence)\b")
    return sum(
        path.lstat().st_size
        for each in folder.iterdir()
        if not begins_with.match(each.name)
        for path in ([each] if each.is_file() else each.rglob("*"))
        if path.is_file()
    )


def installation() -> list[Row]:
    """Return what a plain installation in a new environment takes on the disk, and its first alignment."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_pair(folder)
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        subprocess.run([sys.executable, "-m", "venv", folder / "new"], check=True)
        python = folder / "new" / "bin" / "python"
        pip: list[str | Path] = [python, "-m", "pip", "--disable-pip-version-check"]
        subprocess.run([*pip, "wheel", "--quiet", "--no-deps", "-w", folder, ROOT], check=True, env=environment)
        wheel = next(folder.glob("superpose-*.whl"))
        subprocess.run([*pip, "install", "--quiet", wheel], check=True, env=environment)
        packages = next((folder / "new" / "lib").glob("python*/site-packages"))
        size = size_of(packages) / 1e6
        first, later = (apart.processor_seconds(aligned(python, folder), env=environment) for _ in range(2))
    measured = f"{first:.2f} CPU s, the second {later:.2f}"
    return [
        ("the first `superpose align` ever in a new environment", measured, "as the second"),
        ("installed size of the plain package with what it needs", f"{size:.0f} MB", "<= 350 MB"),
    ]


def demo() -> list[Row]:
    """Return what ``make demo`` takes in a fresh clone of the last commit."""
    with tempfile.TemporaryDirectory() as name:
        clone = Path(name) / "clone"
        subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        began = time.perf_counter()
        command = ["make", f"PYTHON={sys.executable}", "demo"]
        done = subprocess.run(command, cwd=clone, check=True, env=environment, stdout=subprocess.PIPE, text=True)
        whole = time.perf_counter() - began
    itself = re.search(r"Everything took ([\d.]+) s", done.stdout)
    measured = f"{whole:.0f} s, the demo itself {itself[1] if itself else '?'} s"
    return [("`make demo` in a fresh clone, set-up and build included", measured, "<= 120 s, <= 15 s")]


def main(arguments: list[str]) -> int:
    """Print the table, row by row."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__)
    parser.add_argument("--pairs", type=int, default=6, help="of each kind, for warm calls (default: 6)")
    parser.add_argument("--repeats", type=int, default=7, help="of each process and warm call (default: 7)")
    parser.add_argument("--install", action="store_true", help="also what takes minutes")
    chosen = parser.parse_args(arguments)
    os.environ |= {"SUPERPOSE_THREADS": THREADS, "OPENBLAS_NUM_THREADS": THREADS, "OMP_NUM_THREADS": THREADS}
    parts: list[Callable[[], list[Row]]] = [
        lambda: processes(chosen.repeats),
        lambda: warm(chosen.pairs, chosen.repeats),
    ]
    print(HEAD)
    for part in parts + [installation, demo] * chosen.install:
        for row in part():
            print(f"| {' | '.join(row)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
