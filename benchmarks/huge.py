"""``python -m benchmarks.huge``: two large images that are made as they are read, aligned and resampled in parts.

Both are views of one scene (a photograph with textures and random detail laid over, enlarged four times by a spline),
with noise of their own; neither is ever whole in memory. Columns: the affine map's error, the largest at fixed's
corners; CPU seconds and the peak of memory above what was held before, of the alignment and of the lazy warp of the
middle (`--whole`: of all) into an OME-Zarr. Goals: 0.2 px, 2 GB.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import NOISE_VARIANCE
from benchmarks.large import large_scene
from superpose._sampling.warp import Source, source, warp

Floats = NDArray[np.float64]

# The scene is made this much smaller, and seen through a cubic spline.
SMALLER = 4


@dataclass(frozen=True, eq=False)
class Scene:
    """A view of a scene through an affine map, in 16 bits: it has a shape and parts, each made when it is read."""

    shape: tuple[int, int]
    matrix: Floats
    seed: int
    scene: Source
    dtype = np.dtype(np.uint16)

    @property
    def ndim(self) -> int:
        return 2

    def __getitem__(self, box: tuple[slice, ...]) -> NDArray[np.uint16]:
        (top, bottom), (left, right) = (each.indices(n)[:2] for each, n in zip(box, self.shape, strict=True))
        offsets = np.array([[top, left], [0, 0]])
        onto = np.diag([1 / SMALLER, 1 / SMALLER, 1.0]) @ self.matrix
        out = warp(self.scene, onto, (bottom - top, right - left), 1, offsets)[0]
        # Noise that depends on the place only, however it is asked for: a hash of the pixel's number.
        number = np.arange(top, bottom, dtype=np.uint64)[:, None] * np.uint64(self.shape[1])
        number = number + np.arange(left, right, dtype=np.uint64) + np.uint64(self.seed * 2**40)
        out += np.float32(np.sqrt(12 * NOISE_VARIANCE)) * (_hashed(number) - np.float32(0.5))
        return (np.clip(out * 0.9 + 0.05, 0, 1) * 65535).astype(np.uint16)


def _hashed(number: NDArray[np.uint64]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((number ^ (number >> np.uint64(31))) >> np.uint64(40)).astype(np.float32) / np.float32(2**24)


def pair(side: int) -> tuple[Scene, Scene, Floats]:
    """Return fixed, moving, and the map from fixed to moving."""
    centre, turn = (side - 1) / 2, np.radians(17.0)
    linear = 1.04 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) + [
        [0.01, 0.004],
        [-0.006, 0],
    ]
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = centre + np.array([0.03, -0.02]) * side - linear @ [centre, centre]
    pixels = large_scene(np.random.default_rng(11), side // SMALLER + 2)[1]
    scene = source(pixels, np.ones(pixels.shape, bool), 3)
    return Scene((side, side), np.eye(3), 1, scene), Scene((side, side), np.linalg.inv(matrix), 2, scene), matrix


def peak(lowered: bool = False) -> float:
    """Return the most memory that this process ever had, in bytes; or what it has, from where the most then counts.

    On systems that cannot lower it, what was there before hides as much of what comes after.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1.0 if sys.platform == "darwin" else 1024.0)
    if lowered:
        with contextlib.suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
    return 1024.0 * int(status.read_text().split("VmHWM:")[1].split()[0])


def run(side: int, whole: bool) -> dict[str, Any]:
    """Return what was measured of a pair."""
    import dask.array  # noqa: F401
    import zarr  # noqa: F401

    import superpose

    fixed, moving, truth = pair(side)
    superpose.register(*(np.asarray(each[0:200, 0:200]) for each in (fixed, moving)), on_unreliable="ignore")
    before, start = peak(lowered=True), time.process_time()
    found = superpose.register_large(fixed, moving, transform="affine", on_unreliable="ignore")
    aligned, taken = peak() - before, time.process_time() - start
    corners = np.array([[r, c, 1.0] for r in (0, side - 1) for c in (0, side - 1)])
    error = float(np.abs(corners @ (found.transform.matrix - truth).T).max())
    held, start = peak(lowered=True), time.process_time()
    lazily = found.warp(moving, clip=False, lazy=True)
    part = lazily if whole else lazily[side // 3 : side // 3 + 4096, side // 3 : side // 3 + 4096]
    with tempfile.TemporaryDirectory() as folder:
        superpose.write(Path(folder) / "out.zarr", part)
    return {
        "side": side,
        "error": error,
        "said": found.uncertainty,
        "reliable": found.reliable,
        "tiles": 0 if found.tile_shifts is None else len(found.tile_shifts.clear),
        "seconds": taken,
        "memory": aligned,
        "warp seconds": time.process_time() - start,
        "warp memory": peak() - held,
        "warnings": found.warnings,
    }


def main(arguments: list[str]) -> int:
    """Print a line a size."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.huge", description=__doc__)
    parser.add_argument("sides", nargs="*", type=int, default=[8000])
    parser.add_argument("--whole", action="store_true", help="warp all of it")
    options = parser.parse_args(arguments)
    print("| side | error, px | said, px | tiles | CPU s | memory, GB | warp: CPU s | memory, GB |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for side in options.sides or [8000]:
        found = run(side, options.whole)
        doubt = "" if found["reliable"] else " (not reliable)"
        cells = f"{found['side']} | {found['error']:.3f} | {found['said']:.3f}{doubt}"
        cells += f" | {found['tiles']} | {found['seconds']:.0f} | {found['memory'] / 1e9:.2f}"
        print(f"| {cells} | {found['warp seconds']:.0f} | {found['warp memory'] / 1e9:.2f} |", flush=True)
        for warning in found["warnings"]:
            print(warning, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
