"""Messages in the shell's words: where one names an argument of Python's, its option is meant."""

from __future__ import annotations

import re
from collections.abc import Collection

# Arguments of `register` that are options of ``superpose align``.
OPTIONS = (
    *("allow_flip", "bins", "fixed_mask", "fixed_pattern", "initial", "levels", "metric", "moving_mask", "optimizer"),
    *("search", "seed", "smooth", "threads", "tolerance", "transform", "work_at"),
)
# What is no cause for doubt.
NOTES = ("fill", "field-of-view")


def in_shell_words(text: str, names: Collection[str] = OPTIONS) -> str:
    """Return a message with options in the place of arguments, of those that a verb has as options."""
    # Python's argument, and its option in parentheses.
    text = re.sub(r"\b\w+=\S* \((--[^)]*)\)", r"\1", text)
    for name in names:
        option = "--" + name.replace("_", "-")
        text = re.sub(rf"(?<![-\w]){name}=True\b", option, text)
        text = re.sub(rf"(?<![-\w]){name}=(['\"]?)([\w.-]+)\1", rf"{option} \2", text)
        text = re.sub(rf"(?<![-\w]){name}=(?=\W|$)", option, text)
        text = re.sub(rf"^{name}(?= )", option, text)
    return text


def finding(text: str) -> str:
    """Return a warning as a line: what is no cause for doubt is a note."""
    note = text.endswith(tuple(f"[{code}]" for code in NOTES))
    return f"{'note' if note else 'warning'}: {in_shell_words(text)}"
