"""``python -m benchmarks.limit``: the error over repeated noise beside the Cramer-Rao bound with both images noisy.

Pairs are cut from a larger photograph, blurred a little so that its samples hold it, and moved by its cubic B-spline:
no fill enters. The bound is computed from the scene's true derivatives, gain and offset unknown. `attainable` is what
the best filter could reach, relative to the bound: at low signal-to-noise ratio noise against noise counts, which the
bound knows nothing of.
"""

from __future__ import annotations

import sys

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import color, data, util

import superpose
from benchmarks.cases import moved

Floats = NDArray[np.float64]

SIDE = 192
DECIBELS = (5, 10, 20, 30, 40)
MOTIONS = {"translation": (0.0, (0.25, 0.3)), "rigid": (7.0, (3.3, -2.2))}
BLUR = 0.8


def scenes() -> dict[str, Floats]:
    """Return the larger photographs."""
    return {
        "retina": color.rgb2gray(data.retina())[300:1100, 300:1100],
        "brick": util.img_as_float(data.brick()),
        "camera": util.img_as_float(data.camera()),
        "rocket": color.rgb2gray(data.rocket()),
    }


def attainable(scene: Floats, noise: float) -> float:
    """Return the error with the best linear filter over the bound, for a shift, from the scene's own spectrum."""
    window = np.hanning(SIDE)[:, None] * np.hanning(SIDE)
    power = np.abs(np.fft.fft2((scene - scene.mean()) * window)) ** 2 / (window**2).sum()
    frequency = 2 * np.pi * np.fft.fftfreq(SIDE)
    squared = frequency[:, None] ** 2 + frequency**2
    weight = power / (power + noise / 2)
    variance = 2 * noise * (squared * power * weight**2).sum() + noise**2 * (squared * weight**2).sum()
    best = variance / (squared * power * weight).sum() ** 2
    return float(np.sqrt(best / (2 * noise / (squared * power).sum())))


def errors(name: str, family: str, decibels: int, draws: int) -> tuple[float, float, float]:
    """Return RMS error and bias, each over the bound (the worst parameter), and what is attainable."""
    image = ndimage.gaussian_filter(scenes()[name], BLUR)
    coefficients = ndimage.spline_filter(image, 3)
    middle, centre = np.array(image.shape) / 2, (SIDE - 1) / 2
    degrees, shift = MOTIONS[family]
    truth = superpose.rigid(np.radians(degrees), shift, (centre, centre)).matrix
    rows, columns = np.indices((SIDE, SIDE))
    points = np.stack([rows.ravel(), columns.ravel()], 1).astype(float)

    def view(places: Floats) -> Floats:
        return ndimage.map_coordinates(coefficients, (places + middle - centre).T, order=3, prefilter=False)

    still, turned = view(points), view(moved(np.linalg.inv(truth), points))
    step = 1e-3
    by_row, by_column = ((view(points + step * axis) - view(points - step * axis)) / (2 * step) for axis in np.eye(2))
    u, v = (points - centre).T
    inside = moved(truth, points)
    inside = ((inside >= 0) & (inside <= SIDE - 1)).all(1)
    columns_of = [by_row, by_column] + ([by_column * u - by_row * v] if family == "rigid" else [])
    jacobian = np.stack([*columns_of, still, np.ones_like(still)], 1)[inside]
    noise = still.var() / 10 ** (decibels / 10)
    bound = np.sqrt(np.diag(2 * noise * np.linalg.inv(jacobian.T @ jacobian)))[: len(columns_of)]
    found = []
    for draw in range(draws):
        rng = np.random.default_rng([20261125, draw, decibels])
        fixed, moving = (
            each.reshape(SIDE, SIDE) + rng.normal(0, np.sqrt(noise), (SIDE, SIDE)) for each in (still, turned)
        )
        result = superpose.register(fixed, moving, transform=family, metric="ncc", search="local")
        left = np.linalg.inv(truth) @ result.transform.matrix
        move = left[:2, :2] @ np.full(2, centre) + left[:2, 2] - centre
        found.append([*move, np.arctan2(left[1, 0], left[0, 0])][: len(columns_of)])
    off = np.array(found) / bound
    rms, bias = np.sqrt((off**2).mean(0)), np.abs(off.mean(0))
    return float(rms.max()), float(bias.max()), attainable(still.reshape(SIDE, SIDE), noise)


def main(arguments: list[str]) -> int:
    """Print the table."""
    draws = int(arguments[0]) if arguments else 40
    print("| scene | family | SNR, dB | RMS error / bound | bias / bound | attainable / bound |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for name in scenes():
        for family in MOTIONS:
            for decibels in DECIBELS:
                rms, bias, best = errors(name, family, decibels, draws)
                print(f"| {name} | {family} | {decibels} | {rms:.2f} | {bias:.2f} | {best:.2f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
