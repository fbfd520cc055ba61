"""``python -m benchmarks.plates``: glass plates of any size, made with seeds, in colour again; beside the small plate.

A plate of 16 bits, three exposures of one scene from packaged photographs, each through an affine map of its own and
with its own brightness, dirt, scratches, noise, dark borders and light rims. Where it is bent, exposures lie up to so
many pixels beside that, by a smooth field. Columns: the largest error of the two maps that were found, over 9 x 9
points of the picture, in pixels, as `colorize` does it and without the local correction; CPU seconds, and the peak of
memory above what was held before; the last line is how many times the small plate's seconds the large ones took. Goals
of the large plate: 1.5 GB, 25 times.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
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


@dataclass(frozen=True, eq=False)
class Truth:
    """From the green exposure's pixels to another's: an affine map, and a smooth field of shifts of at most `bend`."""

    matrix: Floats
    bend: float
    size: tuple[int, int]

    def shifts(self, points: Floats) -> Floats:
        """Return the field at points of the green exposure."""
        y, x = np.moveaxis(2 * points / self.size - 1, -1, 0)
        return self.bend * np.stack([np.sin(2.1 * x + 0.5 * y), np.cos(1.7 * y - 0.8 * x)], -1) / np.sqrt(2)

    def __call__(self, points: Floats) -> Floats:
        """Return where they lie."""
        return np.asarray(points @ self.matrix[:2, :2].T + self.matrix[:2, 2] + self.shifts(points))

    def back(self, points: Floats) -> Floats:
        """Return the points that lie there."""
        inverse = np.linalg.inv(self.matrix)
        out = points @ inverse[:2, :2].T + inverse[:2, 2]
        for _ in range(3 if self.bend else 0):
            out = (points - self.shifts(out)) @ inverse[:2, :2].T + inverse[:2, 2]
        return np.asarray(out)


def made(shape: tuple[int, int], seed: int = 5, bend: float = 0.0) -> tuple[NDArray[np.uint16], dict[str, Truth]]:
    """Return a plate's scan, and the maps from the green exposure's pixels to those of the other two."""
    rng, (height, width) = np.random.default_rng(seed), (shape[0] // 3, shape[1])
    side = max(height, width) + 200
    scene = large_scene(rng, side)[1]
    scan, maps = np.empty((3 * height, width), np.uint16), {}
    for number, name in enumerate(CHANNELS):
        colour = ndimage.zoom(
            grey(("coffee", "chelsea", "rocket")[number]).astype(np.float32)[:256, :256], side / 256, order=1
        )
        matrix, bent = np.eye(3), 0.0
        if name != "green":
            matrix[:2, :2] += rng.uniform(-0.004, 0.004, (2, 2))
            matrix[:2, 2] = rng.uniform(-OFF, OFF, 2) * min(height, width)
            bent = bend if number else -bend
        truth = Truth(matrix, bent, (height, width))
        if name != "green":
            maps[name] = truth
        view = np.empty((height, width), np.float32)
        both = scene * (0.55 + 0.45 * colour[:side, :side])
        for top in range(0, height, 256):
            lines = np.arange(top, min(top + 256, height)), np.arange(width)
            at = truth.back(np.stack(np.meshgrid(*lines, indexing="ij"), -1).astype(float)) + 100
            view[top : top + 256] = ndimage.map_coordinates(both, np.moveaxis(at, -1, 0), np.float32, order=1)
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


def measured(shape: tuple[int, int], bend: float, options: dict[str, Any]) -> dict[str, Any]:
    """Return what colorizing a plate takes, and how exact it is."""
    import superpose

    superpose.colorize(made((300, 200))[0], **options)
    scan, maps = made(shape, bend=bend)
    before, start = peak(lowered=True), time.process_time()
    found = superpose.colorize(scan, **options)
    seconds, memory = time.process_time() - start, peak() - before
    lines = [np.linspace(each.start, each.stop - 1, 9) for each in found.crop]
    points = np.stack(np.meshgrid(*lines, indexing="ij"), -1)
    as_found, plainly = [], []
    for name, each in found.registrations.items():
        shifts = found.local_shifts.get(name)
        for errors, moved in ((plainly, points), (as_found, points + shifts(points) if shifts else points)):
            away = each.transform(moved) - maps[name](points)
            errors.append(float(np.sqrt(np.square(away).sum(-1)).max()))
    reliable = all(each.reliable for each in found.registrations.values())
    numbers = {"error": max(as_found), "plainly": max(plainly), "seconds": seconds, "memory": memory}
    return numbers | {"shape": found.image.shape, "reliable": reliable}


def main(arguments: list[str]) -> int:
    """Print a line a plate."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plates", description=__doc__)
    parser.add_argument("--transform", default="affine")
    parser.add_argument("--bend", type=float, default=1.5, help="of plates that are bent, in pixels")
    given = parser.parse_args(arguments)
    print("| plate | bent, px | picture | error, px | without the local correction | CPU s | memory, GB |")
    print("| --- | ---: | --- | ---: | ---: | ---: | ---: |", flush=True)
    taken = []
    for shape, bend in ((SMALL, 0.0), (LARGE, 0.0), (LARGE, given.bend)):
        found = apart.run(CODE, repr((shape, bend, {"transform": given.transform})))
        taken.append(found["seconds"])
        rows, columns, _ = found["shape"]
        doubt = "" if found["reliable"] else " (not reliable)"
        line = f"| {shape[0]} x {shape[1]} | {bend:g} | {rows} x {columns} | {found['error']:.2f}{doubt}"
        print(f"{line} | {found['plainly']:.2f} | {taken[-1]:.1f} | {found['memory'] / 1e9:.2f} |", flush=True)
    print(f"{taken[1] / taken[0]:.1f} times; bent {taken[2] / taken[0]:.1f} times")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
