"""Write a file whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from superpose.errors import InputError


def check_folder(path: str | Path, argument: str) -> Path:
    """Return `path`, after checking that a file of that name could be written.

    Raises
    ------
    InputError
        If it names a folder, or its folder does not exist.
    """
    target = Path(path)
    if target.is_dir():
        raise InputError("is-a-folder", argument=argument, value=repr(str(path)))
    if not target.parent.is_dir():
        raise InputError("no-such-folder", argument=argument, value=repr(str(path)), folder=repr(str(target.parent)))
    return target


def write_atomically(path: str | Path, write: Callable[[Path], None], argument: str) -> None:
    """Call ``write`` with the path of a new file beside `path`, then rename that file to `path`.

    An earlier file of that name stays whole until the new one is complete, and stays if the writing fails.

    Raises
    ------
    InputError
        If the folder does not exist or cannot be written to.
    """
    target = check_folder(path, argument)
    # In the target's own folder, for only there is a rename one step; with its extension, which writers go by.
    draft = target.with_name(f".{target.stem}.{secrets.token_hex(4)}{target.suffix}")
    try:
        write(draft)
        os.replace(draft, target)
    except OSError as error:
        raise InputError(
            "unwritable", argument=argument, value=repr(str(path)), reason=error.strerror or str(error)
        ) from error
    finally:
        draft.unlink(missing_ok=True)
