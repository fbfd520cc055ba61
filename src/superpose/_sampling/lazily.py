"""Resampled images as arrays of dask's."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from superpose._exchange import extra_package
from superpose._sampling.later import WarpedLater


def as_dask(later: WarpedLater, argument: str = "lazy") -> Any:
    """Return what will be resampled as an array of dask's, a chunk for each of its pieces.

    Raises
    ------
    MissingPackageError
        If dask is not installed.
    """
    dask = extra_package("dask.array", "dask", argument, "large")
    sides = (later.side,) * later.pixels.output.ndim + later.image.shape[later.pixels.input.ndim :]
    template = dask.empty(later.shape, chunks=sides, dtype=later.dtype)
    # A name of its own: otherwise all pixels are read to make one.
    name = f"superpose-warp-{secrets.token_hex(8)}"
    return dask.map_blocks(
        _Task(later), template, dtype=later.dtype, meta=np.empty((0,) * len(sides), later.dtype), name=name
    )


@dataclass(frozen=True, eq=False)
class _Task:
    later: WarpedLater

    def __call__(self, block: NDArray[Any], block_info: Any = None) -> NDArray[Any]:
        if not block.size or block_info is None:
            return block
        place = block_info[0]["array-location"][: self.later.pixels.output.ndim]
        return self.later.part(tuple(slice(int(first), int(last)) for first, last in place))
