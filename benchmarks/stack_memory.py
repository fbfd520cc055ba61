"""What `superpose.stack` takes of memory: `python -m benchmarks.stack_memory [frames] [side] [combine]`.

A TIFF of so many pages of a drifting scene is made in a temporary folder (2 bytes a pixel and page) and laid on itself.
The peak of the process, in MB, is printed after each stage; that of making the file is before the first line.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import skimage.data
import tifffile

import superpose


def write_series(path: Path, count: int, side: int) -> None:
    """Write a scene that wanders by whole pixels, with noise, as the pages of a TIFF."""
    rng = np.random.default_rng(0)
    scene = np.kron(skimage.data.moon(), np.ones((2, 2))).astype(np.float32)
    moved = np.clip(np.rint(np.cumsum(rng.normal(0, 0.3, (count, 2)), 0)).astype(int) + 40, 0, 90)
    noise = rng.normal(0, 60, (side + 64, side + 64)).astype(np.float32)
    with tifffile.TiffWriter(path, bigtiff=True) as file:
        for row, column in moved:
            down, right = rng.integers(0, 64, 2)
            seen = (
                scene[row : row + side, column : column + side] * 20 + noise[down : down + side, right : right + side]
            )
            file.write((seen + 400).astype(np.uint16), metadata=None, contiguous=False)


def main(count: int = 2000, side: int = 256, how: str = "sigma-clip") -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        path = Path(folder) / "series.tif"
        write_series(path, count, side)
        _say("made")
        found = superpose.stack(path)
        _say("placed")
        found.combine(path, how)
        _say(how)
        written = sum(each is not None for each in found.apply_each(path))
        _say(f"{written} of {count} frames laid on each other")


def _say(stage: str) -> None:
    # That of this program: `ru_maxrss` begins with that of the process that started it.
    status = Path("/proc/self/status")
    if status.exists():
        peak = int(status.read_text().split("VmHWM:")[1].split()[0]) * 1024 / 1e6
    else:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"{stage}: {peak:.0f} MB, {time.process_time():.0f} s of a processor", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *sys.argv[3:4])
