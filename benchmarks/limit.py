"""``python -m benchmarks.limit``: the error over repeated noise beside the Cramer-Rao bound with both images noisy.

Pairs are views of a photograph with pixels twice as large, blurred so that these hold the scene: no fill enters, and
the interpolation that moves the scene is far better than any that the pair's own pixels allow. The bound is computed
from the scene's true derivatives, gain and offset unknown. `attainable` is what the best filter could reach, relative
to the bound: at low signal-to-noise ratio noise against noise counts, which the bound knows nothing of.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import color, data, util

import superpose
from benchmarks.cases import moved

Floats = NDArray[np.float64]

SIDE = 176
# The photograph's pixels to one of the pair's, and the blur in the photograph's.
STEP, BLUR = 2, 1.6
DECIBELS = (5, 10, 20, 30, 40)
MOTIONS = {"translation": (0.0, (0.25, 0.3)), "rigid": (7.0, (3.3, -2.2))}


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


@dataclass(frozen=True)
class Row:
    """Errors over repeated noise: in pixels, of the centre's shift; ratios to the bound, of the worst parameter."""

    scene: str
    family: str
    decibels: int
    rms: float
    bound: float
    rms_ratio: float
    bias_ratio: float
    attainable: float


def errors(name: str, family: str, decibels: int, draws: int) -> Row:
    """Return the errors of `draws` pairs that differ in their noise alone."""
    image = ndimage.gaussian_filter(scenes()[name], BLUR)
    coefficients = ndimage.spline_filter(image, 3)
    middle, centre = (np.array(image.shape) - 1) / 2, (SIDE - 1) / 2
    degrees, shift = MOTIONS[family]
    truth = superpose.rigid(np.radians(degrees), shift, (centre, centre)).matrix
    rows, columns = np.indices((SIDE, SIDE))
    points = np.stack([rows.ravel(), columns.ravel()], 1).astype(float)

    def view(places: Floats) -> Floats:
        return ndimage.map_coordinates(coefficients, (STEP * (places - centre) + middle).T, order=3, prefilter=False)

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
    shift = np.linalg.norm(np.array(found)[:, :2], axis=1)
    return Row(
        name,
        family,
        decibels,
        float(np.sqrt((shift**2).mean())),
        float(np.linalg.norm(bound[:2])),
        float(rms.max()),
        float(bias.max()),
        attainable(still.reshape(SIDE, SIDE), noise),
    )


def main(arguments: list[str]) -> int:
    """Print the table, and write limit.json and limit.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.limit", description=__doc__)
    parser.add_argument("--draws", type=int, default=40, help="noise draws of each row")
    parser.add_argument("--scenes", nargs="+", default=list(scenes()), choices=list(scenes()))
    parser.add_argument("-o", "--out", type=Path, help="folder for limit.json and limit.md")
    chosen = parser.parse_args(arguments)
    rows = []
    lines = [
        "| scene | family | SNR, dB | RMS, px | bound, px | RMS / bound | bias / bound | attainable / bound |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    print("\n".join(lines))
    for name, family, decibels in itertools.product(chosen.scenes, MOTIONS, DECIBELS):
        row = errors(name, family, decibels, chosen.draws)
        rows.append(asdict(row))
        pixels = f"{row.rms:.5f} | {row.bound:.5f}"
        ratios = f"{row.rms_ratio:.2f} | {row.bias_ratio:.2f} | {row.attainable:.2f}"
        lines.append(f"| {name} | {family} | {decibels} | {pixels} | {ratios} |")
        print(lines[-1], flush=True)
    if chosen.out:
        chosen.out.mkdir(parents=True, exist_ok=True)
        (chosen.out / "limit.md").write_text("\n".join(lines) + "\n")
        (chosen.out / "limit.json").write_text(
            json.dumps({"side": SIDE, "draws": chosen.draws, "rows": rows}, indent=1)
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
