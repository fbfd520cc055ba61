"""What goes wrong while a file is read, in our words."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from superpose.errors import InputError, SuperposeError

Part = TypeVar("Part")

# What the decoders raise on files that are cut off, or are not what they say: they promise nothing.
DAMAGED = (Exception,)


class NotYet(ValueError):
    """Says what a whole file holds that superpose does not read."""


class NeedsCodecs(ValueError):
    """Says what of a file only the package imagecodecs decodes, which is not installed."""


@contextmanager
def told(argument: str, name: str) -> Iterator[None]:
    """Turn what a decoder raises into our errors, of the file that is shown as `name`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, about metadata
            yield
    except SuperposeError:
        raise
    except FileNotFoundError as error:
        raise InputError("no-such-file", argument=argument, value=name) from error
    except IsADirectoryError as error:
        raise InputError("is-a-folder", argument=argument, value=name) from error
    except NotYet as error:
        raise InputError("not-read-yet", argument=argument, value=name, kind=str(error)) from error
    except NeedsCodecs as error:
        raise InputError("needs-codecs", argument=argument, value=name, what=str(error)) from error
    except DAMAGED as error:
        if isinstance(error, MemoryError):
            raise InputError("no-memory", argument=argument, value=name) from error
        # Errors of the system carry a number; those of the decoders do not.
        code = "unreadable-file" if getattr(error, "errno", None) else "not-an-image-file"
        raise InputError(code, argument=argument, value=name, reason=reason_of(error)) from error


def reason_of(error: BaseException) -> str:
    """Return the first line of what an error says."""
    if isinstance(error, (ArithmeticError, LookupError, AttributeError, TypeError, AssertionError)):
        return "what its header says makes no picture"  # the decoder stumbled over it
    reason = getattr(error, "strerror", None) or " ".join(map(str, error.args[:1])) or type(error).__name__
    said = str(reason).strip().splitlines()[0]
    return "its compressed pixels are damaged" if said.startswith(("decoder error", "imcd_")) else said


def chosen(parts: Sequence[Part], number: int, option: str) -> Part:
    """Return one of a file's images.

    Raises
    ------
    InputError
        If there is none of that number.
    """
    if not 0 <= number < len(parts):
        raise InputError("no-such-page", argument=option, value=number, pages=len(parts), last=len(parts) - 1)
    return parts[number]


def check_number_of_pixels(pixels: int, limit: int, argument: str, name: str) -> None:
    """Check that a header does not promise more pixels than are read.

    Raises
    ------
    InputError
        If it does.
    ValueError
        If it promises none.
    """
    if pixels > limit:
        raise InputError("too-many-pixels", argument=argument, value=name, pixels=pixels, limit=limit)
    if pixels <= 0:
        raise ValueError("its header says that it has no pixels")


def several(argument: str, name: str, count: int, option: str, code: str = "several-pages") -> InputError:
    """Return what says that a file holds several images, or volumes, and none was chosen."""
    return InputError(code, argument=argument, value=name, pages=count, option=option, last=count - 1)
