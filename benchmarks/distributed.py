"""How well two workers of one thread share a job: `python -m benchmarks.distributed`.

The same job of frames that shake and turn, in files, is done by one worker and by two, in turn; the efficiency is the
time of one over twice that of two. Beside it stands what the machine lets two processes reach that know nothing of each
other: the time that one takes for calls of `register` over the time that each of two takes for as many. Run it on a
machine that has two idle cores and does nothing else.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import skimage.data
from scipy import ndimage

import superpose


def written(folder: Path, count: int, side: int) -> list[Path]:
    """Return the files of frames of one scene, each shifted and turned a little, with noise."""
    rng = np.random.default_rng(0)
    scene, out = skimage.data.camera().astype(np.float32), []
    at = (512 - side) // 2
    for number in range(count):
        pose = superpose.rigid(np.radians(rng.normal(0, 1)), rng.normal(0, 2, 2), centre=(256, 256))
        frame = ndimage.affine_transform(scene, pose.matrix[:2, :2], pose.matrix[:2, 2])[at : at + side, at : at + side]
        out.append(folder / f"{number:04}.tif")
        superpose.write(out[-1], np.clip(frame + rng.normal(0, 4, frame.shape), 0, 255).astype(np.uint8))
    return out


def seconds(paths: list[Path], transform: str, workers: int) -> tuple[float, superpose.StackResult]:
    """Return how long a job takes so many workers that are there already, and what it finds."""
    import distributed

    options = {"threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
    with distributed.LocalCluster(n_workers=workers, **options) as cluster, distributed.Client(cluster) as client:
        superpose.stack(paths[:3], transform=transform, scheduler=client)  # everything is imported
        started = time.perf_counter()
        found = superpose.stack(paths, transform=transform, scheduler=client)
        return time.perf_counter() - started, found


def calls(path: Path, moving: Path, count: int) -> None:
    """Align two files so often."""
    for _ in range(count):
        superpose.register(path, moving, threads=1, on_unreliable="ignore")


def ceiling(paths: list[Path], count: int) -> float:
    """Return which part of its speed a process keeps beside another one."""
    taken = []
    for processes in (1, 2):
        with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
            list(pool.map(calls, paths[:processes], paths[2 : 2 + processes], [1] * processes))
            started = time.perf_counter()
            list(pool.map(calls, paths[:processes], paths[2 : 2 + processes], [count] * processes))
            taken.append(time.perf_counter() - started)
    return taken[0] / taken[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--transform", default="rigid")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = written(Path(folder), options.frames, options.side)
        shares, most = [], []
        for run in range(options.runs):
            (one, alone), (two, both) = (seconds(paths, options.transform, workers) for workers in (1, 2))
            same = all(
                (a is None) == (b is None) and (a is None or b is None or np.array_equal(a.matrix, b.matrix))
                for a, b in zip(alone.transforms, both.transforms, strict=True)
            )
            shares.append(one / (2 * two))
            most.append(ceiling(paths, 40))
            bits = "the same bits" if same else "OTHER BITS"
            print(
                f"run {run}: one worker {one:.1f} s, two {two:.1f} s, efficiency {shares[-1]:.3f}, {bits}; "
                f"two processes without a scheduler {most[-1]:.3f}",
                flush=True,
            )
    print(
        f"median efficiency {statistics.median(shares):.3f} of {options.frames} frames, {options.transform}; "
        f"of two processes without a scheduler {statistics.median(most):.3f}"
    )


if __name__ == "__main__":
    main()
