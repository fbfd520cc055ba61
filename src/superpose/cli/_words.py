"""Messages in the shell's words: where one names an argument of Python's, its option is meant."""

from __future__ import annotations

import re
from collections.abc import Collection

from superpose.errors import SuperposeError, is_note, meant_for, on_one_line, text

# Arguments of `register` that are options of ``superpose align``.
OPTIONS = (
    *("allow_flip", "bins", "fixed_mask", "fixed_pattern", "initial", "levels", "metric", "moving_mask", "optimizer"),
    *("search", "seed", "smooth", "threads", "tolerance", "transform", "work_at"),
)
# What else a remedy may name, since the shell has a word for it.
SAID_OTHERWISE = ("mask", "on_unreliable", "scale")
# Fields of messages that hold what the user gave, or what the system says of it: no words of ours.
GIVEN = ("value", "reason", "folder", "placed")


def in_shell_words(said: str, names: Collection[str] = OPTIONS) -> str:
    """Return a message with options in the place of arguments, of those that a verb has as options."""
    said = re.sub(r" \(~\w+\)", "", said)  # Python's own words
    # Python's argument, and its option in parentheses.
    said = re.sub(r"\b\w+=\S* \((--[^)]*)\)", r"\1", said)
    # What Python keeps in a result a report shows.
    said = re.sub(r"with Registration\.at\(.*?\), for .*? of \.\w+", "in the report (--report)", said)
    said = re.sub(r"each of \.explained|\.tile_shifts or the report", "the report (--report)", said)
    for name in names:
        option = "--" + name.replace("_", "-")
        said = re.sub(rf"(?<![-\w]){name}=True\b", option, said)
        said = re.sub(rf"(?<![-\w]){name}=(['\"]?)([\w.\0-]++)\1(?!\()", rf"{option} \2", said)
        said = re.sub(rf"(?<![-\w]){name}=(?=\W|$)", option, said)
        said = re.sub(rf"^{name}(?= )", option, said)
    return said


def error_in_shell_words(error: SuperposeError, names: Collection[str] = OPTIONS) -> str:
    """Return an error's message like that; what the user gave, such as names of files, is left as it is."""
    places = {name: f"\0{name}\0" for name in GIVEN if name in error.fields}
    said = in_shell_words(text(error.code, **error.fields | places), names)

    def filled(place: re.Match[str]) -> str:
        given = str(on_one_line(error.fields[place[2]]))
        # A word behind its option needs no quotes.
        return place[1] + re.sub(r"^(['\"])([\w.-]+)\1$", r"\2", given) if place[1] else given

    return re.sub(r"(--[a-z-]+ )?\0(\w+)\0", filled, said)


def finding(text: str) -> str:
    """Return a warning as a line: what is no cause for doubt is a note."""
    return f"{'note' if is_note(text) else 'warning'}: {in_shell_words(meant_for(text, OPTIONS + SAID_OTHERWISE))}"
