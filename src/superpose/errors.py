"""Every message superpose can give, and the exceptions that carry them.

A message has a code, says what was wrong (naming the argument and the value seen) and what to do about it.
The documentation's page of messages is made from `MESSAGES`; a test holds each entry to this form.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from superpose._messages import SECTIONS, Message

__all__ = [
    "LONGEST_VALUE",
    "AssumptionWarning",
    "MESSAGES",
    "InputError",
    "SECTIONS",
    "Message",
    "MissingPackageError",
    "SuperposeError",
    "UnreliableError",
    "UnreliableWarning",
    "is_note",
    "meant_for",
    "on_one_line",
    "shown",
    "text",
]

# By code.
MESSAGES: dict[str, Message] = {code: each for section in SECTIONS.values() for code, each in section.items()}
# What doubts nothing: it says what was done with the images.
NOTES = ("fill", "field-of-view")
# A message is read on a screen: what is longer than this is shortened in the middle.
LONGEST_VALUE = 300


def text(code: str, **fields: object) -> str:
    """Return the sentence of a message, its code in brackets at the end (the docs list them by code)."""
    message = MESSAGES[code]
    shown = {name: on_one_line(value) for name, value in fields.items()}
    return f"{message.says.format(**shown)}{message.joint}{message.do.format(**shown)} [{code}]"


def is_note(said: str) -> bool:
    """Return whether a warning is no cause for doubt."""
    return said.endswith(tuple(f"[{code}]" for code in NOTES))


def meant_for(said: str, arguments: Collection[str]) -> str:
    """Return a message of `register`'s as a function says it that has no other arguments than these.

    Of what to do nothing is left that names another one, or a mask (unless they have "mask").
    """
    found = re.search(r"\[([\w-]+)\]$", said)
    if found is None or found[1] not in MESSAGES:
        return said
    code, message = found[1], MESSAGES[found[1]]
    remedy = ".*".join(map(re.escape, re.split(r"\{\w+\}", message.do)))
    place = re.search(rf"{re.escape(message.joint)}({remedy}) \[{code}\]$", said)
    if place is None:
        return said
    clauses = re.split(r"(?=; |, or |, and )", message.joint + place[1])
    kept = [each for each in clauses if set(re.findall(r"\b\w+(?==)|\bmask", each)) <= set(arguments)]
    # What is left begins as the whole did.
    return f"{said[: place.start()]}{re.sub('^(; |, or |, and )', message.joint, ''.join(kept))} [{code}]"


def shown(value: object) -> str:
    """Return what a message shows of a value: its `repr`, or its type where that fails."""
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 (whatever its own __repr__ raises; an int of 5,000 digits has none)
        return f"of type {type(value).__name__}"


def on_one_line(value: object) -> object:
    """Return a long text (an array's, mostly) short, and without line breaks."""
    if isinstance(value, int) and value.bit_length() > LONGEST_VALUE:
        return shown(value)[:LONGEST_VALUE]
    if not isinstance(value, str):
        return value
    flat = " ".join(line.strip() for line in value.splitlines()) if "\n" in value else value
    return flat if len(flat) <= LONGEST_VALUE else f"{flat[: LONGEST_VALUE // 2]} ... {flat[-LONGEST_VALUE // 4 :]}"


class SuperposeError(Exception):
    """Base of all errors that superpose raises on purpose.

    Parameters
    ----------
    code : str
        Key of `MESSAGES`.
    **fields
        What the message's template names: always ``argument`` and ``value``.
    """

    exit_code = 1

    def __init__(self, code: str, **fields: object) -> None:
        self.code = code
        self.fields = fields
        super().__init__(text(code, **fields))

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.code, self.fields)


def blaming(error: SuperposeError, argument: str) -> SuperposeError:
    """Return an error as one of another argument, which the user knows what was wrong by."""
    return _rebuild(type(error), error.code, error.fields | {"argument": argument})


def _rebuild(cls: type[SuperposeError], code: str, fields: dict[str, object]) -> SuperposeError:
    return cls(code, **fields)


class InputError(SuperposeError, ValueError):
    """An argument or a file cannot be used as it is."""

    exit_code = 2


class MissingPackageError(SuperposeError, ImportError):
    """What was asked for needs a package, or the compiled part of this one, that is not installed."""

    exit_code = 2


class UnreliableWarning(UserWarning):
    """The alignment found cannot be trusted: the text is the reason. ``on_unreliable="ignore"`` silences it."""


class AssumptionWarning(UserWarning):
    """What an image is, or where its pixels lie, is not clear: the text says what was assumed."""


class UnreliableError(SuperposeError, RuntimeError):
    """The alignment found cannot be trusted, and the caller asked to be stopped by that."""

    exit_code = 3
