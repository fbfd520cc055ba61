"""Series that are more than drift: a calcium movie that flickers, strangers among the frames, serial sections.

  python -m benchmarks.stack_jobs [calcium strangers sections] [--frames N] [--seed S] [--methods NAME ...]

calcium: frames of 512 x 512 at 5 photons where they are brightest, each shaken by up to 3 px; a region, a tenth of it,
shines three times as bright in some. strangers: half of a drifting series at 20 photons is replaced by frames of other
scenes. sections: 24 sections of tissue, each turned by up to 10 degrees and moved by up to 10 px, one of which is
flipped, one blank and one torn in two. Errors are root mean squares along one axis, but for what all frames have in
common; those of sections over the frame's corners. Seconds are of CPU time.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable

import numpy as np
import skimage.color
import skimage.data
from numpy.typing import NDArray
from scipy import ndimage

import superpose
from benchmarks.stack import DARK, METHODS, drift

Floats = NDArray[np.float64]
PHOTONS, SHAKEN = 5.0, 3.0


def calcium(frames: int, seed: int) -> tuple[NDArray[np.uint16], Floats, float]:
    """Return a movie as counts, by how much its content is moved, and the bound on the error along an axis."""
    rng = np.random.default_rng(seed)
    grey = skimage.color.rgb2gray(skimage.data.retina())[430:982, 430:982]
    light = PHOTONS * (grey / grey.max() + DARK) / (1 + DARK)
    rows, columns = np.indices(light.shape)
    region = ((rows - 300) / 100) ** 2 + ((columns - 240) / 90) ** 2 < 1
    cut = slice(20, 532)
    moved = rng.uniform(-SHAKEN, SHAKEN, (frames, 2))
    down, right = np.fft.fftfreq(len(light))[:, None], np.fft.rfftfreq(len(light))
    still, flicker = np.fft.rfft2(light), np.fft.rfft2(np.where(region, 2 * light, 0))
    out = np.empty((frames, 512, 512), np.uint16)
    for number, (row, column) in enumerate(moved):
        waves = still + flicker * max(0.0, np.sin(number / 9)) ** 4
        turned = waves * np.exp(-2j * np.pi * down * row) * np.exp(-2j * np.pi * right * column)
        out[number] = rng.poisson(np.maximum(np.fft.irfft2(turned, light.shape)[cut, cut], 0))
    slopes = [np.fft.irfft2(still * 2j * np.pi * each, light.shape)[cut, cut] for each in (down, right)]
    mean = np.maximum(light[cut, cut], 1e-3)
    information = np.array([[float((a * b / mean).sum()) for b in slopes] for a in slopes])
    return out, moved, float(np.sqrt(np.trace(np.linalg.inv(information)) / 2))


def strangers(frames: int, seed: int) -> tuple[NDArray[np.uint16], Floats, float, NDArray[np.intp]]:
    """Return a drifting series of which half is of other scenes, and which frames these are."""
    made, moved, bound = drift("moon", frames, 20.0, seed)
    rng = np.random.default_rng([seed, 1])
    which = np.sort(rng.choice(frames, frames // 2, replace=False))
    others = [getattr(skimage.data, name)() for name in ("camera", "brick", "grass", "gravel")]
    side = made.shape[1]
    for number, at in enumerate(which):
        scene = np.rot90(others[number % 4] / 255.0, number // 4 % 4)
        top, left = rng.integers(0, 512 - side + 1, 2)
        made[at] = rng.poisson(20.0 * scene[top : top + side, left : left + side])
    return made, moved, bound, which


def turned(scene: NDArray[np.float32], pose: superpose.MatrixTransform) -> NDArray[np.float32]:
    """Return what a frame shows of a scene whose points `pose` takes to the frame's."""
    back = pose.inverse().matrix
    return ndimage.affine_transform(scene, back[:2, :2], back[:2, 2], order=3, cval=float(np.median(scene)))


def sections(frames: int, seed: int) -> tuple[list[NDArray[np.uint8]], list[superpose.MatrixTransform], list[int]]:
    """Return sections, where each lies, and which are flipped, blank and torn."""
    rng = np.random.default_rng(seed)
    scene = skimage.data.immunohistochemistry().mean(2).astype(np.float32)
    out, poses = [], []
    for _ in range(frames):
        pose = superpose.rigid(np.radians(rng.uniform(-10, 10)), rng.uniform(-10, 10, 2), centre=(255.5, 255.5))
        poses.append(pose)
        shown = turned(scene, pose)
        bent = 255 * np.clip(shown / 255, 0, 1) ** rng.uniform(0.8, 1.25)
        out.append(np.clip(bent + rng.normal(0, 6, bent.shape), 0, 255).astype(np.uint8))
    flipped, blank, torn = (frames // 4, frames // 2, 3 * frames // 4)
    out[flipped] = out[flipped][:, ::-1].copy()
    out[blank] = np.clip(rng.normal(235, 3, out[blank].shape), 0, 255).astype(np.uint8)
    halves = out[torn].copy()
    out[torn][:, 256:] = np.roll(halves, (60, 40), (0, 1))[:, 256:]
    return out, poses, [flipped, blank, torn]


def timed(method: Callable[[], Floats]) -> tuple[Floats, float]:
    """Return what a method finds, and its seconds."""
    began = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = method()
    return found, time.process_time() - began


def rms(found: Floats, moved: Floats, which: NDArray[np.bool_]) -> float:
    """Return the error of some frames that were placed."""
    off = (found - moved)[which & np.isfinite(found[:, 0])]
    return float(np.sqrt(np.square(off - off.mean(0)).mean()))


def print_calcium(frames: int, seed: int, methods: list[str]) -> None:
    made, moved, bound = calcium(frames, seed)
    print(f"calcium: {frames} frames of 512 x 512, {PHOTONS:g} photons, bound {bound:.4f} px")
    print("| method | placed | rms, px | of the bound | frames/s |\n| --- | --- | --- | --- | --- |")
    for name in methods:
        try:
            found, seconds = timed(lambda name=name: METHODS[name](made))
        except ImportError as error:
            print(f"| {name} | {error} | | | |")
            continue
        off = rms(found, moved, np.ones(frames, bool))
        placed = int(np.isfinite(found[:, 0]).sum())
        print(f"| {name} | {placed} | {off:.4f} | {off / bound:.2f} | {frames / seconds:.1f} |", flush=True)


def print_strangers(frames: int, seed: int) -> None:
    made, moved, bound, which = strangers(frames, seed)
    own = np.ones(frames, bool)
    own[which] = False
    found, seconds = timed(lambda: METHODS["superpose"](made))
    alone, _ = timed(lambda: METHODS["superpose"](made[own]))
    placed = np.isfinite(found[:, 0])
    off, without = rms(found, moved, own), rms(alone, moved[own], np.ones(own.sum(), bool))
    print(f"strangers: {len(which)} of {frames} frames, bound {bound:.4f} px, {seconds:.1f} s")
    print(f"placed: {(placed & own).sum()} of the scene's own {own.sum()}, and {(placed & ~own).sum()} strangers")
    print(f"rms {off:.4f} px; of the scene's own by themselves {without:.4f} px", flush=True)


def print_sections(frames: int, seed: int) -> None:
    made, poses, odd = sections(frames, seed)
    began = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = superpose.stack(made, transform="rigid", threads=1)
    seconds = time.process_time() - began
    corners = np.array([[0, 0], [0, 511], [511, 0], [511, 511]], float)
    used = [k for k, each in enumerate(found.transforms) if each is not None and k not in odd]
    # Where points of the scene come to lie, as the transforms have it, but for what they have in common.
    back = np.array([(poses[k].inverse() @ found.transforms[k]).matrix for k in used])
    common = superpose.fit_transform(corners, superpose.from_matrix(back.mean(0), "affine")(corners), transform="rigid")
    there = common.transform(corners)
    off = [np.sqrt(np.square(superpose.from_matrix(each)(corners) - there).sum(1).mean()) for each in back]
    named = [k for k in odd if found.transforms[k] is None]
    print(f"sections: {frames}, of which one is flipped, one blank, one torn, {seconds:.1f} s")
    print(f"named {len(named)} of 3; placed of the others: {len(used)} of {frames - 3}")
    print(f"rms {np.sqrt(np.mean(np.square(off))):.3f} px at the corners, worst {np.max(off):.3f}", flush=True)
    for k in odd:
        print(f"  {k}: {found.table[k].why_not or 'PLACED'}")


def main() -> None:
    """Print what was asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jobs", nargs="*", default=["calcium", "strangers", "sections"])
    parser.add_argument("--frames", type=int, help="default: 3000 of calcium, 100 of strangers, 24 sections")
    parser.add_argument("--methods", nargs="+", default=["superpose", "StackReg", "phase correlation"])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if "calcium" in options.jobs:
        print_calcium(options.frames or 3000, options.seed, options.methods)
    if "strangers" in options.jobs:
        print_strangers(options.frames or 100, options.seed)
    if "sections" in options.jobs:
        print_sections(options.frames or 24, options.seed)


if __name__ == "__main__":
    main()
