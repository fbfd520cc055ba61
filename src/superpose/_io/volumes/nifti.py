"""NIfTI (.nii, .nii.gz, and pairs of .hdr and .img), through nibabel: an extra."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

from numpy.typing import NDArray

from superpose._exchange import Placed, medical_package, nibabel_of, placed_of_nibabel
from superpose._io.images.base import check_promise
from superpose._io.volumes.base import DEFLATED, Part
from superpose.grid import Grid

NAME, EXTENSIONS = "NIfTI", (".nii", ".nii.gz")


def recognises(start: bytes) -> bool:
    """Whether a file that begins with these bytes is a NIfTI, compressed or not."""
    if start.startswith(b"\x1f\x8b"):
        try:
            start = zlib.decompressobj(31).decompress(start, 352)
        except zlib.error:
            return False
    return start[344:348] in (b"n+1\0", b"ni1\0") or start[4:8] == b"n+2\0"


def load(path: Path, argument: str) -> list[Part]:
    """Return its volumes: of a series of them each."""
    with _opened(path, argument) as image:
        shape, count = _shape(image, path)
    return [Part(shape, partial(_decoded, path, argument, k)) for k in range(count)]


def load_series(path: Path, argument: str, kept: ExitStack) -> list[Part]:
    """Return its volumes, all to be decoded from one file that is open as long as `kept` is.

    What is compressed is then decompressed once where they are decoded in their order, and not from its start for each.
    """
    image = kept.enter_context(_opened(path, argument))
    shape, count = _shape(image, path)
    return [Part(shape, partial(placed_of_nibabel, image, argument, k)) for k in range(count)]


def _shape(image: Any, path: Path) -> tuple[tuple[int, ...], int]:
    """Return the shape of each volume, and how many there are."""
    shape = tuple(int(each) for each in image.shape)
    if not shape or min(shape) < 1:
        raise ValueError(f"its sizes are {shape}")
    if image.get_filename() is None:  # header and voxels in one file
        with path.open("rb") as stream:
            check_promise(stream, prod(shape) * image.get_data_dtype().itemsize, DEFLATED)
    return shape[:3][::-1], shape[3] if len(shape) > 3 else 1


def _decoded(path: Path, argument: str, number: int) -> Placed:
    with _opened(path, argument) as image:
        return placed_of_nibabel(image, argument, number)


@contextmanager
def _opened(path: Path, argument: str) -> Iterator[Any]:
    """Yield nibabel's image, whose voxels are not read yet."""
    nibabel = medical_package("nibabel", "nibabel", argument)
    with path.open("rb") as stream, gzip.GzipFile(fileobj=stream) as packed:
        start = stream.read(2)
        stream.seek(0)
        opened: Any = packed if start == b"\x1f\x8b" else stream
        start = opened.read(348)
        opened.seek(0)
        if start[344:348] == b"ni1\0":
            yield nibabel.Nifti1Pair.from_filename(str(path))
            return
        kind = nibabel.Nifti2Image if start[4:7] == b"n+2" else nibabel.Nifti1Image
        yield kind.from_stream(opened)


def dump(stream: BinaryIO, array: NDArray[Any], grid: Grid, scale: float, extension: str) -> None:
    """Write pixels on a grid, compressed if the name says so."""
    image = nibabel_of(array, grid, scale)
    if extension.endswith(".gz"):
        # No date and no name in it: the same image is the same bytes.
        with gzip.GzipFile("", "wb", 4, stream, mtime=0) as packed:
            image.to_stream(packed)
    else:
        image.to_stream(stream)
