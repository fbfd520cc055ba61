"""A registration as a web page: one file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from superpose._io.atomic import Outputs, Sink, check_target, write_atomically
from superpose._report.data import page_data
from superpose.errors import InputError
from superpose.result import Registration


def check_report(path: Sink, argument: str) -> None:
    """Check, before the work starts, that a report could be written.

    Raises
    ------
    InputError
        If its folder does not exist or cannot be written to, or its extension is not known.
    """
    check_target(path, argument)
    known = (".html", ".htm")
    if isinstance(path, (str, Path)) and Path(path).suffix.lower() not in known:
        raise InputError("unknown-extension", argument=argument, value=repr(str(path)), known=", ".join(known))


def write_report(
    registration: Registration,
    path: Sink,
    *,
    title: str | None = None,
    command: str | None = None,
    argument: str = "path",
    outputs: Outputs | None = None,
) -> None:
    """Write a registration's page, whole or not at all; errors call the file `argument`.

    See `page_data` for `title` and `command`.
    """
    check_report(path, argument)
    # Names of files may hold bytes that are no UTF-8.
    octets = page(page_data(registration, title, command)).encode(errors="backslashreplace")

    def write(stream: BinaryIO) -> None:
        stream.write(octets)

    write_atomically(path, write, argument, outputs)


def page(data: dict[str, Any]) -> str:
    """Return the page that shows what `page_data` returned.

    All of the data is escaped. Beyond that the page forbids itself everything but its own style and script, by their
    hashes: no other script would run, and nothing is fetched.
    """
    style, script = (_templates().joinpath(name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    policy = f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}"
    return (
        _environment()
        .get_template("report.html")
        .render(data=data, style=Markup(style), script=Markup(script), policy=policy)
    )


def _templates() -> Path:
    return Path(__file__).with_name("templates")


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_templates()),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"
