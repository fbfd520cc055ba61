"""``python -m benchmarks.room``: the memory that an alignment says it needs, beside what it took.

Made pairs of one modality and of two, images and volumes, on one thread, each in a process of its own. The ratio is
said over taken: 1 is exact, below 1 a run might be killed that was admitted. The last lines are computed only.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from benchmarks import apart
from superpose._memory import MODELS, in_words

ALIGN = (
    apart.COUNTED
    + """
import numpy as np, superpose
from scipy import ndimage
ndim, side, kind, metric, work_at, missing = eval(sys.argv[1])
def pair(side):
    coarse = ndimage.gaussian_filter(np.random.default_rng(3).normal(size=(24,) * ndim), 1.0)
    fixed = ndimage.zoom(coarse, side / 24, order=1, output=np.float32)
    fixed = np.ascontiguousarray(fixed[(slice(side),) * ndim] / fixed.std())
    moving = np.roll(fixed, (3,) * ndim, tuple(range(ndim)))
    if kind == "two":
        moving = np.sin(2 * moving, dtype=np.float32)
    if missing:
        fixed[: side // 5] = np.nan
    for image, seed in ((fixed, 1), (moving, 2)):
        rng = np.random.default_rng(seed)
        for line in image:
            line += rng.normal(0, 0.05, line.shape).astype(np.float32)
    return fixed, moving
options = {"metric": metric, "on_unreliable": "ignore", "threads": 1}
images, last = pair(side), []
def call(*small):
    found = superpose.register(*(small or images), **options, **({} if small else work_at))
    last[:] = [found.metric]
    return last
counted(call, pair(24 if ndim == 3 else 96))
"""
)

# Axes, side, modalities, metric, options, whether pixels are missing.
Case = tuple[int, int, str, str, dict[str, Any], bool]
CASES: list[Case] = [
    *((3, side, kind, "auto", {}, False) for side in (128, 192, 256) for kind in ("one", "two")),
    (3, 192, "one", "nmi", {}, False),
    (3, 192, "one", "auto", {}, True),
    (3, 192, "two", "auto", {"work_at": "2px"}, False),
    *((2, side, kind, "auto", {}, False) for side in (1500, 4000) for kind in ("one", "two")),
    (2, 3000, "one", "nmi", {}, False),
    (2, 3000, "one", "auto", {}, True),
    (2, 3000, "two", "auto", {"work_at": "2px"}, False),
]


def said(ndim: int, side: int, metric: str, work_at: str = "1px") -> float:
    """Return what an alignment of two such images says it needs, in bytes, once it knows its metric."""
    kinds = {"ncc": "squared", "mse": "squared", "orientation": "orientation"}
    count = 2 * side**ndim
    worked = 2 * (side // int(work_at.removesuffix("px"))) ** ndim
    return MODELS[ndim].needed(count, worked, kinds.get(metric, "histogram"))


def main(arguments: list[str]) -> int:
    """Print a line a case."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.room", description=__doc__)
    parser.add_argument("--largest", type=int, default=sys.maxsize, help="leave out cases of more pixels an image")
    largest = parser.parse_args(arguments).largest
    print("| pair | metric | said | taken | ratio |\n| --- | --- | ---: | ---: | ---: |")
    for case in CASES:
        ndim, side, kind, _, options, missing = case
        if side**ndim > largest:
            continue
        found = apart.run(ALIGN, repr(case))
        needed, metric = said(ndim, side, found["matrix"][0], **options), found["matrix"][0]
        name = f"{side}^{ndim}, {kind} modalit{'y' if kind == 'one' else 'ies'}{', missing' * missing}"
        name += "".join(f", {key}={value}" for key, value in options.items())
        taken, ratio = found["peak"], needed / found["peak"]
        print(f"| {name} | {metric} | {in_words(needed)} | {in_words(taken)} | {ratio:.2f} |", flush=True)
    for ndim, side in ((3, 320), (3, 400), (2, 20000)):
        for metric in ("ncc", "nmi", "orientation"):
            print(f"| {side}^{ndim} | {metric} | {in_words(said(ndim, side, metric))} | | |")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
