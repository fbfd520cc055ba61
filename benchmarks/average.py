"""Average of heads that differ: how far its place is from the mean of theirs, and each head from where it fits best.

  python -m benchmarks.average [--heads N] [--spacing MM] [--angle DEGREES] [--seed S] [--transform NAME]

Heads are the MNI152 template under smooth warps of up to 8 mm, with blobs of their own, each turned about an axis of
its own by up to 20 degrees
and shifted by up to 10 mm, with noise. A head's true pose is the rigid one that fits its warp best, by least squares
over the brain: it takes the mean of all heads' anatomies, laid on each other like that, to the head's own. The unbiased
mean pose is the mean of these in the group of rigid transforms. Lengths are root mean squares over the brain.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from benchmarks.volumes import heads
from superpose._arithmetic.lie import mean_of

Floats = NDArray[np.float64]
SHIFT, NOISE, BRAIN = 10.0, 0.02, 0.2


def turned_heads(count: int, spacing: float, angle: float, seed: int) -> tuple[list[superpose.Image], list[Floats]]:
    """Return scans of heads, and where each shows the same points of anatomy, (points, 3), in mm."""
    rng = np.random.default_rng(seed)
    template = heads.template()
    middle = (np.array(template.shape) - 1) / 2
    anatomy = np.argwhere(template[::6, ::6, ::6] > BRAIN) * 6.0
    shape, spaced, origin = heads._grid(spacing, 1.0)
    scans, places = [], []
    for number in range(count):
        own = 1000 * seed + number
        _, warp = heads.head(own)
        pose = heads._pose(rng, angle, SHIFT, False, False)
        seen = heads._rician(heads._sampled(own, pose, shape, spaced, origin, 3), NOISE, rng)
        scans.append(superpose.Image(seen, spaced, tuple(origin.tolist()), unit="mm"))
        there = anatomy.copy()
        for _ in range(25):
            bent = [ndimage.map_coordinates(part, there.T, order=1, mode="nearest") for part in warp]
            there = anatomy - np.stack(bent, 1)
        places.append((there - middle - pose[:3, 3]) @ pose[:3, :3])
    return scans, places


def best_poses(places: list[Floats]) -> tuple[list[Floats], Floats]:
    """Return the rigid poses from the mean anatomy to each head's, whose mean is the identity, and that anatomy."""
    mean = places[0]
    for _ in range(100):
        poses = [fitted(mean, each) for each in places]
        back = np.linalg.inv(mean_of(poses))
        poses = [each @ back for each in poses]
        undone = [(each - pose[:3, 3]) @ pose[:3, :3] for pose, each in zip(poses, places, strict=True)]
        before, mean = mean, np.mean(undone, 0)
        if np.abs(mean - before).max() < 1e-9:
            break
    return poses, mean


def fitted(here: Floats, there: Floats) -> Floats:
    """Return the rigid pose that takes points nearest to others, by least squares."""
    return superpose.fit_transform(here, there, transform="rigid").transform.matrix


def length(pose: Floats, points: Floats) -> float:
    """Return how far a pose moves points, root mean square."""
    moved = points @ pose[:3, :3].T + pose[:3, 3] - points
    return float(np.sqrt(np.square(moved).sum(1).mean()))


def main() -> None:
    """Print how far the average is from the truth."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.average", description=__doc__)
    parser.add_argument("--heads", type=int, default=8)
    parser.add_argument("--spacing", type=float, default=2.0)
    parser.add_argument("--angle", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    scans, places = turned_heads(options.heads, options.spacing, options.angle, options.seed)
    began = time.process_time()
    found = superpose.average(scans, threads=options.threads)
    seconds = time.process_time() - began
    poses, mean = best_poses(places)
    pairs = zip(found.transforms, poses, strict=True)
    off = [np.linalg.inv(each.matrix) @ pose for each, pose in pairs if each is not None]
    each_off = [length(mean_of(off) @ np.linalg.inv(each), mean) for each in off]
    fit = np.sqrt(np.mean([length(pose, mean) ** 2 for pose in poses]))
    warped = [
        np.square(mean @ pose[:3, :3].T + pose[:3, 3] - at).sum(1) for pose, at in zip(poses, places, strict=True)
    ]
    print(f"{len(off)} of {options.heads} heads, by {found.metric}; they lie {fit:.1f} mm from their mean pose")
    print(f"what no rigid transform undoes of their warps: {np.sqrt(np.mean(warped)):.2f} mm")
    print(f"mean pose off by {length(mean_of(off), mean):.4f} mm")
    print(f"each off by {np.sqrt(np.mean(np.square(each_off))):.3f} mm beside it, {max(each_off):.3f} at most")
    print(f"{found.rounds} rounds, the last one moved a corner by {found.moved:.4f} mm at most")
    print(f"{seconds:.0f} s of CPU time")


if __name__ == "__main__":
    main()
