"""``python -m benchmarks.plates``: glass plates of any size, made with seeds, in colour again; beside the small plate.

A plate of 16 bits, three exposures of one scene from packaged photographs, each through an affine map of its own and
with its own brightness, dirt, scratches, noise, dark borders and light rims. Columns: the largest error at the corners
of the two maps that were found, in pixels; CPU seconds, and the peak of memory above what importing took; the last line
is how many times the small plate's seconds the large one took. Goals of the large plate: 1.5 GB, 25 times.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks import apart
from benchmarks.huge import peak
from benchmarks.large import large_scene
from benchmarks.photographs import grey

Floats = NDArray[np.float64]
LARGE, SMALL = (9600, 3700), (1200, 833)
CHANNELS = ("blue", "green", "red")
# Of an exposure's shorter side: what its borders take, and how far the outer exposures lie off.
BORDER, OFF = 0.03, 0.012


def made(shape: tuple[int, int], seed: int = 5) -> tuple[NDArray[np.uint16], dict[str, Floats]]:
    """Return a plate's scan, and the maps from the green exposure's pixels to those of the other two."""
    rng, (height, width) = np.random.default_rng(seed), (shape[0] // 3, shape[1])
    side = max(height, width) + 200
    scene = large_scene(rng, side)[1]
    scan, maps = np.empty((3 * height, width), np.uint16), {}
    for number, name in enumerate(CHANNELS):
        colour = ndimage.zoom(
            grey(("coffee", "chelsea", "rocket")[number]).astype(np.float32)[:256, :256], side / 256, order=1
        )
        matrix = np.eye(3)
        if name != "green":
            matrix[:2, :2] += rng.uniform(-0.004, 0.004, (2, 2))
            matrix[:2, 2] = rng.uniform(-OFF, OFF, 2) * min(height, width)
            maps[name] = matrix
        back = np.linalg.inv(matrix)
        view = np.empty((height, width), np.float32)
        both = scene * (0.55 + 0.45 * colour[:side, :side])
        ndimage.affine_transform(both, back[:2, :2], back[:2, 2] + 100, (height, width), view, order=1)
        _soiled(view, rng)
        scan[number * height : (number + 1) * height] = (np.clip(view, 0, 1) * 65535).astype(np.uint16)
    return scan, maps


def _soiled(view: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Lay over an exposure what plates have: dirt, scratches, grain, borders and rims."""
    height, width = view.shape
    for _ in range(60):
        size = int(rng.integers(2, max(3, width // 150)))
        row, column = rng.integers(0, height - size), rng.integers(0, width - size)
        view[row : row + size, column : column + size] = rng.choice([0.02, 0.98])
    for _ in range(6):
        column, row = int(rng.integers(0, width)), int(rng.integers(0, height // 2))
        view[row : row + height // 3, column : column + 2] = 0.95
    for line in view:
        line += rng.normal(0, 0.01, width).astype(np.float32)
    border = max(4, round(BORDER * min(height, width)))
    rim = max(1, border // 3)
    for part in (view[:border], view[-border:], view[:, :border], view[:, -border:]):
        part[...] = 0.04
    for part in (view[:rim], view[-rim:], view[:, :rim], view[:, -rim:]):
        part[...] = 0.95


CODE = """
import sys
from benchmarks.plates import measured
print(__import__("json").dumps(measured(*eval(sys.argv[1]))))
"""


def measured(shape: tuple[int, int], options: dict[str, Any]) -> dict[str, Any]:
    """Return what colorizing a plate takes, and how exact it is."""
    import superpose

    superpose.colorize(made((300, 200))[0], **options)
    scan, maps = made(shape)
    before, start = peak(lowered=True), time.process_time()
    found = superpose.colorize(scan, **options)
    seconds, memory = time.process_time() - start, peak() - before
    rows, columns = (n - 1 for n in (shape[0] // 3, shape[1]))
    corners = np.array([[r, c, 1.0] for r in (0, rows) for c in (0, columns)])
    # A shorter exposure is cut at the green one's rows: each starts at its own.
    errors = {}
    for name, each in found.registrations.items():
        errors[name] = float(np.abs(corners @ (each.transform.matrix - maps[name]).T).max())
    reliable = all(each.reliable for each in found.registrations.values())
    return {"errors": errors, "seconds": seconds, "memory": memory, "shape": found.image.shape, "reliable": reliable}


def main(arguments: list[str]) -> int:
    """Print a line a plate."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plates", description=__doc__)
    parser.add_argument("--transform", default="affine")
    options = {"transform": parser.parse_args(arguments).transform}
    print("| plate | picture | error, px | CPU s | memory, GB |\n| --- | --- | ---: | ---: | ---: |", flush=True)
    taken = []
    for shape in (SMALL, LARGE):
        found = apart.run(CODE, repr((shape, options)))
        taken.append(found["seconds"])
        rows, columns, _ = found["shape"]
        error = f"{max(found['errors'].values()):.2f}{'' if found['reliable'] else ' (not reliable)'}"
        size = f"{shape[0]} x {shape[1]} | {rows} x {columns}"
        line = f"| {size} | {error} | {taken[-1]:.1f} | {found['memory'] / 1e9:.2f} |"
        print(line, flush=True)
    print(f"{taken[1] / taken[0]:.1f} times")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
