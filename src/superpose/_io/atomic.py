"""Write a file whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from superpose.errors import InputError


def check_folder(path: str | Path, argument: str) -> Path:
    """Return `path`, after checking that a file of that name could be written.

    Raises
    ------
    InputError
        If it names a folder, or its folder does not exist or is read-only.
    """
    target = Path(path)
    if target.is_dir():
        raise InputError("is-a-folder", argument=argument, value=repr(str(path)))
    if not target.parent.is_dir():
        raise InputError("no-such-folder", argument=argument, value=repr(str(path)), folder=repr(str(target.parent)))
    if not os.access(target.parent, os.W_OK):
        raise InputError(
            "unwritable",
            argument=argument,
            value=repr(str(path)),
            reason=f"{str(target.parent)!r} is read-only",
        )
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
    # In the target's own folder, where a rename is one step; with its extension, which writers go by.
    draft = target.with_name(f".{target.stem}.{secrets.token_hex(4)}{target.suffix}")
    try:
        write(draft)
        draft.replace(target)
    except OSError as error:
        raise InputError(
            "unwritable", argument=argument, value=repr(str(path)), reason=error.strerror or str(error)
        ) from error
    finally:
        with suppress(OSError):  # the first error is raised, not this one
            draft.unlink(missing_ok=True)


def checked_new_folder(path: str | Path, argument: str) -> Path:
    """Return `path` as a folder, made if it is not there; its parent must be.

    Raises
    ------
    InputError
        If it cannot be made, or something else has its name.
    """
    folder = Path(path)
    try:
        folder.mkdir(exist_ok=True)
    except FileNotFoundError as error:
        raise InputError(
            "no-such-folder", argument=argument, value=repr(str(path)), folder=repr(str(folder.parent))
        ) from error
    except FileExistsError as error:
        raise InputError("no-folder", argument=argument, value=repr(str(path))) from error
    except OSError as error:
        raise InputError(
            "unwritable", argument=argument, value=repr(str(path)), reason=error.strerror or str(error)
        ) from error
    check_folder(folder / "picture.png", argument)
    return folder
