"""Drift of a low-light series: how far superpose and others are off, beside the bound that noise sets, and how fast.

  python -m benchmarks.stack [--frames N] [--photons P] [--scenes NAME ...] [--seed S] [--peer-frames N]

Frames are 512 x 512 cut from a larger photograph (moon: 448 x 448) that wanders by 0.3 px a frame along either axis, by
exact Fourier shifts, with Poisson noise of P photons where the photograph is brightest and a twentieth of that where it
is black. Errors are root mean squares along one axis, but for what all frames have in common. The bound is Cramer and
Rao's for one frame against a photograph without noise. Others than superpose get the first frames only: they are as
fast with more. Seconds are those of the processor.
"""

from __future__ import annotations

import argparse
import contextlib
import time
import warnings
from collections.abc import Callable

import numpy as np
import skimage.color
import skimage.data
from numpy.typing import NDArray
from scipy import fft

import superpose

Floats = NDArray[np.float64]
SCENES = ("retina", "moon", "hubble_deep_field")
DARK = 0.05


def drift(scene: str, frames: int, photons: float, seed: int) -> tuple[NDArray[np.uint16], Floats, float]:
    """Return frames as counts, by how much their content is moved, and the bound on the error along an axis."""
    rng = np.random.default_rng(seed)
    photograph = getattr(skimage.data, scene)()
    grey = skimage.color.rgb2gray(photograph) if photograph.ndim == 3 else photograph / photograph.max()
    # Sides of which transforms are fast: 1350 of 1411 pixels.
    grey = grey[tuple(slice(fft.prev_fast_len(n, real=True)) for n in grey.shape)]
    light = photons * (grey / grey.max() + DARK) / (1 + DARK)
    side = min(512, min(light.shape) - 64)
    cut = tuple(slice((n - side) // 2, (n - side) // 2 + side) for n in light.shape)
    moved = np.cumsum(rng.normal(0, 0.3, (frames, 2)), 0)
    waves = np.fft.rfft2(light)
    rows, columns = np.fft.fftfreq(light.shape[0])[:, None], np.fft.rfftfreq(light.shape[1])
    out = []
    for down, right in moved:
        turned = waves * np.exp(-2j * np.pi * rows * down) * np.exp(-2j * np.pi * columns * right)
        # What is cut off along one axis need not be transformed along the other.
        shown = fft.irfft(fft.ifft(turned, axis=0)[cut[0]], light.shape[1])[:, cut[1]]
        out.append(rng.poisson(np.maximum(shown, 0)).astype(np.uint16))
    slopes = [np.fft.irfft2(waves * 2j * np.pi * each, light.shape)[cut] for each in (rows, columns)]
    mean = np.maximum(light[cut], 1e-3)
    information = np.array([[float((a * b / mean).sum()) for b in slopes] for a in slopes])
    return np.array(out), moved, float(np.sqrt(np.trace(np.linalg.inv(information)) / 2))


def by_superpose(frames: NDArray[np.uint16]) -> Floats:
    """Return how far each frame's content is moved."""
    found = superpose.stack(frames, threads=1)
    return np.array([[np.nan] * 2 if each is None else each.matrix[:2, 2] for each in found.transforms])


def by_stackreg(frames: NDArray[np.uint16]) -> Floats:
    """Return the same by StackReg, each frame on the first."""
    from pystackreg import StackReg

    matrices = StackReg(StackReg.TRANSLATION).register_stack(frames.astype(float), reference="first")
    return np.asarray(matrices[:, [1, 0], 2])


def by_ecc(frames: NDArray[np.uint16]) -> Floats:
    """Return the same by OpenCV's ECC."""
    import cv2

    cv2.setNumThreads(1)
    first, out = frames[0].astype(np.float32), []
    for frame in frames:
        ends = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 200, 1e-6)
        start = np.eye(2, 3, dtype=np.float32)
        _, matrix = cv2.findTransformECC(first, frame.astype(np.float32), start, cv2.MOTION_TRANSLATION, ends, None, 5)
        out.append([matrix[1, 2], matrix[0, 2]])
    return np.array(out)


def by_phase_correlation(frames: NDArray[np.uint16]) -> Floats:
    """Return the same by scikit-image's phase correlation, to a hundredth of a pixel."""
    from skimage.registration import phase_cross_correlation

    first = frames[0].astype(np.float32)
    shifts = [phase_cross_correlation(first, each.astype(np.float32), upsample_factor=100)[0] for each in frames]
    return -np.array(shifts)


METHODS: dict[str, Callable[[NDArray[np.uint16]], Floats]] = {
    "superpose": by_superpose,
    "StackReg": by_stackreg,
    "ECC": by_ecc,
    "phase correlation": by_phase_correlation,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=100)
    parser.add_argument("--photons", type=float, default=20.0)
    parser.add_argument("--scenes", nargs="+", default=SCENES, choices=SCENES)
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--peer-frames", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(f"{options.photons:g} photons, seed {options.seed}")
    print("| scene | bound, px | method | frames | rms, px | of the bound | first quarter, last quarter | frames/s |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for scene in options.scenes:
        every, every_moved, bound = drift(scene, options.frames, options.photons, options.seed)
        for name in options.methods:
            count = options.frames if name == "superpose" else options.peer_frames
            frames, moved = every[:count], every_moved[:count]
            # What a first call loads is not counted.
            with warnings.catch_warnings(), contextlib.suppress(ImportError):
                warnings.simplefilter("ignore")
                METHODS[name](frames[:4])
            began = time.process_time()
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    found = METHODS[name](frames)
            except ImportError as error:
                print(f"| {scene} | {bound:.4f} | {name} | | {error} | | | |")
                continue
            seconds = time.process_time() - began
            off = found - moved
            off = np.square(off - np.nanmean(off, 0))
            rms, *ends = (
                float(np.sqrt(np.nanmean(each))) for each in (off, off[: len(off) // 4], off[-(len(off) // 4) :])
            )
            told = f"{ends[0]:.4f}, {ends[1]:.4f}"
            speed = len(frames) / seconds
            print(
                f"| {scene} | {bound:.4f} | {name} | {count} | {rms:.4f} | {rms / bound:.2f} | {told} | {speed:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
