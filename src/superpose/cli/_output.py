"""What verbs write: text on standard output, and figures; checks that no output replaces another file."""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from superpose._describe import describe_explained
from superpose._io.atomic import Outputs, check_target, write_atomically
from superpose._io.files import read_source
from superpose._names import canonical, lookup
from superpose._progress.watch import Stage, Watch
from superpose.cli._signals import ignore_signals
from superpose.cli._words import finding
from superpose.errors import InputError
from superpose.result import Registration

if TYPE_CHECKING:
    from matplotlib.figure import Figure


STANDARD = "-"
FIGURES = ("png", "pdf", "svg", "jpg", "jpeg", "tif", "tiff")


def image(options: argparse.Namespace, name: str, argument: str) -> Any:
    """Return what an image or a volume holds that has a page, a channel and a level of its own among the options."""
    given, page, channel, level = (getattr(options, f"{name}{each}") for each in ("", "_page", "_channel", "_level"))
    of_zarr = {"channel": channel, "level": level}
    return read_source(source(given), argument, page, f"--{name}-page", options.max_pixels, **of_zarr)


def source(path: str) -> str | BinaryIO:
    """Return what is read: a file, or standard input for -.

    Raises
    ------
    InputError
        If that is closed.
    """
    if path != STANDARD:
        return path
    if sys.stdin is None:
        raise InputError("unreadable-file", argument="standard input", value="'-'", reason="it is closed")
    return sys.stdin.buffer


def sink(path: str) -> str | BinaryIO:
    """Return what is written: a file, or standard output for -.

    Raises
    ------
    InputError
        If that is closed.
    """
    if path != STANDARD:
        return path
    if sys.stdout is None:
        raise InputError("unwritable", argument="standard output", value="'-'", reason="it is closed")
    return sys.stdout.buffer


def say(text: str, aside: bool = False, end: str = "\n") -> None:
    """Print to standard output, or, where a picture goes there, to standard error.

    Raises
    ------
    InputError
        If nothing can be written there (a full disk behind it).
    """
    try:
        # Names of files may hold bytes that are no text.
        stream = sys.stderr if aside else sys.stdout
        if stream is None:  # it is closed: nobody hears
            return
        code = getattr(stream, "encoding", None) or "utf-8"
        print(text.encode(code, "backslashreplace").decode(code), end=end, file=stream, flush=True)
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


def check_outputs(outputs: dict[str, str | None], inputs: dict[str, str | None], json: bool = False) -> None:
    """Check, before the work starts, that no output is an input, or another output.

    Parameters
    ----------
    outputs, inputs : dict of str to str or None
        Paths by option or argument; None where it was not given.
    json : bool
        Whether a document goes to standard output, too.

    Raises
    ------
    InputError
        If two of them are one file, which would be overwritten, or one stream.
    """
    read: dict[str, str] = {}
    for name, path in inputs.items():
        if path == STANDARD and STANDARD in read.values():
            other = next(name for name in read if read[name] == STANDARD)
            raise InputError("standard-input-twice", argument=name, value=repr(path), other=other)
        if path is not None:
            read[name] = path
    read = {name: path for name, path in read.items() if path != STANDARD}
    written: dict[str, str] = {}
    for name, path in outputs.items():
        if path is None:
            continue
        if path == STANDARD:
            taken = ["--json"] * json + [name for name in written if written[name] == STANDARD]
            if taken:
                raise InputError("standard-output-taken", argument=name, value=repr(path), other=taken[0])
            written[name] = path
            continue
        for code, others in (("output-is-input", read), ("same-output", written)):
            for other, file in others.items():
                if _same_file(path, file):
                    raise InputError(code, argument=name, value=repr(path), other=other)
        written[name] = path


def _same_file(one: str, other: str) -> bool:
    """Return whether two paths lead to one file, links followed; files that do not exist are compared by name."""
    if STANDARD in (one, other):
        return False
    try:
        return Path(one).samefile(other)
    except (OSError, ValueError):
        # Links that loop are no error here, nor is a working folder that was removed.
        with suppress(OSError):
            return os.path.realpath(one) == os.path.realpath(other)
        return os.path.normpath(one) == os.path.normpath(other)


def check_format(path: str, argument: str, form: str | None) -> None:
    """Check that the format of what goes to standard output is given.

    Raises
    ------
    InputError
        If not.
    """
    if path == STANDARD and form is None:
        raise InputError("no-format", argument=argument, value=repr(path))


def check_figure(path: str, argument: str, form: str | None = None) -> None:
    """Check, before the work starts, that a figure could be written.

    Raises
    ------
    InputError
        If its folder does not exist or cannot be written to, or its extension, or `form`, is not known.
    """
    if path == STANDARD and form is None:
        raise InputError("no-standard-stream", argument=argument, value=repr(path), reason="figures go to files")
    check_target(sink(path), argument)
    if form is not None:
        lookup("format", form, {name: name for name in FIGURES})
    elif Path(path).suffix.lower()[1:] not in FIGURES:
        known = ", ".join(f".{name}" for name in FIGURES)
        raise InputError("unknown-extension", argument=argument, value=repr(path), known=known)


def write_figure(
    figure: Figure, path: str | Path, argument: str, outputs: Outputs | None = None, form: str | None = None
) -> None:
    """Write a figure in the format of its extension, or in `form`, whole or not at all."""

    def write(stream: BinaryIO) -> None:
        figure.savefig(stream, format=canonical(form or Path(path).suffix[1:]))

    write_atomically(sink(str(path)), write, argument, outputs)


def write_plot(result: Any, path: str | None, watch: Watch, outputs: Outputs) -> None:
    """Write the figure that a result makes of itself to --plot, if that is given."""
    if path is not None:
        watch.begin(Stage.REPORT)
        with matplotlib_at(Path(path).parent, "--plot"):
            write_figure(result.plot(), path, "--plot", outputs)


def finish(outputs: Outputs, said: str | None) -> None:
    """Say it, and put all outputs in place: from there on no signal stops the program half way.

    Where an output is standard output, it is said on standard error.

    Raises
    ------
    InputError
        If one of it cannot be written.
    """
    try:
        if said is not None:
            say(said, aside=outputs.use_stream)
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
