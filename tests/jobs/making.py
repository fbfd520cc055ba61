"""Glass plates made from colour photographs, with the truth known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from skimage.filters import sobel
from skimage.registration import phase_cross_correlation

import superpose
from superpose._sampling.mapping import PixelMap
from superpose._sampling.resample import resample


@dataclass(frozen=True, eq=False)
class MadePlate:
    scan: NDArray[np.uint8]
    truth: dict[str, superpose.MatrixTransform]  # from the green exposure's pixels to the channel's
    inner: NDArray[np.float64]  # points inside the green exposure's frame, (row, column)


def made_plate(photograph: NDArray[np.uint8], seed: int, *, side: float = 0.05, degrees: float = 1.0) -> MadePlate:
    """Return a plate: each exposure shifted, turned, magnified, its contrast bent, framed, with noise."""
    rng = np.random.default_rng(seed)
    rows, columns = photograph.shape[:2]
    margin = int(np.ceil(side * max(rows, columns))) + 8
    frame = (rows - 2 * margin, columns - 2 * margin)
    centre = (np.array(frame) - 1) / 2
    exposures, poses = [], {}
    for name, channel in (("blue", 2), ("green", 1), ("red", 0)):
        shift = rng.uniform(-side / 2, side / 2, 2) * frame
        scale = 1 + rng.uniform(-0.005, 0.005)
        poses[name] = superpose.similarity(np.radians(rng.uniform(-degrees, degrees) / 2), scale, shift, centre)
        view = poses[name].matrix + np.array([[0, 0, margin], [0, 0, margin], [0, 0, 0]])
        pixels = PixelMap(superpose.from_matrix(view), superpose.Grid(frame), superpose.Grid((rows, columns)))
        scene = resample(photograph[..., channel].astype(float) / 255, pixels, 3, 0.5, 1)
        curve = np.clip(scene, 0, 1) ** rng.uniform(0.6, 1.7) * rng.uniform(0.6, 0.9) + rng.uniform(0.03, 0.1)
        exposures.append(framed(curve + rng.normal(0, 0.02, frame), rng))
    border = exposures[0].shape[0] - frame[0]
    scan = np.rint(255 * np.clip(np.vstack(exposures), 0, 1)).astype(np.uint8)
    ends = [np.linspace(0.1, 0.9, 5) * n + border / 2 for n in frame]
    inner = np.stack(np.meshgrid(*ends, indexing="ij"), -1).reshape(-1, 2)
    into = superpose.translation((border / 2, border / 2))
    truth = {name: into @ poses[name].inverse() @ poses["green"] @ into.inverse() for name in ("blue", "red")}
    return MadePlate(scan, truth, inner)


def framed(scene: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the scene in a dark edge of film and a light one of paper, a few per cent of the side in all."""
    dark, light = max(3, scene.shape[0] // 50), max(2, scene.shape[0] // 60)
    out = np.pad(scene, dark, constant_values=0.04)
    out = np.pad(out, light, constant_values=0.97)
    return np.asarray(out + rng.normal(0, 0.01, out.shape))


def worst_error(made: MadePlate, plate: superpose.Plate) -> float:
    """Return how far the found transforms miss the truth anywhere inside the frame, in pixels."""
    found = plate.registrations
    return max(found[name].transform.distance(made.truth[name], made.inner) for name in ("blue", "red"))


def coloured_fringes(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return how far red and blue edges lie from green ones in the ninths of a picture, by another tool.

    Only ninths that can tell count: their edges correlate once moved together, and nowhere else as well. A dark
    wall says nothing, nor does glass that is black in blue, whatever the alignment.
    """
    edges = [sobel(picture[..., k].astype(float)) for k in range(3)]
    found = []
    for rows in np.array_split(np.arange(picture.shape[0]), 3):
        for columns in np.array_split(np.arange(picture.shape[1]), 3):
            hann = np.outer(np.hanning(len(rows)), np.hanning(len(columns)))
            tiles = [edge[np.ix_(rows, columns)] for edge in edges]
            red, green, blue = ((tile - np.average(tile, weights=hann)) * hann for tile in tiles)
            for other in (red, blue):
                best, second = _peaks(green, other)
                if best > 0.4 and second < 0.9 * best:
                    shift, *_ = phase_cross_correlation(green, other, upsample_factor=20, normalization=None)
                    found.append(np.hypot(*shift))
    return np.array(found)


def _peaks(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[float, float]:
    """Return the correlation at the best shift, and the best more than four pixels away from it."""
    score = fft.ifft2(fft.fft2(a) * np.conj(fft.fft2(b))).real / np.sqrt((a**2).sum() * (b**2).sum())
    score = np.roll(score, 4 - np.array(np.unravel_index(score.argmax(), score.shape)), (0, 1))
    best = float(score[4, 4])
    score[:9, :9] = -1
    return best, float(score.max())
