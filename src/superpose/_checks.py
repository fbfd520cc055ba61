"""Checks of plain arguments that several public functions share."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from importlib import import_module
from numbers import Real
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from superpose._names import canonical
from superpose.errors import InputError, MissingPackageError, SuperposeError, shown

Returned = TypeVar("Returned")
# Functions of these are no functions of the user's own.
_LIBRARIES = sys.stdlib_module_names | {"superpose", "numpy", "scipy"}


def is_auto(choice: object) -> bool:
    """Return whether a choice is left to superpose."""
    return isinstance(choice, str) and canonical(choice) == "auto"


def as_number(value: Any) -> float:
    """Return a real number as a float, infinite if it is too large for one; NaN for text, flags and all else."""
    if type(value) is float:
        return value
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        return np.nan
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf  # type: ignore[operator]


def is_whole(value: Any) -> bool:
    """Return whether a value is a whole number, of Python or NumPy, and no flag."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def is_row(values: object) -> bool:
    """Return whether values are a tuple, a list or a one-dimensional array."""
    return isinstance(values, (tuple, list)) or (isinstance(values, np.ndarray) and values.ndim == 1)


def checked_fraction(argument: str, value: Any) -> float:
    """Return `value` as a float from 0 to 1.

    Raises
    ------
    InputError
        If it is not.
    """
    number = as_number(value)
    if not 0 <= number <= 1:
        raise InputError("out-of-range", argument=argument, value=shown(value), low=0, high=1)
    return number


def checked_positive(argument: str, value: Any) -> float:
    """Return `value` as a float above 0; it may be infinite.

    Raises
    ------
    InputError
        If it is not.
    """
    number = as_number(value)
    if not number > 0:
        raise InputError("not-above-zero", argument=argument, value=shown(value))
    return number


def checked_count(argument: str, value: Any, least: int) -> int:
    """Return `value` as an int.

    Raises
    ------
    InputError
        If it is no whole number of `least` or more.
    """
    if not is_whole(value) or value < least:
        raise InputError("not-positive", argument=argument, value=shown(value), least=least)
    return int(value)


def checked_max_pixels(value: Any) -> int | None:
    """Return the `max_pixels` of a call, None where the usual limit serves.

    Raises
    ------
    InputError
        If it is no whole number of 1 or more.
    """
    return None if value is None else checked_count("max_pixels", value, 1)


def checked_flag(argument: str, value: Any) -> bool:
    """Return `value` as a bool: text such as "no" would count as True.

    Raises
    ------
    InputError
        If it is neither true nor false.
    """
    if not isinstance(value, (bool, np.bool_)) and not (is_whole(value) and value in (0, 1)):
        raise InputError("not-a-flag", argument=argument, value=shown(value))
    return bool(value)


def checked_text(argument: str, value: Any) -> str:
    """Return `value`, which has to be text.

    Raises
    ------
    InputError
        If it is not.
    """
    # Half a surrogate pair is none, and cannot be written.
    if not isinstance(value, str) or re.search("[\ud800-\udfff]", value):
        raise InputError("not-text", argument=argument, value=shown(value))
    return value


def checked_path(argument: str, value: Any) -> Path:
    """Return `value` as a path.

    Raises
    ------
    InputError
        If it is none.
    """
    if not isinstance(value, (str, Path)) or "\0" in str(value) or _has_long_name(value):
        raise InputError("not-a-path", argument=argument, value=shown(value))
    return Path(value)


def _has_long_name(path: str | Path) -> bool:
    """Return whether a name in a path is longer than file systems allow, or none at all."""
    try:
        return any(len(os.fsencode(part)) > 255 for part in Path(path).parts)
    except UnicodeEncodeError:  # half a surrogate pair, which no name holds
        return True


def asked(argument: str, function: Callable[..., Returned], *args: Any) -> Returned:
    """Return what is made of a user's value.

    Raises
    ------
    InputError
        If that raises anything; that is the error's cause.
    """
    try:
        return function(*args)
    except Exception as error:
        raise InputError("callable-raised", argument=argument, value=shown(error)) from error


def called(argument: str, function: Callable[..., Any], *args: Any) -> Any:
    """Return what a function of the user's own returns; what is raised inside it passes as it is.

    Raises
    ------
    InputError
        If it cannot be called like that: it takes other arguments, or is a library's that makes nothing of these.
    """
    try:
        return function(*args)
    except Exception as error:
        inside = _packages(error)
        # What a library's function calls in its turn may be the user's, or have an error of ours to tell.
        if set(inside) - _LIBRARIES or (isinstance(error, SuperposeError) and inside[:1] != ["superpose"]):
            raise
        raise InputError("callable-raised", argument=argument, value=shown(error)) from error


def _packages(error: Exception) -> list[str]:
    """Return whose code an error came through, from what was called to where it was raised."""
    names, at = [], error.__traceback__ and error.__traceback__.tb_next
    while at:
        names.append(str(at.tb_frame.f_globals.get("__name__")).partition(".")[0])
        at = at.tb_next
    return names


def scikit_image(module: str, argument: str) -> Any:
    """Return a module of scikit-image, which only the extra "demo" installs.

    Raises
    ------
    MissingPackageError
        If it is not there for `argument`, which needs it.
    """
    try:
        return import_module(f"skimage.{module}")
    except ModuleNotFoundError as error:
        raise MissingPackageError("missing-package", argument=argument, value="scikit-image", extra="demo") from error
