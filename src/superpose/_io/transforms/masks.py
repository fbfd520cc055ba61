"""Masks as plain data, and back: bits, packed and compressed, in base64."""

from __future__ import annotations

import base64
import zlib
from math import prod
from typing import Any

import numpy as np

from superpose._arithmetic.elementary import read_only
from superpose.image import Mask


def mask_as_dict(mask: Mask) -> dict[str, Any]:
    """Return a mask's shape, and its pixels row by row, eight to a byte, the first one highest."""
    bits = np.packbits(mask).tobytes()
    return {"shape": list(mask.shape), "bits": base64.b64encode(zlib.compress(bits, 9)).decode("ascii")}


def mask_from_dict(data: dict[str, Any], shape: tuple[int, ...]) -> Mask:
    """Return the mask of which `mask_as_dict` returned `data`, which nobody can change.

    Raises
    ------
    ValueError
        If it is none of this shape.
    """
    if tuple(data["shape"]) != shape:
        raise ValueError(f"a mask has shape {data['shape']}, and fixed {list(shape)}")
    length = -(-prod(shape) // 8)
    packed = base64.b64decode(data["bits"], validate=True)
    # What a few bytes can be made to expand to has no end: no more of it is made than the mask has.
    reader = zlib.decompressobj()
    try:
        bits = reader.decompress(packed, length)
        whole = len(bits) == length and not reader.decompress(reader.unconsumed_tail, 1) and reader.eof
    except zlib.error as error:
        raise ValueError(f"a mask cannot be unpacked: {error}") from error
    if not whole:
        raise ValueError(f"a mask does not have the {prod(shape)} pixels of its shape")
    return read_only(np.unpackbits(np.frombuffer(bits, np.uint8), count=prod(shape)).astype(bool).reshape(shape))
