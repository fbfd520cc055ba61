"""What is read: files by their paths, pipes, and standard input."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, FileIO
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast

Source = str | Path | BinaryIO
# Of a pipe, what is held in memory before it goes to a file without a name, and what is moved at once.
_HELD, _PIECE = 2**26, 2**20


def shown_source(source: Source) -> str:
    """Return what messages show of a source: its path, or - for an open stream."""
    return repr(str(source)) if isinstance(source, (str, Path)) else "'-'"


@contextmanager
def opened_source(source: Source) -> Iterator[BinaryIO]:
    """Open a file; a stream that is open already stays so."""
    if isinstance(source, (str, Path)):
        with BufferedReader(FileIO(source)) as stream:  # no name is the working folder to Path
            yield stream
    else:
        yield source


@contextmanager
def seekable(start: bytes, stream: BinaryIO, most: int) -> Iterator[BinaryIO]:
    """Return a stream, of which the `start` was read, as one that begins there and may be moved about in.

    What of it comes out of a pipe is kept.

    Raises
    ------
    ValueError
        If more than so many bytes come out of it.
    """
    if stream.seekable() and stream.tell() == len(start):
        yield stream
        return
    with SpooledTemporaryFile(max_size=_HELD) as kept:
        kept.write(start)
        while piece := stream.read(_PIECE):
            kept.write(piece)
            if kept.tell() > most:
                raise ValueError(f"more than {most} bytes come out of it")
        kept.seek(0)
        yield cast("BinaryIO", kept)
