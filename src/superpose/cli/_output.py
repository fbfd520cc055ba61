"""What verbs write: text on standard output, and figures; checks that no output replaces another file."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from superpose._describe import describe_explained
from superpose._io.atomic import Outputs, check_target, write_atomically
from superpose.cli._signals import ignore_signals
from superpose.cli._words import finding
from superpose.errors import InputError
from superpose.result import Registration

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def say(text: str) -> None:
    """Print to standard output.

    Raises
    ------
    InputError
        If nothing can be written there (a full disk behind it).
    """
    try:
        # Names of files may hold bytes that are no text.
        code = sys.stdout.encoding or "utf-8"
        print(text.encode(code, "backslashreplace").decode(code), flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(
            "unwritable", argument="standard output", value="redirected", reason=error.strerror or str(error)
        ) from error


def findings(registration: Registration) -> list[str]:
    """Return a registration in words, a line each."""
    lines = [
        registration.describe(),
        f"{registration.metric} {registration.value:.6g}, overlap {100 * registration.overlap:.0f} %",
    ]
    lines += [registration.trust] if registration.trust else []
    for number, each in enumerate(registration.explained, 1):
        lines.append(f"motion {number}: {describe_explained(each, registration.fixed_grid)}")
    return lines + [finding(warning) for warning in registration.warnings]


def check_outputs(outputs: dict[str, str | None], inputs: dict[str, str | None]) -> None:
    """Check, before the work starts, that no output is an input, or another output.

    Parameters
    ----------
    outputs, inputs : dict of str to str or None
        Paths by option or argument; None where it was not given.

    Raises
    ------
    InputError
        If two of them are one file, which would be overwritten.
    """
    read = {name: path for name, path in inputs.items() if path is not None}
    written: dict[str, str] = {}
    for name, path in outputs.items():
        if path is None:
            continue
        for code, others in (("output-is-input", read), ("same-output", written)):
            for other, taken in others.items():
                if _same_file(path, taken):
                    raise InputError(code, argument=name, value=repr(path), other=other)
        written[name] = path


def _same_file(one: str, other: str) -> bool:
    """Return whether two paths lead to one file, links followed; files that do not exist are compared by name."""
    try:
        return Path(one).samefile(other)
    except (OSError, ValueError):
        return os.path.realpath(one) == os.path.realpath(other)  # links that loop are no error here


def check_figure(path: str, argument: str) -> None:
    """Check, before the work starts, that a figure could be written.

    Raises
    ------
    InputError
        If its folder does not exist or cannot be written to, or its extension is not known.
    """
    check_target(path, argument)
    known = (".png", ".pdf", ".svg", ".jpg", ".jpeg", ".tif", ".tiff")
    if Path(path).suffix.lower() not in known:
        raise InputError("unknown-extension", argument=argument, value=repr(path), known=", ".join(known))


def write_figure(figure: Figure, path: str | Path, argument: str, outputs: Outputs | None = None) -> None:
    """Write a figure in the format of its extension, whole or not at all."""

    def write(stream: BinaryIO) -> None:
        figure.savefig(stream, format=Path(path).suffix[1:].lower())

    write_atomically(path, write, argument, outputs)


def finish(outputs: Outputs, said: str | None) -> None:
    """Say it, and put all outputs in place: from there on no signal stops the program half way.

    Raises
    ------
    InputError
        If one of it cannot be written.
    """
    try:
        if said is not None:
            say(said)
    except BrokenPipeError:  # who reads the words may leave; the files are wanted all the same
        outputs.put_in_place(ignore_signals)
        raise
    outputs.put_in_place(ignore_signals)


def _new_folder_in(folder: Path, argument: str) -> str:
    try:
        return tempfile.mkdtemp(prefix=".matplotlib-", dir=folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError("unwritable", argument=argument, value=repr(str(folder)), reason=reason) from error


@contextmanager
def matplotlib_at(folder: Path, argument: str) -> Iterator[None]:
    """Let matplotlib be imported where neither the home nor the temporary folder can be written to.

    It needs a folder for its list of fonts. Where it can have none, it gets one in `folder`, where the figure will
    go, for as long as it is needed.

    Raises
    ------
    InputError
        If it needs that and `folder`, which errors call `argument`, cannot be written to.
    """
    # It logs each folder that it cannot use, at length, even where it finds another one.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        import matplotlib

        matplotlib.get_cachedir()
    except OSError:
        # Half of it is loaded by now, and a second import would fail because of that.
        for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
            del sys.modules[name]
        lent = _new_folder_in(folder, argument)
    else:
        yield
        return
    os.environ["MPLCONFIGDIR"] = lent
    try:
        yield
    finally:
        del os.environ["MPLCONFIGDIR"]
        shutil.rmtree(lent, ignore_errors=True)
