"""``python -m benchmarks.scaling``: time and peak memory of `register` by image size.

Each figure comes from a process of its own (see `apart`), which reads its two float32 images from files.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import apart
from benchmarks.large import large_motion, large_pair

SIDES = (256, 512, 1024, 2048, 4096, 8192)
THREADS = (1, 2)
SEED = 2026
BYTES = 8.0  # of one pixel in both float32 images


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
            runs = [apart.register(first, second, count) for _ in range(repeats)]
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
    text = "\n".join([HEAD, *map(line, rows)])
    if chosen.out:
        chosen.out.mkdir(parents=True, exist_ok=True)
        (chosen.out / "scaling.md").write_text(text + "\n")
        (chosen.out / "scaling.json").write_text(json.dumps({"rows": rows}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
