"""Files without a name, for what does not fit in memory: gone with the process, however that ends."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import BinaryIO, cast

from superpose.errors import InputError

# What is held in memory before it goes to a file.
_HELD = 2**26


def scratch_folder() -> Path:
    """Return where such files go: what TMPDIR says, else a folder on a disk, which /tmp often is not."""
    said = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    on_disk = Path("/var/tmp")
    return on_disk if not said and os.access(on_disk, os.W_OK) else Path(tempfile.gettempdir())


def scratch_file(size: int = 0, held: int | None = None) -> BinaryIO:
    """Return a new file without a name, open to be written and read; small ones are held in memory.

    Parameters
    ----------
    size : int
        How many bytes will come, where that is known.
    held : int, optional
        How many bytes are held in memory before they go to a file.

    Raises
    ------
    InputError
        If there is no room for so many.
    """
    folder, most = scratch_folder(), _HELD if held is None else held
    if size > most:
        try:
            free = shutil.disk_usage(folder).free
        except OSError as error:
            raise no_room(error) from error
        if size > free:
            raise no_room(f"it needs {size / 1e9:.3g} GB there, and {free / 1e9:.3g} GB are free")
    return cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=most, dir=str(folder)))


def no_room(reason: OSError | str) -> InputError:
    """Return what says that such a file cannot be written."""
    said = reason if isinstance(reason, str) else reason.strerror or str(reason)
    return InputError("no-scratch", argument="frames", value=repr(str(scratch_folder())), reason=said)
