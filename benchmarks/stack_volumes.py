"""Head motion: a series of volumes of known motion, laid on each other by superpose and by ANTs.

python -m benchmarks.stack_volumes [--frames N] [--noise SD] [--seed S] [--ants N]

A head of `benchmarks.volumes` is seen on 36 planes of 64 x 64 voxels of 3 mm, each of them a Gaussian as wide as
itself: it drifts, some volumes are jerked by up to 5 mm and 5 degrees, the intensity drifts by 1 %, and each volume has
noise of its own. Errors are in mm over the brain: root mean squares of where points come to lie in each volume, but for
the pose that all volumes have in common. Seconds are of CPU time. ANTs is run on the first volumes only (--ants), and
its seconds for all are told from those.
"""

from __future__ import annotations

import argparse
import time
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial.transform import Rotation

import superpose
from benchmarks.volumes.heads import head, template

Floats = NDArray[np.float64]
SHAPE, SPACING = (36, 64, 64), (3.0, 3.0, 3.0)
# Brain voxels shine by about this much on average: what temporal signal-to-noise ratios are told by.
BRIGHT = 0.7


@dataclass(frozen=True, eq=False)
class Series:
    """Volumes, where each one's points show those of the head (4, 4), and points of the brain, in mm."""

    volumes: list[superpose.Image]
    poses: Floats
    points: Floats

    def errors(self, found: list[Floats | None]) -> Floats:
        """Return how far off transforms from common points to those of each volume are, by volume; NaN without one."""
        used = [k for k, each in enumerate(found) if each is not None]
        # The head's points, as the transforms would have them: what they have in common is not known.
        back = np.array([self.poses[k] @ found[k] for k in used])
        common = np.linalg.inv(_mean_pose(back))
        out = np.full(len(found), np.nan)
        for k, each in zip(used, back, strict=True):
            gap = _applied(common @ each, self.points) - self.points
            out[k] = np.sqrt(np.square(gap).sum(1).mean())
        return out


def motion(frames: int, rng: np.random.Generator) -> Floats:
    """Return poses that drift, some of them jerked: rotation vectors in radians, shifts in mm, (frames, 6)."""
    steps = rng.normal(0, 1, (frames, 6)) * ([np.deg2rad(0.12)] * 3 + [0.15] * 3)
    out = np.cumsum(steps, 0)
    for k in rng.choice(frames, max(1, frames // 20), replace=False):
        turn, shift = rng.normal(size=(2, 3))
        out[k, :3] += np.deg2rad(rng.uniform(1, 5)) * turn / np.linalg.norm(turn)
        out[k, 3:] += rng.uniform(1, 5) * shift / np.linalg.norm(shift)
    return out - out.mean(0)


def series(frames: int, noise: float, seed: int) -> Series:
    """Return a series of volumes of a head that moves."""
    rng = np.random.default_rng([seed, 3])
    data, warp = head(seed)
    lines = np.meshgrid(*[np.arange(n, dtype=np.float32) for n in data.shape], indexing="ij")
    bent = ndimage.map_coordinates(data, [a + b for a, b in zip(lines, warp, strict=True)], order=1, mode="nearest")
    # A voxel is as wide as a Gaussian whose full width at half height it is.
    seen = ndimage.spline_filter(ndimage.gaussian_filter(bent, SPACING[0] / 2.3548), 3, np.float32)
    middle = (np.array(template().shape) - 1) / 2 + [10.0, 0.0, 0.0]
    first = -(np.array(SHAPE) - 1) / 2 * SPACING
    at = np.stack(
        np.meshgrid(*[np.arange(n) * s + f for n, s, f in zip(SHAPE, SPACING, first, strict=True)], indexing="ij")
    )
    at = at.reshape(3, -1).T
    volumes, poses = [], []
    for k, each in enumerate(motion(frames, rng)):
        pose = np.eye(4)
        pose[:3, :3], pose[:3, 3] = Rotation.from_rotvec(each[:3]).as_matrix(), each[3:]
        shown = ndimage.map_coordinates(seen, (_applied(pose, at) + middle).T, order=3, prefilter=False)
        shown = shown.reshape(SHAPE) * (1 + 0.01 * k / max(1, frames - 1))
        real, other = rng.normal(0, noise, (2, *SHAPE))
        shown = np.hypot(shown + real, other)
        volumes.append(superpose.Image((1000 * shown).astype(np.int16), SPACING, tuple(first), unit="mm"))
        poses.append(pose)
    inside = ndimage.map_coordinates(bent, (at + middle).T, order=1) > 0.3
    return Series(volumes, np.array(poses), at[inside][::7])


def _applied(pose: Floats, points: Floats) -> Floats:
    return points @ pose[:3, :3].T + pose[:3, 3]


def _mean_pose(poses: Floats) -> Floats:
    out = poses.mean(0)
    left, _, right = np.linalg.svd(out[:3, :3])
    out[:3, :3] = left @ right
    return out


def by_superpose(volumes: list[superpose.Image]) -> list[Floats | None]:
    """Return transforms to each volume's points."""
    found = superpose.stack(volumes, transform="rigid", threads=1)
    return [None if each is None else each.matrix for each in found.transforms]


def by_ants(volumes: list[superpose.Image]) -> list[Floats | None]:
    """Return the same by `ants.motion_correction`, on the mean of all as it does by itself."""
    import ants

    array = np.stack([np.asarray(each.array, np.float32).T for each in volumes], -1)
    origin, spacing = volumes[0].origin[::-1], volumes[0].spacing[::-1]
    movie = ants.from_numpy(array, origin=[*origin, 0.0], spacing=[*spacing, 1.0])
    done = ants.motion_correction(movie, type_of_transform="Rigid", verbose=False)
    out: list[Floats | None] = []
    for each in done["motion_parameters"]:
        read = ants.read_transform(each[0] if isinstance(each, list) else each)
        parameters, centre = np.asarray(read.parameters), np.asarray(read.fixed_parameters)
        linear = parameters[:9].reshape(3, 3)
        pose = np.eye(4)
        pose[:3, :3] = linear[::-1, ::-1]
        pose[:3, 3] = (parameters[9:] + centre - linear @ centre)[::-1]
        out.append(pose)
    return out


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=180)
    parser.add_argument("--noise", type=float, default=BRIGHT / 70)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ants", type=int, default=8, help="how many volumes ANTs is given; 0: it is not run")
    options = parser.parse_args()
    made = series(options.frames, options.noise, options.seed)
    print(f"{options.frames} volumes of 64 x 64 x 36, 3 mm, temporal signal-to-noise {BRIGHT / options.noise:.0f}")
    print("| method | volumes | placed | rms, mm | worst, mm | seconds | seconds for all |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, method, count in (("superpose", by_superpose, options.frames), ("ANTs", by_ants, options.ants)):
        if not count:
            continue
        part = Series(made.volumes[:count], made.poses[:count], made.points)
        began = time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = method(part.volumes)
        except ImportError as error:
            print(f"| {name} | {count} | {error} | | | | |")
            continue
        seconds = time.process_time() - began
        off = part.errors(found)
        rms, worst = np.sqrt(np.nanmean(np.square(off))), np.nanmax(off)
        every = seconds * options.frames / count
        placed = int(np.isfinite(off).sum())
        print(f"| {name} | {count} | {placed} | {rms:.4f} | {worst:.4f} | {seconds:.1f} | {every:.0f} |", flush=True)


if __name__ == "__main__":
    main()
