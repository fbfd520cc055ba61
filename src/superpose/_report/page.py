"""A registration as a web page: one file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, replace
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, BinaryIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from superpose._io.atomic import Outputs, Sink, check_target, write_atomically
from superpose._report.data import page_data
from superpose._report.settings import DEFAULTS
from superpose.errors import InputError
from superpose.result import Registration


@dataclass(frozen=True, repr=False)
class Report:
    """A page: a notebook shows it inline, or a link to the file that it was written to.

    Attributes
    ----------
    html : str
        All of it.
    path : Path or None
        Where it was written.
    """

    html: str
    path: Path | None = None

    def __repr__(self) -> str:
        where = "not written: a notebook shows it" if self.path is None else str(self.path)
        return f"<Report: {len(self.html) / 1e6:.1f} MB, {where}>"

    def _repr_html_(self) -> str:
        if self.path is not None:
            address, name = escape(_quoted(self.path.as_posix())), escape(self.path.name)
            return f'<p>The report: <a href="{address}" target="_blank">{name}</a></p>'
        # In a frame of its own, whose script reaches nothing of the notebook.
        frame = 'title="The report" width="100%" height="900" style="border: 0" sandbox="allow-scripts"'
        return f'<div><iframe {frame} srcdoc="{escape(self.html)}"></iframe></div>'


def _quoted(address: str) -> str:
    """Return a relative address whose path ends where it ends."""
    for sign, number in (("%", "%25"), ("#", "%23"), ("?", "%3F")):
        address = address.replace(sign, number)
    return address


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


def report_of(registration: Registration, path: str | Path | None, title: str | None) -> Report:
    """Return a registration's page, and write it if there is a path; without one its pictures are smaller."""
    if path is not None:
        return Report(write_report(registration, path, title=title), Path(path))
    pictures = DEFAULTS[2].pictures
    small = replace(
        pictures,
        page_side=pictures.inline_side,
        other_side=pictures.inline_side // 2,
        volume_side=pictures.inline_volume_side,
    )
    return Report(page(page_data(registration, title, settings=replace(DEFAULTS[2], pictures=small))))


def write_report(
    registration: Registration,
    path: Sink,
    *,
    title: str | None = None,
    command: str | None = None,
    argument: str = "path",
    outputs: Outputs | None = None,
) -> str:
    """Write a registration's page, whole or not at all, and return it; errors call the file `argument`.

    See `page_data` for `title` and `command`.
    """
    check_report(path, argument)
    return write_html(page(page_data(registration, title, command)), path, argument, outputs)


def write_html(html: str, path: Sink, argument: str, outputs: Outputs | None) -> str:
    """Write a page, whole or not at all, and return it."""
    # Names of files may hold bytes that are no UTF-8.
    octets = html.encode(errors="backslashreplace")

    def write(stream: BinaryIO) -> None:
        stream.write(octets)

    write_atomically(path, write, argument, outputs)
    return html


def page(data: dict[str, Any]) -> str:
    """Return the page that shows what `page_data` returned."""
    viewers = ["mixing.js", "report.js"] if data["viewer"] else ["mixing.js", "planes.js"] if data["planes"] else []
    return filled("report.html", data, ["report.css"], ["copying.js", *viewers])


def filled(template: str, data: dict[str, Any], styles: list[str], scripts: list[str]) -> str:
    """Return the page that a template makes of data.

    All of the data is escaped. Beyond that the page forbids itself everything but its own style and script, by their
    hashes: no other script would run, and nothing is fetched.
    """
    style, script = ("".join(map(_text, each)) for each in (styles, scripts))
    policy = f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}"
    found = _environment().get_template(template)
    return found.render(data=data, style=Markup(style), script=Markup(script), policy=policy)


def _templates() -> Path:
    return Path(__file__).with_name("templates")


def _text(name: str) -> str:
    return _templates().joinpath(name).read_text(encoding="utf-8")


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
