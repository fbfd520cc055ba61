"""A valid call of every kernel, for the tests that hold for all of them; `python -m tests.kernels.calls` runs them.

A kernel is added by one `call` in `calls`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from superpose._kernels import _native, features, frames, matching, matrices, normal
from superpose._kernels import filter as filters
from superpose._kernels.blocks import direction_blocks
from superpose._kernels.camera import add_seen_by, seen_through
from superpose._kernels.histogram import histogram_rows, slope_rows
from superpose._kernels.noise import SUMS as NOISE_SUMS
from superpose._kernels.noise import interpolated_sums
from superpose._kernels.orientation import directions, gradient_lengths, padded
from superpose._kernels.sampled import sampled_rows
from superpose._kernels.shifts import best_shifts, spectral_products, turned
from superpose._kernels.squared import squared_rows
from superpose._kernels.sums import SUMS, pair_sums, robust_sums
from superpose._kernels.vector import vector_rows
from superpose._kernels.warp import warp_cubic, warp_linear, warp_nearest


@dataclass(frozen=True)
class Call:
    """A kernel, what it is passed by name, which of that it writes to, and the axes on which it may be longer."""

    kernel: Callable[..., None]
    arguments: dict[str, Any]
    outputs: tuple[str, ...]
    free: tuple[tuple[str, int], ...] = ()

    def run(self, **changed: Any) -> None:
        """Call the kernel, with some arguments changed."""
        self.kernel(*(self.arguments | changed).values())


def calls() -> dict[str, Call]:
    """Return the calls by name, the same ones each time, with outputs that are not filled yet."""
    rng = np.random.default_rng(97)
    found: dict[str, Call] = {}

    def call(name: str, kernel: Any, outputs: str, free: tuple[tuple[str, int], ...] = (), **arguments: Any) -> None:
        found[name] = Call(kernel, arguments, tuple(outputs.split()), free)

    def pixels(*shape: int) -> Any:
        return rng.normal(size=shape).astype(np.float32)

    def mask(*shape: int) -> Any:
        return rng.random(shape) > 0.05

    def empty(*shape: int, dtype: Any = np.float32) -> Any:
        return np.full(shape, 7, dtype)

    filtered = {"data": pixels(3, 7, 101), "taps": pixels(5)}
    lines = {"first": 1, "last": 20}
    call("filter_along", filters.filter_along, "out", (("taps", 0),), **filtered, out=empty(3, 7, 101), **lines)
    around = {"before": 1, "out": empty(3, 10, 104)}
    free = (("taps", 0), *((name, axis) for name in ("data", "out") for axis in (1, 2)))
    call("filter_rows", filters.filter_rows, "out", free, **filtered, **around, **lines)
    halved = {"data": pixels(3, 7, 101), "taps": pixels(5), "out": empty(3, 4, 101), "first": 1, "last": 11}
    call("halve_along", filters.halve_along, "out", **halved)
    for complete in (True, False):
        call(
            f"halve_rows, complete {complete}",
            filters.halve_rows,
            "out mask",
            data=pixels(2, 3, 8, 101),
            kept=mask(3, 8, 101).astype(np.float32),
            complete=complete,
            row_taps=np.abs(pixels(4)),
            column_taps=np.abs(pixels(5)),
            line_weights=pixels(12),
            column_weights=pixels(51),
            out=empty(2, 3, 4, 51),
            mask=empty(3, 4, 51, dtype=bool),
            first=1,
            last=11,
        )
    call(
        "fill_missing",
        filters.fill_missing,
        "far out",
        data=pixels(30, 40),
        mask=rng.random((30, 40)) > 0.7,
        far=empty(30, 40, dtype=np.int32),
        out=empty(30, 40),
    )
    for rank in (2, 3):
        for w in (0.0, 2e-3):
            size, to = (9, 31, 40)[-rank:], (8, 30, 101)[-rank:]
            matrix = np.eye(rank + 1) + 0.03 * rng.normal(size=(rank + 1, rank + 1))
            matrix[:, -1] += 1.5
            matrix[:, -2] *= 0.4
            matrix[-1] = [w] * rank + [1]
            rows = {"valid": empty(*to, dtype=bool), "first": 1, "last": 7}
            for whole in (True, False):
                where = {"mask": mask(*size), "whole": whole, "matrix": matrix, "out": empty(2, *to), **rows}
                suffix = f"{rank}D, whole {whole}, perspective {w}"
                call(f"warp_linear, {suffix}", warp_linear, "out valid", data=pixels(2, *size), **where)
                call(f"warp_cubic, {suffix}", warp_cubic, "out valid", coefficients=pixels(2, *size), **where)
            index = {"source": np.array(size), "matrix": matrix, "out": empty(*to, dtype=np.int64), **rows}
            call(f"warp_nearest, {rank}D, perspective {w}", warp_nearest, "out valid", **index)
            nodes = {"image": pixels(*(n + 3 for n in size)), "usable": mask(*size)}
            for cubic, whole, cutoff in ((True, True, 0.5), (False, False, np.inf)):
                generators = rng.normal(size=(3, rank + 1, rank + 1))
                generators[:, -1] *= rank == 2  # volumes know no perspective
                call(
                    f"squared_rows, {rank}D, cubic {cubic}, perspective {w}",
                    squared_rows,
                    "out",
                    fixed=pixels(*to),
                    kept=mask(*to),
                    **nodes,
                    whole=whole,
                    cubic=cubic,
                    matrix=matrix,
                    generators=generators,
                    centre=(np.array(to) - 1) / 2,
                    radius=30.0,
                    gain=0.9,
                    offset=0.1,
                    cutoff=cutoff,
                    first=1,
                    last=7,
                    cuts=np.array([0, 40, to[-1]]),
                    out=empty(2, normal.sums_size(3), dtype=float),
                )
                sampled = {"places": empty(*to), "slopes": empty(rank, *to), "out": empty(5, 11, dtype=float)}
                call(
                    f"histogram_rows, {rank}D, cubic {cubic}, perspective {w}",
                    histogram_rows,
                    "places slopes out",
                    (("out", 0), ("out", 1), ("slopes", 0)),
                    bins=rng.integers(-1, 5, to).astype(np.int16),
                    **nodes,
                    cubic=cubic,
                    matrix=matrix,
                    low=-2.0,
                    scale=2.5,
                    first=1,
                    last=7,
                    **sampled,
                )
            if rank == 2:
                call(
                    f"vector_rows, perspective {w}",
                    vector_rows,
                    "out",
                    fixed=pixels(33, 104, 2),
                    kept=mask(30, 101),
                    field=pixels(34, 43, 2),
                    usable=mask(31, 40),
                    matrix=matrix,
                    generators=generators,
                    centre=np.array([14.5, 50.0]),
                    radius=30.0,
                    gain=0.9,
                    cosine=0.6,
                    sine=0.8,
                    first=1,
                    last=27,
                    out=empty(normal.sums_size(3), dtype=float),
                )
                call(
                    f"sampled_rows, perspective {w}",
                    sampled_rows,
                    "values weights",
                    **nodes,
                    matrix=matrix,
                    first=1,
                    step=3,
                    values=empty(7, 101),
                    weights=empty(7, 101),
                )
        call(
            f"slope_rows, {rank}D",
            slope_rows,
            "out",
            (("slopes", 0),),
            bins=rng.integers(-1, 5, to).astype(np.int16),
            places=(1 + 8 * rng.random(to)).astype(np.float32),
            slopes=pixels(rank, *to),
            slope=pixels(5, 11),
            curvature=pixels(5, 11),
            generators=generators,
            centre=(np.array(to) - 1) / 2,
            radius=30.0,
            first=1,
            last=7,
            out=empty(normal.sums_size(3), dtype=float),
        )
    seen = {"data": pixels(30, 101), "mask": mask(30, 101)}
    call("gradient_lengths", gradient_lengths, "out", **seen, first=1, last=29, out=empty(2, dtype=float))
    for signs in (True, False):
        filled = {"out": empty(2, 30, 101), "usable": empty(30, 101, dtype=bool)}
        call(
            f"directions, signs {signs}", directions, "out usable", **seen, damping=0.3, signs=signs, **filled, **lines
        )
    numbers = {"first": rng.normal(size=(4, 3)), "second": rng.normal(size=(3, 5)), "out": empty(4, 5, dtype=float)}
    call("product", matrices.product, "out", **numbers)
    tangent = {"tangent": rng.normal(size=(4, 4)), "out": empty(4, 4, dtype=float)}
    call("exponential", matrices.exponential, "out", **tangent)
    system = {"matrix": rng.normal(size=(5, 5)), "right": rng.normal(size=(3, 5)), "out": empty(3, 5, dtype=float)}
    call("solution", matrices.solution, "out", **system)
    call("padded", padded, "out", parts=pixels(2, 30, 101), out=empty(33, 104, 2))
    spectra = {"moving": pixels(3, 2, 10010), "fixed": pixels(2, 10010), "out": empty(3, 10010)}
    call("spectral_products", spectral_products, "out", **spectra)
    call(
        "direction_blocks",
        direction_blocks,
        "out",
        fixed=pixels(2, 31, 101),
        moving=pixels(2, 31, 101),
        mask=mask(31, 101),
        cosine=0.6,
        sine=0.8,
        block=4,
        out=empty(20, 8, 26, dtype=float),
        first=1,
        last=8,
    )
    call(
        "turned",
        turned,
        "out low",
        field=pixels(34, 43, 2),
        usable=mask(31, 40),
        matrix=np.array([[0.4, -0.2, 3.0], [0.2, 0.4, -2.0], [0, 0, 1]]),
        cosine=0.6,
        sine=0.8,
        block=4,
        out=empty(2, 48, 108),
        low=empty(2, 12, 27),
    )
    call(
        "best_shifts",
        best_shifts,
        "product found null",
        (("found", 0),),
        product=pixels(48, 108),
        norms=(400 * rng.random((3, 12, 27))).astype(np.float32),
        block=4,
        least=0.2,
        smaller=300.0,
        most=300.0,
        floors=np.array([0.1, 0.2]),
        reach=np.array([-20.0, 15.0, -30.0, 40.0]),
        found=empty(3, 4, dtype=float),
        null=empty(3, dtype=float),
    )
    for dtype in (np.float32, np.float64):
        pair = {"a": rng.normal(size=1003).astype(dtype), "b": rng.normal(size=1003).astype(dtype)}
        shifts = {"mask": mask(1003), "shift_a": 0.1, "shift_b": -0.2, "first": 3, "last": 1001}
        call(f"pair_sums, {np.dtype(dtype)}", pair_sums, "out", **pair, **shifts, out=empty(SUMS, dtype=float))
    samples = {"a": rng.normal(size=1003), "b": rng.normal(size=1003)}
    how = {"gain": 0.8, "offset": 0.1, "inverse": 0.7, "floor": 1e-3}
    call("robust_sums", robust_sums, "out", **samples, **how, out=empty(6, dtype=float))
    call(
        "interpolated_sums",
        interpolated_sums,
        "out",
        gain=rng.random(8),
        slope=rng.normal(size=8),
        matrix=np.array([[1.02, -0.05, 3.3], [0.04, 0.97, -2.1], [1e-4, -2e-4, 1.0]]),
        fixed=np.array([40, 50]),
        moving=np.array([45, 44]),
        steps=np.array([3, 1]),
        centre=np.array([19.5, 24.5]),
        radius=31.0,
        out=empty(NOISE_SUMS, dtype=float),
    )
    faded = {"frame": pixels(20, 101), "rows": pixels(20), "columns": pixels(101), "less": 0.3}
    placed = {"top": 3, "left": 2}
    free = (("into", 0), ("into", 1))
    call("add_faded", frames.add_faded, "into", free, **faded, **placed, into=empty(30, 110))
    call(
        "faded_products",
        frames.faded_products,
        "out",
        (("others", 0), ("others", 1), ("others", 2)),
        **faded,
        others=pixels(3, 30, 110),
        **placed,
        first=1,
        last=19,
        out=empty(frames.PRODUCTS, dtype=float),
    )
    call(
        "highest_score",
        frames.highest_score,
        "out",
        scores=pixels(20, 101),
        factor=mask(20, 101).astype(np.float32),
        out=empty(frames.HIGHEST, dtype=float),
    )
    call("powers", frames.powers, "out", (("out", 0),), cosine=0.6, sine=0.8, out=empty(100, 2))
    turning = {"rows": pixels(20, 2), "columns": pixels(51, 2), "into": empty(20, 51, 2)}
    call("add_turned", frames.add_turned, "into", waves=pixels(20, 51, 2), **turning)
    finer = {name: pixels(30, 101) for name in ("below", "here", "above")}
    call("hessian", features.hessian, "out", data=pixels(30, 101), strength=2.0, out=empty(30, 101), first=1, last=29)
    call(
        "maxima", features.maxima, "out", (("out", 0),), **finer, least=0.1, edge=2, out=empty(50, 4), first=1, last=29
    )
    patches = {"points": (10 + 20 * rng.random((20, 2))).astype(np.float32), "frames": pixels(20, 2, 2) + 4}
    patches["frames"][:, 1, 0] -= 6
    some = {"first": 1, "last": 19}
    call(
        "shapes",
        features.shapes,
        "out usable",
        (("data", 0), ("data", 1)),
        data=pixels(40, 50),
        **patches,
        window=rng.random(21).astype(np.float32),
        steps=5,
        longest=6.0,
        out=empty(20, 2, 2),
        usable=empty(20, dtype=bool),
        **some,
    )
    described = {"window": rng.random(35).astype(np.float32)}
    call(
        "turns",
        features.turns,
        "out usable",
        data=pixels(40, 50),
        mask=rng.random((40, 50)) > 0.003,
        whole=False,
        **patches,
        inner=0.7,
        **described,
        directions=pixels(36, 2),
        weaker=0.8,
        out=empty(20, 2, 2, 2),
        usable=empty(20, 2, dtype=bool),
        **some,
    )
    call(
        "descriptors",
        features.descriptors,
        "out",
        (("data", 0), ("data", 1)),
        data=pixels(40, 50),
        **patches,
        **described,
        out=empty(20, 128, dtype=np.int16),
        **some,
    )
    vectors = {name: rng.integers(0, 200, (n, 128)).astype(np.int16) for name, n in (("a", 20), ("b", 31))}
    call(
        "nearest_two",
        matching.nearest_two,
        "index far",
        **vectors,
        own=rng.integers(0, 9, 20).astype(np.int32),
        squares=rng.integers(0, 9, 31).astype(np.int32),
        places=pixels(31, 2),
        apart=1.0,
        index=empty(20, dtype=np.int64),
        far=empty(20, 2, dtype=np.int32),
        **some,
    )
    points = {"fixed": 30 * rng.random((20, 2)), "moving": 30 * rng.random((20, 2))}
    call(
        "support",
        matching.support,
        "out",
        **points,
        maps=rng.normal(size=(20, 2, 2)),
        weights=rng.random(20),
        near=1.0,
        reach=40.0,
        pixels=10.0,
        relative=0.5,
        alike=0.2,
        out=empty(20, dtype=float),
        **some,
    )
    transfer = {**points, "matrix": np.array([[1.0, 0.2, 3], [-0.1, 0.9, 2], [1e-3, -2e-3, 1]])}
    looks = {"maps": np.eye(2) + 0.1 * rng.normal(size=(20, 2, 2)), "alike": 0.5}
    call("transfer_errors", matching.transfer_errors, "out", **transfer, **looks, out=empty(20, dtype=float))
    summed = {"weights": rng.random(20), "out": empty(9, 9, dtype=float)}
    call("transfer_sums", matching.transfer_sums, "out", **transfer, **summed)
    camera = {"matrix": np.array([[0.5, 0.03, -1.2], [-0.02, 0.5, 0.7], [0.0, 0.0, 1.0]]), "response": pixels(700)}
    camera |= {"steps": 256.0}
    call(
        "seen_through",
        seen_through,
        "out",
        (("scene", 1), ("scene", 2), ("response", 0), ("out", 1), ("out", 2)),
        scene=pixels(2, 40, 101),
        **camera,
        out=empty(2, 20, 50),
    )
    call(
        "add_seen_by",
        add_seen_by,
        "into",
        (("frames", 1), ("frames", 2), ("response", 0), ("into", 1), ("into", 2)),
        frames=pixels(2, 20, 50),
        **camera,
        first=1,
        last=39,
        into=empty(2, 40, 101),
    )
    call(
        "faded_products, weighted",
        frames.faded_products,
        "out",
        (("others", 0), ("others", 1), ("others", 2)),
        **faded,
        others=pixels(4, 30, 110),
        **placed,
        first=1,
        last=19,
        out=empty(frames.PRODUCTS, dtype=float),
    )
    return found


def main() -> None:
    """Print the level, and what each call's outputs hash to."""
    print(_native.LEVEL)
    for name, call in calls().items():
        call.run()
        digest = hashlib.sha256(b"".join(call.arguments[output].tobytes() for output in call.outputs)).hexdigest()
        print(f"{name}: {digest}")


if __name__ == "__main__":
    main()
