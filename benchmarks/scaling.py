"""``python -m benchmarks.scaling``: time and peak memory of `register` by image size, and what the first use costs.

Each figure comes from a process of its own, which reads its two float32 images from a file, registers a small pair to
be rid of imports and compilation, and then counts: seconds and processor seconds of one call, and by how much the
process's high-water mark rises above what imports and inputs hold.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.large import large_motion, large_pair

SIDES = (256, 512, 1024, 2048, 4096, 8192)
THREADS = (1, 2)
SEED = 2026
BYTES = 8.0  # of one pixel in both float32 images

# A process of its own: prints one line of JSON.
CHILD = """
import json, resource, sys, time
import numpy as np, superpose
fixed, moving = np.load(sys.argv[1]), np.load(sys.argv[2])
step = max(1, min(fixed.shape) // 128)
superpose.register(fixed[::step, ::step].copy(), moving[::step, ::step].copy(), threads=int(sys.argv[3]))
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
before, wall, cpu = peak(), time.perf_counter(), time.process_time()
found = superpose.register(fixed, moving, threads=int(sys.argv[3]))
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
print(json.dumps({"seconds": wall, "cpu": cpu, "peak": peak() - before, "matrix": found.transform.matrix.tolist()}))
"""

# What is imported is imported before the clock runs; what is compiled is not.
FIRST = """
import json, time
import numpy as np, scipy.ndimage, scipy.fft
from skimage import data
began = time.perf_counter()
import superpose
imported = time.perf_counter()
image = data.camera()[::2, ::2].astype(float)
seconds = []
for _ in range(2):
    start = time.perf_counter()
    for family, metric in (("rigid", "auto"), ("similarity", "orientation"), ("translation", "nmi")):
        superpose.register(image, np.roll(image, 3, 1), transform=family, metric=metric, search="local", threads=1)
    seconds.append(time.perf_counter() - start)
print(json.dumps({"first": seconds[0], "second": seconds[1]}))
"""


def child(code: str, *arguments: str, **environment: str) -> dict[str, Any]:
    """Run Python code in a process of its own and return the JSON of its last line."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | environment,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measured(side: int, threads: tuple[int, ...], repeats: int) -> list[dict[str, Any]]:
    """Return one row for each number of threads: the fastest of `repeats` calls, and the largest peak."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        first, second = Path(folder) / "fixed.npy", Path(folder) / "moving.npy"
        motion_seed, image_seed = np.random.SeedSequence([SEED, side]).spawn(2)
        truth = large_motion(side, np.random.default_rng(motion_seed))
        _, fixed, moving = large_pair(side, np.random.default_rng(image_seed), truth)
        np.save(first, fixed.astype(np.float32))
        np.save(second, moving.astype(np.float32))
        del fixed, moving
        for count in threads:
            runs = [child(CHILD, str(first), str(second), str(count)) for _ in range(repeats)]
            best = min(runs, key=lambda run: run["seconds"])
            corners = np.array([[0, 0, 1], [0, side - 1, 1], [side - 1, 0, 1], [side - 1, side - 1, 1.0]])
            off = float(np.linalg.norm(corners @ (np.array(best["matrix"]) - truth).T, axis=1).max())
            row = {
                "side": side,
                "threads": count,
                "seconds": best["seconds"],
                "cpu_seconds": min(run["cpu"] for run in runs),
                "ns_per_pixel": 1e9 * best["seconds"] / side**2,
                "peak_inputs": max(run["peak"] for run in runs) / (BYTES * side**2),
                "corner_error": off,
            }
            rows.append(row)
            print(line(row), flush=True)
    return rows


def line(row: dict[str, Any]) -> str:
    """Return a row of the table in Markdown."""
    numbers = f"{row['seconds']:.2f} | {row['cpu_seconds']:.2f} | {row['ns_per_pixel']:.0f} | {row['peak_inputs']:.1f}"
    return f"| {row['side']} | {row['threads']} | {numbers} | {row['corner_error']:.3f} |"


def first_use(repeats: int) -> dict[str, float]:
    """Return seconds of the import, of compiling all that a 2D register needs, and of a first call from the cache."""

    def timed(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - began

    bare = statistics.median(timed("pass") for _ in range(repeats))
    imported = statistics.median(timed("import superpose") for _ in range(repeats))
    called = statistics.median(timed("import superpose; superpose.register") for _ in range(repeats))
    with tempfile.TemporaryDirectory() as folder:
        empty = child(FIRST, NUMBA_CACHE_DIR=folder)
        cached = child(FIRST, NUMBA_CACHE_DIR=folder)
    return {
        "import_seconds": imported - bare,
        "import_register_seconds": called - bare,
        "compile_seconds": empty["first"] - empty["second"],
        "cached_first_call_seconds": cached["first"] - cached["second"],
    }


HEAD = """| side | threads | seconds | processor seconds | ns a pixel | peak, in two float32 inputs | corner error, px |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: |"""


def main(arguments: list[str]) -> int:
    """Print the tables, and write scaling.json and scaling.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--sides", nargs="+", type=int, default=list(SIDES))
    parser.add_argument("--threads", nargs="+", type=int, default=list(THREADS))
    parser.add_argument("--repeats", type=int, default=3, help="of images up to 2048 pixels; larger ones once")
    parser.add_argument("-o", "--out", type=Path, help="folder for scaling.json and scaling.md")
    chosen = parser.parse_args(arguments)
    print(HEAD)
    rows: list[dict[str, Any]] = []
    for side in chosen.sides:
        rows += measured(side, tuple(chosen.threads), chosen.repeats if side <= 2048 else 1)
    first = first_use(chosen.repeats)
    said = "\n".join(f"| {name.replace('_', ' ')} | {value:.2f} |" for name, value in first.items())
    text = "\n".join([HEAD, *map(line, rows), "", "| first use | s |", "| --- | ---: |", said])
    print(text.split("\n\n")[1])
    if chosen.out:
        chosen.out.mkdir(parents=True, exist_ok=True)
        (chosen.out / "scaling.md").write_text(text + "\n")
        (chosen.out / "scaling.json").write_text(json.dumps({"rows": rows, "first_use": first}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
