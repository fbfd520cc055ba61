"""``python -m benchmarks.volumes.truth``: what a metric says of its own answer, and of the truth.

Where it prefers the answer, no better search or refinement would have led nearer to the truth by it.
"""

from __future__ import annotations

import argparse

import numpy as np
from scipy import ndimage

import superpose
from benchmarks.volumes.__main__ import SETS, pair_of
from benchmarks.volumes.heads import Floats, Pair

METRICS = ("orientation", "nmi", "mi")


def value_at(pair: Pair, pose: Floats, metric: str) -> float:
    """Return a metric of fixed and of moving under a pose, interpolated once, by cubic splines of SciPy's."""
    fixed, moving = (
        superpose.Grid(each.shape, origin, spacing)
        for each, origin, spacing in (
            (pair.fixed, pair.fixed_origin, pair.fixed_spacing),
            (pair.moving, pair.moving_origin, pair.moving_spacing),
        )
    )
    index = moving.physical_to_index @ pose @ fixed.index_to_physical
    warped = ndimage.affine_transform(pair.moving, index[:3, :3], index[:3, 3], fixed.shape, order=3, cval=np.nan)
    return float(getattr(superpose.metrics, metric)(pair.fixed, warped))


def main() -> None:
    """Print a line for each case and metric."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.volumes.truth", description=__doc__)
    parser.add_argument("--set", choices=SETS, default="affine-two-modalities-2mm")
    parser.add_argument("--cases", type=int, default=2)
    parser.add_argument("--seed", type=int, default=2026)
    options = parser.parse_args()
    of_set = SETS[options.set]
    print("| case | metric | TRE of its answer, mm | its value there | at the truth |\n| --- | --- | --- | --- | --- |")
    for number in range(options.cases):
        pair = pair_of(options.seed, number, of_set)
        images = (
            superpose.Image(pair.fixed, pair.fixed_spacing, pair.fixed_origin),
            superpose.Image(pair.moving, pair.moving_spacing, pair.moving_origin),
        )
        for metric in METRICS:
            pose = superpose.register(*images, metric=metric, on_unreliable="ignore", **of_set.asked).transform.matrix
            values = [value_at(pair, each, metric) for each in (pose, pair.truth)]
            print(f"| {number} | {metric} | {pair.error(pose):.3f} | {values[0]:.5f} | {values[1]:.5f} |", flush=True)


if __name__ == "__main__":
    main()
