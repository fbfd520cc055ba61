"""Write files whole or not at all, and those of one call together."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from superpose._io.drafts import Draft
from superpose._io.sources import shown_source
from superpose.errors import InputError

# Writes a file's content to a stream that it may seek in.
Write = Callable[[BinaryIO], None]
# Where it goes: to a file by its path, or to a stream that is open, such as standard output.
Sink = str | Path | BinaryIO

# Names of what is open already.
OPENED = ("/dev/fd/", "/dev/stdout", "/dev/stderr", "/proc/")


@dataclass(frozen=True)
class Target:
    """Where an output goes.

    Parameters
    ----------
    path : Path or stream
        The file, links followed: what they lead to is written, and they stay. Or a stream that is open.
    mode : int or None
        Who may read and write the file that is replaced; None if there is none yet.
    through : bool
        Whether it is a device or a pipe, which is written to and never replaced.
    """

    path: Path | BinaryIO
    mode: int | None
    through: bool


def check_target(path: Sink, argument: str) -> Target:
    """Return where a file of that name goes, after checking that it could be written.

    Raises
    ------
    InputError
        If it names a folder or a file that is read-only, or its folder does not exist or is read-only.
    """
    if not isinstance(path, (str, Path)):
        return Target(path, None, True)
    try:
        return _checked(path, argument)
    except (OSError, ValueError) as error:  # too long a name, links that go round
        if isinstance(error, InputError):
            raise
        raise _unwritable(path, argument, error) from error


def _checked(path: str | Path, argument: str) -> Target:
    if path == "":
        raise _unwritable(path, argument, "it has no name")
    if "\0" in str(path):  # which Pythons say in different words
        raise _unwritable(path, argument, "its name holds a null byte")
    given = Path(path)
    try:
        status = given.stat()
    except FileNotFoundError:
        status = None
    if status is not None and stat.S_ISDIR(status.st_mode):
        raise InputError("is-a-folder", argument=argument, value=repr(str(path)))
    if status is not None and not os.access(given, os.W_OK):
        raise _unwritable(path, argument, "it is read-only")
    # What the shell opened stands under these by a name, which is no file to be replaced.
    if status is not None and (not stat.S_ISREG(status.st_mode) or str(given).startswith(OPENED)):
        return Target(given, None, True)
    target = Path(os.path.realpath(given))
    if not target.parent.is_dir():
        folder = target.parent if given.is_symlink() else given.parent
        raise InputError("no-such-folder", argument=argument, value=repr(str(path)), folder=repr(str(folder)))
    mode = None if status is None else stat.S_IMODE(status.st_mode)
    if mode is not None and not mode & 0o222:  # who may write everything is asked what others are
        raise _unwritable(path, argument, "it is read-only")
    if not os.access(target.parent, os.W_OK):
        raise _unwritable(path, argument, f"{str(target.parent)!r} is read-only")
    if len(os.fsencode(target.name)) > 255:
        raise _unwritable(path, argument, "its name is longer than 255 bytes")
    return Target(target, mode, False)


class Outputs:
    """The files of one call: all are drafted, and then put in place together.

    At the end of the ``with`` block what was not put in place is removed, and earlier files of these names are whole.
    """

    def __init__(self) -> None:
        self._files: list[tuple[Sink, str, Path, Draft]] = []
        self._streams: list[tuple[Sink, str, Path | BinaryIO, bytes]] = []

    def write(self, path: Sink, write: Write, argument: str) -> None:
        """Draft one file; errors call it `argument`.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        target = check_target(path, argument)
        try:
            if target.through or not isinstance(target.path, Path):
                stream = BytesIO()
                write(stream)
                self._streams.append((path, argument, target.path, stream.getvalue()))
                return
            draft = Draft(target.path.parent, target.mode)
            self._files.append((path, argument, target.path, draft))
            write(draft.stream)
            draft.stream.flush()
        except OSError as error:
            raise _unwritable(path, argument, error) from error

    @property
    def use_stream(self) -> bool:
        """Whether one of them goes to a stream that was open."""
        return any(not isinstance(target, Path) for _, _, target, _ in self._streams)

    def put_in_place(self, about_to: Callable[[], object] = lambda: None) -> None:
        """Write to devices, pipes and streams, call `about_to`, and rename the drafts.

        Raises
        ------
        InputError
            If one cannot be put in place; it names those that are.
        BrokenPipeError
            If who reads a stream that was open has left: the files are in place then.
        """
        placed: list[str] = []
        gone: BrokenPipeError | None = None
        try:
            while self._streams:
                path, argument, target, octets = self._streams.pop(0)
                try:
                    _write_to(target, octets)
                except BrokenPipeError as error:
                    if isinstance(target, Path):
                        raise
                    gone = error
                placed.append(shown_source(path))
            about_to()
            while self._files:
                path, argument, place, draft = self._files[0]
                draft.move_to(place)
                del self._files[0]
                placed.append(shown_source(path))
        except OSError as error:
            raise _unwritable(path, argument, error, placed) from error
        if gone is not None:
            raise gone

    def __enter__(self) -> Outputs:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for *_, draft in self._files:
            draft.remove()


def _write_to(target: Path | BinaryIO, octets: bytes) -> None:
    if not isinstance(target, Path):
        target.write(octets)
        target.flush()
        return
    with target.open("wb", buffering=0) as stream:
        rest = memoryview(octets)
        while rest:
            rest = rest[stream.write(rest) :]


def write_atomically(path: Sink, write: Write, argument: str, outputs: Outputs | None = None) -> None:
    """Call ``write`` with the stream of a new file beside `path`, then rename that file to `path`.

    An earlier file of that name stays whole until the new one is complete, and stays if the writing fails. With
    `outputs` the file is one of these, and takes its place with them.

    Raises
    ------
    InputError
        If the folder does not exist or cannot be written to.
    """
    if outputs is not None:
        outputs.write(path, write, argument)
        return
    with Outputs() as alone:
        alone.write(path, write, argument)
        alone.put_in_place()


def write_text(path: Sink, text: str, argument: str, outputs: Outputs | None = None) -> None:
    """Write a text as a file in UTF-8; see `write_atomically`."""
    octets = text.encode()

    def write(stream: BinaryIO) -> None:
        stream.write(octets)

    write_atomically(path, write, argument, outputs)


def _unwritable(path: Sink, argument: str, reason: Exception | str, placed: list[str] | None = None) -> InputError:
    said = reason if isinstance(reason, str) else getattr(reason, "strerror", None) or str(reason)
    name = shown_source(path)
    if placed:
        return InputError("partly-written", argument=argument, value=name, reason=said, placed=", ".join(placed))
    return InputError("unwritable", argument=argument, value=name, reason=said)


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
    except (OSError, ValueError) as error:
        raise _unwritable(path, argument, error) from error
    check_target(folder / "picture.png", argument)
    return folder
