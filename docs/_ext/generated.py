"""Parts of pages that the program itself writes: its messages, and its command line's help.

A page holds a comment where such a part goes (``<!-- messages -->``, ``<!-- says: unreliable -->``, ``<!-- help: align
-->``); it is filled in when Sphinx reads the page, so that nothing lies about that could grow old.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from string import Formatter
from typing import Any

from superpose import errors

# What the headings of the catalogue in `superpose.errors` are about. A test holds this list complete.
SECTIONS = {
    "images": "An array that was passed as an image, or its mask, cannot be aligned.",
    "choices": "An argument that chooses how to align (a name, a number, a function of yours) cannot be used.",
    "transforms": "A matrix, a set of points or of landmarks does not describe a transform, or lies elsewhere.",
    "results": "A finished registration cannot give what it was asked for, or not without a further package.",
    "landscapes, plates, averages and bursts": "What one of these was asked to be made of does not suit it.",
    "stacks": "A series of frames, or the workers that share it, are not what they were taken for.",
    "mosaics": "Images that lie side by side, or where a stage says that they lie, do not go together.",
    "files": "A file cannot be read or written. Files are written whole or not at all: an earlier one is kept.",
    "the registration itself": "The arguments were fine, and yet there is no alignment to rely on.",
}


def plain(template: str) -> str:
    """Return a message's template in Markdown, its fields in italics."""
    parts = []
    for text, name, _, _ in Formatter().parse(template):
        parts.append(re.sub(r"([\\`*_{}\[\]<>#~$|])", r"\\\1", text))
        if name:
            parts.append(f"*{name}*")
    return "".join(parts)


def messages() -> str:
    """Return all messages in Markdown, each under its code, which is its anchor too."""
    lines = []
    for heading, section in errors.SECTIONS.items():
        lines += [f"## {heading[0].upper()}{heading[1:]}", "", SECTIONS[heading], ""]
        for code, message in section.items():
            lines += [f"({code})=", f"### {code}", ""]
            lines += [f"> {plain(message.says)}", "", f"**What to do:** {plain(message.do)}.", ""]
    return "\n".join(lines)


def says(code: str) -> str:
    """Return one message as it is said, with a link to its place among all."""
    message = errors.MESSAGES[code]
    return f"> {plain(message.says)}; {plain(message.do)} {{ref}}`[{code}] <{code}>`\n"


def help_text(verb: str) -> str:
    """Return what ``superpose VERB --help`` prints ("" for none), as a fenced block."""
    arguments = [verb] if verb else []
    command = [sys.executable, "-m", "superpose.cli.main", *arguments, "--help"]
    plain_terminal = {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | plain_terminal)
    typed = " ".join(["superpose", *arguments, "--help"])
    return f"```console\n$ {typed}\n{done.stdout.rstrip()}\n```"


def fill_in(_app: Any, _page: str, source: list[str]) -> None:
    """Replace the comments of a page by what the program says."""
    text = source[0]
    if "<!-- messages -->" in text:
        text = text.replace("<!-- messages -->", messages())
    text = re.sub(r"<!-- says: ([a-z-]+) -->\n", lambda found: says(found[1]) + "\n", text)
    source[0] = re.sub(r"<!-- help: ?([a-z -]*) -->", lambda found: help_text(found[1]), text)


def setup(app: Any) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("source-read", fill_in)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
