"""Finer images of simulated bursts, beside one frame and the mean of all; and the frequencies that they resolve.

  python -m benchmarks.super_resolve [--images NAME ...] [--scales S ...] [--seeds N] [--frames N] [--noise V]

Frames are views of a photograph by a camera turned by up to 1 degree and shifted by up to 2 pixels: blurred by a lens
(a Gaussian of 0.2 to 0.5 pixels, drawn by case, which nobody tells the solver), averaged over each pixel, with noise
of 1 % of the range. PSNR is against the photograph. "one" is the first frame by cubic splines, "mean" that of all
frames, each laid on the finer pixels by cubic splines, where `superpose.stack` says. A case fails that is not 3 dB
above one and 1.5 dB above mean.

The chart is a Siemens star of 36 spokes: how much of its contrast is left, by spokes' frequency in cycles to a frame's
pixel, where a frame can show 0.5 at most. What is resolved is the highest of which 20 % are left, at all
phases. Its frames are laid where they were taken, for a star fits itself in 36 ways, and `stack` refuses it for that.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from benchmarks.photographs import grey
from tests.jobs.bursts import bicubic, burst_of, decibels

Floats = NDArray[np.float64]
SPOKES, LEFT = 36, 0.2


def star(side: int) -> Floats:
    """Return a Siemens star, made four times as fine and averaged down."""
    at = (np.arange(4 * side) + 0.5) / 4 - side / 2
    angle = np.arctan2(at[:, None], at[None])
    fine = 0.5 + 0.4 * np.sign(np.cos(SPOKES * angle))
    return np.asarray(fine.reshape(side, 4, side, 4).mean((1, 3)))


def contrast(image: Floats, radius: float) -> float:
    """Return the amplitude of the spokes' frequency on a circle about the middle."""
    angle = 2 * np.pi * np.arange(2048) / 2048
    middle = (np.array(image.shape) - 1) / 2
    rows, columns = middle[0] + radius * np.sin(angle), middle[1] + radius * np.cos(angle)
    low = np.floor([rows, columns]).astype(int)
    (r, c), (s, t) = low, np.array([rows, columns]) - low
    across = [(1 - t) * image[k, c] + t * image[k, c + 1] for k in (r, r + 1)]
    line = (1 - s) * across[0] + s * across[1]
    return float(2 * np.abs((line * np.exp(-1j * SPOKES * angle)).mean()))


def resolved(image: Floats, scale: int) -> float:
    """Return the highest frequency of which enough contrast is left, in cycles to a frame's pixel."""
    square = 0.4 * 4 / np.pi
    found = 0.0
    for frequency in np.arange(0.2, scale / 2, 0.01):
        radius = SPOKES / (2 * np.pi * frequency) * scale
        if radius > image.shape[0] / 2 - 2:
            continue
        if contrast(image, float(radius)) < LEFT * square:
            break
        found = float(frequency)
    return found


def ways(
    frames: list[Floats], scale: int, poses: list[superpose.MatrixTransform] | None = None
) -> tuple[dict[str, Floats], str]:
    """Return finer images by what makes them, how many frames ours placed, and its seconds of CPU time."""
    began = time.process_time()
    found = superpose.super_resolve(frames, scale, transforms=poses)
    seconds = time.process_time() - began
    placed = [(frame, pose) for frame, pose in zip(frames, found.transforms, strict=True) if pose is not None]
    mean = np.mean([laid(*each, scale) for each in placed], 0)
    images = {"one": bicubic(frames[0], scale), "mean": mean, "super_resolve": found.image}
    return images, f"{len(placed)} of {len(frames)} | {seconds:.1f}"


def laid(frame: Floats, pose: superpose.MatrixTransform, scale: int) -> Floats:
    """Return a frame on the finer grid, by cubic splines."""
    points = np.moveaxis(np.indices([scale * n for n in frame.shape]).astype(float), 0, -1)
    at = pose((points + 0.5) / scale - 0.5)
    return np.asarray(ndimage.map_coordinates(frame, np.moveaxis(at, -1, 0), order=3, mode="mirror"))


def main() -> None:
    """Print how near to the photographs finer images are."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.super_resolve", description=__doc__)
    parser.add_argument("--images", nargs="+", default=["camera", "astronaut", "coffee", "coins", "brick", "moon"])
    parser.add_argument("--scales", nargs="+", type=int, default=[2, 3])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--noise", type=float, default=0.01)
    parser.add_argument("--side", type=int, default=96, help="of a frame, in pixels")
    options = parser.parse_args()
    print("| image | scale | one, dB | mean, dB | super_resolve, dB | above one | above mean | placed | CPU, s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    failures, cases = 0, 0
    for scale in options.scales:
        gains = []
        for name in options.images:
            side = options.side * scale
            first = (512 - side) // 2
            scene = np.asarray(grey(name))[first : first + side, first : first + side]
            for seed in range(options.seeds):
                blur = float(np.random.default_rng(seed).uniform(0.2, 0.5))
                frames, _ = burst_of(scene, options.frames, scale, seed, blur=blur, noise=options.noise)
                images, rest = ways(frames, scale)
                one, mean, ours = (decibels(each, scene) for each in images.values())
                gains.append((ours - one, ours - mean))
                cases += 1
                failures += ours < one + 3 or ours < mean + 1.5
                told = f"{one:.2f} | {mean:.2f} | {ours:.2f} | {ours - one:+.2f} | {ours - mean:+.2f} | {rest}"
                print(f"| {name} | {scale} | {told} |", flush=True)
        one, mean = np.median(gains, 0)
        print(f"| median | {scale} | | | | {one:+.2f} | {mean:+.2f} | | |", flush=True)
    print(f"{failures} of {cases} cases are not 3 dB above one and 1.5 dB above mean")
    for scale in options.scales:
        chart = star(options.side * scale)
        frames, poses = burst_of(chart, options.frames, scale, 0, noise=options.noise)
        images, _ = ways(frames, scale, poses)
        told = ", ".join(f"{name} {resolved(each, scale):.2f}" for name, each in images.items())
        print(f"resolved at scale {scale}, cycles to a frame's pixel: {told}", flush=True)


if __name__ == "__main__":
    main()
